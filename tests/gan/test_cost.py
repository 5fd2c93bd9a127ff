"""Multiply-adds counted by hand, and in the order that the recipes' work suggests."""

import pytest

from gan.layers import Deconvolution, Layer
from gan.recipe import Recipe
from gan.theory.cost import multiply_adds, weights

G = (Layer(5, "relu", 0.1), Layer(7, "sigmoid", 0.1))  # 2 x 5 + 5 x 7 = 45
D = (Layer(4, "maxout", 0.1, pieces=2), Layer(1, "linear", 0.1))  # 7 x 8 + 4 = 60
FRESH = {"update": "alternating", "generator_noise": "fresh", "generator_masks": "fresh"}


def test_weights_of_a_network():
    assert weights(2, G) == 45
    assert weights(7, D) == 60
    with pytest.raises(ValueError, match="only dense"):
        weights(4, [Deconvolution((1, 2, 2), 1, 3, 1, 0.1)])


def test_multiply_adds_by_hand():
    of_d = 45 + 2 * (3 * 60 - 56)  # samples; D forward and back on data and samples, not to its inputs
    of_g = 45 + 2 * 60 + (2 * 45 - 10)  # fresh samples; D forward and back to them; G back, not to the noise
    assert multiply_adds(2, G, D, Recipe(**FRESH)) == of_d + of_g
    assert multiply_adds(2, G, D, Recipe(**FRESH, discriminator_steps=5)) == of_d + of_g / 5
    assert multiply_adds(2, G, D, Recipe(**FRESH, discriminator_steps=0.2)) == of_d + 5 * of_g


def test_sharing_the_pass_through_d_is_cheaper():
    shared, fresh = (multiply_adds(2, G, D, Recipe(**options)) for options in ({}, FRESH))
    assert shared == 45 + 2 * (3 * 60 - 56) + 56 + (2 * 45 - 10)
    assert shared < fresh
