"""Statistics over seeds: intervals, and the verdict against a published value."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

MIN_SEEDS = 5  # a spread from fewer runs says too little about one more run
MOST_SEEDS = 1000  # that anyone would train
RESOLUTION_NATS = 0.05  # half of the last digit printed: a smaller gap or sd prints as 0.0


@dataclass(frozen=True)
class SeedSummary:
    """Hold one measurement over training seeds, in the measurement's unit.

    Attributes:
        n: number of seeds.
        mean, sd: mean and standard deviation (ddof 1; nan for one seed).
        median, low, high: median, smallest and largest value.
        mean_interval: t-interval of the mean.
        prediction_interval: where one more run is expected.
    """

    n: int
    mean: float
    sd: float
    median: float
    low: float
    high: float
    mean_interval: tuple[float, float]
    prediction_interval: tuple[float, float]


def summarise_seeds(values: Sequence[float], confidence: float = 0.95) -> SeedSummary:
    """Return mean, spread and intervals of one measurement over n seeds.

    mean interval: mean +- t(n-1) s / sqrt n; prediction interval: mean +- t(n-1) s sqrt(1 + 1/n).

    Args:
        values: one per seed.
        confidence: of both intervals, in (0, 1).
    Raises:
        ValueError: no value, or one that is not finite.
    """
    n = len(values)
    if n == 0 or not np.isfinite(values).all():
        raise ValueError(f"expected at least one finite value per seed, got {list(values)}")
    mean = float(np.mean(values))
    if n == 1:
        unknown = (math.nan, math.nan)
        return SeedSummary(n, mean, math.nan, mean, mean, mean, unknown, unknown)
    sd = float(np.std(values, ddof=1))
    around_mean, around_run = (width(n, sd, confidence) / 2 for width in (mean_width, prediction_width))
    return SeedSummary(
        n,
        mean,
        sd,
        float(np.median(values)),
        float(np.min(values)),
        float(np.max(values)),
        (mean - around_mean, mean + around_mean),
        (mean - around_run, mean + around_run),
    )


@dataclass(frozen=True)
class Verdict:
    """Say whether our seeds agree with a published value.

    Attributes:
        name: "not judged", "too few seeds", "not reproduced", "undecided" or "reproduced".
        reason: why it is not judged, as the caller gave it; empty where it is, or where nothing is published.
        n: number of seeds.
        gap: our mean minus the published value, in the measurement's unit; nan where nothing is published.
        gap_in_sd: the gap over the sd between seeds; nan where that is unknown or below RESOLUTION_NATS.
        margin: greatest full width of the prediction interval that still decides; None: not set.
        seeds_to_decide: where undecided within a margin, how many seeds would decide at the present mean and sd;
            None: more than MOST_SEEDS.
    """

    name: str
    reason: str
    n: int
    gap: float
    gap_in_sd: float
    margin: float | None
    seeds_to_decide: int | None


def verdict(
    summary: SeedSummary, published: float | None, margin: float | None, not_judged: str = "", confidence: float = 0.95
) -> Verdict:
    """Judge whether our seeds agree with a published value, which is one run on the same test images.

    The prediction interval is widened by RESOLUTION_NATS for this comparison only, so that a gap that prints as 0.0
    never counts as a difference.

    Args:
        summary: our measurement over seeds, nats.
        published: the paper's value, or None.
        margin: greatest full width of the prediction interval that still decides, nats; None or 0: not set.
        not_judged: reason for not judging at all; empty when the cell is to be judged.
        confidence: of the summary's intervals.
    Returns:
        the first verdict, in the order of Verdict.name, that applies.
    Raises:
        ValueError: the published value is not finite.
    """
    gap = math.nan if published is None else gap_to(summary, published)
    margin = margin if margin is not None and margin > 0 else None
    name, seeds = "not judged", None
    if published is not None and not not_judged:
        name = _judge(summary, gap, margin)
    if name == "undecided" and margin is not None:
        seeds = seeds_to_decide(gap, summary.sd, margin, confidence)
    in_sd = gap / summary.sd if summary.sd >= RESOLUTION_NATS else math.nan
    return Verdict(name, not_judged, summary.n, gap, in_sd, margin, seeds)


def _judge(summary: SeedSummary, gap: float, margin: float | None) -> str:
    width = summary.prediction_interval[1] - summary.prediction_interval[0]
    if summary.n < MIN_SEEDS:
        return "too few seeds"
    if _outside(gap, width):
        return "not reproduced"
    return "undecided" if margin is None or width > margin else "reproduced"


def gap_to(summary: SeedSummary, published: float) -> float:
    """Return our mean minus a published value, which must be finite."""
    if not math.isfinite(published):
        raise ValueError(f"expected a finite published value, got {published}")
    return summary.mean - published


def _outside(gap: float, width: float) -> bool:
    return abs(gap) > width / 2 + RESOLUTION_NATS


def mean_width(n: int, sd: float, confidence: float) -> float:
    """Return the full width of the t-interval of the mean of n values with this sd."""
    return prediction_width(n, sd, confidence) / math.sqrt(n + 1)


def prediction_width(n: int, sd: float, confidence: float) -> float:
    """Return the full width of the interval in which one more run is expected after n with this sd."""
    return 2 * float(special.stdtrit(n - 1, (1 + confidence) / 2)) * sd * math.sqrt(1 + 1 / n)


def seeds_to_decide(gap: float, sd: float, margin: float, confidence: float = 0.95) -> int | None:
    """Return the least number of seeds, MIN_SEEDS or more, that would decide at this gap and sd.

    Args:
        gap: our mean minus the published value, nats; beyond half the width and RESOLUTION_NATS it decides against.
        sd: between seeds, nats.
        margin: full width of the prediction interval that decides in favour, nats.
        confidence: of the interval.
    Returns:
        None where MOST_SEEDS are not enough.
    """
    for n in range(MIN_SEEDS, MOST_SEEDS + 1):
        width = prediction_width(n, sd, confidence)
        if width <= margin or _outside(gap, width):
            return n
    return None
