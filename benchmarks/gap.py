"""Tabulate what could move MNIST's score towards the paper's, and by how much it does; write it into docs/runs.md.

Everything comes from files under git: the published results, and measurements beside the pipeline. A test holds the
page against them.

example:
  python -m benchmarks.gap
"""

import argparse
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from benchmarks.original.page import ours, theirs
from gan.evidence.extrapolation import FORMS
from gan.keeping import replay
from gan.statistics import MIN_SEEDS, summarise_seeds
from gan.theory.readings import Estimate, over_seeds, paired
from pipeline.config.params import Params, load
from pipeline.files.formats import read_csv, read_json, write_text
from pipeline.record.runs import VARIANCE
from pipeline.reporting.cells import Cell, Ours, count, our_cells, two_digits
from pipeline.reporting.evidence import listed
from pipeline.reporting.extrapolation import outlook
from pipeline.reporting.page import with_passages
from pipeline.reporting.plan import EXPERIMENT
from pipeline.reporting.plots_progress import RULES, seed_curves
from pipeline.reporting.verdicts import gain, gap_in_words

ROOT = Path(__file__).parents[1]
PAGE, PUBLISHED, RESULTS = Path("docs/runs.md"), Path("results/published"), Path("benchmarks/results")
SWITCHED = "text-against-code"  # the claims' section of runs that differ in one switch from the 2014 code
FORMER_RULE = "the former rule of keeping and stopping, on all validation images"
DRAWN = {  # sources of variance.csv, in words, and what n counts
    "draw of samples": ("other samples of a shorter run", "draws"),
    "validation subset": ("other validation images for the bandwidth", "subsets"),
}


@dataclass(frozen=True)
class Cause:
    """What is changed, and what that does to the score.

    Attributes:
        what: is changed.
        effect: on the score, nats, with its sign; or ± the sd of a score in which this is drawn again.
        interval: of the effect; empty where there is none.
        over: what was measured, with its n.
        nats: the effect, where it is one on the test score of the published runs.
    """

    what: str
    effect: str
    interval: str
    over: str
    nats: float = math.nan


@dataclass(frozen=True)
class Files:
    """What the causes follow from.

    Attributes:
        root: of the project, with params.yaml, results/published and benchmarks/results.
        params: of the published scale.
        metrics: rows of metrics.csv.
        cells: of the plan's experiment.
        claims: rows of claims.csv.
    """

    root: Path
    params: Params
    metrics: pd.DataFrame
    cells: Ours
    claims: pd.DataFrame

    def published(self, name: str) -> pd.DataFrame:
        """Read a published table's rows of the plan's experiment."""
        frame = read_csv(self.root / PUBLISHED / name)
        return frame[frame.experiment == EXPERIMENT]

    def measured(self, name: str) -> pd.DataFrame:
        """Read what was measured beside the pipeline."""
        return read_csv(self.root / RESULTS / name)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    page = ROOT / PAGE
    write_text(page, with_passages(page.read_text(encoding="utf-8"), {"gap": passage(read(ROOT))}, PAGE))
    print(f"written: {PAGE}")


def read(root: Path) -> Files:
    """Read the files below the project's root."""
    entry = read_json(root / PUBLISHED / "published.json")
    params = load(root / "params.yaml", entry["scale"], experiments=entry["experiments"], seeds=entry["seeds"])
    metrics, claims = (read_csv(root / PUBLISHED / name) for name in ("metrics.csv", "claims/claims.csv"))
    return Files(root, params, metrics, our_cells(metrics, params)[EXPERIMENT], claims)


def passage(files: Files) -> str:
    """Return the table, and what it says of the gap, as Markdown."""
    found, kept = causes(files), files.cells.kept
    most, gap = max((one for one in found if one.nats > 0), key=lambda one: one.nats), kept["authors"].verdict.gap
    text = (
        f"The gap to the paper's {kept['authors'].published:g} nats is {gap_in_words(kept['authors'].verdict)} on the "
        f"authors' grid and {gap_in_words(kept['fine'].verdict)} on the fine one. With as many samples as the paper's, "
        f"the largest effect measured on the published runs ({most.what}: {most.effect} nats) "
        f"{'closes' if most.nats >= -gap else 'does not close'} it alone. Effects need not add up. ± is a standard "
        "deviation over what n counts, for test images a standard error; other numbers are differences."
    )
    lacking = unmeasured(files.claims)
    short = [f"Not measured yet, because runs are missing or too short: {'; '.join(lacking)}."] if lacking else []
    return "\n\n".join([table(found, files.params).to_markdown(index=False, disable_numparse=True), text, *short])


