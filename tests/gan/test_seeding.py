"""Streams are reproducible, independent of one another, and leave the global generator alone."""

import pytest
import torch

from gan.seeding import numpy_stream, stream


def draw(*place: object) -> torch.Tensor:
    return torch.rand(1000, generator=stream(*place))


def test_stream_repeats():
    assert torch.equal(draw(3, "noise", 5), draw(3, "noise", 5))


@pytest.mark.parametrize("other", [(4, "noise", 5), (3, "dropout", 5), (3, "noise", 6)])
def test_stream_differs_by_seed_name_and_index(other):
    first, second = draw(3, "noise", 5), draw(*other)
    assert abs(torch.corrcoef(torch.stack([first, second]))[0, 1]) < 0.1


def test_stream_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    draw(0, "noise")
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("place", [(-1, "noise"), (0, "noise", -1)])
def test_stream_refuses_negative_numbers(place):
    with pytest.raises(ValueError, match=">= 0"):
        stream(*place)


def test_numpy_stream_is_named_and_repeats():
    first, again, other = (numpy_stream(3, name).random(4).tolist() for name in ("a", "a", "b"))
    assert first == again != other
