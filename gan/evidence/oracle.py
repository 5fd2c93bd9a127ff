"""Known densities: the Parzen estimate compared with the truth.

Samples drawn from such a density are perfect, so any deficit is an error of the estimate.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from gan.evidence.growth import score_by_count
from gan.seeding import stream

GRID = tuple(0.02 * 1.12**step for step in range(50))  # of bandwidths, from narrower to wider than all densities


@dataclass(frozen=True)
class Density:
    """A mixture of Gaussians with equal weights and one covariance: a few wide directions in spherical noise.

    Attributes:
        means: shape (k, d).
        directions: shape (d, r), times the standard deviation along each; orthogonal columns; r is 0 where it is
            spherical.
        noise: standard deviation of the spherical part.
    """

    means: torch.Tensor
    directions: torch.Tensor
    noise: float

    def draw(self, n: int, random: torch.Generator) -> torch.Tensor:
        """Draw n points, shape (n, d), of the means' type."""
        (d, r), dtype = self.directions.shape, self.means.dtype
        of = torch.randint(len(self.means), (n,), generator=random)
        along = torch.randn(n, r, generator=random, dtype=dtype) @ self.directions.T
        return self.means[of] + along + self.noise * torch.randn(n, d, generator=random, dtype=dtype)

    def log_density(self, points: torch.Tensor) -> torch.Tensor:
        """Return the true log-density, shape (n,), nats."""
        directions = self.directions if self.directions.numel() else self.means.new_zeros(self.means.shape[1], 1)
        parts = torch.distributions.LowRankMultivariateNormal(
            self.means,
            directions.expand(len(self.means), -1, -1),
            self.means.new_full(self.means.shape, self.noise**2),
        )
        return parts.log_prob(points[:, None]).logsumexp(dim=1) - math.log(len(self.means))


def gaussian(d: int, random: torch.Generator) -> Density:
    """Return one spherical Gaussian: every dimension counts, as if each pixel were noise."""
    return Density(torch.zeros(1, d, dtype=torch.float64), torch.zeros(d, 1, dtype=torch.float64), 1.0)


def mixture(d: int, random: torch.Generator) -> Density:
    """Return ten spherical Gaussians, whose distance grows with d."""
    means = 2 * torch.randn(10, d, generator=random, dtype=torch.float64)
    return Density(means, torch.zeros(d, 1, dtype=torch.float64), 1.0)


def manifold(d: int, random: torch.Generator) -> Density:
    """Return ten Gaussians, each wide in ten directions and twenty times as thin in the rest."""
    r = min(10, d)
    means = 2 * torch.randn(10, d, generator=random, dtype=torch.float64)
    axes, _ = torch.linalg.qr(torch.randn(d, r, generator=random, dtype=torch.float64))
    return Density(means, axes, 0.05)


FAMILIES = {"Gaussian": gaussian, "10 Gaussians": mixture, "10 flat Gaussians": manifold}


@dataclass(frozen=True)
class Gap:
    """Difference between the truth and an estimate.

    Attributes:
        n: number of samples.
        truth: mean log-density of the test points, nats.
        estimate: the same mean by the Parzen window, bandwidth chosen on validation points.
        bandwidth: the chosen one.
        place, size: its position in the grid, and the grid's size.
    """

    n: int
    truth: float
    estimate: float
    bandwidth: float
    place: int
    size: int


def measure(family: str, d: int, counts: Sequence[int], n_points: int, seed: int) -> list[Gap]:
    """Score perfect samples of a known density by the protocol for a GAN's.

    Args:
        family: one of FAMILIES.
        d: dimensions.
        counts: numbers of samples, ascending.
        n_points: validation points, and as many test points.
        seed: of the density and of all draws.
    Returns:
        one gap for each count; truth and estimate are means over the same test points.
    """
    density = FAMILIES[family](d, stream(seed, f"{family} density", d))
    validation, test = (density.draw(n_points, stream(seed, f"{family} {part}", d)) for part in ("validation", "test"))
    samples = density.draw(counts[-1], stream(seed, f"{family} samples", d))
    truth = density.log_density(test).mean().item()
    (found,) = score_by_count(lambda: samples.split(2000), counts, [(validation, test)], {"oracle": GRID})
    return [
        Gap(point.n, truth, point.test, point.selection.bandwidth, point.selection.place, point.selection.size)
        for point in found["oracle"]
    ]
