"""Write the passages of docs/original.md anew from the CSV files, and plot its figure.

The passages compare runs of the authors' 2014 code with the published seeds. Where a file is not there yet, its passage
says so. A test holds the page against the files.

example:
  python -m benchmarks.original.page
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from benchmarks.original.starts import OUTPUTS, RESULTS, late, record, span, start, weights
from gan.statistics import MIN_SEEDS, SeedSummary, summarise_seeds
from pipeline.config.params import load
from pipeline.files.formats import read_csv, write_text
from pipeline.reporting.cells import count
from pipeline.reporting.evidence import listed
from pipeline.reporting.page import with_passages
from pipeline.reporting.plots import save, style
from pipeline.reporting.plots_training import epochs_shown

ROOT = Path(__file__).parents[2]
PAGE = Path("docs/original.md")
FIGURE = RESULTS / "original.svg"
STRIP, MOVING = RESULTS / "training-original.svg", RESULTS / "moving-original.gif"  # that `pictures` made
OWN = "own"  # the run with the seeds of the 2014 code; the others are seed2, seed3, ...
CODES = {True: "2014 code, its own seeds", False: "2014 code, other seeds"}  # by whether the run is OWN


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    page = ROOT / PAGE
    write_text(page, with_passages(page.read_text(encoding="utf-8"), passages(ROOT), PAGE))
    svg, png = save(figure(ROOT), ROOT / FIGURE)
    png.unlink()
    print(f"written: {PAGE}, {svg.relative_to(ROOT)}")


def passages(root: Path) -> dict[str, str]:
    """Return the passages by name.

    Args:
        root: of the project, where the CSV files lie.
    """
    return {
        "runs": runs(root),
        "likelihood": likelihood(theirs(root), ours(root)),
        "pictures": pictures(root),
        "outputs": outputs(*curves(root)),
        "late": late(root),
        "start": start(theirs(root), record(root), read_csv(root / RESULTS / "original-noted.csv")),
        "machines": machines(root),
        "scorers": scorers(root),
        "weights": weights(root),
    }


def theirs(root: Path) -> pd.DataFrame:
    """Test log-likelihood of the 2014 code's kept generators: columns run, epoch, value."""
    return read_csv(root / RESULTS / "original.csv").query("grid == 'authors'")


def ours(root: Path) -> pd.DataFrame:
    """The same of ours: the published seeds' last generators, and two seeds from their first epochs on."""
    rows = read_csv(root / "results/published/metrics.csv").query(
        "experiment == 'mnist' and scale == 'paper' and metric == 'test_log_likelihood' "
        "and grid == 'authors' and generator == 'last'"
    )
    late = rows[["seed", "length", "value"]].rename(columns={"length": "epoch"})
    early = read_csv(root / "benchmarks/results/epochs.csv").query("grid == 'authors'")[["seed", "epoch", "value"]]
    return pd.concat([early.assign(source="first epochs"), late.assign(source="published")])


