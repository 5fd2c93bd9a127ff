"""The first epochs of the 2014 code and of ours: which runs begin late or otherwise, and whether shared initial weights
matter."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
from scipy import stats

from benchmarks import initial_weights
from pipeline.files.formats import read_csv
from pipeline.reporting.cells import count

RESULTS = Path("benchmarks/results")
RECORD = (Path("tests/regression/seeds0-13"), Path("tests/regression/seeds14-15"))  # our seeds of 20 epochs
OUTPUTS = ("D(x)", "D(G(z))")
LEVEL = 0.05  # of each of two tests: whether the initial weights matter, and whether the 2014 code starts otherwise


def late(root: Path) -> str:
    """State which runs of either code had not begun to learn."""
    noted = read_csv(root / RESULTS / "original-noted.csv")
    low = noted[noted.value < -200].sort_values("epoch")
    path = ", ".join(f"{row.value:.0f} nats after {row.epoch} epochs" for row in low.itertuples())
    end = noted[noted.run == low.run.iloc[0]].iloc[-1]
    ours = record(root).late
    outputs_then = ", ".join(f"{output} {end[output]:.3f}" for output in OUTPUTS)
    curves = read_csv(root / RESULTS / "original-curves.csv").query("epoch == @initial_weights.LATE_EPOCH")
    begun = int((curves["D(G(z))"] >= initial_weights.LATE_BELOW).sum())
    return (
        f"Of the {noted.run.nunique()} noted runs one, `--weights-seed 1`, had not begun to learn when it was ended "
        f"after {end.epoch} epochs: {outputs_then}, {path}. Of the {len(curves)} kept runs {begun} had "
        f"begun after {initial_weights.LATE_EPOCH} epochs; of ours, {(~ours).sum()} of the {len(ours)} seeds on record "
        f"([the criterion](runs.md#when-a-seed-has-begun-to-learn)). Late starts "
        "belong to the 2014 code as well."
    )


def record(root: Path) -> pd.DataFrame:
    """Our seeds of 20 epochs on record: columns value, nats, and late, whether the seed began to learn late."""
    parts = []
    for folder in RECORD:
        metrics, curve = (read_csv(root / folder / name).set_index("seed") for name in ("metrics.csv", "curves.csv"))
        kept = "metric == 'test_log_likelihood' and grid == 'authors' and generator == 'last'"
        began = curve[curve.epoch == initial_weights.LATE_EPOCH]["D(G(z))"] >= initial_weights.LATE_BELOW
        parts.append(metrics.query(kept)[["value"]].assign(late=~began))
    return pd.concat(parts)


def start(runs: pd.DataFrame, known: pd.DataFrame, noted: pd.DataFrame, epoch: int = 20) -> str:
    """State where the 2014 code's runs and our seeds on record are early on, and whether a test tells them apart.

    Args:
        runs: of the 2014 code that were kept and scored: columns run, epoch, value.
        known: our seeds on record at that epoch: columns value, late.
        noted: runs of which the scores alone are on record; they are stated, not tested.
        epoch: at which all are compared.
    """
    others, remembered = (frame[frame.epoch == epoch].value for frame in (runs, noted))
    test = stats.mannwhitneyu(others, known.value, method="exact")
    higher = "higher" if others.median() > known.value.median() else "lower"
    verdict = f"the 2014 code starts {higher}" if test.pvalue < LEVEL else "no difference is shown"
    before = f"; {count(len(remembered), 'noted run')} had {span(remembered, 1)} nats" if len(remembered) else ""
    return (
        f"After {epoch} epochs the {count(len(others), 'scored run')} of the 2014 code have {span(others, 1)} nats "
        f"(median {others.median():.1f}), our {count(len(known), 'seed')} on record {span(known.value, 1)} (median "
        f"{known.value.median():.1f}; {known.late.sum()} began late): {verdict} (exact Mann-Whitney p = "
        f"{test.pvalue:.2g}){before}."
    )


def weights(root: Path) -> str:
    """State whether shared initial weights make a difference; the log-likelihood at the last epoch decides."""
    path = root / RESULTS / "initial-weights.csv"
    if not path.exists():
        return "Not measured yet."
    found = read_csv(path)
    summary = initial_weights.summary(found).query("measure == 'log_likelihood'")
    medians = found.groupby(["weights", "epoch"]).log_likelihood.median()
    lines = [
        f"| {row.epoch} | {medians['shared', row.epoch]:.1f}; {row.shared_mean:.1f} ± {row.shared_sd:.1f}"
        f"{_late(row.shared_late)} | {medians['independent', row.epoch]:.1f}; {row.independent_mean:.1f} ± "
        f"{row.independent_sd:.1f}{_late(row.independent_late)} | {row.p:.2g} |"
        for row in summary.itertuples()
    ]
    last = summary.iloc[-1]
    n = f"n = {last.shared_n} and {last.independent_n}"
    difference = medians["shared", last.epoch] - medians["independent", last.epoch]
    about = "seeds: median; mean ± sd over seeds"
    kinds = f"shared, {last.shared_n} {about} | independent, {last.independent_n} {about}"
    head = f"| epochs | {kinds} | exact Mann-Whitney p |\n|---|---|---|---|\n"
    verdict = "The initial weights matter" if last.p < LEVEL else "No effect shown"
    where = f"{abs(difference):.1f} nats {'higher' if difference > 0 else 'lower'}"
    verdict += f": with shared ones the median is {where} after {last.epoch} epochs (p = {last.p:.2g}, {n})."
    return head + "\n".join(lines) + f"\n\n{verdict}"


def _late(seeds: float) -> str:
    return "" if pd.isna(seeds) else f" ({seeds:.0f} began late)"


def span(values: Iterable[float], digits: int = 0) -> str:
    """Write the least and the greatest of some values, or the one that both round to."""
    low, high = (f"{end(values):.{digits}f}" for end in (min, max))
    return low if low == high else f"{low} to {high}"
