"""Components of variance: recovered from data made with known ones, with intervals that cover as promised."""

import math

import numpy as np
import pytest

from gan.evidence.variance import Component, by_source, crossed, nested, of_mean, over_images

SEEDS, DRAWS, SUBSETS = 5, 4, 8


def layout(random: np.random.Generator, seed_sd: float, draw_sd: float, subset_sd: float, rest_sd: float) -> np.ndarray:
    """Reported numbers of SEEDS, each with DRAWS of its own, under SUBSETS that all share."""
    seeds = seed_sd * random.normal(size=(SEEDS, 1, 1))
    draws = draw_sd * random.normal(size=(SEEDS, DRAWS, 1))
    subsets = subset_sd * random.normal(size=(1, 1, SUBSETS))
    return 225 + seeds + draws + subsets + rest_sd * random.normal(size=(SEEDS, DRAWS, SUBSETS))


def test_nested_by_hand():
    """Means 2 and 6, variance within 2: between (2 * 8 - 2) / 2 = 7."""
    between, within = nested(np.array([[1.0, 3.0], [5.0, 7.0]]))
    assert (between.sd, within.sd) == pytest.approx((math.sqrt(7), math.sqrt(2)))
    assert (between.n, within.n) == (2, 4)


def test_nested_intervals_are_those_of_the_mean_squares():
    """Within: 2 * 2 / chi2(0.975, 2) = 2 * 2 / 7.3778 from below."""
    _, within = nested(np.array([[1.0, 3.0], [5.0, 7.0]]))
    assert within.low == pytest.approx(math.sqrt(4 / 7.37776))
    assert within.high == pytest.approx(math.sqrt(4 / 0.0506356), rel=1e-5)


def test_the_interval_between_groups_is_bonetts():
    """Of 1 .. 5: trimmed mean 3, fourth moment 34 * 5, second 10 squared; kurtosis 1.7, c = 5 / (5 - z)."""
    means, z = np.arange(1.0, 6.0), 1.959964
    between, _ = nested(np.stack([means - 1e-9, means + 1e-9], axis=1))
    c = 5 / (5 - z)
    error = c * math.sqrt((1.7 - 2 / 5) / 4)
    assert between.low == pytest.approx(math.sqrt(c * 2.5 * math.exp(-z * error)))
    assert between.high == pytest.approx(math.sqrt(c * 2.5 * math.exp(z * error)))


def test_the_middle_of_bonetts_interval_is_a_trimmed_mean():
    """One of 1 .. 9 is an outlier: two values are left out at either end, of 0, 2 .. 8, 90 that leaves 5."""
    means = np.array([0.0, 2, 3, 4, 5, 6, 7, 8, 90])
    moments = ((means - 5) ** 4).sum() * 9 / ((means - means.mean()) ** 2).sum() ** 2
    z, square = 1.959964, means.var(ddof=1)
    c = 9 / (9 - z)
    between, _ = nested(np.stack([means - 1e-9, means + 1e-9], axis=1))
    low = c * square * math.exp(-z * c * math.sqrt((moments - 6 / 9) / 8))
    assert between.low == pytest.approx(math.sqrt(low), rel=1e-5)


def test_few_seeds_have_no_interval():
    """Bonett's trim proportion needs five."""
    between, within = nested(np.array([[0.0, 1, 2], [5, 5, 6], [8, 9, 10], [20, 22, 21]]))
    assert between.sd > 1
    assert math.isnan(between.low)
    assert math.isnan(between.high)
    assert within.low < within.sd < within.high
    assert math.isnan(crossed(np.random.default_rng(0).normal(size=(3, 2, 4))).low)


def test_nested_never_has_a_negative_variance():
    between, within = nested(np.array([[0.0, 10.0], [14.0, 0.0], [0.0, 10.0], [2.0, 9.0], [9.0, 1.0]]))
    assert between.sd == 0 == between.low < between.high
    assert within.sd > 0


def test_crossed_by_hand():
    """Variances 2 and 8 along the last axis: their mean is 5."""
    assert crossed(np.array([[[1.0, 3.0]], [[2.0, 6.0]]])).sd == pytest.approx(math.sqrt(5))


def test_crossed_of_conditions_that_change_nothing_is_zero_without_an_interval():
    found = crossed(np.repeat(np.array([[[0.1], [0.7]]]) / 3, 7, axis=2))
    assert (found.sd, found.n) == (0.0, 7)
    assert math.isnan(found.low)
    assert math.isnan(found.high)


