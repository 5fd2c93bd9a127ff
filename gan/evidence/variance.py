"""Sources of the variance of a reported log-likelihood: training seed, draw of samples, validation and test images.

Each component answers one question: how much would the number vary if only this source were drawn again? Interactions
of two sources count in both, so the components do not add up to a total.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

LEAST = 5  # units from which Bonett's interval can be computed: its trim proportion is 1 / (2 sqrt(n - 4))


@dataclass(frozen=True)
class Component:
    """One source of variance.

    Attributes:
        sd: standard deviation of one reported number if only this source varies, nats; nan if there is too little data.
        low, high: interval of the sd; nan likewise.
        n: number of units that the estimate is from, e.g. seeds, or draws of all seeds.
    """

    sd: float
    low: float
    high: float
    n: int


def unknown(n: int) -> Component:
    """Return a component with too few units to estimate it."""
    return Component(math.nan, math.nan, math.nan, n)


def nested(values: np.ndarray, confidence: float = 0.95) -> tuple[Component, Component]:
    """Estimate the variance between and within groups, from a balanced one-way layout with random effects.

    The interval between groups holds approximately for skewed and heavy-tailed groups. The one within groups assumes
    normal draws: such a number is a mean over thousands of images and samples.

    Args:
        values: shape (s, r): the reported number of s training seeds, from r draws of samples each.
        confidence: of the intervals.
    Returns:
        the component between groups, n = s, and that within groups, n = s r; unknown where s < 2, or r < 2. Between
        fewer than LEAST groups the standard deviation has no interval.
    Source:
        mean squares of the analysis of variance. Interval between groups: Bonett 2006 (CSDA 50:775) for the variance
        of the groups' means, from both ends of which the estimate of the part within groups is taken. Within: chi
        square.
    """
    s, r = values.shape
    if r < 2:
        return unknown(s), unknown(s * r)
    within = float(values.var(axis=1, ddof=1).mean())
    inner = _chi_square(within, s * (r - 1), confidence, s * r)
    if s < 2:
        return unknown(s), inner
    means = values.mean(axis=1)
    ends = _bonett(float(means.var(ddof=1)), _kurtosis(means), s, confidence)
    sd, low, high = (_root(square - within / r) for square in (float(means.var(ddof=1)), *ends))
    return Component(sd, low, high, s), inner


def crossed(values: np.ndarray, confidence: float = 0.95) -> Component:
    """Estimate the variance of one number over conditions shared by all seeds and draws, interactions included.

    Args:
        values: shape (s, r, v): the reported number of s seeds, with r draws each, under v conditions, e.g. folds.
        confidence: of the interval.
    Returns:
        the component, n = v; unknown where v < 2. Fewer than LEAST conditions have no interval. Where no condition
        changes a number, the component is zero and has none either.
    Source:
        mean over seeds and draws of the variance over conditions. Interval: Bonett 2006 (CSDA 50:775), with the
        conditions as units and, instead of a unit's squared deviation, its mean over seeds and draws; for s = r = 1
        that is Bonett's, about the mean.
    """
    v = values.shape[2]
    if v < 2:
        return unknown(v)
    effects = values - values[:, :, :1]  # so that equal numbers differ by nothing, not by rounding
    squares = ((effects - effects.mean(axis=2, keepdims=True)) ** 2).mean(axis=(0, 1))
    variance = float(squares.sum()) / (v - 1)
    kurtosis = v * float((squares**2).sum() / squares.sum() ** 2) if variance else math.nan
    low, high = _bonett(variance, kurtosis, v, confidence)
    return Component(math.sqrt(variance), _root(low), _root(high), v)


def of_mean(component: Component) -> Component:
    """Return the component of a mean over all n conditions, from that of a single one."""
    by = math.sqrt(component.n)
    return Component(component.sd / by, component.low / by, component.high / by, component.n)


def over_images(
    values: np.ndarray, random: np.random.Generator, resamples: int = 2000, confidence: float = 0.95
) -> Component:
    """Estimate the variance of a mean over test images due to the choice of images; pooled over seeds.

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
            # Two-valued, the same bandwidth or the next: counts of the bandwidths say more than an interval could.
            "validation subset": replace(crossed(values, confidence), low=math.nan, high=math.nan),
            "test images": over_images(test_images, random, resamples, confidence),
        }
    return {"training seed": seeds, "draw of samples": draws} | others


def _root(variance: float) -> float:
    """Return a standard deviation; 0 where an estimate of the variance is negative, nan where it is nan."""
    return math.sqrt(variance) if not variance <= 0 else 0.0


def _kurtosis(values: np.ndarray) -> float:
    """Fourth moment about the trimmed mean over the square of the second about the mean; nan where all are equal."""
    n = len(values)
    if n < LEAST or values.min() == values.max():
        return math.nan
    trimmed = min(int(n / (2 * math.sqrt(n - 4))), (n - 1) // 2)  # values that are left out at either end
    middle = np.sort(values)[trimmed : n - trimmed].mean()
    return float(n * ((values - middle) ** 4).sum() / ((values - values.mean()) ** 2).sum() ** 2)


def _bonett(variance: float, kurtosis: float, n: int, confidence: float) -> tuple[float, float]:
    """Return the interval of a variance estimated from n units; nan for fewer than LEAST units or without a kurtosis.

    Source:
        Bonett 2006 (CSDA 50:775), without prior information on the kurtosis.
    """
    if n < LEAST:
        return math.nan, math.nan
    z = float(special.ndtri((1 + confidence) / 2))
    factor = n / (n - z)
    error = factor * _root((kurtosis - (n - 3) / n) / (n - 1))
    return variance * factor * math.exp(-z * error), variance * factor * math.exp(z * error)


def _chi_square(variance: float, degrees: float, confidence: float, n: int) -> Component:
    """A standard deviation from a mean square with so many degrees of freedom."""
    high, low = (
        math.sqrt(degrees * variance / (2 * float(special.gammaincinv(degrees / 2, tail))))
        for tail in ((1 - confidence) / 2, (1 + confidence) / 2)
    )
    return Component(math.sqrt(variance), low, high, n)
