"""Samples repeat, do not depend on the block, and are checked."""

import math

import pytest
import torch

from gan.layers import Layer
from gan.models import Generator
from gan.noise import draw_noise
from gan.sampling import draw_samples, interpolate
from gan.seeding import stream


def test_draw_samples_repeat_and_do_not_depend_on_the_block(networks):
    generator, _ = networks
    first = draw_samples(generator, "uniform", 50, stream(0, "s"))
    assert first.shape == (50, 12)
    assert not first.requires_grad
    torch.testing.assert_close(draw_samples(generator, "uniform", 50, stream(0, "s"), block=7), first)


def test_draw_samples_refuses_a_diverged_generator(networks):
    generator, _ = networks
    torch.nn.init.constant_(generator.layers[0].weight, math.nan)
    with pytest.raises(FloatingPointError, match="not finite"):
        draw_samples(generator, "uniform", 5, stream(0, "s"))


def test_draw_samples_refuses_a_collapsed_generator(networks):
    generator, _ = networks
    torch.nn.init.zeros_(generator.layers[1].weight)
    with pytest.raises(FloatingPointError, match="all samples are equal: the generator has collapsed"):
        draw_samples(generator, "uniform", 5, stream(0, "s"))
    assert draw_samples(generator, "uniform", 1, stream(0, "s")).shape == (1, 12)


def test_interpolate_passes_its_corners_in_straight_lines():
    linear = Generator(2, [Layer(3, "linear", 1.0)], stream(0, "w"))
    walk = interpolate(linear, "gaussian", 3, 5, stream(0, "corners"))
    corners = linear(draw_noise("gaussian", (3, 2), stream(0, "corners"))).detach()
    torch.testing.assert_close(walk[::2], corners)
    torch.testing.assert_close(walk[1::2], (corners[:-1] + corners[1:]) / 2)
