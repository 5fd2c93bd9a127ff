"""The networks of the paper: sizes, initial values, maxout and dropout."""

from pathlib import Path

import pytest
import torch

from gan.layers import Dense, Layer, marginal_logits
from gan.models import Discriminator, Generator, check_layers
from gan.seeding import stream
from pipeline.config.params import load

PARAMS = load(Path(__file__).parents[2] / "params.yaml", "paper")


def count(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_generator_of_mnist_has_the_protocols_size():
    mnist = PARAMS.experiment("mnist")
    generator = Generator(mnist.noise_size, mnist.generator, stream(0, "w"), torch.full((784,), 0.5))
    assert count(generator) == 2_503_984
    assert generator(torch.zeros(3, 100)).shape == (3, 784)


def test_discriminator_of_mnist_has_the_protocols_size():
    discriminator = Discriminator(784, PARAMS.experiment("mnist").discriminator, stream(0, "w"))
    assert count(discriminator) == 1_231_441
    assert discriminator(torch.zeros(3, 784)).shape == (3,)


def test_initial_weights_are_uniform_in_their_range():
    (layer,) = Generator(100, [Layer(1200, "relu", 0.05)], stream(0, "w")).layers
    assert 0.0499 < layer.weight.abs().max() <= 0.05
    assert layer.weight.std().item() == pytest.approx(0.1 / 12**0.5, rel=0.01)
    assert not layer.bias.any()


def test_initial_weights_leave_the_global_generator_alone():
    before = torch.get_rng_state()
    Generator(4, [Layer(3, "relu", 0.05)], stream(0, "w"))
    assert torch.equal(before, torch.get_rng_state())


def test_marginal_logits_of_a_dead_pixel():
    assert marginal_logits(torch.tensor([0.0, 0.5, 1.0])).tolist() == pytest.approx([-16.118, 0, 16.118], abs=1e-3)


def test_generator_starts_near_the_mean_image():
    mean_image = torch.tensor([0.0, 0.25, 0.9])
    generator = Generator(2, [Layer(3, "sigmoid", 1e-9, bias="marginals")], stream(0, "w"), mean_image)
    assert generator(torch.ones(1, 2)).squeeze().tolist() == pytest.approx([0, 0.25, 0.9], abs=1e-4)


def test_generator_refuses_marginals_without_a_mean_image():
    with pytest.raises(ValueError, match="mean image"):
        Generator(2, [Layer(3, "sigmoid", 0.1, bias="marginals")], stream(0, "w"))


def test_maxout_by_hand():
    layer = Dense(1, Layer(2, "maxout", 0.1, pieces=2), stream(0, "w"))
    with torch.no_grad():  # unit 0: max(x, -x); unit 1: max(2x - 5, 3x - 9)
        layer.weight.copy_(torch.tensor([[1.0], [2.0], [-1.0], [3.0]]))
        layer.bias.copy_(torch.tensor([0.0, -5.0, 0.0, -9.0]))
    assert layer(torch.tensor([[-2.0], [1.0], [10.0]])).tolist() == [[2, -9], [1, -3], [10, 21]]


def test_maxout_has_no_floor_at_zero():
    layer = Dense(1, Layer(1, "maxout", 0.1, pieces=2), stream(0, "w"))
    torch.nn.init.constant_(layer.bias, -1)
    torch.nn.init.zeros_(layer.weight)
    assert layer(torch.ones(1, 1)).item() == -1


def test_discriminator_without_masks_is_not_scaled(networks):
    _, discriminator = networks
    x = torch.rand(6, 12)
    ones = [torch.ones(6, 12), torch.ones(6, 5)]
    assert torch.equal(discriminator(x), discriminator(x, ones))


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "linear"])
def test_every_activation_is_applied_in_both_networks(activation):
    layers = [Layer(3, activation, 1.0), Layer(1, "linear", 1.0)]
    x = torch.randn(5, 4, generator=stream(0, "x"))
    hidden = getattr(torch, activation, lambda h: h)(
        x @ (d := Discriminator(4, layers, stream(0, "w"))).layers[0].weight.T
    )
    torch.testing.assert_close(d(x), (hidden @ d.layers[1].weight.T).squeeze(1))
    torch.testing.assert_close(Generator(4, layers[:1], stream(0, "w"))(x), hidden)


LOGIT = Layer(1, "linear", 0.1)


@pytest.mark.parametrize(
    ("generator", "discriminator", "message"),
    [
        ([Layer(3, "relu", 0.1, keep=0.5)], [LOGIT], "no dropout"),
        ([Layer(3, "relu", 0.1, bias="marginals"), Layer(3, "sigmoid", 0.1)], [LOGIT], "generator's last layer"),
        ([Layer(3, "sigmoid", 0.1)], [Layer(1, "linear", 0.1, bias="marginals")], "generator's last layer"),
        ([Layer(3, "sigmoid", 0.1)], [Layer(2, "linear", 0.1)], "1 linear unit"),
        ([Layer(3, "sigmoid", 0.1)], [Layer(1, "sigmoid", 0.1)], "1 linear unit"),
    ],
)
def test_check_layers_refuses_what_would_be_ignored(generator, discriminator, message):
    with pytest.raises(ValueError, match=message):
        check_layers(generator, discriminator)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("units", 3, "tanh", 0.1), "activation"), (("units", 3, "relu", 0.1, 0.0, 2), "pieces")],
)
def test_layer_refuses_what_has_no_meaning(arguments, message):
    with pytest.raises(ValueError, match=message):
        Layer(*arguments[1:])
