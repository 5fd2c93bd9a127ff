"""Intervals and tests keep their promised error rates; verdicts follow design's order and flip with the data."""

import math

import numpy as np
import pytest
from scipy import stats

from gan.statistics import MIN_SEEDS, RESOLUTION_NATS, seeds_to_decide, summarise_seeds, verdict

# Test log-likelihoods of five seeds, nats.
OURS = [210.54913610036346, 213.10352669998812, 213.85775422487444, 215.4768932020502, 212.14966786434]


def test_summarise_seeds_by_hand():
    """t(0.975, 2) = 4.30265."""
    assert summarise_seeds([1.0, 2.0, 9.0]).median == 2
    summary = summarise_seeds([1.0, 2.0, 3.0])
    assert (summary.n, summary.mean, summary.sd, summary.low, summary.high) == (3, 2, 1, 1, 3)
    assert summary.mean_interval == pytest.approx((2 - 4.30265 / math.sqrt(3), 2 + 4.30265 / math.sqrt(3)), abs=1e-4)
    assert summary.prediction_interval[1] == pytest.approx(2 + 4.30265 * math.sqrt(4 / 3), abs=1e-4)


def test_summarise_seeds_of_one_seed_knows_no_spread():
    summary = summarise_seeds([5.0])
    assert summary.mean == 5
    assert math.isnan(summary.sd)
    assert all(map(math.isnan, summary.prediction_interval))


@pytest.mark.parametrize("values", [[], [1.0, math.nan], [math.inf]])
def test_summarise_seeds_refuses(values):
    with pytest.raises(ValueError, match="finite value"):
        summarise_seeds(values)


@pytest.mark.parametrize("n", [2, 5, 20])
def test_intervals_cover_as_promised(n):
    """Nominal 95%: the truth in the mean's interval, one more run in the prediction interval."""
    random = np.random.default_rng(n)
    trials = 4000
    hits = np.zeros(2)
    for runs, one_more in zip(random.normal(225, 8, (trials, n)), random.normal(225, 8, trials), strict=True):
        summary = summarise_seeds(runs)
        hits += [
            summary.mean_interval[0] <= 225 <= summary.mean_interval[1],
            summary.prediction_interval[0] <= one_more <= summary.prediction_interval[1],
        ]
    assert hits / trials == pytest.approx(0.95, abs=0.015)  # over 4 standard errors of 4000 trials


@pytest.mark.parametrize(
    ("values", "published", "reason", "name", "seeds"),
    [
        ([220.0, 225, 230, 223, 227], 225, "scale quick", "not judged", None),
        ([220.0, 225, 230, 223, 227], None, "", "not judged", None),
        ([220.0, 225, 230, 223], 225, "", "too few seeds", None),
        ([200.0, 201, 202, 203, 204], 225, "", "not reproduced", None),
        ([200.0] * 5, 225, "", "not reproduced", None),
        ([219.0, 222, 225, 228, 231], 225, "", "undecided", 12),
        ([200.0, 215, 225, 235, 250], 225, "", "undecided", None),
        ([224.0, 225, 226, 225, 224], 225, "", "reproduced", None),
        ([246.0, 247, 248, 249, 250], 225, "", "not reproduced", None),
        (OURS, 225, "", "not reproduced", None),
        (OURS, 218.6, "", "reproduced", None),
    ],
)
def test_verdict_in_order(values, published, reason, name, seeds):
    found = verdict(summarise_seeds(values), published, 22, reason)
    assert (found.name, found.reason, found.n, found.seeds_to_decide) == (name, reason, len(values), seeds)


def test_verdict_gives_the_gap_whatever_it_is_called():
    for reason in ("", "scale quick"):
        found = verdict(summarise_seeds([200.0, 202, 204]), 225, 22, reason)
        assert (found.gap, found.gap_in_sd) == (-23, -11.5)
    assert math.isnan(verdict(summarise_seeds([200.0]), 225, 22).gap_in_sd)


@pytest.mark.parametrize(
    ("gap", "sd"), [(0.0, 1.0), (0.0, 3.0), (0.0, 5.4), (17.0, 7.0), (12.5, 5.0), (3.0, 5.0), (17.58, 7.0)]
)
def test_seeds_to_decide_is_the_first_number_that_does(gap, sd):
    """In favour, because the interval is narrow, or against, because the paper's value leaves it."""
    found = seeds_to_decide(gap, sd, 22)
    assert found is not None
    halves = [stats.t.ppf(0.975, n - 1) * sd * math.sqrt(1 + 1 / n) for n in range(MIN_SEEDS, found + 1)]
    decides = [2 * half <= 22 or half + RESOLUTION_NATS < gap for half in halves]
    assert decides == [False] * (len(halves) - 1) + [True]


@pytest.mark.parametrize("sd", [22 / (2 * 1.96), 100.0])
def test_seeds_to_decide_knows_when_too_many_are_needed(sd):
    assert seeds_to_decide(0.0, sd, 22) is None


def by_gap(gap, spread=0.0, margin=22):
    """The verdict of five seeds whose mean differs from 225 by the gap."""
    return verdict(summarise_seeds([225 + gap + spread * step for step in (-2, -1, 0, 1, 2)]), 225, margin)


@pytest.mark.parametrize("gap", [0.0, 1e-9, -1e-9, 0.049, -0.049])
def test_verdict_ignores_a_gap_that_prints_as_zero(gap):
    assert by_gap(gap).name == by_gap(gap, spread=1e-9).name == "reproduced"


@pytest.mark.parametrize("gap", [0.051, -0.051, -3.0])
def test_verdict_knows_no_gap_in_an_sd_that_prints_as_zero(gap):
    for found in (by_gap(gap), by_gap(gap, spread=1e-9)):
        assert found.name == "not reproduced"
        assert math.isnan(found.gap_in_sd)


def test_verdict_of_equal_seeds_whose_mean_rounds():
    """numpy's mean of five times 200.1 is not 200.1; the sd is not quite 0."""
    for value in np.arange(200, 201, 0.01):
        against = verdict(summarise_seeds([value] * 5), value + 3, 22)
        assert (against.name, against.gap) == ("not reproduced", pytest.approx(-3))
        assert math.isnan(against.gap_in_sd)
        assert verdict(summarise_seeds([value] * 5), value, 22).name == "reproduced"


def test_verdict_widens_the_interval_by_the_resolution_on_both_sides():
    half = stats.t.ppf(0.975, 4) * math.sqrt(2.5) * math.sqrt(6 / 5)
    for sign in (-1, 1):
        assert by_gap(sign * (half + 0.049), spread=1.0).name == "reproduced"
        assert by_gap(sign * (half + 0.051), spread=1.0).name == "not reproduced"


@pytest.mark.parametrize("margin", [None, 0, 0.0, -1.0, math.nan])
def test_verdict_without_a_margin_can_only_decide_against(margin):
    for spread in (0.0, 1.0, 20.0):
        found = by_gap(0.0, spread, margin)
        assert (found.name, found.margin, found.seeds_to_decide) == ("undecided", None, None)
    assert by_gap(-20.0, 1.0, margin).name == "not reproduced"


def test_verdict_turns_at_the_margin():
    low, high = summarise_seeds(OURS).prediction_interval
    for change, name in ((1e-6, "reproduced"), (-1e-6, "undecided")):
        assert verdict(summarise_seeds(OURS), 214, high - low + change).name == name


@pytest.mark.parametrize("published", [math.nan, math.inf])
def test_a_published_value_must_be_finite(published):
    with pytest.raises(ValueError, match="finite published value"):
        verdict(summarise_seeds(OURS), published, 22)
