"""What the numbers say: standard errors, intervals over seeds, agreement with the paper's value."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

# A spread from fewer runs says too little about one more run.
MIN_SEEDS = 5


def standard_error(values: Sequence[float] | np.ndarray, ddof: int = 0) -> float:
    """Standard deviation of the values over the square root of their number.

    Source:
        goodfeli/adversarial, parzen_ll.py: over test examples, ddof 0.
    """
    return float(np.std(values, ddof=ddof) / math.sqrt(len(values)))


@dataclass(frozen=True)
class SeedSummary:
    """One measurement over training seeds, in the measurement's unit.

    Attributes:
        n: number of seeds.
        mean, sd: mean and standard deviation (ddof 1; nan for one seed).
        low, high: least and greatest value.
        mean_interval: t-interval of the mean.
        prediction_interval: where one more run is expected.
    """

    n: int
    mean: float
    sd: float
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
        return SeedSummary(n, mean, math.nan, mean, mean, unknown, unknown)
    sd = float(np.std(values, ddof=1))
    t = float(stats.t.ppf((1 + confidence) / 2, n - 1))
    around_mean, around_run = t * sd / math.sqrt(n), t * sd * math.sqrt(1 + 1 / n)
    return SeedSummary(
        n,
        mean,
        sd,
        float(np.min(values)),
        float(np.max(values)),
        (mean - around_mean, mean + around_mean),
        (mean - around_run, mean + around_run),
    )


def verdict(summary: SeedSummary, published: float, margin: float, not_judged: str = "") -> str:
    """Whether our seeds agree with a published value, which is one run on the same test images.

    Args:
        summary: our measurement over seeds.
        published: the paper's value.
        margin: greatest full width of the prediction interval that still decides, same unit.
        not_judged: reason for not judging at all; empty when the cell is to be judged.
    Returns:
        "not judged: REASON", "too few seeds (n < 5)", "not reproduced: GAP", "undecided" or
        "reproduced", the first that applies.
    """
    low, high = summary.prediction_interval
    if not_judged:
        return f"not judged: {not_judged}"
    if summary.n < MIN_SEEDS:
        return f"too few seeds (n = {summary.n} < {MIN_SEEDS})"
    if not low <= published <= high:
        gap = summary.mean - published
        in_sd = f", {gap / summary.sd:+.1f} sd" if summary.sd > 0 else ""
        return f"not reproduced: {gap:+.1f} nats{in_sd}"
    return "undecided" if high - low > margin else "reproduced"
