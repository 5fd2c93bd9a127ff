"""How far our seeds can agree with a published value, or disagree: rank, margin, power, and all of it in words."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from gan.statistics import (
    MIN_SEEDS,
    RESOLUTION_NATS,
    SeedSummary,
    Verdict,
    gap_to,
    prediction_width,
    summarise_seeds,
)

LEVEL = 0.05  # of the rank statement and of the least margin
POWER = 0.8  # "four of five studies"
BEST_OF = (5, 10)  # hand-picked runs, of which one is published


@dataclass(frozen=True)
class Rank:
    """Hold the rank of a published value among our seeds.

    Attributes:
        k: number of seeds that reach (>=) the published value.
        n: number of seeds.
        published: the published value, nats.
    """

    k: int
    n: int
    published: float

    @property
    def probability(self) -> float:
        """Return the probability that one more run like ours would rank this high or higher.

        It is (k + 1) / (n + 1) for any distribution, because n + 1 exchangeable runs are equally likely to be in any
        order; where values are tied, the true probability is at most that.
        """
        return (self.k + 1) / (self.n + 1)

    def __str__(self) -> str:
        """Return the statement in words; below n = 19, with the note that it cannot reject at 5%."""
        reach = f"{self.k} of {self.n} seeds {'reaches' if self.k == 1 else 'reach'}"
        words = (
            f"{reach} the published {self.published:g} nats. If the published run were one more run like ours, "
            f"it would rank this high or higher with probability {self.k + 1}/{self.n + 1} = {self.probability:.2g}, "
            "whatever the distribution of the scores."
        )
        if 1 / (self.n + 1) <= LEVEL:
            return words
        return (
            f"{words} With fewer than {round(1 / LEVEL) - 1} seeds, this alone cannot reject at the {LEVEL:.0%} level."
        )


def rank(values: Sequence[float], published: float) -> Rank:
    """Rank a published value among our seeds.

    Args:
        values: one per seed, nats.
        published: the published value, nats.
    Raises:
        ValueError: no value, or one that is not finite.
    """
    gap_to(summarise_seeds(values), published)
    return Rank(int(np.sum(np.asarray(values) >= published)), len(values), published)


def least_margin(summary: SeedSummary, published: float, level: float = LEVEL) -> float:
    """Return the least margin within which our runs and a published run agree by two one-sided t-tests.

    It is |gap| + t(1 - level, n-1) s sqrt(1 + 1/n), because the published value is one run with our sd.

    Args:
        summary: our measurement over seeds, nats.
        published: the published value, nats.
        level: greatest probability, in (0, 0.5), of declaring agreement within a margin that the true difference of
            means reaches.
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
        the power at the result is within 2e-4 of the one asked for (tests/gan/test_statistics.py).
    """
    if n < 2:
        raise ValueError(f"expected at least two seeds, got {n}")
    if not 1 - confidence < power < 1:
        raise ValueError(f"expected a power between {1 - confidence:.3g} and 1, got {power}")
    quantile = stats.t.ppf((1 + confidence) / 2, n - 1)
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
        1e-5 absolute; 1 - confidence for one run (tests/gan/test_statistics.py).
    """
    if runs < 1 or n < 2:
        raise ValueError(f"expected at least one run and two seeds, got {runs} and {n}")
    nodes, weights = np.polynomial.legendre.leggauss(200)
    quantiles, weights = (1 + nodes) / 2, weights / 2
    means = stats.norm.ppf(quantiles)[:, None] / math.sqrt(n)
    halves = prediction_width(n, 1, confidence) / 2 * np.sqrt(stats.chi2.ppf(quantiles, n - 1) / (n - 1))
    inside = stats.norm.cdf(means + halves) ** runs - stats.norm.cdf(means - halves) ** runs
    return float(1 - weights @ inside @ weights)


def by_grids(verdicts: Mapping[str, Verdict]) -> str:
    """Return the verdict over several grids of bandwidths, in words.

    Args:
        verdicts: by grid; the first grid is the primary one.
    Returns:
        the verdict where all are the same, with the reason of each grid where these differ; "depends on the grid",
        with the name for each, where the names differ.
    Raises:
        ValueError: there is no verdict.
    """
    if not verdicts:
        raise ValueError("expected at least one verdict, got none")
    names, reasons = ({getattr(found, key) for found in verdicts.values()} for key in ("name", "reason"))
    if len(names) > 1:
        return "depends on the grid: " + ", ".join(
            f"{found.name} on the {grid} grid" for grid, found in verdicts.items()
        )
    if len(reasons) == 1:
        return str(next(iter(verdicts.values())))
    return f"{names.pop()}: " + ", ".join(f"{found.reason} on the {grid} grid" for grid, found in verdicts.items())


def explain(values: Sequence[float], published: float, confidence: float = 0.95) -> list[str]:
    """Explain how far our seeds can agree or disagree with a published value, in plain sentences.

    Args:
        values: one per seed, nats.
        published: the published value, nats.
        confidence: of the prediction interval behind the verdict.
    Returns:
        the rank, the least margin, the power and the note on hand-picked runs; empty below MIN_SEEDS.
    Raises:
        ValueError: no value, or one that is not finite.
    """
    summary = summarise_seeds(values, confidence)
    if summary.n < MIN_SEEDS:
        return []
    seeds = f"n = {summary.n} seeds"
    difference = _round_up(detectable_difference(summary.n, summary.sd, confidence))
    return [
        str(rank(values, published)),
        f"At the {LEVEL:.0%} level the difference is smaller than {_round_up(least_margin(summary, published))} nats, "
        f"and no smaller bound can be given (two one-sided t-tests, {seeds}, sd {summary.sd:.1f} nats).",
        f'The smallest true difference that four of five studies with {seeds} would call "not reproduced" is '
        f"{difference} nats, if the true sd is {summary.sd:.1f} nats.",
        _if_picked(summary.n, confidence),
    ]


def _round_up(nats: float) -> str:
    """Round up to the digit printed, 0.1 at least, so that what holds at the exact value holds at the printed one."""
    return f"{math.ceil(max(nats, RESOLUTION_NATS) * 10) / 10:.1f}"


def _if_picked(n: int, confidence: float) -> str:
    few, many = (f"{error_if_best_of(runs, n, confidence):.0%}" for runs in BEST_OF)
    return (
        "A published run that was picked by hand is judged too harshly: for normally distributed scores, the best of "
        f'{BEST_OF[0]} runs like ours would be called "not reproduced" in {few} of studies with n = {n} seeds, '
        f"the best of {BEST_OF[1]} in {many}, and a run that was not picked in {1 - confidence:.0%}."
    )
