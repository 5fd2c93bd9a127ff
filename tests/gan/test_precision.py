"""In bfloat16 both loops follow the 2014 code within a bound that still tells wrong steps; float32 has none of it."""

from dataclasses import replace
from functools import partial

import pytest
import torch
from helpers import DISCRIMINATOR, GENERATOR
from test_golden import VARIANTS, Golden, Parameters, beyond, differences, fast_ensemble, load, plain_loop, with_masks

from gan.ensemble import Ensemble
from gan.layers import Layer
from gan.models import Discriminator, Generator
from gan.precision import OPERANDS, products_in
from gan.recipe import Recipe
from gan.seeding import stream
from gan.stacked import StackedLayer
from gan.training import Game, train_epoch

# Differences to the 2014 code are held over the first updates: later, rounding lets a maxout unit pick another piece.
UPDATES = 10
BOUNDS = {"small": 4e-3, "fast": 5e-3, "tfd": 1e-2, "tfd-2": 1e-2}  # measured 2.2e-3, 2.6e-3, 5.4e-3, 4.7e-3
FIRST, ALL = 3e-4, 4e-3  # the loops' greatest difference to each other in small: measured 1e-4 at first, 2e-3 over all
TOLD_APART = (  # beside each: its greatest difference in small over the first updates
    "no factor 0.5 in D's loss",  # 1e-1
    "alternating update",  # 1e-2
    "saturating loss",  # 3e-2
    "masks of images and samples swapped",  # 1e-1
    "dropout without its scale",  # 1e-1
)


pytestmark = pytest.mark.usefixtures("one_thread")


def in_bfloat16(golden: Golden) -> Golden:
    """The first updates, with masks of the operands' dtype, which hold 0, 1.25 and 2 exactly."""
    masked = with_masks(lambda mask: mask.bfloat16())(golden)
    return replace(masked, steps=masked.steps[:UPDATES])


PLAYS = [partial(play, precision="bfloat16") for play in (plain_loop, fast_ensemble)]
on_both_paths = pytest.mark.parametrize("play", PLAYS, ids=["plain_loop", "fast_ensemble"])


@on_both_paths
@pytest.mark.parametrize("name", BOUNDS)
def test_every_update_follows_the_2014_code(name, play):
    found = differences(in_bfloat16(load(name)), play)
    assert not beyond(found, BOUNDS[name])
    assert max(found.values()) > 1e-4, "the products were not in bfloat16"


@on_both_paths
@pytest.mark.parametrize("variant", TOLD_APART)
def test_wrong_variants_are_told_apart(variant, play):
    found = differences(in_bfloat16(VARIANTS[variant](load("small"))), play)
    assert max(found.values()) > 1.5 * BOUNDS["small"]


def test_the_loops_agree_within_rounding():
    golden = in_bfloat16(load("small"))
    plain, fast = ([_copied(step) for step in play(golden)] for play in PLAYS)
    apart = [max(float((a[name] - b[name]).abs().max()) for name in a) for a, b in zip(plain, fast, strict=True)]
    assert apart[0] < FIRST
    assert max(apart) < ALL


def _copied(parameters: Parameters) -> Parameters:
    return {name: value.clone() for name, value in parameters.items()}


def error_of_product(precision: str) -> float:
    """Relative rms error of a layer's product before its activation."""
    layer, random = GENERATOR[0].module(300, stream(0, "weights")), stream(0, "x")
    x = torch.randn(1, 50, 300, generator=random)
    stacked = StackedLayer([layer], [(torch.zeros_like(layer.weight), torch.zeros_like(layer.bias))], precision)
    stacked.activation = "linear"
    exact = x.double() @ stacked.weight.double().mT
    return float((stacked.forward(x.to(OPERANDS[precision]))[0].double() - exact).norm() / exact.norm())


def test_a_product_has_the_rounding_of_its_precision():
    assert 5e-4 < error_of_product("bfloat16") < 5e-3
    assert error_of_product("float32") < 1e-6
    assert error_of_product("tf32x3") < 1e-6


def test_modules_multiply_in_the_precision_of_the_block():
    layer, x = GENERATOR[0].module(30, stream(0, "weights")), torch.randn(5, 30, generator=stream(0, "x"))
    with products_in(torch.float32, "cpu"):
        assert layer(x).dtype == torch.float32
    with products_in(torch.bfloat16, "cpu"):
        assert layer(x).dtype == torch.bfloat16
    assert layer(x).dtype == torch.float32