def table(found: Iterable[Cause], params: Params) -> pd.DataFrame:
    """Return the causes as text."""
    rows = [(one.what, one.effect, one.interval, one.over) for one in found]
    return pd.DataFrame(rows, columns=["what is changed", "effect, nats", f"{params.confidence:.0%} interval", "n"])


def causes(files: Files) -> list[Cause]:
    """Return what was measured: on the published runs, in one number's spread, on other runs."""
    measured = (length, longer, keeping, grid, samples, drawn, seeds, switches, authors_code, authors_scorer)
    return [cause for part in measured for cause in part(files)]


def length(files: Files) -> list[Cause]:
    """What the last generators gained since the length scored before."""
    rise = gain(files.cells.kept["authors"], files.metrics, files.params)
    if rise is None:
        return []
    before, now, nats = rise
    found = Estimate(nats.mean, *nats.mean_interval, nats.n)
    return [_of_seeds(f"the last {now - before} epochs ({before:,} to {now:,})", found)]


def longer(files: Files) -> list[Cause]:
    """What lines through the curves say of the epochs that are left, and of all learning rates spent."""
    found = outlook(files.published("validation.csv"), files.metrics, files.params, EXPERIMENT)
    if found is None:
        return []
    now, rows = found.spent(found.length), []
    for what, epochs in ((f"{found.planned:,} epochs", found.planned), ("all learning rates spent", math.inf)):
        lines = [found.lines(form, found.length) for form in FORMS]
        gains = [sum(line.at(found.spent(epochs)) - line.at(now) for line in form) / len(form) for form in lines]
        seeds = f"{count(len(found.curves), 'seed')}, {len(FORMS)} lines each"
        rows.append(Cause(f"{what}, extrapolated", _span(gains), "", seeds))
    return rows


def keeping(files: Files) -> list[Cause]:
    """What other rules of keeping a generator do: to keep the last, and the rule that training followed before."""
    rows = [] if files.cells.last is None else [_cells("the last generator, not the kept one", files.cells.last, files)]
    measured = files.published("curves.csv").rename(columns={"validation_log_likelihood": "log_likelihood"})
    followed, every = seed_curves(measured, EXPERIMENT), seed_curves(files.published("validation.csv"), EXPERIMENT)
    lost = []
    for seed in followed.keys() & every.keys():
        former, present = (
            replay(curve.index.tolist(), curve.tolist(), rule.patience)[0]
            for curve, rule in zip((followed[seed], every[seed]), RULES, strict=True)
        )
        if former in every[seed]:
            lost.append(float(every[seed][former] - every[seed][present]))
    if len(lost) < MIN_SEEDS:
        return rows
    return [*rows, _of_seeds(FORMER_RULE, over_seeds(lost), closes=False)]


def grid(files: Files) -> list[Cause]:
    """What a fine grid of bandwidths adds."""
    return [_cells("the fine grid of bandwidths, not the authors'", files.cells.kept["fine"], files)]


def samples(files: Files) -> list[Cause]:
    """What more samples of one generator add."""
    rows = files.published("growth.csv")
    if rows.empty:
        return []
    scores = rows[rows.grid == "fine"].groupby("n_samples").value.mean()
    few, many = files.params.experiment(EXPERIMENT).n_samples, scores.index.max()
    over = f"{count(rows.seed.nunique(), 'generator')}, scale `{rows.scale.iloc[0]}`, fine grid"
    return [Cause(f"{many:,} samples, not {few:,}", f"{scores[many] - scores[few]:+.1f}", "", over)]


