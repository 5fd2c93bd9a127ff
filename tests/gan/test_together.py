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


def game(seed: int) -> Game:
    recipe = Recipe(batch_size=10, noise_prior="gaussian")
    return Game(Generator(4, G, stream(seed, "g")), Discriminator(36, D, stream(seed, "d")), recipe)


@pytest.fixture
def images():
    return torch.rand(25, 36, generator=stream(0, "images"))


def test_play_together_stacks_dense_networks_only(networks):
    assert isinstance(play_together([Game(*networks, Recipe())], [0]), Ensemble)
    assert isinstance(play_together([game(0)], [0]), OneByOne)


def test_one_by_one_is_the_plain_loop(images):
    together, alone = OneByOne([game(3), game(5)], [3, 5]), game(5)
    curves = together.train_epoch(images, 1)
    assert torch.equal(curves[1], train_epoch(alone, images, 5, 1))
    for name, weight in alone.generator.state_dict().items():
        assert torch.equal(together.generator_state(1)[name], weight)
    assert together.updates == alone.updates == 3


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
