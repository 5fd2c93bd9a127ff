"""Agreement and disagreement of our seeds with a published value: rank, margin and power."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from gan.statistics import RESOLUTION_NATS, SeedSummary, gap_to, prediction_width, summarise_seeds

LEVEL = 0.05  # of the rank statement and of the least margin
SEEDS_TO_REJECT = tuple(round(sides / LEVEL) - 1 for sides in (1, 2))  # by the rank statement, if no seed reaches it
POWER = 0.8  # "four of five studies"


@dataclass(frozen=True)
class Rank:
    """Hold the rank of a published value among our seeds.

    Attributes:
        k: number of seeds that reach (>=) the published value.
        n: number of seeds.
    """

    k: int
    n: int

    @property
    def probability(self) -> float:
        """Return the probability that one more run like ours would rank this high or higher.

        It is (k + 1) / (n + 1) for any distribution, because n + 1 exchangeable runs are equally likely to be in any
        order; where values are tied, the true probability is at most that.
        """
        return (self.k + 1) / (self.n + 1)


def rank(values: Sequence[float], published: float) -> Rank:
    """Rank a published value among our seeds.

    Args:
        values: one per seed, nats.
        published: the published value, nats.
    Raises:
        ValueError: no value, or one that is not finite.
    """
    gap_to(summarise_seeds(values), published)
    return Rank(int(np.sum(np.asarray(values) >= published)), len(values))


def least_margin(summary: SeedSummary, published: float, level: float = LEVEL) -> float:
    """Return the least margin within which our runs and a published run agree by two one-sided t-tests.

    It is |gap| + t(1 - level, n-1) s sqrt(1 + 1/n), because the published value is one run with our sd.

    Args:
        summary: our measurement over seeds, nats.
        published: the published value, nats.
        level: probability, in (0, 0.5), of declaring agreement where the true difference of means equals the margin.
    Returns:
        nats.
    Raises:
        ValueError: fewer than two seeds, or the published value is not finite.
    Source:
        Schuirmann 1987, J. Pharmacokinet. Biopharm. 15, 657.
    """
    if summary.n < 2:
        raise ValueError(f"expected at least two seeds, got {summary.n}")
    return abs(gap_to(summary, published)) + prediction_width(summary.n, summary.sd, 1 - 2 * level) / 2


def detectable_difference(n: int, sd: float, confidence: float = 0.95, power: float = POWER) -> float:
    """Return the smallest true difference that is called "not reproduced" with the given power.

    The gap over s sqrt(1 + 1/n) has a noncentral t distribution, its square a noncentral F distribution.

    Args:
        n: number of seeds.
        sd: true sd of runs, nats.
        confidence: of the prediction interval.
        power: in (1 - confidence, 1).
    Returns:
        nats, with the RESOLUTION_NATS by which the verdict widens the interval.
    Raises:
        ValueError: fewer than two seeds, or the power is outside its range.
    Accuracy:
        the power at the result is within 2e-4 of the one asked for (tests/gan/test_agreement.py).
    """
    if n < 2:
        raise ValueError(f"expected at least two seeds, got {n}")
    if not 1 - confidence < power < 1:
        raise ValueError(f"expected a power between {1 - confidence:.3g} and 1, got {power}")
    quantile = special.stdtrit(n - 1, (1 + confidence) / 2)
    noncentrality = math.sqrt(special.ncfdtrinc(1, n - 1, 1 - power, quantile**2))
    return noncentrality * sd * math.sqrt(1 + 1 / n) + RESOLUTION_NATS


def error_if_best_of(runs: int, n: int, confidence: float = 0.95) -> float:
    """Return the probability that the best of several runs like ours falls outside the prediction interval.

    Given our mean and sd, the best of independent normal runs has the distribution function cdf**runs. The mean over
    our mean (normal) and our sd (chi-square) is taken by Gauss-Legendre quadrature over their quantiles.

    Args:
        runs: number of runs of which the best is published.
        n: number of our seeds.
        confidence: of the prediction interval.
    Raises:
        ValueError: no run, or fewer than two seeds.
    Accuracy:
        1e-5 absolute; 1 - confidence for one run (tests/gan/test_agreement.py).
    """
    if runs < 1 or n < 2:
        raise ValueError(f"expected at least one run and two seeds, got {runs} and {n}")
    nodes, weights = np.polynomial.legendre.leggauss(200)
    quantiles, weights = (1 + nodes) / 2, weights / 2
    means = special.ndtri(quantiles)[:, None] / math.sqrt(n)
    halves = prediction_width(n, 1, confidence) / 2 * np.sqrt(2 * special.gammaincinv((n - 1) / 2, quantiles) / (n - 1))
    inside = special.ndtr(means + halves) ** runs - special.ndtr(means - halves) ** runs
    return float(1 - weights @ inside @ weights)