def drawn(files: Files) -> list[Cause]:
    """How far one number moves where something in its scoring is drawn again, and over test images."""
    rows = files.published(VARIANCE).set_index("source").dropna(subset=["sd"])
    cell = files.cells.kept["authors"]
    again = [
        Cause(what, f"± {two_digits(rows.sd[source])}", "", f"{rows.n[source]} {n}, scale `{rows.scale[source]}`")
        for source, (what, n) in DRAWN.items()
        if source in rows.index
    ]
    values = files.measured("rescored-seed0.csv").query("grid == 'authors'").value
    what = "other samples of seed 0's last generator"
    redrawn = Cause(what, f"± {two_digits(values.std())}", "", count(len(values), "draw"))
    over = f"{cell.error_over}, mean of {count(len(cell.values), 'seed')}"
    error = Cause("other test images", f"± {two_digits(cell.standard_error)}", "", over)
    return [redrawn, *again, error]


def seeds(files: Files) -> list[Cause]:
    """How far one more seed is expected from our mean."""
    found = files.cells.kept["authors"].seeds
    if found.n < MIN_SEEDS:
        return []
    low, high = (end - found.mean for end in found.prediction_interval)
    interval = f"{low:+.1f} to {high:+.1f} (one more seed)"
    return [Cause("another training seed", f"± {two_digits(found.sd)}", interval, count(found.n, "seed"))]


def switches(files: Files) -> list[Cause]:
    """What a switch of the recipe does, where its runs are long enough to be interpreted."""
    rows = files.claims[(files.claims.claim == SWITCHED) & (files.claims.outcome != "too short")]
    return [
        _of_seeds(row.says, Estimate(row.value, row.low, row.high, row.n), f"{row.over}s, scale `{row.scale}`", False)
        for row in rows.itertuples()
    ]


def unmeasured(claims: pd.DataFrame) -> list[str]:
    """Return the switches of the recipe whose runs are too short, with the reason; those with the same one together.

    Args:
        claims: rows of claims.csv.
    """
    rows, switched = claims[(claims.claim == SWITCHED) & (claims.outcome == "too short")], dict[str, list[str]]()
    for row in rows.itertuples():
        why, name = row.reading.removeprefix("too short to tell: "), row.says.split(",")[0]
        switched.setdefault(why, []).append(name)
    return [f"{listed(names)} ({why})" for why, names in switched.items()]


def authors_code(files: Files) -> list[Cause]:
    """How far runs of the 2014 code lie from our mean, at the last epoch where enough seeds of ours were scored."""
    runs, mine = theirs(files.root), ours(files.root)
    shared = [epoch for epoch, rows in mine.groupby("epoch") if len(rows) >= MIN_SEEDS and epoch in set(runs.epoch)]
    if not shared:
        return []
    found = summarise_seeds(mine[mine.epoch == shared[-1]].value.tolist(), files.params.confidence)
    gaps = (runs[runs.epoch == shared[-1]].value - found.mean).tolist()
    low, high = (end - found.mean for end in found.prediction_interval)
    what = f"the authors' code, after {shared[-1]:g} epochs"
    over = f"{count(len(gaps), 'run')} against {count(found.n, 'seed')}"
    effect = listed([f"{gap:+.1f}" for gap in gaps])
    return [Cause(what, effect, f"{low:+.1f} to {high:+.1f} (one more seed)", over)]


def authors_scorer(files: Files) -> list[Cause]:
    """How far the authors' script is from ours on the same samples."""
    by_generator = files.measured("original-scorers.csv").groupby("generator").value
    most = (by_generator.max() - by_generator.min()).max()
    over = f"samples of {count(by_generator.ngroups, 'generator')}"
    return [Cause("the authors' script as scorer", f"at most {most:.0e}", "", over)]


def _cells(what: str, cell: Cell, files: Files) -> Cause:
    """Compare a cell with that of the kept generators on the authors' grid, seed by seed."""
    one, kept = (dict(enumerate(values)) for values in (cell.values, files.cells.kept["authors"].values))
    return _of_seeds(what, paired(one, kept, files.params.confidence))


def _of_seeds(what: str, found: Estimate, over: str = "", closes: bool = True) -> Cause:
    interval = "" if math.isnan(found.low) else f"{found.low:+.1f} to {found.high:+.1f}"
    n = f"{found.n} {over}" if over else count(found.n, "seed")
    return Cause(what, f"{found.value:+.1f}", interval, n, found.value if closes else math.nan)


def _span(values: list[float]) -> str:
    low, high = f"{min(values):+.1f}", f"{max(values):+.1f}"
    return low if low == high else f"{low} to {high}"


if __name__ == "__main__":
    main()
