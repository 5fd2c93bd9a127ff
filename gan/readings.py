"""What an interval says about a claim: it holds, it does not hold, or the interval is too wide to tell."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gan.statistics import summarise_seeds


@dataclass(frozen=True)
class Estimate:
    """A number with its interval.

    Attributes:
        value: mean over n.
        low, high: t-interval of the mean; nan where n is 1.
        n: seeds, or pairs of runs with the same seed.
    """

    value: float
    low: float
    high: float
    n: int


def over_seeds(values: Sequence[float], confidence: float = 0.95) -> Estimate:
    """The mean over seeds, with its t-interval.

    Raises:
        ValueError: no value, or one that is not finite.
    """
    summary = summarise_seeds(values, confidence)
    return Estimate(summary.mean, *summary.mean_interval, summary.n)


def ratio_over_seeds(values: Sequence[float], confidence: float = 0.95) -> Estimate:
    """The geometric mean of positive ratios; the t-interval is that of their logarithms.

    Raises:
        ValueError: a ratio is not positive.
    """
    if min(values) <= 0:
        raise ValueError(f"ratios must be positive, got {list(values)}")
    log = over_seeds(np.log(values).tolist(), confidence)
    return Estimate(math.exp(log.value), math.exp(log.low), math.exp(log.high), log.n)


def paired(ours: dict[int, float], others: dict[int, float], confidence: float = 0.95) -> Estimate:
    """Mean difference, ours minus others, over the seeds that both have.

    Runs of one seed share initial weights, order, noise and masks as far as their recipes allow.

    Raises:
        ValueError: no seed is in both.
    """
    seeds = sorted(ours.keys() & others.keys())
    if not seeds:
        raise ValueError(f"no seed in common: {sorted(ours)} and {sorted(others)}")
    return over_seeds([ours[seed] - others[seed] for seed in seeds], confidence)


def reading(estimate: Estimate, low: float, high: float, unit: str, too_short: str = "") -> str:
    """A claim that a number lies between two bounds, read off its interval.

    Args:
        estimate: the measurement.
        low, high: the claim; infinite where it has one side only.
        unit: of the number, for the text; may be empty.
        too_short: why no reading may be given whatever the interval, e.g. "3 epochs"; empty: one may.
    Returns:
        "holds" (with two bounds "holds within ..."), "does not hold here: ..." or "too short to tell: ...".
    """
    number = _with_unit(estimate.value, unit)
    if too_short or math.isnan(estimate.low):
        return f"too short to tell: {too_short or f'n = {estimate.n}'}; so far {number}"
    if low <= estimate.low and estimate.high <= high:
        within = max(abs(estimate.low), abs(estimate.high))
        return f"holds within {_with_unit(within, unit)}" if math.isfinite(low) and math.isfinite(high) else "holds"
    bound = low if estimate.low < low else high
    if estimate.high < low or estimate.low > high:
        return f"does not hold here: {number}, {'below' if bound == low else 'above'} {_with_unit(bound, unit)}"
    interval = f"{estimate.low:.3g} to {_with_unit(estimate.high, unit)}"
    return f"too short to tell: {interval} crosses {_with_unit(bound, unit)}"


def effect(estimate: Estimate, unit: str, too_short: str = "") -> str:
    """A difference that nobody predicts, read off its interval: "gains", "costs", or none was shown."""
    number = _with_unit(abs(estimate.value), unit)
    if too_short or math.isnan(estimate.low):
        so_far = _with_unit(estimate.value, unit, sign="+")
        return f"too short to tell: {too_short or f'n = {estimate.n}'}; so far {so_far}"
    if estimate.low > 0:
        return f"gains {number}"
    if estimate.high < 0:
        return f"costs {number}"
    return f"no effect shown: {estimate.low:+.3g} to {_with_unit(estimate.high, unit, sign='+')}"


def _with_unit(value: float, unit: str, sign: str = "") -> str:
    return f"{value:{sign}.3g} {unit}".rstrip()
