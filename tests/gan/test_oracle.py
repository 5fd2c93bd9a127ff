"""Known densities are known; perfect samples score near the truth in few dimensions and far below it in many."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from gan.evidence.oracle import FAMILIES, GRID, measure
from gan.seeding import stream


@pytest.mark.parametrize("family", FAMILIES)
def test_log_density_equals_scipys(family):
    density = FAMILIES[family](12, stream(0, "density"))
    points = density.draw(20, stream(0, "points"))
    covariance = (
        density.directions @ density.directions.T + density.noise**2 * torch.eye(12, dtype=torch.float64)
    ).numpy()
    parts = [stats.multivariate_normal(mean.numpy(), covariance).logpdf(points.numpy()) for mean in density.means]
    wanted = np.logaddexp.reduce(parts) - math.log(len(parts))
    np.testing.assert_allclose(density.log_density(points).numpy(), wanted, rtol=1e-9)


@pytest.mark.parametrize("family", FAMILIES)
def test_draws_have_the_densitys_moments(family):
    density = FAMILIES[family](3, stream(0, "density"))
    points = density.draw(40_000, stream(0, "points"))
    spread = density.means.T.cov(correction=0) if len(density.means) > 1 else torch.zeros(3, 3)
    covariance = spread + density.directions @ density.directions.T + density.noise**2 * torch.eye(3)
    torch.testing.assert_close(points.mean(dim=0), density.means.mean(dim=0), rtol=0, atol=0.15)
    torch.testing.assert_close(points.T.cov(), covariance, rtol=0, atol=0.02 * covariance.max().item())


def test_measure_knows_the_entropy_of_a_gaussian():
    """The truth is minus the entropy, -d/2 log(2 pi e), up to the draw of test points."""
    (gap,) = measure("Gaussian", 32, [100], 4000, 0)
    assert gap.truth == pytest.approx(-16 * math.log(2 * math.pi * math.e), abs=4 * math.sqrt(16 / 4000))


def test_measure_falls_further_below_the_truth_with_every_dimension_and_less_far_with_more_samples():
    lacks = {d: [gap.truth - gap.estimate for gap in measure("Gaussian", d, [200, 2000], 500, 0)] for d in (2, 16, 128)}
    assert all(few > many for few, many in lacks.values())
    assert 0 < lacks[2][1] < 0.05
    assert lacks[2][1] < lacks[16][1] < lacks[128][1]
    assert lacks[128][1] > 10


def test_measure_chooses_within_the_grid():
    for family in FAMILIES:
        for gap in measure(family, 64, [100, 1000], 200, 1):
            assert 1 < gap.place < gap.size == len(GRID)
