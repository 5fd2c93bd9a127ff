"""Mixtures of Gaussians in the plane: how many of their modes a small GAN covers (section 6 of the paper).

The ring of 8 is after Metz et al. 2017 (unrolled GANs); the grid of 9 is a part of that of Srivastava et al. 2017
(VEEGAN), with wider modes. These games do not learn the whole grid of 25 in reasonable time: benchmarks/toys.py.

A balanced game is compared with one that the paper warns of: "G must not be trained too much without updating D", lest
"G collapses too many values of z to the same value of x" (section 6).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch

from gan.evidence.oracle import Density
from gan.seeding import stream
from gan.theory.collapse import GOOD, close_pairs, modes_covered
from gan.theory.plane import CHOSEN, Setting, play_in_plane

N_TRAINING = 10_000
SETTINGS = {  # how G and D take turns
    "balanced": CHOSEN,
    "G too fast": replace(CHOSEN, recipe=replace(CHOSEN.recipe, discriminator_steps=0.1)),
}


def ring(modes: int) -> Density:
    """Return a mixture whose modes lie evenly on a circle of radius 2."""
    angles = torch.arange(modes) * (2 * torch.pi / modes)
    return _spherical(2 * torch.stack([angles.cos(), angles.sin()], dim=1), sd=0.1)


def grid(modes: int) -> Density:
    """Return a mixture whose modes lie on a square grid, two apart.

    Raises:
        ValueError: their number is not a square.
    """
    side = round(modes**0.5)
    if side**2 != modes:
        raise ValueError(f"a square grid has a square number of modes, got {modes}")
    places = 2 * (torch.arange(side) - (side - 1) / 2)
    return _spherical(torch.cartesian_prod(places, places), sd=0.2)


def _spherical(centers: torch.Tensor, sd: float) -> Density:
    return Density(centers, directions=torch.zeros(2, 0), noise=sd)


TARGETS = {"ring of 8": ring(8), "grid of 9": grid(9)}  # on which no setting was tuned


@dataclass(frozen=True)
class Snapshot:
    """One seed's generator at one epoch.

    Attributes:
        seed, epoch: which.
        covered: modes that its samples cover.
        good: share of its samples near a mode; gan.theory.collapse.modes_covered.
        close: share of pairs of samples that lie as near to each other, near a mode or not.
        samples: shape (N_SAMPLES, 2).
    """

    seed: int
    epoch: int
    covered: int
    good: float
    close: float
    samples: torch.Tensor


def play(
    target: Density,
    setting: Setting,
    seeds: Sequence[int],
    epochs: Sequence[int],
    progress: Callable[[], object] = lambda: None,
) -> list[Snapshot]:
    """Train a GAN for each seed on one draw of a mixture, and measure its samples at given epochs.

    Args:
        target: distribution to be learned; all seeds see the same N_TRAINING points.
        setting: how the game is played.
        seeds: each owns the randomness of its game.
        epochs: when the samples are measured, ascending; training ends with the last.
        progress: called after every epoch.
    Returns:
        a snapshot for each epoch and seed; repeatable as gan.theory.plane.play_in_plane is.
    Raises:
        FloatingPointError: a game has diverged; the message names the seed and the epoch.
    """
    points = target.draw(N_TRAINING, stream(0, "mixture"))
    return [
        _snapshot(seed, epoch, samples, target)
        for seed, epoch, samples in play_in_plane(points, setting, seeds, epochs, progress)
    ]


def _snapshot(seed: int, epoch: int, samples: torch.Tensor, target: Density) -> Snapshot:
    covered, good = modes_covered(samples, target.means, target.noise)
    return Snapshot(seed, epoch, covered, good, close_pairs(samples, GOOD * target.noise), samples)
