"""Samples repeat, do not depend on the block, and are checked."""

import math

import pytest
import torch

from gan.sampling import draw_samples
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
