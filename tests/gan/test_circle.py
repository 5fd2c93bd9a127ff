"""The circle, distances from it, and the kernel model that scores the same."""

import math

import pytest
import torch

from gan.seeding import stream
from gan.theory import circle
from gan.theory.circle import DATA, KERNELS, RADIUS, G, bandwidth_of_score, compare, draw, radial_sd

pytestmark = pytest.mark.usefixtures("one_thread")


def test_draws_lie_on_the_circle_all_around():
    points = draw(4_000, stream(0, "points"))
    assert radial_sd(points) < 1e-6
    assert points.mean(dim=0).abs().max() < 0.1
    assert radial_sd(points * 1.1) == pytest.approx(0.1, rel=1e-5)
    noise = torch.randn(points.shape, generator=stream(0, "noise"))
    assert radial_sd(points + 0.05 * noise) == pytest.approx(0.05 / RADIUS, rel=0.05)


def test_the_kernel_models_bandwidth_is_found_again():
    centers = draw(800, stream(0, "centers"))
    noise = torch.randn(centers.shape, generator=stream(0, "noise"))
    wanted = circle._score(centers + 0.1 * noise)
    assert bandwidth_of_score(centers, noise, wanted) == pytest.approx(0.1, rel=0.05)
    assert bandwidth_of_score(centers, noise, math.inf) < 1e-3
    assert bandwidth_of_score(centers, noise, -math.inf) == pytest.approx(RADIUS, rel=1e-3)


def test_compare_scores_the_models_alike(monkeypatch):
    monkeypatch.setattr("gan.theory.circle.N_TRAINING", 3_000)
    found = {one.model: one for one in compare([3], epochs=3)}
    assert list(found) == [G, KERNELS, DATA]
    assert {one.seed for one in found.values()} == {3}
    assert found[KERNELS].score == pytest.approx(found[G].score, abs=0.1)
    assert found[DATA].score > found[G].score + 1
    assert found[DATA].radial_sd < 1e-6
    for one in found.values():
        assert one.radial_sd == radial_sd(one.samples)
