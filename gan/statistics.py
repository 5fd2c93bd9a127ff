"""What the numbers say over seeds: intervals, and agreement with the paper's value."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

# A spread from fewer runs says too little about one more run.
MIN_SEEDS = 5
MOST_SEEDS = 1000  # that anyone would train


@dataclass(frozen=True)
class SeedSummary:
    """One measurement over training seeds, in the measurement's unit.

    Attributes:
        n: number of seeds.
        mean, sd: mean and standard deviation (ddof 1; nan for one seed).
        median, low, high: middle, least and greatest value.
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
    """Mean, spread and intervals of one measurement over n seeds.

    mean interval: mean +- t(n-1) s / sqrt n; prediction interval: mean +- t(n-1) s sqrt(1 + 1/n).

    Args:
        values: one per seed.
        confidence: of both intervals, in (0, 1).
    Raises:
        ValueError: no value, or one that is not finite.
    """
    n = len(values)
    if n == 0 or not np.isfinite(values).all():
        raise ValueError(f"want at least one finite value per seed, got {list(values)}")
    mean = float(np.mean(values))
    if n == 1:
        unknown = (math.nan, math.nan)
        return SeedSummary(n, mean, math.nan, mean, mean, mean, unknown, unknown)
    sd = float(np.std(values, ddof=1))
    around_run = prediction_width(n, sd, confidence) / 2
    around_mean = around_run / math.sqrt(n + 1)
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
    """Whether our seeds agree with a published value.

    Attributes:
        name: "not judged", "too few seeds", "not reproduced", "undecided" or "reproduced".
        reason: why, in words; empty for "reproduced".
        gap: our mean minus the published value, in the measurement's unit; nan where nothing is published.
        gap_in_sd: the gap over the sd between seeds; nan where that is unknown or zero.
        seeds_to_decide: where undecided, how many seeds would decide at the present mean and sd; None: too many.
    """

    name: str
    reason: str
    gap: float
    gap_in_sd: float
    seeds_to_decide: int | None

    def __str__(self) -> str:
        """The name with its reason."""
        return f"{self.name}: {self.reason}" if self.reason else self.name


def verdict(
    summary: SeedSummary, published: float | None, margin: float, not_judged: str = "", confidence: float = 0.95
) -> Verdict:
    """Whether our seeds agree with a published value, which is one run on the same test images.

    Args:
        summary: our measurement over seeds.
        published: the paper's value, or None.
        margin: greatest full width of the prediction interval that still decides, same unit.
        not_judged: reason for not judging at all; empty when the cell is to be judged.
        confidence: of the summary's intervals.
    Returns:
        the first verdict, in the order of Verdict.name, that applies.
    """
    gap = math.nan if published is None else summary.mean - published
    gap_in_sd = gap / summary.sd if summary.sd > 0 else math.nan
    low, high = summary.prediction_interval
    name, reason, seeds = "reproduced", "", None
    if not_judged or published is None:
        name, reason = "not judged", not_judged or "nothing published"
    elif summary.n < MIN_SEEDS:
        name, reason = "too few seeds", f"n = {summary.n} < {MIN_SEEDS}"
    elif not low <= published <= high:
        in_sd = "" if math.isnan(gap_in_sd) else f", {gap_in_sd:+.1f} sd"
        name, reason = "not reproduced", f"{gap:+.1f} nats{in_sd}"
    elif high - low > margin:
        seeds = seeds_to_decide(gap, summary.sd, margin, confidence)
        name, reason = "undecided", _would_decide(seeds)
    return Verdict(name, reason, gap, gap_in_sd, seeds)


def _would_decide(seeds: int | None) -> str:
    return f"{seeds} seeds would decide at this mean and sd" if seeds else f"nor would {MOST_SEEDS} seeds decide"


def prediction_width(n: int, sd: float, confidence: float) -> float:
    """Full width of the interval in which one more run is expected after n with this sd."""
    return 2 * float(stats.t.ppf((1 + confidence) / 2, n - 1)) * sd * math.sqrt(1 + 1 / n)


def seeds_to_decide(gap: float, sd: float, margin: float, confidence: float = 0.95) -> int | None:
    """The least number of seeds, MIN_SEEDS or more, that would decide if gap and sd stayed what they are.

    Args:
        gap: our mean minus the published value; beyond half the width it decides against.
        sd: between seeds.
        margin: full width of the prediction interval that decides in favour.
        confidence: of the interval.
    Returns:
        None where MOST_SEEDS are not enough.
    """
    for n in range(MIN_SEEDS, MOST_SEEDS + 1):
        width = prediction_width(n, sd, confidence)
        if width <= margin or width / 2 < abs(gap):
            return n
    return None
