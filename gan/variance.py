"""Where a reported log-likelihood gets its variance: training seed, draw of samples, validation subset, test images.

Each component answers one question: how far would the number move, had only this been drawn anew?
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class Component:
    """One source of variance.

    Attributes:
        sd: standard deviation that it alone gives to one reported number, nats; nan where there is too little
            to estimate it from.
        low, high: interval of the sd; nan likewise.
        n: how many of its kind the estimate is from, e.g. seeds.
    """

    sd: float
    low: float
    high: float
    n: int


def unknown(n: int) -> Component:
    """A component of which too few are there."""
    return Component(math.nan, math.nan, math.nan, n)


def nested(values: np.ndarray, confidence: float = 0.95) -> tuple[Component, Component]:
    """Variance between groups and within them, from a balanced one-way layout with random effects.

    Args:
        values: shape (s, r): the reported number of s training seeds, from r draws of samples each.
        confidence: of the intervals.
    Returns:
        the groups' component and the component within groups; unknown where s < 2, or r < 2.
    Source:
        mean squares of the analysis of variance; interval between groups: Williams 1962 (Biometrika 49:278),
        within: chi square. Both assume normal effects.
    """
    s, r = values.shape
    if r < 2:
        return unknown(s), unknown(r)
    within = float(values.var(axis=1, ddof=1).mean())
    inner = _chi_square(within, s * (r - 1), confidence, r)
    if s < 2:
        return unknown(s), inner
    between = float(r * values.mean(axis=1).var(ddof=1))
    tails, degrees = ((1 - confidence) / 2, (1 + confidence) / 2), (s - 1, s * (r - 1))
    # The greater tail bounds from below.
    (high, low) = (
        max(0.0, between - within * stats.f.ppf(tail, *degrees)) * (s - 1) / stats.chi2.ppf(tail, s - 1) / r
        for tail in tails
    )
    return Component(math.sqrt(max(0.0, between - within) / r), math.sqrt(low), math.sqrt(high), s), inner


def crossed(values: np.ndarray, confidence: float = 0.95) -> Component:
    """Variance along the last axis, pooled over the others, which meet the same conditions.

    Args:
        values: shape (s, r, v): the reported number of s seeds and r draws under v conditions, which all of
            them share, e.g. validation subsets.
        confidence: of the interval.
    Returns:
        unknown where v < 2.
    Source:
        a sum of two mean squares; its interval: Graybill and Wang 1980 (JASA 75:869).
    """
    rows = values.reshape(-1, values.shape[-1])
    rows = rows - rows[:, :1]  # so that equal numbers differ by nothing, not by rounding
    n, v = rows.shape
    if v < 2:
        return unknown(v)
    total = float(rows.var(axis=1, ddof=1).mean())
    shared = float(rows.mean(axis=0).var(ddof=1))  # mean square of the conditions, over n
    parts = [(shared, v - 1)] + ([(max(0.0, total - shared), (n - 1) * (v - 1))] if n > 1 else [])
    low, high = (
        math.sqrt(sum((part * (degrees / float(stats.chi2.ppf(tail, degrees)) - 1)) ** 2 for part, degrees in parts))
        for tail in ((1 + confidence) / 2, (1 - confidence) / 2)
    )
    return Component(math.sqrt(total), math.sqrt(max(0.0, total - low)), math.sqrt(total + high), v)


def of_mean(component: Component) -> Component:
    """The component of a mean over all n conditions, from that of a single one."""
    by = math.sqrt(component.n)
    return Component(component.sd / by, component.low / by, component.high / by, component.n)


def over_images(
    values: np.ndarray, random: np.random.Generator, resamples: int = 2000, confidence: float = 0.95
) -> Component:
    """Variance of a mean over test images, had other images been drawn; pooled over seeds.

    Args:
        values: shape (s, m): log-likelihood of m test images under each of s seeds; images are redrawn jointly.
        random: the stream of the bootstrap, advanced.
        resamples: of the bootstrap.
        confidence: of the interval.
    Source:
        percentile bootstrap over images.
    """
    n = values.shape[1]
    squares = values**2

    def sd_of_mean(chosen: np.ndarray) -> float:
        moments = squares[:, chosen].mean(axis=1) - values[:, chosen].mean(axis=1) ** 2
        return math.sqrt(moments.mean() / n)

    found = stats.bootstrap(
        (np.arange(n),),
        sd_of_mean,
        n_resamples=resamples,
        confidence_level=confidence,
        method="percentile",
        vectorized=False,
        rng=random,
    )
    low, high = found.confidence_interval
    return Component(sd_of_mean(np.arange(n)), float(low), float(high), n)


def shares(components: Sequence[Component]) -> list[float]:
    """Each component's share in the sum of the variances; nan where it is unknown."""
    total = float(np.nansum([component.sd**2 for component in components]))
    return [component.sd**2 / total if total else math.nan for component in components]


def _chi_square(variance: float, degrees: float, confidence: float, n: int) -> Component:
    """A standard deviation from a mean square with so many degrees of freedom."""
    high, low = (
        math.sqrt(degrees * variance / float(stats.chi2.ppf(tail, degrees)))
        for tail in ((1 - confidence) / 2, (1 + confidence) / 2)
    )
    return Component(math.sqrt(variance), low, high, n)
