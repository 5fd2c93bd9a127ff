"""CIFAR-10's contrast normalisation and the way back to grey values."""

import pytest
import torch

from gan.images import normalise_contrast, to_grey
from gan.seeding import stream


def test_normalise_contrast_gives_mean_zero_and_the_norm():
    images = 255 * torch.rand(4, 3072, generator=stream(0, "x"))
    normal = normalise_contrast(images, 55.0)
    assert normal.mean(dim=1).abs().max() < 1e-5
    assert normal.norm(dim=1).tolist() == pytest.approx([55.0] * 4, rel=1e-5)
    assert normal.square().mean().sqrt().item() == pytest.approx(55 / 3072**0.5, rel=1e-5)


def test_normalise_contrast_leaves_a_flat_image_at_zero():
    assert not normalise_contrast(torch.full((1, 12), 7.0), 55.0).any()


def test_to_grey_puts_zero_in_the_middle_and_clips():
    assert to_grey(torch.tensor([-4.0, -2.0, 0.0, 2.0, 4.0]), 2.0).tolist() == [0, 0, 0.5, 1, 1]
