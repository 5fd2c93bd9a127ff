"""Sources of the variance of our numbers: a table and sentences made from the CSV files."""

import math
from collections.abc import Iterable, Iterator

import pandas as pd

from pipeline.config.params import Params
from pipeline.reporting.cells import columns, count, seed_rows
from pipeline.reporting.variance import EPOCH, SUBSET


def by_experiment(frame: pd.DataFrame, params: Params) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield name, title and rows of the experiments that a frame has, in the table's order."""
    for name, title in columns(params).items():
        rows = frame[frame.experiment == name]
        if len(rows):
            yield name, title, rows


def of_scale(rows: pd.DataFrame, params: Params) -> str:
    """Return the scale of the rows, where it is not that of the params."""
    scale = rows.scale.iloc[0]
    return "" if scale == params.scale else f" at scale `{scale}`"


def other_runs(rows: pd.DataFrame, params: Params) -> str:
    """Return the warning that rows of another scale than the params' are not of the runs that are judged."""
    scale = rows.scale.iloc[0]
    return "" if scale == params.scale else f" Runs of scale `{scale}` are others than those that are judged."


def variance_table(frame: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Return each source's standard deviation in one reported number, with its interval where it has one, as text."""
    rows = pd.concat([rows.assign(title=title) for _, title, rows in by_experiment(frame, params)])
    intervals = [_interval(low, high) for low, high in zip(rows.low, rows.high, strict=True)]
    texts = {"": rows.title, "drawn again": rows.source, "sd, nats": rows.sd.map(_number)}
    return pd.DataFrame(texts | {f"{params.confidence:.0%} interval": intervals, "n": rows.n})


def _number(value: float) -> str:
    return "unknown" if math.isnan(value) else f"{value:.3g}"


def _interval(low: float, high: float) -> str:
    return "none" if math.isnan(low) else f"{_number(low)} to {_number(high)}"


def variance_sentences(frame: pd.DataFrame, metrics: pd.DataFrame, params: Params) -> list[str]:
    """Say which source moves a number most, and what the seeds' numbers are."""
    lines = []
    for name, title, rows in by_experiment(frame, params):
        known = rows.dropna(subset=["sd"]).sort_values("sd", ascending=False)
        lacking = ", ".join(rows[rows.sd.isna()].source)
        most = "; ".join(f"{row.source} {_number(row.sd)}" for row in known.itertuples())
        alone = len(known) == 1 or known.low.iloc[0] > known.iloc[1:][["sd", "high"]].max(axis=None)
        unsure = (
            "the largest, without an interval, is"
            if known.low.isna().iloc[0]
            else "no source dominates; the largest is"
        )
        first = "the largest source of variance is" if alone else unsure
        but = f" Not known from so few: {lacking}, which may have a larger effect." if lacking else ""
        values = seed_rows(metrics, name, "authors", rows.scale.iloc[0]).value
        lines.append(
            f"{title}{of_scale(rows, params)}: {first} the {known.source.iloc[0]} (sd in nats: {most}).{but} "
            f"{count(len(values), 'seed')}: {', '.join(f'{value:.1f}' for value in values)} nats; "
            f"median {values.median():.1f}.{other_runs(rows, params)}"
        )
    return lines


def choice_sentences(choices: pd.DataFrame, frame: pd.DataFrame, metrics: pd.DataFrame, params: Params) -> list[str]:
    """Say what validation images choose when they are others: bandwidths and epochs, and for which seeds it is unknown.

    Args:
        choices: rows of choices.csv.
        frame: rows of variance.csv.
        metrics: rows of metrics.csv.
    """
    lines = []
    for name, title, rows in by_experiment(frame, params):
        mine = choices[choices.experiment == name]
        seeds = seed_rows(metrics, name, "authors", rows.scale.iloc[0]).seed
        about = f"{title}{of_scale(rows, params)}: "
        n = rows.set_index("source").n
        if SUBSET in n:
            lines.append(about + _bandwidths(mine[mine.source == SUBSET], n[SUBSET], seeds))
        lines.append(about + _epochs(mine[mine.source == EPOCH], n.get(EPOCH), seeds))
    return lines


def _bandwidths(rows: pd.DataFrame, subsets: int, seeds: Iterable[int]) -> str:
    if rows.empty:
        return "which bandwidths the validation subsets chose is not published for these runs."
    counts = rows.groupby("choice")["count"].sum().sort_values(ascending=False)
    total = counts.sum()
    chosen = ", ".join(f"{bandwidth:.4g} in {n} of {total}" for bandwidth, n in counts.items())
    draws = total // (rows.seed.nunique() * subsets)
    scores = f"{count(subsets, 'validation subset')}, {count(draws, 'draw')} of {count(rows.seed.nunique(), 'seed')}"
    return f"the bandwidths chosen by {scores}: {chosen}.{_lacking(rows, seeds, 'no further draws were scored')}"


def _epochs(rows: pd.DataFrame, blocks: int | None, seeds: Iterable[int]) -> str:
    if rows.empty:
        why = "these runs' measurements were not recorded by block of validation images"
        return f"the effect of other images on the kept epoch is not known; {why}."
    n, total, moved = rows.seed.nunique(), rows["count"].sum(), rows[~rows.own & rows["count"].gt(0)]
    first = (
        f"with its {blocks} blocks of validation images resampled ({total // n:,} times for each of {count(n, 'seed')})"
    )
    lacking = _lacking(rows, seeds, "measurements by block were not recorded")
    if moved.empty:
        return f"{first}, the rule keeps the same epoch each time.{lacking}"
    lost = (rows["count"] * rows.lost).sum() / total
    own = rows[rows.own].set_index("seed").choice
    spans = "; ".join(
        f"seed {seed} from {mine.choice.min():,.0f} to {mine.choice.max():,.0f} instead of {own[seed]:,.0f}"
        for seed, mine in moved.groupby("seed")
    )
    return (
        f"{first}, the rule keeps another epoch in {moved['count'].sum() / total:.0%} of cases ({spans}), and the "
        f"generator kept has {lost:.2f} nats less by all validation images, on average over all cases.{lacking}"
    )


def _lacking(rows: pd.DataFrame, seeds: Iterable[int], why: str) -> str:
    missing = sorted(set(seeds) - set(rows.seed))
    those = f"seed{'s' * (len(missing) > 1)} {', '.join(map(str, missing))}"
    return f" Not known for {those}: {why}." if missing else ""