@pytest.mark.parametrize("shape", [(5, 5, 10), (20, 5, 10), (5, 5, 5), (1, 4, 8), (4, 1, 8)])
def test_crossed_covers_what_seeds_make_of_the_conditions(shape):
    """All draws of a seed share its interaction: they are not independent rows."""
    random, trials, hits, variance = np.random.default_rng(0), 2000, 0, 0.0
    s, r, v = shape
    for _ in range(trials):
        own = 2 * random.normal(size=(s, 1, v)) + 0.5 * random.normal(size=shape) + random.normal(size=(1, 1, v))
        found = crossed(225 + 10 * random.normal(size=(s, r, 1)) + own)
        truth = math.sqrt(4 + 0.25 + 1)
        hits += found.low <= truth <= found.high
        variance += found.sd**2 / trials
    assert hits / trials == pytest.approx(0.95 if s == 1 and v > 5 else 0.98, abs=0.03)
    assert variance == pytest.approx(truth**2, rel=0.04)


@pytest.mark.parametrize(
    "component", [nested(np.ones((1, 3)))[0], nested(np.ones((3, 1)))[1], crossed(np.ones((3, 2, 1)))]
)
def test_too_few_are_unknown_not_zero(component):
    assert math.isnan(component.sd)
    assert math.isnan(component.low)


@pytest.mark.parametrize("true", [(10.0, 2.0, 3.0, 1.0), (8.0, 6.0, 0.0, 2.0)])
def test_components_are_recovered_and_covered(true):
    """Variances without bias; draws are covered with 95%, few seeds and subsets rather more often."""
    random, trials = np.random.default_rng(0), 1500
    seed_sd, draw_sd, subset_sd, rest_sd = true
    # With one subset, as the protocol has, a draw's effect and the rest cannot be told apart.
    truth = np.array([seed_sd, math.hypot(draw_sd, rest_sd), math.hypot(subset_sd, rest_sd)])
    variances, hits = np.zeros(3), np.zeros(3)
    for _ in range(trials):
        values = layout(random, *true)
        # The subsets shift all numbers alike, which is no difference between seeds.
        found = [*nested(values[:, :, 0]), crossed(values)]
        variances += [component.sd**2 for component in found]
        hits += [component.low <= sd <= component.high for component, sd in zip(found, truth, strict=True)]
    assert hits / trials == pytest.approx([0.99, 0.95, 0.98], abs=0.025)
    assert np.sqrt(variances / trials) == pytest.approx(truth, rel=0.04)


def test_over_images_is_the_standard_error():
    values = np.random.default_rng(0).normal(225, 200, (1, 2000))
    found = over_images(values, np.random.default_rng(1))
    assert found.sd == pytest.approx(values.std() / math.sqrt(2000))
    assert found.low < found.sd < found.high
    again = over_images(values, np.random.default_rng(1))
    assert found == again


def test_over_images_survives_equal_values():
    assert over_images(np.full((1, 3), 0.1), np.random.default_rng(0), 10).sd == 0


def test_over_images_covers_as_promised():
    random, trials, hits = np.random.default_rng(0), 400, 0
    truth = math.hypot(200, 50) / math.sqrt(200)
    for trial in range(trials):
        shared = random.normal(0, 200, (1, 200))  # hard images are hard for every seed
        found = over_images(shared + random.normal(0, 50, (3, 200)), np.random.default_rng(trial), 300)
        hits += found.low <= truth <= found.high
    assert hits / trials == pytest.approx(0.95, abs=0.03)  # under 3 standard errors of 400 trials


def test_a_validation_subset_has_no_interval_and_a_fold_has():
    values, random = layout(np.random.default_rng(0), 4, 1, 2, 1), np.random.default_rng(1)
    subset = by_source(values, random.normal(size=(SEEDS, 50)), random, 100)["validation subset"]
    assert (subset.sd, subset.n) == (crossed(values).sd, SUBSETS)
    assert math.isnan(subset.low)
    assert by_source(values, None, random, 100)["fold"] == of_mean(crossed(values))


def test_of_mean_divides_by_the_root_of_the_number():
    assert of_mean(Component(10.0, 4.0, 20.0, 25)) == Component(2.0, 0.8, 4.0, 25)
