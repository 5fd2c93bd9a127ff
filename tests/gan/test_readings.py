"""Readings follow from intervals, and flip when the data flip."""

import math

import pytest

from gan.theory.readings import Estimate, Reading, effect, over_seeds, paired, ratio_over_seeds, reading, simultaneous

INF = math.inf


def test_over_seeds_is_the_t_interval():
    found = over_seeds([1.0, 2.0, 3.0])
    assert (found.value, found.n) == (2, 3)
    assert (found.low, found.high) == pytest.approx((2 - 4.302653 / 3**0.5, 2 + 4.302653 / 3**0.5), abs=1e-5)


def test_ratio_over_seeds_treats_a_ratio_and_its_inverse_alike():
    ratios = [0.5, 0.25, 0.4]
    found, inverse = ratio_over_seeds(ratios), ratio_over_seeds([1 / ratio for ratio in ratios])
    assert found.value == pytest.approx((0.5 * 0.25 * 0.4) ** (1 / 3))
    assert (found.low, found.high) == pytest.approx((1 / inverse.high, 1 / inverse.low))
    with pytest.raises(ValueError, match="positive"):
        ratio_over_seeds([1.0, 0.0])


def test_paired_takes_the_seeds_that_both_have():
    found = paired({0: 5.0, 1: 8.0, 2: 1.0}, {1: 6.0, 0: 4.0, 7: 99.0})
    assert (found.value, found.n) == (1.5, 2)
    with pytest.raises(ValueError, match="no seed in common"):
        paired({0: 1.0}, {1: 1.0})


def test_pairing_removes_what_seeds_share():
    spread = {0: -100.0, 1: 0.0, 2: 100.0}
    found = paired({seed: value + 2 for seed, value in spread.items()}, spread)
    assert (found.low, found.value, found.high) == (2, 2, 2)


@pytest.mark.parametrize(
    ("interval", "bounds", "expected"),
    [
        ((0.2, 0.4), (-INF, 1), "holds"),
        ((2.0, 4.0), (-INF, 1), "does not hold here: 3, not below 1"),
        ((0.5, 1.5), (-INF, 1), "undecided: 0.5 to 1.5 crosses 1"),
        ((0.0, 0.0), (-INF, 0), "does not hold here: 0, not below 0"),
        ((1.0, 1.0), (1, INF), "does not hold here: 1, not above 1"),
        ((2.0, 4.0), (1, INF), "holds"),
        ((0.2, 0.4), (1, INF), "does not hold here: 0.3, not above 1"),
        ((-0.01, 0.03), (-0.05, 0.05), "holds within 0.03"),
        ((0.49, 0.51), (0.45, 0.55), "holds within 0.01 of 0.5"),
        ((4e-16, 4e-16), (-0.001, 0.001), "holds within rounding"),
        ((2e-9, 2e-9), (-0.001, 0.001), "holds within 2e-09"),
        ((0.06, 0.08), (-0.05, 0.05), "does not hold here: 0.07, not below 0.05"),
        ((0.01, 0.08), (-0.05, 0.05), "undecided: 0.01 to 0.08 crosses 0.05"),
        ((-0.09, 0.07), (-0.05, 0.05), "undecided: -0.09 to 0.07 crosses -0.05 and 0.05"),
        ((math.nan, math.nan), (-INF, 1), "too short to tell: n = 1"),
    ],
)
def test_reading_follows_from_the_interval(interval, bounds, expected):
    estimate = Estimate(sum(interval) / 2, *interval, n=1 if math.isnan(interval[0]) else 5)
    assert reading(estimate, *bounds, unit="").text == expected


def test_a_run_that_is_too_short_is_not_read_whatever_its_interval():
    clear = Estimate(30.0, 29.0, 31.0, 5)
    assert reading(clear, 0, INF, "nats") == Reading("holds", "holds")
    assert reading(clear, 0, INF, "nats", "3 epochs") == Reading("too short", "too short to tell: 3 epochs")
    assert effect(clear, "nats", "3 epochs").outcome == "too short"


def test_effect_flips_with_the_sign():
    assert effect(Estimate(30.0, 29.0, 31.0, 5), "nats") == Reading("gains", "gains 30 nats")
    assert effect(Estimate(-30.0, -31.0, -29.0, 5), "nats") == Reading("costs", "costs 30 nats")
    assert effect(Estimate(1.0, -3.0, 5.0, 5), "nats").text == "no effect shown: -3 to +5 nats"


def test_simultaneous_intervals_share_the_risk():
    assert simultaneous(0.95, 1) == pytest.approx(0.95)
    assert simultaneous(0.95, 5) == pytest.approx(0.99)
