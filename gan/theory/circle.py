"""Data on a circle in the plane: how sharply G represents a distribution without a density (section 6 of the paper).

Adversarial nets "can represent very sharp, even degenerate distributions". Noise of one dimension makes G's samples lie
on a curve, whatever its weights. They are degenerate by construction; we measure how near that curve is to the circle.
A kernel model, Gaussians around training points, is as blurred as its bandwidth. It is compared with G where the two
have the same score, the paper's own: what G loses by uneven arcs, the kernel model loses by its blur.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch

from gan.scoring import score
from gan.seeding import stream
from gan.theory.plane import CHOSEN, N_SAMPLES, play_in_plane

RADIUS = 2.0
N_TRAINING, N_POINTS = 10_000, 500  # training points; validation points, and as many test points
GRID = tuple(RADIUS * 0.002 * 1.4**step for step in range(20))  # of Parzen bandwidths: 0.004 to 2.4
HALVINGS = 14  # of the interval that holds the kernel model's bandwidth
SETTING = replace(CHOSEN, noise_size=1)
G, KERNELS, DATA = "G", "kernels of equal score", "data"  # whose samples


@dataclass(frozen=True)
class Drawn:
    """Samples of one model of one seed, against the circle; lengths in units of its radius.

    Attributes:
        seed: of the game, and of the kernel model's draws.
        model: G, KERNELS or DATA.
        bandwidth: of the kernel model; 0 where there are no kernels.
        score: mean test log-likelihood by the protocol of section 5, nats.
        radial_sd: root mean square distance from the circle; of the data 0.
        samples: shape (N_SAMPLES, 2).
    """

    seed: int
    model: str
    bandwidth: float
    score: float
    radial_sd: float
    samples: torch.Tensor


def draw(n: int, random: torch.Generator) -> torch.Tensor:
    """Draw n points evenly on the circle around 0, shape (n, 2)."""
    angles = 2 * math.pi * torch.rand(n, generator=random)
    return RADIUS * torch.stack([angles.cos(), angles.sin()], dim=1)


def radial_sd(samples: torch.Tensor) -> float:
    """Return the root mean square distance of samples (n, 2) from the circle, in units of its radius."""
    return (samples.double().norm(dim=1) / RADIUS - 1).square().mean().sqrt().item()


def compare(seeds: Sequence[int], epochs: int, progress: Callable[[], object] = lambda: None) -> Iterator[Drawn]:
    """Train a GAN for each seed on the circle, and draw from it, from kernel models, and from the circle itself.

    Args:
        seeds: of the games.
        epochs: passes over the N_TRAINING training points, which all seeds share.
        progress: called after every epoch.
    Yields:
        for each seed G, a kernel model of the same training points, and as many new points as data.
    Raises:
        FloatingPointError: a game has diverged; the message names the seed and the epoch.
    """
    training = draw(N_TRAINING, stream(0, "circle"))
    for seed, _, samples in play_in_plane(training, SETTING, seeds, [epochs], progress):
        yield from _beside(samples, training, seed)


def _beside(samples: torch.Tensor, training: torch.Tensor, seed: int) -> Iterator[Drawn]:
    """Yield G's samples, then what they are held against."""
    reached = _score(samples)
    yield Drawn(seed, G, 0.0, reached, radial_sd(samples), samples)
    random = stream(seed, "kernel model")
    centers = training[torch.randperm(len(training), generator=random)[:N_SAMPLES]]
    noise = torch.randn(centers.shape, generator=random)
    bandwidth = bandwidth_of_score(centers, noise, reached)
    blurred = centers + bandwidth * noise
    yield Drawn(seed, KERNELS, bandwidth, _score(blurred), radial_sd(blurred), blurred)
    data = draw(N_SAMPLES, stream(seed, "fresh points on the circle"))
    yield Drawn(seed, DATA, 0.0, _score(data), radial_sd(data), data)


def bandwidth_of_score(centers: torch.Tensor, noise: torch.Tensor, wanted: float) -> float:
    """Find the bandwidth at which a kernel model has the given score, by bisection between 0 and the radius.

    Args:
        centers: shape (n, 2), training points.
        noise: shape (n, 2), standard normal; the samples are centers + bandwidth * noise.
        wanted: test log-likelihood, nats.
    Returns:
        0 where even the centers themselves score less, RADIUS where wider kernels would be needed.
    """
    low, high = 0.0, RADIUS
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if _score(centers + middle * noise) > wanted:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _score(samples: torch.Tensor) -> float:
    """Mean test log-likelihood under a Parzen window of samples, bandwidth chosen on validation points; nats."""
    validation, test = (draw(N_POINTS, stream(0, f"circle, {part}")) for part in ("validation", "test"))
    return score(samples, validation, test, {"circle": GRID})["circle"].test