def curves(root: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """D's outputs by epoch: of the 2014 code by run, of the published seeds by seed."""
    published = read_csv(root / "results/published/curves.csv").query("experiment == 'mnist' and scale == 'paper'")
    return read_csv(root / RESULTS / "original-curves.csv"), published


def runs(root: Path) -> str:
    """State how far the runs are."""
    last = theirs(root).groupby("run").epoch.max()
    lines = list[str]()
    for (own, epoch), runs in last.groupby([last.index == OWN, last], sort=False):
        names = listed([f"`{run}`" for run in runs.index])
        lines.append(f"- {CODES[own]} ({names}): scored up to epoch {epoch}")
    return "\n".join(lines)


def likelihood(found: pd.DataFrame, known: pd.DataFrame) -> str:
    """Tabulate log-likelihoods by epoch, and state what they show of a difference."""
    shared = sorted(set(found.epoch) & set(known.epoch))
    rows = []
    for epoch in shared:
        at, values = found[found.epoch == epoch], known[known.epoch == epoch].value.tolist()
        shown = " | ".join(of_codes(at.set_index("run").value, 1))
        rows.append(f"| {epoch:g} | {shown} | {_seeds(summarise_seeds(values), values)} |")
    head = f"| epoch | {' | '.join(CODES.values())} | ours |\n|---|{'---|' * (len(CODES) + 1)}\n"
    return head + "\n".join(rows) + f"\n\n{agreement(found, known)} {power(found, known)}"


def of_codes(values: pd.Series, digits: int) -> list[str]:
    """Write what the run with the 2014 code's own seeds has, and what the others have in the order of their seeds."""
    return [", ".join(f"{value:.{digits}f}" for value in values[(values.index == OWN) == own]) for own in CODES]


def agreement(found: pd.DataFrame, known: pd.DataFrame) -> str:
    """Count how many values of the 2014 code lie where one more of our seeds would."""
    n, outside = 0, list[str]()
    for epoch, (low, high) in _intervals(found, known).items():
        at = found[found.epoch == epoch].set_index("run").value
        outside += [
            f"`{run}` at {epoch:g} epochs ({low:.1f} to {high:.1f})" for run in at.index[~at.between(low, high)]
        ]
        n += len(at)
    inside = n - len(outside)
    return (
        f"Of the {count(n, 'value')} of the 2014 code where at least {MIN_SEEDS} of our seeds are measured, {inside} "
        f"{'lies' if inside == 1 else 'lie'} in the 95% interval in which one more of our seeds is expected"
        f"{'; outside: ' + ', '.join(outside) if outside else ''}."
    )


def power(found: pd.DataFrame, known: pd.DataFrame) -> str:
    """State what differences that count cannot see: those within half an interval's width, and at other epochs."""
    intervals = _intervals(found, known)
    if not intervals:
        return "Nothing is compared yet."
    widths = [high - low for low, high in intervals.values()]
    runs, last = count(found[found.epoch.isin(intervals)].run.nunique(), "run"), max(intervals)
    return (
        f"They come from {runs}, at {count(len(intervals), 'epoch')} of each; values of one run depend on each other. "
        f"The intervals are {span(widths)} nats wide: a difference of less than half of that, "
        f"{span([width / 2 for width in widths])} nats, would mostly not be seen. Beyond epoch {last:g} nothing is "
        "compared."
    )


def _intervals(found: pd.DataFrame, known: pd.DataFrame) -> dict[float, tuple[float, float]]:
    """Return the interval of one more of our seeds, by each epoch of the 2014 code where enough seeds are measured."""
    by_epoch = {epoch: rows.value.tolist() for epoch, rows in known.groupby("epoch") if epoch in set(found.epoch)}
    return {
        float(epoch): summarise_seeds(values).prediction_interval
        for epoch, values in by_epoch.items()
        if len(values) >= MIN_SEEDS
    }


def _seeds(summary: SeedSummary, values: list[float]) -> str:
    if summary.n < MIN_SEEDS:
        return ", ".join(f"{value:.1f}" for value in values)
    return f"{summary.mean:.1f} ± {summary.sd:.1f} (sd, n = {summary.n})"


def pictures(root: Path) -> str:
    """Show the samples of the same noise over the epochs of a run, still and moving."""
    if not (root / MOVING).exists():
        return "Not made yet."
    epochs = epochs_shown(root / MOVING)
    span = f"{len(epochs)} of its epochs, from {epochs[0]} to {epochs[-1]}"
    return (
        f"Samples of `own` from the same 25 draws of z after {span}; the strip shows the first 8. No draw was "
        f"chosen.\n\n![Eight draws of z in rows, epochs in columns](../{STRIP})\n\n"
        f"![All 25 draws of z, moving from epoch {epochs[0]} to {epochs[-1]}](../{MOVING})"
    )


def outputs(found: pd.DataFrame, known: pd.DataFrame) -> str:
    """Tabulate the means of D's outputs in some epochs."""
    last = int(found[found.run == OWN].epoch.max())
    rows = []
    for epoch in [1, 10, 50, *range(100, last + 1, 100)]:
        at, mine = found[found.epoch == epoch].set_index("run"), known[known.epoch == epoch]
        cells = []
        for output in OUTPUTS:
            summary = summarise_seeds(mine[output].tolist())
            cells += [*of_codes(at[output], 3), f"{summary.mean:.3f} ± {summary.sd:.3f}"]
        rows.append(f"| {epoch} | {' | '.join(cells)} |")
    names = [f"{output}: {who}" for output in OUTPUTS for who in (f"`{OWN}`", "other seeds", "ours")]
    n = known.seed.nunique()
    note = (
        f"Means over the minibatches of the epoch, with dropout, before each update; ours: mean and sd over {n} seeds."
    )
    return f"| epoch | {' | '.join(names)} |\n|---|{'---|' * len(names)}\n" + "\n".join(rows) + f"\n\n{note}"


def machines(root: Path) -> str:
    """State what another machine makes of the same seeds."""
    noted = read_csv(root / RESULTS / "original-noted.csv").query("run == 'A'").set_index("epoch").value
    here = theirs(root).query("run == @OWN").set_index("epoch").value
    both = [f"{noted[epoch]:.1f} and {here[epoch]:.1f} nats after {epoch} epochs" for epoch in (10, 30, 100)]
    return f"The same seeds of the 2014 code on two machines: {', '.join(both)}."


def scorers(root: Path) -> str:
    """Tabulate what both scorers say of the same samples."""
    path = root / RESULTS / "original-scorers.csv"
    if not path.exists():
        return "Not measured yet."
    rows, lines = read_csv(path), []
    for generator, pair in rows.groupby("generator", sort=False):
        difference = pair.value.max() - pair.value.min()
        values = [f"{row.value:.6f} ± {row.standard_error:.6f}" for row in pair.sort_values("scorer").itertuples()]
        lines.append(f"| `{generator}` | {pair.n_images.iloc[0]:,} | {' | '.join(values)} | {difference:.1g} |")
    head = (
        f"| generator | test images | {' | '.join(f'`{name}`' for name in sorted(rows.scorer.unique()))} | difference |"
    )
    return f"{head}\n|---|---|---|---|---|\n" + "\n".join(lines)


def figure(root: Path) -> Figure:
    """Plot log-likelihood and D's outputs over epochs, both codes in each panel."""
    style()
    colours = load(root / "params.yaml").values["figures"]
    found, (of_d, published) = theirs(root), curves(root)
    last = found.epoch.max()
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    for (source, _), rows in ours(root).query("epoch <= @last").groupby(["source", "seed"]):
        left.plot(
            rows.epoch, rows.value, color=colours["ours"], lw=1, marker="o" if source == "published" else "x", ms=4
        )
    for run, rows in found.groupby("run"):
        line, d = "-" if run == OWN else "--", of_d[(of_d.run == run) & (of_d.epoch <= last)]
        left.plot(rows.epoch, rows.value, line, color=colours["other"])
        for output in OUTPUTS:
            right.plot(d.epoch, d[output], line, color=colours["other"], lw=1.2, zorder=3)
    for own, who in CODES.items():
        left.plot([], [], "-" if own else "--", color=colours["other"], label=who)
    for _, rows in published.query("epoch <= @last").groupby("seed"):
        for output in OUTPUTS:
            right.plot(rows.epoch, rows[output], color=colours["ours"], lw=0.5)
    left.plot([], [], color=colours["ours"], lw=1, marker="o", ms=4, label="ours, five published seeds")
    left.plot([], [], color=colours["ours"], lw=1, marker="x", ms=4, label="ours, two seeds, first epochs")
    left.legend(loc="lower right", frameon=False)
    left.set(xlabel="epochs", ylabel="mean test log-likelihood (nats), authors' grid", ylim=(0, None))
    right.set(xlabel="epochs", ylabel="D(x) above, D(G(z)) below", ylim=(0, 1))
    return figure


if __name__ == "__main__":
    main()
