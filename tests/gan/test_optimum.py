"""Proposition 1 and Theorem 1: closed forms, a bound that nothing exceeds, and a D that nears its optimum."""

import math

import pytest
import torch

from gan.objectives import optimal_discriminator, value
from gan.seeding import stream
from gan.theory.optimum import (
    EQUILIBRIUM,
    Pair,
    approach,
    criterion,
    fixed_pair,
    path_pair,
    visit,
)

ROUNDING = 1e-12


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize("dimensions", [1, 2])
def test_masses_have_the_moments_of_their_densities(dimensions):
    pair = fixed_pair(dimensions)
    for density, masses in zip((pair.data, pair.samples), pair.masses(), strict=True):
        second = density.means.square().sum(dim=1).mean() + dimensions * density.noise**2
        assert masses.sum().item() == pytest.approx(1, abs=ROUNDING)
        assert (masses @ pair.points).abs().max() < 1e-3
        assert (masses @ pair.points.square().sum(dim=1)).item() == pytest.approx(second.item(), rel=5e-3)


def test_criterion_does_not_depend_on_the_grid():
    pair = fixed_pair(1)
    finer = torch.linspace(-8, 8, 6401, dtype=torch.float64)[:, None]
    assert criterion(*Pair(pair.data, pair.samples, finer).masses()) == pytest.approx(
        criterion(*pair.masses()), abs=1e-6
    )


def test_criterion_is_minus_log_4_for_equals_and_0_for_strangers():
    p, q = torch.tensor([[0.25, 0.75, 0, 0], [0, 0, 0.5, 0.5]], dtype=torch.float64)
    assert criterion(p, p) == EQUILIBRIUM == -math.log(4)
    assert criterion(p, q) == pytest.approx(0, abs=ROUNDING)


def test_value_reaches_the_criterion_at_the_optimum_and_nowhere_exceeds_it():
    p, q = fixed_pair(1).masses()
    best = optimal_discriminator(p, q).logit()
    assert value(p, q, best).item() == pytest.approx(criterion(p, q), abs=ROUNDING)
    assert value(p, q, -best) < EQUILIBRIUM, "data and samples swapped"
    for index in range(20):
        change = torch.randn(len(p), generator=stream(0, "change", index), dtype=torch.float64)
        assert value(p, q, best + 0.1 * change) < criterion(p, q)


def test_path_pair_falls_to_minus_log_4_at_its_end_and_only_there():
    values = [criterion(*path_pair(t / 16).masses()) for t in range(17)]
    assert values == sorted(values, reverse=True)
    assert values[-1] == EQUILIBRIUM < values[-2]
    assert values[0] > EQUILIBRIUM + 0.5
    same = path_pair(1)
    assert torch.equal(same.data.means, same.samples.means) and same.data.noise == same.samples.noise


def test_approach_nears_the_optimum_with_steps():
    rows = approach(1, 16, [50, 200, 800], seed=0)
    distances, values = [row.distance for row in rows], [row.reached for row in rows]
    assert distances == sorted(distances, reverse=True) and distances[-1] < 0.05 < 0.1 < distances[0]
    assert values == sorted(values) and values[-1] <= rows[-1].c < values[-1] + 0.03


def test_approach_nears_the_optimum_with_capacity():
    (few,), (many,) = (approach(2, units, [600], seed=0) for units in (2, 32))
    assert many.distance < 0.1 and many.distance < 0.7 * few.distance
    assert few.reached < many.reached < many.c == few.c


def test_approach_repeats_itself_and_differs_between_seeds():
    assert approach(1, 4, [10, 20], 0) == approach(1, 4, [10, 20], 0)
    assert approach(1, 4, [20], 0)[0].distance != approach(1, 4, [20], 1)[0].distance


@pytest.mark.parametrize("t", [0, 0.5, 1])
def test_visit_reaches_nearly_the_criterion_and_never_more(t):
    place = visit(t, units=16, steps=400, seed=0)
    assert place.c == pytest.approx(2 * place.jsd - math.log(4), abs=ROUNDING)
    assert place.c - 0.05 < place.reached <= place.c + ROUNDING


def test_pairs_refuse_what_they_are_not_made_for():
    with pytest.raises(ValueError, match="1 or 2, got 3"):
        fixed_pair(3)
    with pytest.raises(ValueError, match=r"got 1\.5"):
        path_pair(1.5)
