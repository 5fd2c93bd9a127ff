"""Proposition 2: the step it describes descends to -log 4; single parameters turn; networks come near."""

import math
from itertools import pairwise

import pytest
import torch

from gan.objectives import discriminator_loss, generator_loss, jensen_shannon
from gan.theory import convergence
from gan.theory.convergence import (
    DIRAC_RATE,
    SIMPLEX_RATE,
    UPDATES,
    descend,
    dirac_step,
    random_pair,
    simplex_step,
    train_networks,
    turn,
)
from gan.theory.optimum import EQUILIBRIUM

ROUNDING = 1e-12


pytestmark = pytest.mark.usefixtures("one_thread")


def test_simplex_step_of_rate_1_leads_half_way():
    p_data, p_g = random_pair(0)
    assert torch.allclose(simplex_step(p_data, p_g, 1), (p_data + p_g) / 2, rtol=0, atol=ROUNDING)


def test_simplex_step_follows_the_gradient_of_the_criterion():
    p_data, p_g = random_pair(1)
    p_g.requires_grad_()
    (gradient,) = torch.autograd.grad(2 * jensen_shannon(p_data, p_g), p_g)
    step = simplex_step(p_data, p_g.detach(), 0.1).log() - p_g.detach().log()
    assert torch.allclose(step - step.mean(), -0.1 * (gradient - gradient.mean()), rtol=0, atol=ROUNDING)


def test_simplex_step_rests_at_the_data_and_stays_on_the_simplex():
    p_data, p_g = random_pair(2)
    assert torch.allclose(simplex_step(p_data, p_data, 0.1), p_data, rtol=0, atol=ROUNDING)
    assert simplex_step(p_data, p_g, 0.1).sum().item() == pytest.approx(1, abs=ROUNDING)
    for rate in (-0.1, 0, 1.1):
        with pytest.raises(ValueError, match="rate must be in"):
            simplex_step(p_data, p_g, rate)


@pytest.mark.parametrize("seed", range(5))
def test_descend_falls_without_a_rise_to_minus_log_4(seed):
    rows = descend(seed, 300)
    gaps = [row.c - EQUILIBRIUM for row in rows]
    assert gaps[0] > 0.01
    assert all(later < earlier or later < ROUNDING for earlier, later in pairwise(gaps))
    assert -ROUNDING < gaps[-1] < 1e-9
    p_data, start = random_pair(seed)
    divergence = (p_data * (p_data / start).log()).sum().item()
    assert all(gap <= divergence / (SIMPLEX_RATE * step) for step, gap in enumerate(gaps) if step)


@pytest.mark.parametrize("update", UPDATES)
def test_dirac_step_follows_both_players_objectives(update):
    theta, psi = (torch.tensor([x], dtype=torch.float64, requires_grad=True) for x in (0.7, -1.3))
    (slope,) = torch.autograd.grad(discriminator_loss(psi * 0, psi * theta, scale=1), psi)
    after = psi - 0.3 * slope
    judge = psi if update == "simultaneous" else after.detach()
    (push,) = torch.autograd.grad(generator_loss(judge * theta, "saturating"), theta)
    expected = ((theta - 0.3 * push).item(), after.item())
    assert dirac_step(0.7, -1.3, 0.3, update) == pytest.approx(expected, abs=ROUNDING)


def test_simultaneous_steps_leave_every_circle_by_the_known_factor():
    for now, after in pairwise(turn("simultaneous", 1000)):
        d = 1 / (1 + math.exp(-now.psi * now.theta))
        factor = 1 + (DIRAC_RATE * d) ** 2
        squared = now.theta**2 + now.psi**2
        assert after.theta**2 + after.psi**2 == pytest.approx(squared * factor, rel=ROUNDING)
    assert math.hypot(after.theta, after.psi) > 2


@pytest.mark.parametrize("update", UPDATES)
def test_dirac_step_near_the_solution_is_the_linear_map(update):
    c = DIRAC_RATE / 2  # sigmoid(0) = 1/2
    rows = {"simultaneous": [[1, c], [-c, 1]], "alternating": [[1 - c**2, c], [-c, 1]]}
    matrix = torch.tensor(rows[update], dtype=torch.float64)
    grown = {"simultaneous": math.sqrt(1 + c**2), "alternating": 1.0}
    assert torch.linalg.eigvals(matrix).abs().tolist() == pytest.approx([grown[update]] * 2, abs=ROUNDING)
    place = (1e-7, 0.0)
    for _ in range(500):
        place = dirac_step(*place, DIRAC_RATE, update)
    expected = torch.linalg.matrix_power(matrix, 500)[:, 0] * 1e-7
    assert place == pytest.approx(expected.tolist(), abs=1e-7 * 1e-6)


def test_alternating_steps_stay_at_a_distance_and_do_not_converge():
    distances = [math.hypot(row.theta, row.psi) for row in turn("alternating", 5000)]
    assert min(distances) > 0.9 and max(distances) < 1.15
    assert {row.theta > 0 for row in turn("alternating", 5000)[-200:]} == {True, False}, "it still turns"


def test_dirac_step_refuses_an_unknown_update():
    with pytest.raises(ValueError, match="got 'both'"):
        dirac_step(1, 0, 0.1, "both")


def test_train_networks_brings_the_criterion_down():
    rows = train_networks(0, rounds=400, every=200)
    assert [row.round for row in rows] == [0, 200, 400]
    assert rows[0].c > -0.1, "an untrained G lies far from the data"
    assert all(row.c > EQUILIBRIUM for row in rows)
    assert rows[-1].c < EQUILIBRIUM + 0.05


def test_train_networks_says_when_g_leaves_the_grid(monkeypatch):
    monkeypatch.setattr(convergence, "G_RATE", 1e4)
    with pytest.raises(FloatingPointError, match=r"G has left the grid in seed 0, round \d"):
        train_networks(0, rounds=4, every=1)


def test_train_networks_repeats_itself():
    assert train_networks(1, rounds=10, every=10) == train_networks(1, rounds=10, every=10)
