"""Measures of collapse against closed forms and brute force; a collapse made on purpose fires every one."""

import math

import pytest
import torch

from gan.seeding import stream
from gan.theory.collapse import (
    class_entropy,
    class_shares,
    classes_present,
    close_pairs,
    distinct_neighbours,
    mean_pairwise_distance,
    modes_covered,
)
from gan.theory.modes import grid, ring


def test_class_shares_count_every_class():
    assert class_shares(torch.tensor([0, 2, 2, 2]), 4).tolist() == [0.25, 0, 0.75, 0]


@pytest.mark.parametrize(
    ("shares", "entropy"),
    [([1.0, 0, 0], 0), ([0.5, 0.5, 0], math.log(2)), ([0.1] * 10, math.log(10)), ([0.25, 0.75], 0.5623351446188083)],
)
def test_class_entropy_of_known_shares(shares, entropy):
    assert class_entropy(torch.tensor(shares, dtype=torch.float64)) == pytest.approx(entropy, abs=1e-12)


def test_classes_present_have_the_least_share():
    shares = torch.tensor([0.98, 0.01, 0.009, 0.001], dtype=torch.float64)
    assert classes_present(shares) == 2
    assert classes_present(shares, least=0.005) == 3


def test_distinct_neighbours_of_copies_and_of_the_images_themselves():
    images = torch.rand(50, 6, generator=stream(0, "images"))
    assert distinct_neighbours(images, images) == 1
    noise = 1e-4 * torch.randn(20, 6, generator=stream(0, "noise"))
    assert distinct_neighbours(images[7] + noise, images) == 1 / 20
    assert distinct_neighbours(images[[1, 2, 3]].repeat(10, 1), images) == 3 / 30


def test_mean_pairwise_distance_equals_brute_force():
    samples = torch.rand(30, 5, generator=stream(0, "samples"), dtype=torch.float64)
    pairs = [(samples[i] - samples[j]).square().sum().item() for i in range(30) for j in range(30) if i != j]
    assert mean_pairwise_distance(samples) == pytest.approx(math.sqrt(sum(pairs) / len(pairs)), rel=1e-12)
    assert mean_pairwise_distance(samples[:1].repeat(9, 1)) == 0


def test_close_pairs_equal_brute_force():
    points = torch.rand(30, 2, generator=stream(0, "points"), dtype=torch.float64)
    close = [bool((points[i] - points[j]).norm() <= 0.3) for i in range(30) for j in range(i)]
    assert close_pairs(points, 0.3) == sum(close) / len(close)


@pytest.mark.parametrize("mixture", [ring(8), grid(25)])
def test_close_pairs_tell_a_collapse_from_samples_that_only_lie_elsewhere(mixture):
    points = mixture.draw(2_000, stream(0, "draws"))
    of_one_mode = 1 - math.exp(-2.25)  # of a pair, whose difference has twice the variance
    assert close_pairs(points, 3 * mixture.noise) == pytest.approx(of_one_mode / len(mixture.means), rel=0.05)
    assert close_pairs(points + 50, 3 * mixture.noise) == pytest.approx(
        close_pairs(points, 3 * mixture.noise), rel=1e-3
    )
    assert modes_covered(points + 50, mixture.means, mixture.noise) == (0, 0)
    assert close_pairs(50 + 0.01 * points, 3 * mixture.noise) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("mixture", [ring(8), grid(25)])
def test_modes_covered_by_perfect_draws_and_by_one_mode(mixture):
    covered, good = modes_covered(mixture.draw(5_000, stream(0, "draws")), mixture.means, mixture.noise)
    assert covered == len(mixture.means)
    assert good == pytest.approx(1 - math.exp(-4.5), abs=0.006)  # a chi-square of 2 degrees; 4 standard errors
    one = mixture.means[:1] + mixture.noise * torch.randn(500, 2, generator=stream(0, "one"))
    assert modes_covered(one, mixture.means, mixture.noise)[0] == 1


def test_modes_covered_wants_a_mode_to_have_its_share_of_good_points():
    centers = torch.tensor([[0.0, 0.0], [10.0, 0.0]])
    points = torch.tensor([[0.0, 0.0]] * 18 + [[10.0, 3.1], [10.0, 2.9]])
    assert modes_covered(points, centers, sd=1.0) == (2, 0.95)
    assert modes_covered(points, centers, sd=1.0, least=0.2) == (1, 0.95)
