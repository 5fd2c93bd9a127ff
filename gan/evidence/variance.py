"""Where a reported log-likelihood gets its variance: training seed, draw of samples, validation subset, test images.

Each component answers one question: how far would the number move, had only this been drawn anew? What two sources
make together counts in both, so that components do not add up to a total.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special


@dataclass(frozen=True)
class Component:
    """One source of variance.

    Attributes:
        sd: standard deviation that it alone gives to one reported number, nats; nan where there is too little
            to estimate it from.
        low, high: interval of the sd; nan likewise.
        n: how many of its kind the estimate is from, e.g. seeds, or draws of all seeds.
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
        the component between groups, n = s, and that within groups, n = s r; unknown where s < 2, or r < 2.
    Source:
        mean squares of the analysis of variance; interval between groups: Williams 1962 (Biometrika 49:278),
        within: chi square. Both assume normal effects.
    """
    s, r = values.shape
    if r < 2:
        return unknown(s), unknown(s * r)
    within = float(values.var(axis=1, ddof=1).mean())
    inner = _chi_square(within, s * (r - 1), confidence, s * r)
    if s < 2:
        return unknown(s), inner
    between = float(r * values.mean(axis=1).var(ddof=1))

    def bound(tail: float) -> float:
        lifted = between - within * float(special.fdtri(s - 1, s * (r - 1), tail))
        return math.sqrt(max(0.0, lifted) * (s - 1) / _chi_square_quantile(tail, s - 1) / r)

    low, high = bound((1 + confidence) / 2), bound((1 - confidence) / 2)
    return Component(math.sqrt(max(0.0, between - within) / r), low, high, s), inner


def crossed(values: np.ndarray, confidence: float = 0.95) -> Component:
    """Variance of one number over conditions that all seeds and draws share, with what seeds and draws make of them.

    Args:
        values: shape (s, r, v): the reported number of s seeds, with r draws each, under v conditions, e.g.
            validation subsets.
        confidence: of the interval.
    Returns:
        the component, n = v; unknown where v < 2. Where no condition changes a number it is zero, and nobody
        knows how far from zero it might be.
    Source:
        a sum of the mean squares of conditions, seeds x conditions and draws x conditions, with positive
        weights; interval: Graybill and Wang 1980 (JASA 75:869). It assumes normal effects.
    """
    v = values.shape[2]
    if v < 2:
        return unknown(v)
    squares = _mean_squares(values)
    total = float(sum(square for square, _ in squares))
    if total == 0:
        return Component(0.0, math.nan, math.nan, v)

    def reach(tail: float) -> float:
        """How far the bound of this tail lies from the total, squared terms added."""
        ratios = [(square, degrees / _chi_square_quantile(tail, degrees) - 1) for square, degrees in squares]
        return math.sqrt(sum((square * ratio) ** 2 for square, ratio in ratios))

    low, high = total - reach((1 + confidence) / 2), total + reach((1 - confidence) / 2)
    return Component(math.sqrt(total), math.sqrt(max(0.0, low)), math.sqrt(high), v)


def _mean_squares(values: np.ndarray) -> list[tuple[float, int]]:
    """Conditions, seeds x conditions, draws x conditions: each one's part in the variance, and degrees of freedom."""
    s, r, v = values.shape
    effects = values - values[:, :, :1]  # so that equal numbers differ by nothing, not by rounding
    effects = effects - effects.mean(axis=2, keepdims=True)
    of_condition = effects.mean(axis=(0, 1))
    of_seed = effects.mean(axis=1) - of_condition
    of_draw = effects - effects.mean(axis=1, keepdims=True)
    parts = [(of_condition, 1, 1), (of_seed, s, s - 1), (of_draw, s * r, s * (r - 1))]
    return [
        (float((part**2).sum()) / (count * (v - 1)), degrees * (v - 1)) for part, count, degrees in parts if degrees
    ]


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
    centred = values - values.mean(axis=1, keepdims=True)  # against cancellation
    squares = centred**2

    def sd_of_mean(chosen: np.ndarray) -> float:
        moments = squares[:, chosen].mean(axis=1) - centred[:, chosen].mean(axis=1) ** 2
        return math.sqrt(max(0.0, moments.mean()) / n)

    from scipy import stats  # it takes a second to import, and the tables' readers need it seldom

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


def by_source(
    values: np.ndarray,
    test_images: np.ndarray | None,
    random: np.random.Generator,
    resamples: int,
    confidence: float = 0.95,
) -> dict[str, Component]:
    """Return where the variance of a reported number comes from, by name.

    Args:
        values: shape (seeds, draws, folds), or (seeds, draws, subsets) of validation images, the protocol's own first.
        test_images: shape (seeds, m), the log-likelihood of each test image; None where there are folds.
        random: of the bootstrap over test images, advanced.
        resamples: of it.
        confidence: of the intervals.
    """
    if test_images is None:
        seeds, draws = nested(values.mean(axis=2), confidence)
        others = {"fold": of_mean(crossed(values, confidence))}
    else:
        seeds, draws = nested(values[:, :, 0], confidence)
        others = {
            "validation subset": crossed(values, confidence),
            "test images": over_images(test_images, random, resamples, confidence),
        }
    return {"training seed": seeds, "draw of samples": draws} | others


def _chi_square_quantile(tail: float, degrees: float) -> float:
    return 2 * float(special.gammaincinv(degrees / 2, tail))


def _chi_square(variance: float, degrees: float, confidence: float, n: int) -> Component:
    """A standard deviation from a mean square with so many degrees of freedom."""
    high, low = (
        math.sqrt(degrees * variance / _chi_square_quantile(tail, degrees))
        for tail in ((1 - confidence) / 2, (1 + confidence) / 2)
    )
    return Component(math.sqrt(variance), low, high, n)
