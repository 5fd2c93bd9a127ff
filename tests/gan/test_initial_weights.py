"""Initial weights: of the 2014 code, where D starts as a part of G, and of our own streams."""

from pathlib import Path

import pytest
import torch

from gan.initial_weights import check_initial_weights, new_discriminator, new_generator
from gan.layers import Deconvolution, Layer
from gan.models import Discriminator, Generator
from gan.seeding import stream
from pipeline.config.params import load
from pipeline.runtime import networks

MNIST = load(Path(__file__).parents[2] / "params.yaml", "paper").experiment("mnist")
CPU, GREY = torch.device("cpu"), torch.full((784,), 0.5)
PIECES = 5  # of D's two maxout layers
FIRST_OF_G = [0.022844696417450905, 0.017388051375746727, -0.023415828123688698]  # of seed 3, before there was a choice
FIRST_OF_D = [-0.0025429760571569204, -0.0021426177117973566, -0.004993471782654524]


def both(seed: int = 0, kind: str = "shared") -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """Weights of MNIST's G and D in the 2014 code's layout, (inputs, outputs), the pieces of a unit side by side."""
    generator = new_generator(100, MNIST.generator, seed, GREY, kind)
    discriminator = new_discriminator(784, MNIST.discriminator, seed, CPU, kind)
    of_g = [layer.weight.detach().T for layer in generator.layers]
    of_d = [layer.weight.detach().unflatten(0, (layer.pieces, -1)).permute(2, 1, 0) for layer in discriminator.layers]
    return of_g, [weight.flatten(1) for weight in of_d]


def test_shared_weights_of_d_are_a_tenth_of_g_where_the_2014_code_has_them_so():
    """Its first layer's rows: 0 to 99 of G's first layer, 200 to 783 of rows 0 to 583 of G's second."""
    of_g, of_d = both()
    torch.testing.assert_close(of_d[0][:100], of_g[0] / 10, rtol=0, atol=1e-9)
    torch.testing.assert_close(of_d[0][200:], of_g[1][:584] / 10, rtol=0, atol=1e-9)


def test_shared_weights_are_no_other_part_of_g():
    """What lies in between was drawn for masks, and D's later layers begin where masks were drawn for G."""
    of_g, of_d = both()
    for weight in (of_d[0][100:200], *of_d[1:]):
        for other in of_g:
            n = min(weight.numel(), other.numel())
            pairs = torch.stack([weight.flatten()[:n], other.flatten()[:n]])
            assert abs(torch.corrcoef(pairs)[0, 1]) < 4.5 / n**0.5


@pytest.mark.parametrize("kind", ["independent", "shared"])
def test_weights_are_uniform_in_their_layers_range(kind):
    of_g, of_d = both(kind=kind)
    for weight, layer in zip([*of_g, *of_d], [*MNIST.generator, *MNIST.discriminator], strict=True):
        unit, n = weight / layer.weight_range, weight.numel()
        assert unit.abs().max() <= 1
        assert abs(unit.mean()) < 4.5 / (3 * n) ** 0.5
        assert abs((unit**2).mean() - 1 / 3) < 4.5 * (4 / 45 / n) ** 0.5  # variance of a square: 1/5 - 1/9


def test_shared_weights_are_the_seeds_own():
    one, again, other = both(0), both(0), both(1)
    assert torch.equal(one[0][0], again[0][0])
    assert torch.equal(one[1][2], again[1][2])
    pairs = torch.stack([one[0][1].flatten(), other[0][1].flatten()])
    assert abs(torch.corrcoef(pairs)[0, 1]) < 4.5 / 1200


def test_independent_weights_are_what_they_were_bit_for_bit():
    """The streams by their names, and the first numbers on record: published runs began with them."""
    generator, discriminator = networks.new_generator(MNIST, 3, CPU, GREY), networks.new_discriminator(MNIST, 3, CPU)
    for network, expected in (
        (generator, Generator(100, MNIST.generator, stream(3, "generator weights"), GREY)),
        (discriminator, Discriminator(784, MNIST.discriminator, stream(3, "discriminator weights"))),
    ):
        state = expected.state_dict()
        assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())
    assert generator.layers[0].weight[0, :3].tolist() == FIRST_OF_G
    assert discriminator.layers[0].weight[0, :3].tolist() == FIRST_OF_D


def test_the_experiment_of_the_claims_begins_with_shared_weights():
    experiment = load(Path(__file__).parents[2] / "params.yaml", "cpu").experiment("mnist-2014-weights")
    of_g, of_d = both(7)
    assert torch.equal(networks.new_generator(experiment, 7, CPU).layers[0].weight.detach().T, of_g[0])
    d = networks.new_discriminator(experiment, 7, CPU).layers[0].weight.detach()
    assert torch.equal(d[1 * 240 + 3], of_d[0][:, 3 * PIECES + 1]), "piece 1 of unit 3"


@pytest.mark.parametrize(
    ("kind", "layers", "message"),
    [
        ("equal", [], "one of"),
        ("shared", [Layer(3, "relu", sparse=1)], "weight_range"),
        ("shared", [Deconvolution((1, 2, 2), 1, 2, 1, 0.1)], "dense layers"),
    ],
)
def test_check_initial_weights_refuses_what_has_no_meaning(kind, layers, message):
    with pytest.raises(ValueError, match=message):
        check_initial_weights(kind, layers)
    check_initial_weights("independent", layers)
