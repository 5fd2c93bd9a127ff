"""Conclusions about a claim from an interval: it holds, it does not hold, or the interval is too wide to tell."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gan.statistics import summarise_seeds

ROUNDING = 1e-9  # far above what float64 leaves of these numbers, far below what any claim is about


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


Outcome = Literal["holds", "does not hold", "undecided", "gains", "costs", "no effect shown", "too short"]


@dataclass(frozen=True)
class Reading:
    """Conclusion about a claim from an interval.

    Attributes:
        outcome: one of the Outcome words, for counting.
        text: for readers, with the number where it matters.
    """

    outcome: Outcome
    text: str


def over_seeds(values: Sequence[float], confidence: float = 0.95) -> Estimate:
    """Return the mean over seeds, with its t-interval.

    Raises:
        ValueError: no value, or one that is not finite.
    """
    summary = summarise_seeds(values, confidence)
    return Estimate(summary.mean, *summary.mean_interval, summary.n)


def ratio_over_seeds(values: Sequence[float], confidence: float = 0.95) -> Estimate:
    """Return the geometric mean of positive ratios; the t-interval is that of their logarithms.

    Raises:
        ValueError: a ratio is not positive.
    """
    if min(values) <= 0:
        raise ValueError(f"ratios must be positive, got {list(values)}")
    log = over_seeds(np.log(values).tolist(), confidence)
    return Estimate(math.exp(log.value), math.exp(log.low), math.exp(log.high), log.n)


def paired(ours: dict[int, float], others: dict[int, float], confidence: float = 0.95) -> Estimate:
    """Return the mean difference, ours minus others, over the seeds that both have.

    Runs of one seed share initial weights and the order of the images; that may make a difference less noisy.

    Raises:
        ValueError: no seed is in both.
    """
    seeds = sorted(ours.keys() & others.keys())
    if not seeds:
        raise ValueError(f"no seed in common: {sorted(ours)} and {sorted(others)}")
    return over_seeds([ours[seed] - others[seed] for seed in seeds], confidence)


def reading(estimate: Estimate, low: float, high: float, unit: str, too_short: str = "") -> Reading:
    """Judge from its interval whether a number lies strictly between two bounds.

    Args:
        estimate: the measurement.
        low, high: the claim; infinite where it has one side only.
        unit: of the number, for the text; may be empty.
        too_short: why the interval must not be interpreted, e.g. "3 epochs"; empty if it may.
    Returns:
        "holds" (with two bounds "holds within ..." of their middle), "does not hold", "undecided" where the interval
        crosses a bound, or "too short".
    """
    number = _with_unit(estimate.value, unit)
    if too_short or math.isnan(estimate.low):
        return _too_short(estimate, too_short)
    if low < estimate.low and estimate.high < high:
        return Reading("holds", _holds(estimate, low, high, unit))
    if estimate.high <= low:
        return Reading("does not hold", f"does not hold here: {number}, not above {_with_unit(low, unit)}")
    if estimate.low >= high:
        return Reading("does not hold", f"does not hold here: {number}, not below {_with_unit(high, unit)}")
    crossed = " and ".join(_with_unit(bound, unit) for bound in (low, high) if estimate.low <= bound <= estimate.high)
    span = f"{estimate.low:.3g} to {_with_unit(estimate.high, unit)}"
    return Reading("undecided", f"undecided: {span} crosses {crossed}")


def _holds(estimate: Estimate, low: float, high: float, unit: str) -> str:
    if not (math.isfinite(low) and math.isfinite(high)):
        return "holds"
    middle = (low + high) / 2
    away = max(abs(estimate.low - middle), abs(estimate.high - middle))
    within = "rounding" if away < ROUNDING else _with_unit(away, unit)
    return f"holds within {within} of {middle:g}" if middle else f"holds within {within}"


def _too_short(estimate: Estimate, why: str) -> Reading:
    return Reading("too short", f"too short to tell: {why or f'n = {estimate.n}'}")


def effect(estimate: Estimate, unit: str, too_short: str = "") -> Reading:
    """Judge from its interval a difference that is not predicted: "gains", "costs", or no effect shown."""
    number = _with_unit(abs(estimate.value), unit)
    if too_short or math.isnan(estimate.low):
        return _too_short(estimate, too_short)
    if estimate.low > 0:
        return Reading("gains", f"gains {number}")
    if estimate.high < 0:
        return Reading("costs", f"costs {number}")
    span = f"{estimate.low:+.3g} to {_with_unit(estimate.high, unit, sign='+')}"
    return Reading("no effect shown", f"no effect shown: {span}")


def simultaneous(confidence: float, n: int) -> float:
    """Return the confidence of each of n intervals that are to hold simultaneously (Bonferroni)."""
    return 1 - (1 - confidence) / n


def _with_unit(value: float, unit: str, sign: str = "") -> str:
    return f"{value:{sign}.3g} {unit}".rstrip()
