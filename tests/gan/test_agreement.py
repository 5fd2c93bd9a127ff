"""Rank, margin and power hold by simulation and by known distributions."""

import math

import numpy as np
import pytest
from scipy import stats

from gan.agreement import detectable_difference, error_if_best_of, least_margin, rank
from gan.statistics import RESOLUTION_NATS, summarise_seeds, verdict

OURS = [210.54913610036346, 213.10352669998812, 213.85775422487444, 215.4768932020502, 212.14966786434]


@pytest.mark.parametrize(
    ("values", "published", "k", "probability"),
    [
        (OURS, 225, 0, 1 / 6),
        (OURS, 215, 1, 2 / 6),
        (OURS, 213.85775422487444, 2, 3 / 6),  # a seed that equals the published value reaches it
        (OURS, 200, 5, 1),
        ([1.0] * 19, 2, 0, 1 / 20),
        ([1.0] * 19, 1, 19, 1),
    ],
)
def test_rank_by_hand(values, published, k, probability):
    found = rank(values, published)
    assert (found.k, found.n, found.probability) == (k, len(values), probability)


def test_rank_refuses():
    for values in ([], [1.0, math.nan]):
        with pytest.raises(ValueError, match="finite value"):
            rank(values, 1)


@pytest.mark.parametrize("published", [math.nan, math.inf])
def test_rank_needs_a_finite_published_value(published):
    with pytest.raises(ValueError, match="finite published value"):
        rank(OURS, published)


@pytest.mark.parametrize("n", [5, 19])
@pytest.mark.parametrize(
    ("shape", "ties"),
    [
        (lambda random, size: random.normal(225, 8, size), False),
        (lambda random, size: random.lognormal(0, 2, size), False),
        (lambda random, size: -random.lognormal(0, 2, size), False),
        (lambda random, size: random.poisson(1, size), True),
    ],
)
def test_rank_errs_no_more_than_its_probability(n, shape, ties):
    """P(probability <= alpha) <= alpha at every attainable alpha; without ties, it is alpha."""
    trials = 1000
    runs = shape(np.random.default_rng(n), (trials, n + 1))
    found = np.array([rank(run[:-1], run[-1]).probability for run in runs])
    for alpha in np.arange(1, n + 2) / (n + 1):
        error, noise = np.mean(found <= alpha + 1e-12), 4 * math.sqrt(alpha * (1 - alpha) / trials)
        assert error <= alpha + noise
        assert ties or error >= alpha - noise


def test_least_margin_by_hand():
    """t(0.95, 4) = 2.13185; the sd of 1 to 5 is sqrt 2.5."""
    summary = summarise_seeds([1.0, 2.0, 3.0, 4.0, 5.0])
    width = 2.13185 * math.sqrt(2.5) * math.sqrt(6 / 5)
    for published in (13.0, -7.0):
        assert least_margin(summary, published) == pytest.approx(10 + width, abs=1e-4)
    assert least_margin(summarise_seeds([3.0] * 5), 5) == 2


@pytest.mark.parametrize("level", [0.05, 0.01])
def test_least_margin_is_where_scipys_two_one_sided_tests_turn(level):
    """The two-sample t-test with one published run takes its sd from ours."""
    margin = least_margin(summarise_seeds(OURS), 225, level)
    above = stats.ttest_ind(OURS, [225 - margin], alternative="greater").pvalue
    below = stats.ttest_ind(OURS, [225 + margin], alternative="less").pvalue
    assert max(above, below) == pytest.approx(level)


