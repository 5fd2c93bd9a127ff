"""The share of the learning rates spent, and extrapolated lines through scores."""

import math
from dataclasses import replace

import numpy as np
import pytest

from gan.evidence.extrapolation import FORMS, fitted, share_spent
from gan.recipe import Recipe

RECIPE = Recipe(learning_rate=0.1, learning_rate_decay=1.001, learning_rate_floor=0.001)


def test_share_is_that_of_a_plain_sum():
    rates = np.array([RECIPE.learning_rate_at(update) for update in range(10_000)])
    falling = rates[rates > RECIPE.learning_rate_floor]
    for epoch in (1, 7, 100):
        assert share_spent(RECIPE, 30, epoch) == pytest.approx(falling[: 30 * epoch].sum() / falling.sum(), rel=1e-3)
    assert share_spent(RECIPE, 30, math.inf) == 1
    assert share_spent(RECIPE, 30, 10_000) == 1  # at the floor the way is at its end


def test_a_rate_that_does_not_fall_has_no_end():
    with pytest.raises(ValueError, match="must fall, got a decay of 1"):
        share_spent(replace(RECIPE, learning_rate_decay=1.0), 30, 5)


@pytest.mark.parametrize("form", FORMS)
def test_a_line_finds_its_own_numbers(form):
    shares = np.linspace(0.1, 0.8, 40)
    scores = 200 + 30 * FORMS[form](shares)
    scores[:20] = -999  # the first half is not fitted
    line = fitted(form, shares, scores)
    assert (line.slope, line.intercept) == (pytest.approx(30), pytest.approx(200))
    assert line.residual == pytest.approx(0, abs=1e-9)
    assert line.at(1.0) == pytest.approx(200 + 30 * float(FORMS[form](np.array(1.0))))


def test_residual_is_the_spread_around_the_line():
    random, shares = np.random.default_rng(0), np.linspace(0.2, 0.9, 4000)
    scores = 100 + 10 * shares + random.normal(0, 2, len(shares))
    assert fitted("share", shares, scores).residual == pytest.approx(2, rel=0.05)


def test_a_line_needs_three_scores():
    with pytest.raises(ValueError, match="needs three scores, got 2"):
        fitted("share", [0.1, 0.2, 0.3, 0.4], [1.0, 2.0, 3.0, 4.0])
