"""Intervals cover what they promise; verdicts follow design's order."""

import math

import numpy as np
import pytest
from scipy import stats

from gan.statistics import MIN_SEEDS, seeds_to_decide, summarise_seeds, verdict


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
    ("values", "published", "reason", "expected"),
    [
        ([220.0, 225, 230, 223, 227], 225, "scale quick", "not judged: scale quick"),
        ([220.0, 225, 230, 223, 227], None, "", "not judged: nothing published"),
        ([220.0, 225, 230, 223], 225, "", "too few seeds: n = 4 < 5"),
        ([200.0, 201, 202, 203, 204], 225, "", "not reproduced: -23.0 nats, -14.5 sd"),
        ([200.0] * 5, 225, "", "not reproduced: -25.0 nats"),
        ([219.0, 222, 225, 228, 231], 225, "", "undecided: 12 seeds would decide at this mean and sd"),
        ([200.0, 215, 225, 235, 250], 225, "", "undecided: nor would 1000 seeds decide"),
        ([224.0, 225, 226, 225, 224], 225, "", "reproduced"),
    ],
)
def test_verdict_in_order(values, published, reason, expected):
    assert str(verdict(summarise_seeds(values), published, 22, reason)) == expected


def test_verdict_gives_the_gap_whatever_it_is_called():
    for reason in ("", "scale quick"):
        found = verdict(summarise_seeds([200.0, 202, 204]), 225, 22, reason)
        assert (found.gap, found.gap_in_sd) == (-23, -11.5)
    assert math.isnan(verdict(summarise_seeds([200.0]), 225, 22).gap_in_sd)


@pytest.mark.parametrize(("gap", "sd"), [(0.0, 1.0), (0.0, 3.0), (0.0, 5.4), (17.0, 7.0), (12.5, 5.0), (3.0, 5.0)])
def test_seeds_to_decide_is_the_first_number_that_does(gap, sd):
    """In favour, because the interval is narrow, or against, because the paper's value leaves it."""
    found = seeds_to_decide(gap, sd, 22)
    assert found is not None
    halves = [stats.t.ppf(0.975, n - 1) * sd * math.sqrt(1 + 1 / n) for n in range(MIN_SEEDS, found + 1)]
    decides = [2 * half <= 22 or half < gap for half in halves]
    assert decides == [False] * (len(halves) - 1) + [True]


@pytest.mark.parametrize("sd", [22 / (2 * 1.96), 100.0])
def test_seeds_to_decide_knows_when_too_many_are_needed(sd):
    assert seeds_to_decide(0.0, sd, 22) is None