@pytest.mark.parametrize("n", [5, 20])
@pytest.mark.parametrize(("margin", "error"), [(8, None), (60, 0.05)])
def test_least_margin_errs_no_more_than_its_level(n, margin, error):
    """True means a margin apart, sd 8: agreement is declared in 5% of studies if the margin is wide, else in fewer."""
    random = np.random.default_rng(n)
    trials = 3000
    declared = [
        least_margin(summarise_seeds(random.normal(225 + margin * sign, 8, n)), random.normal(225, 8)) <= margin
        for sign in (-1, 1)
        for _ in range(trials // 2)
    ]
    noise = 4 * math.sqrt(0.05 * 0.95 / trials)
    assert np.mean(declared) <= 0.05 + noise
    assert error is None or np.mean(declared) >= error - noise


def test_least_margin_needs_two_seeds():
    with pytest.raises(ValueError, match="two seeds"):
        least_margin(summarise_seeds([1.0]), 1)


@pytest.mark.parametrize("n", [2, 5, 20, 100])
@pytest.mark.parametrize("power", [0.5, 0.8, 0.99])
def test_detectable_difference_has_its_power_by_noncentral_t(n, power):
    difference = detectable_difference(n, 3.0, power=power) - RESOLUTION_NATS
    shift = difference / (3 * math.sqrt(1 + 1 / n))
    quantile = stats.t.ppf(0.975, n - 1)
    upper, lower = (float(stats.nct.sf(quantile, n - 1, sign * shift)) for sign in (1, -1))
    assert upper + lower == pytest.approx(power, abs=2e-4)


@pytest.mark.parametrize(("n", "power", "sign"), [(5, 0.8, 1), (5, 0.5, -1), (20, 0.8, -1)])
def test_detectable_difference_is_called_not_reproduced_that_often(n, power, sign):
    random = np.random.default_rng(n)
    difference = sign * detectable_difference(n, 4.0, power=power)
    trials = 2500
    names = [
        verdict(summarise_seeds(random.normal(225 + difference, 4, n)), random.normal(225, 4), math.inf).name
        for _ in range(trials)
    ]
    assert names.count("not reproduced") / trials == pytest.approx(power, abs=4 * math.sqrt(0.25 / trials))


def test_detectable_difference_shrinks_with_seeds_and_with_the_sd():
    assert detectable_difference(5, 4) > detectable_difference(6, 4) > detectable_difference(20, 4)
    assert detectable_difference(5, 4) > detectable_difference(5, 3) > detectable_difference(5, 0) == RESOLUTION_NATS
    assert detectable_difference(5, 4, confidence=0.99) > detectable_difference(5, 4, power=0.9)


@pytest.mark.parametrize(("n", "power"), [(1, 0.8), (5, 0.05), (5, 1.0)])
def test_detectable_difference_refuses(n, power):
    with pytest.raises(ValueError, match="expected"):
        detectable_difference(n, 1.0, power=power)


@pytest.mark.parametrize("n", [2, 5, 20, 1000])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.99])
def test_error_if_best_of_one_or_two_is_the_nominal_one(n, confidence):
    """The better of two errs above as much more as it errs less below."""
    for runs in (1, 2):
        assert error_if_best_of(runs, n, confidence) == pytest.approx(1 - confidence, abs=1e-5)


@pytest.mark.parametrize(("runs", "audited"), [(5, 0.11), (10, 0.20)])
def test_error_if_best_of_agrees_with_the_audit_at_20_seeds(runs, audited):
    assert error_if_best_of(runs, 20) == pytest.approx(audited, abs=0.005)


@pytest.mark.parametrize("runs", [3, 10, 50])
def test_error_if_best_of_many_seeds_is_that_of_a_known_distribution(runs):
    assert error_if_best_of(runs, 10**6) == pytest.approx(1 - (0.975**runs - 0.025**runs), abs=1e-5)


@pytest.mark.parametrize(("runs", "n"), [(5, 5), (10, 5), (10, 20)])
def test_error_if_best_of_is_met_by_simulation(runs, n):
    random = np.random.default_rng(n + runs)
    trials = 100_000
    seeds, best = random.normal(225, 8, (trials, n)), random.normal(225, 8, (trials, runs)).max(axis=1)
    half = stats.t.ppf(0.975, n - 1) * seeds.std(axis=1, ddof=1) * math.sqrt(1 + 1 / n)
    error = np.mean(np.abs(best - seeds.mean(axis=1)) > half)
    assert error_if_best_of(runs, n) == pytest.approx(error, abs=4 * math.sqrt(error * (1 - error) / trials))


@pytest.mark.parametrize(("runs", "n"), [(0, 5), (5, 1)])
def test_error_if_best_of_refuses(runs, n):
    with pytest.raises(ValueError, match="at least one run and two seeds"):
        error_if_best_of(runs, n)
