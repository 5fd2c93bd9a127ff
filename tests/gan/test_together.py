"""Dense networks are stacked, others play one after another; both keep the same promises."""

import pytest
import torch

from gan.ensemble import Ensemble
from gan.layers import Deconvolution, Layer, MaxoutConvolution
from gan.models import Discriminator, Generator
from gan.recipe import Recipe
from gan.seeding import stream
from gan.together import OneByOne, play_together
from gan.training import Game, train_epoch

G = (Layer(6, "relu", 0.5), Layer(18, "sigmoid", 0.5), Deconvolution((2, 3, 3), 1, 2, 2, 0.5))
D = (MaxoutConvolution((1, 6, 6), 2, 2, 3, 1, 2, 2, 0.3, keep=0.8), Layer(1, "linear", 0.3, keep=0.5))


def game(seed: int, **options: object) -> Game:
    recipe = Recipe(batch_size=10, noise_prior="gaussian", **options)
    return Game(Generator(4, G, stream(seed, "g")), Discriminator(36, D, stream(seed, "d")), recipe)


@pytest.fixture
def images():
    return torch.rand(25, 36, generator=stream(0, "images"))


def test_play_together_stacks_dense_networks_only(networks):
    assert isinstance(play_together([Game(*networks, Recipe())], [0]), Ensemble)
    assert isinstance(play_together([game(0)], [0]), OneByOne)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"generator_loss": "saturating", "discriminator_loss_scale": 1.0},
        {"generator_loss": "saturating-then-non-saturating", "saturating_epochs": 1},
        {"generator_noise": "fresh"},
        {"update": "alternating", "discriminator_steps": 2},
    ],
)
def test_one_by_one_is_the_plain_loop(images, options):
    """One backward pass for both players rounds otherwise than two."""
    together, alone = OneByOne([game(3, **options), game(5, **options)], [3, 5]), game(5, **options)
    for epoch in (1, 2):
        curves = together.train_epoch(images, epoch)
        torch.testing.assert_close(curves[1], train_epoch(alone, images, 5, epoch), rtol=1e-5, atol=1e-6)
    played = together.games[1]
    for theirs, ours in ((alone.g, played.g), (alone.d, played.d)):
        for plain, fast in zip(theirs.parameters, ours.parameters, strict=True):
            torch.testing.assert_close(fast, plain, rtol=1e-4, atol=1e-6)
    assert together.updates == alone.updates


@pytest.mark.parametrize("bias", [-200.0, -80.0, 200.0])
def test_one_by_one_learns_from_a_discriminator_that_is_sure(images, bias):
    """Where the slope of D's loss at a sample has left float32, G's has not."""
    fast, plain = game(5), game(5)
    for one in (fast, plain):
        one.d.parameters[-1].data.fill_(bias)
    OneByOne([fast], [5]).train_epoch(images, 1)
    train_epoch(plain, images, 5, 1)
    for ours, theirs in zip(fast.g.parameters, plain.g.parameters, strict=True):
        assert ours.isfinite().all()
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


def test_one_by_one_resumes_from_its_tensors_and_keeps_seeds(images):
    first, resumed = (OneByOne([game(seed) for seed in (3, 5, 7)], [3, 5, 7]) for _ in range(2))
    first.train_epoch(images, 1)
    for one in (first, resumed):
        one.keep([2, 0])
    assert first.seeds == [7, 3]
    for name, tensor in resumed.tensors().items():
        tensor.copy_(first.tensors()[name])
    resumed.updates = first.updates
    for one in (first, resumed):
        one.train_epoch(images, 2)
    for name, tensor in first.tensors().items():
        assert torch.equal(tensor, resumed.tensors()[name])


def test_convolutions_learn(images):
    """Losses move, and every parameter with them."""
    one = game(0)
    before = [parameter.clone() for parameter in (*one.g.parameters, *one.d.parameters)]
    curves = torch.stack([train_epoch(one, images, 0, epoch) for epoch in (1, 2, 3)])
    assert curves.isfinite().all()
    assert curves[2, 0] < curves[0, 0], "D's loss falls"
    for old, new in zip(before, (*one.g.parameters, *one.d.parameters), strict=True):
        assert not torch.equal(old, new)
