"""Two sets are told apart if they differ; the error covers other images, not only other splits of the same."""

import numpy as np
import pytest
import torch

from gan.evidence.two_sample import TwoSample, beyond, n_held_out, over_splits, split_accuracy
from gan.seeding import stream


def points(n: int, name: str, shift: float = 0.0, index: int = 0) -> torch.Tensor:
    """Points of [0, 1]^5, shifted."""
    return torch.rand(n, 5, generator=stream(0, name, index)) + shift


def test_a_split_of_one_set_is_at_chance():
    images = points(2_000, "one set")
    accuracy = split_accuracy(images[:1_000], images[1_000:], stream(0, "test"))
    assert accuracy == pytest.approx(0.5, abs=4 * 0.5 / 1_000**0.5)


def test_shifted_sets_of_unequal_size_are_told_and_chance_stays_a_half():
    assert split_accuracy(points(1_000, "here"), points(2_501, "there", shift=3), stream(0, "test")) > 0.97
    alike = split_accuracy(points(500, "here"), points(5_000, "there"), stream(0, "test"))
    assert alike == pytest.approx(0.5, abs=4 * 0.5 / 500**0.5), "the larger set does not outvote the smaller"
    assert n_held_out(500, 5_000) == 500
    assert n_held_out(7, 9) == 8


def test_a_split_repeats_bit_for_bit_and_leaves_the_global_random_state_alone():
    sets, before = (points(200, "here"), points(200, "there", shift=0.1)), torch.get_rng_state()
    first, again, other = (split_accuracy(*sets, stream(0, "test", split)) for split in (0, 0, 1))
    assert first == again != other
    assert torch.equal(torch.get_rng_state(), before)


def test_held_out_images_do_not_train():
    """Sets that nothing but memory could tell apart are told by chance."""
    noise = torch.rand(400, 300, generator=stream(0, "noise"))
    assert split_accuracy(noise[:200], noise[200:], stream(0, "test")) == pytest.approx(0.5, abs=0.14)


def test_split_accuracy_needs_two_images():
    with pytest.raises(ValueError, match="two images"):
        split_accuracy(torch.rand(1, 3), torch.rand(9, 3), stream(0, "test"))


def test_over_splits_has_the_corrected_error():
    found = over_splits([0.5, 0.6, 0.7])
    assert found.accuracy == pytest.approx(0.6)
    assert found.standard_error == pytest.approx(0.1 * (1 / 3 + 1) ** 0.5)
    low, high = found.interval(0.95)
    assert (high - low) / 2 == pytest.approx(4.302653 * found.standard_error, rel=1e-6)
    with pytest.raises(ValueError, match="two splits or more, got 1"):
        over_splits([0.5])


def test_the_error_covers_other_images_too():
    """Over 30 pairs of sets: splits of one pair alone vary less than the accuracy does from pair to pair."""
    tests = []
    for pair in range(30):
        sets = points(100, "a", index=pair), points(100, "b", shift=0.1, index=pair)
        tests.append(over_splits([split_accuracy(*sets, stream(pair, "test", split)) for split in range(5)]))
    mean, sd = np.mean([one.accuracy for one in tests]), np.std([one.accuracy for one in tests], ddof=1)
    assert mean > 0.5
    assert sd < np.mean([one.standard_error for one in tests]) < 3 * sd
    assert np.mean([one.interval(0.95)[0] <= mean <= one.interval(0.95)[1] for one in tests]) >= 0.95


def test_beyond_is_welchs_interval_of_the_difference():
    gap, low, high = beyond(TwoSample(0.8, 0.003, 10), TwoSample(0.55, 0.004, 10), 0.95)
    assert gap == pytest.approx(0.25)
    assert high - gap == pytest.approx(gap - low)
    assert gap - low == pytest.approx(2.112791 * 0.005, rel=1e-5)  # t of 16.69 degrees of freedom
    assert beyond(TwoSample(1.0, 0.0, 3), TwoSample(0.5, 0.0, 3), 0.95) == (0.5, 0.5, 0.5)
