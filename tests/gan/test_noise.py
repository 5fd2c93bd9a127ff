"""The priors have the moments and bounds of the 2014 code."""

import math

import pytest
import torch

from gan.noise import PRIORS, draw_noise
from gan.seeding import stream


@pytest.mark.parametrize("prior", PRIORS)
def test_draw_noise_has_zero_mean_and_unit_variance(prior):
    noise = draw_noise(prior, (1000, 100), stream(0, "noise"))
    assert abs(noise.mean()) < 0.01  # 3 standard errors of 100,000 draws
    assert abs(noise.var() - 1) < 0.02


def test_draw_noise_uniform_fills_its_bounds():
    noise = draw_noise("uniform", (1000, 100), stream(0, "noise"))
    assert math.sqrt(3) - 0.001 < noise.max() <= math.sqrt(3)
    assert -math.sqrt(3) <= noise.min() < -math.sqrt(3) + 0.001


def test_draw_noise_refuses_unknown_prior():
    with pytest.raises(ValueError, match="prior must be one of"):
        draw_noise("cauchy", (1, 1), torch.Generator())