@pytest.mark.parametrize("at", [-8.0, -2.0, 2.0, 4.0, 5.0, 6.0, 7.0, 8.0])
def test_a_sigmoid_keeps_its_slope_on_both_paths(at):
    """The output rounds to 1 from 6.3 on; y (1 - y) of that would stop a white pixel's learning."""
    layer, random = Layer(1, "sigmoid", 0.5, bias=at).module(3, stream(0, "weights")), stream(0, "x")
    x = 1e-3 * torch.randn(1, 3, generator=random)
    with products_in(torch.bfloat16, "cpu"):
        (plain,) = torch.autograd.grad(layer(x).float().sum(), [layer.bias])
    velocities = [(torch.zeros_like(layer.weight), torch.zeros_like(layer.bias))]
    stacked = StackedLayer([layer], velocities, "bfloat16")
    slope = stacked.forward(x[None].bfloat16())[1].slope
    exact = torch.sigmoid(torch.tensor(at)) * torch.sigmoid(-torch.tensor(at))
    assert plain.item() == pytest.approx(exact.item(), rel=0.02)
    assert slope.item() == pytest.approx(exact.item(), rel=0.02)


def games(precision: str, **recipe: object) -> Ensemble:
    pairs = [
        (Generator(4, GENERATOR, stream(seed, "g")), Discriminator(12, DISCRIMINATOR, stream(seed, "d")))
        for seed in (0, 1)
    ]
    return Ensemble([Game(*pair, Recipe(batch_size=10, **recipe), precision) for pair in pairs], [0, 1])


RECIPES = [{}, {"max_column_norm": 0.6}, {"update": "alternating", "generator_noise": "fresh"}]


@pytest.mark.parametrize("recipe", RECIPES, ids=str)
@pytest.mark.parametrize("precision", OPERANDS)
def test_parameters_and_velocities_stay_float32_and_operands_follow_them(precision, recipe, images):
    ensemble = games(precision, **recipe)
    ensemble.train_epoch(images, 1)
    tensors = ensemble.tensors()
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float32}
    for name, tensor in tensors.items():
        if tensor.abs().max() > 0:
            assert not torch.equal(tensor, tensor.bfloat16().float()), f"{name} has lost its digits"
    for layer in (*ensemble.g.layers, *ensemble.d.layers):
        assert torch.equal(layer.weight_operand, layer.weight.to(OPERANDS[precision]))
        assert torch.equal(layer.bias_operand, layer.bias.to(OPERANDS[precision]))


@pytest.mark.parametrize("leave", [False, True])
@pytest.mark.parametrize("precision", OPERANDS)
def test_an_ensemble_goes_on_from_its_tensors_bit_for_bit(precision, leave, images):
    one, other = games(precision), games(precision)
    one.train_epoch(images, 1)
    for name, tensor in other.tensors().items():
        tensor.copy_(one.tensors()[name])
    other.refresh()
    other.updates = one.updates
    for ensemble in (one, other):
        if leave:
            ensemble.keep([1])
        ensemble.train_epoch(images, 2)
    assert all(torch.equal(a, b) for a, b in zip(one.tensors().values(), other.tensors().values(), strict=True))


@pytest.mark.parametrize("recipe", RECIPES, ids=str)
def test_the_loops_agree_for_several_seeds_and_incomplete_minibatches(recipe, images):
    """After an epoch of minibatches of 10, the last of 5: within a twentieth of the way that a parameter has gone."""
    ensemble = games("bfloat16", **recipe)
    before = {name: tensor.clone() for name, tensor in ensemble.tensors().items()}
    ensemble.train_epoch(images[:25], 1)
    for index, seed in enumerate((0, 1)):
        pair = Generator(4, GENERATOR, stream(seed, "g")), Discriminator(12, DISCRIMINATOR, stream(seed, "d"))
        game = Game(*pair, Recipe(batch_size=10, **recipe), "bfloat16")
        train_epoch(game, images[:25], seed, 1)
        for player, network in (("generator", game.generator), ("discriminator", game.discriminator)):
            for name, parameter in network.named_parameters():
                value, key = parameter.detach(), name.replace("layers", player)
                ours, start = (tensors[key][index].view_as(value) for tensors in (ensemble.tensors(), before))
                assert float((ours - value).norm()) < 0.05 * float((ours - start).norm()) + 1e-5, (seed, key)
