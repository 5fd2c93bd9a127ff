"""Both gradients are those of autograd, their ratio follows D(G(z)), and measuring changes nothing."""

import copy

import pytest
import torch

from gan.recipe import Recipe
from gan.theory.saturation import gradient_norms
from gan.training import Game, train_epoch


def test_where_d_gives_one_number_the_ratio_is_its_odds(networks, images):
    """D without weights but in its bias b gives sigmoid(b) everywhere; a little slope lets gradients pass."""
    for bias in (-2.0, 0.0, 1.5):
        game = Game(*copy.deepcopy(networks), Recipe(batch_size=5))
        with torch.no_grad():
            last = game.discriminator.layers[-1]
            last.weight.mul_(1e-4)
            last.bias.fill_(bias)
        (snapshot,) = gradient_norms(game, images, seed=0, steps=1, every=1)
        assert snapshot.d == pytest.approx(torch.tensor(bias).sigmoid().item(), abs=1e-3)
        assert snapshot.saturating / snapshot.non_saturating == pytest.approx(snapshot.d / (1 - snapshot.d), rel=1e-3)


def test_measuring_does_not_change_the_game(networks, images):
    games = [Game(*copy.deepcopy(networks), Recipe(batch_size=5)) for _ in range(2)]
    found = gradient_norms(games[0], images, seed=3, steps=5, every=2)
    train_epoch(games[1], images, seed=3, epoch=1)
    assert [snapshot.step for snapshot in found] == [0, 2, 4]
    for one, other in zip(games[0].g.parameters, games[1].g.parameters, strict=True):
        assert torch.equal(one, other)


def test_more_steps_than_an_epoch_has_are_refused(networks, images):
    with pytest.raises(ValueError, match="6 steps wanted, an epoch has 5"):
        gradient_norms(Game(*networks, Recipe(batch_size=5)), images, seed=0, steps=6, every=1)
