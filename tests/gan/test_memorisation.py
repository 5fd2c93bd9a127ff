"""Copies are nearer to what they were copied from, images that are not are as near to either side."""

import pytest
import torch

from gan.evidence.memorisation import difference_of_copies, nearest_distances, nearness, noisy_copies
from gan.seeding import stream

D = 20


def images(n: int, name: str) -> torch.Tensor:
    return torch.rand(n, D, generator=stream(0, name))


def held_against(samples: torch.Tensor, n_held_out: int = 400):
    return nearness(samples, images(1_000, "training"), images(n_held_out, "held out"), stream(0, "choice"))


def test_nearest_distances_are_those_of_a_loop():
    samples, known = images(7, "samples"), images(30, "known")
    expected = [min((sample - image).double().norm().item() for image in known) for sample in samples]
    assert nearest_distances(samples, known).tolist() == pytest.approx(expected, rel=1e-6)
    assert nearest_distances(known[3:4], known).item() == 0


def test_fresh_images_are_as_near_to_either_side():
    found = held_against(images(2_000, "fresh"))
    assert (found.n_samples, found.n_images, found.n_training) == (2_000, 400, 1_000)
    assert abs(found.nearer - 0.5) < 0.06
    assert found.difference == pytest.approx(found.held_out - found.training)
    assert abs(found.difference) < 0.02 * found.held_out


def test_copies_are_nearer_to_the_training_images():
    """A share of copies makes the difference that is announced for it; copies of held-out images make the opposite."""
    training, share = images(1_000, "training"), 0.3
    copies = noisy_copies(training, 1_000, 0.0, stream(0, "copies"))
    samples = torch.cat([copies[:600], images(1_400, "fresh")])
    found = held_against(samples)
    expected = difference_of_copies(share, found.held_out, found.n_images, found.n_training)
    assert expected == pytest.approx(0.12 * found.held_out)
    assert found.difference == pytest.approx(expected, abs=0.02 * found.held_out)
    assert found.difference > 3 * found.standard_error
    of_held_out = held_against(images(400, "held out"))
    assert of_held_out.difference < 0
    assert of_held_out.nearer == 0


def test_both_sides_have_equally_many_whichever_is_larger():
    assert held_against(images(50, "fresh"), n_held_out=1_500).n_images == 1_000


def test_the_error_shrinks_with_the_root_of_the_number_of_samples():
    few, many = (held_against(images(n, "fresh")).standard_error for n in (100, 2_500))
    assert many == pytest.approx(few / 5, rel=0.3)


def test_noise_moves_copies_by_its_own_length():
    training = images(300, "training")
    copies = noisy_copies(training, 300, 0.01, stream(0, "copies"))
    assert nearest_distances(copies, training).mean().item() == pytest.approx(0.01 * D**0.5, rel=0.05)


def test_a_lone_sample_has_no_error():
    with pytest.raises(ValueError, match="expected two samples or more, got 1"):
        held_against(images(1, "fresh"))
