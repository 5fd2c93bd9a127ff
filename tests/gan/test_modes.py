"""Mixtures are what they say; a balanced game covers the ring, a G that is too fast collapses."""

import pytest
import torch

from gan.seeding import stream
from gan.theory.modes import SETTINGS, grid, play, ring
from gan.theory.plane import CHOSEN

pytestmark = pytest.mark.usefixtures("one_thread")
SEEDS = [0, 1, 2, 3]


def test_ring_and_grid_have_their_modes_at_one_distance():
    eight, square = ring(8), grid(25)
    assert torch.allclose(eight.means.norm(dim=1), torch.tensor(2.0))
    assert square.means.mean(dim=0).tolist() == [0, 0]
    for mixture, nearest in ((eight, 1.5307337), (square, 2.0)):
        distances = torch.cdist(mixture.means, mixture.means).fill_diagonal_(torch.inf)
        assert torch.allclose(distances.amin(dim=1), torch.tensor(nearest))
    with pytest.raises(ValueError, match="square number"):
        grid(24)


def test_draw_has_the_mixtures_moments():
    mixture = ring(8)
    points = mixture.draw(20_000, stream(0, "draws"))
    spread = 2**2 / 2 + mixture.noise**2  # of a coordinate
    assert points.mean(dim=0).tolist() == pytest.approx([0, 0], abs=0.04)
    assert points.var(dim=0).tolist() == pytest.approx([spread, spread], rel=0.03)


def test_log_density_is_that_of_the_parts():
    mixture = ring(8)
    points = mixture.draw(20, stream(0, "points"))
    parts = torch.distributions.Normal(mixture.means, mixture.noise).log_prob(points[:, None]).sum(dim=2)
    expected = parts.logsumexp(dim=1) - torch.tensor(8.0).log()
    torch.testing.assert_close(mixture.log_density(points), expected, rtol=0, atol=1e-3)


def test_play_is_each_seeds_own_game_whoever_plays_beside_it(monkeypatch):
    monkeypatch.setattr("gan.theory.modes.N_TRAINING", 1_000)  # few steps: rounding differs, and grows
    together = play(ring(8), CHOSEN, [0, 1], [1, 2])
    alone = play(ring(8), CHOSEN, [1], [2])
    assert [(one.seed, one.epoch) for one in together] == [(0, 1), (1, 1), (0, 2), (1, 2)]
    assert together[3].samples.shape == (2_500, 2)
    assert torch.allclose(together[3].samples, alone[0].samples, atol=1e-4)


def closeness(setting: str, epochs: int) -> float:
    """Mean share of close pairs of samples over SEEDS."""
    return sum(one.close for one in play(ring(8), SETTINGS[setting], SEEDS, [epochs])) / len(SEEDS)


def test_play_collapses_with_g_too_fast(monkeypatch):
    """After 200 steps the share is four to eight times that of balance, by processor and seeds."""
    monkeypatch.setattr("gan.theory.modes.N_TRAINING", 2_000)
    assert closeness("G too fast", 10) > 2 * closeness("balanced", 10)


@pytest.mark.long
def test_play_covers_the_ring_in_balance():
    """After 2,000 steps all of 8 modes; a share of close pairs near 0.11, that of perfect draws, not beyond."""
    for one in play(ring(8), CHOSEN, SEEDS, [20]):
        assert one.covered >= 7
        assert one.close < 0.12
    assert closeness("G too fast", 20) > 0.2
