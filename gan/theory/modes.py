"""Mixtures of Gaussians in the plane: how many of their modes a small GAN covers (sections 3 and 6 of the paper).

The ring of 8 is after Metz et al. 2017 (unrolled GANs), the grid of 25 after Srivastava et al. 2017 (VEEGAN), with
wider modes, for these networks are small.

A balanced game is held beside one in which "G is trained too much without updating D", of which the paper says that
G then collapses too many values of z to the same value of x (section 6).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch

from gan.evidence.oracle import Density
from gan.layers import Layer
from gan.models import Discriminator, Generator
from gan.noise import draw_noise
from gan.recipe import Recipe
from gan.seeding import stream
from gan.theory.collapse import GOOD, close_pairs, modes_covered
from gan.together import Games, play_together
from gan.training import Game

NOISE_SIZE = 2
N_TRAINING, N_SAMPLES = 10_000, 2_500
# Norms are bounded, for without a bound games of these small networks blow up. The rate falls by a third in 20 epochs:
# where it stays, balanced games lose modes again.
BALANCED = Recipe(
    noise_prior="gaussian",
    update="alternating",
    discriminator_steps=1,
    discriminator_loss_scale=1.0,
    generator_noise="fresh",
    generator_masks="fresh",
    learning_rate=0.05,
    learning_rate_decay=1.0002,
    momentum_initial=0.5,
    momentum_final=0.5,
    max_column_norm=1.0,
)
RECIPES = {"balanced": BALANCED, "G too fast": replace(BALANCED, discriminator_steps=0.1)}
# Weight ranges: a layer hands on values about as spread as those it gets.
G_LAYERS = (Layer(32, "relu", 0.8), Layer(32, "relu", 0.25), Layer(2, "linear", 0.25))
D_LAYERS = (Layer(32, "maxout", 0.6, pieces=3), Layer(32, "maxout", 0.1, pieces=3), Layer(1, "linear", 0.1))


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


TARGETS = {"ring of 8": ring(8), "grid of 25": grid(25)}


@dataclass(frozen=True)
class Snapshot:
    """One seed's generator at one epoch.

    Attributes:
        seed, epoch: which.
        covered: modes that its samples cover.
        good: share of its samples near a mode; gan.theory.collapse.modes_covered.
        close: share of pairs of samples that lie as near to each other, be it far from all modes.
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
    recipe: Recipe,
    seeds: Sequence[int],
    epochs: Sequence[int],
    layers: tuple[Sequence[Layer], Sequence[Layer]] = (G_LAYERS, D_LAYERS),
    progress: Callable[[], object] = lambda: None,
) -> list[Snapshot]:
    """Train a GAN of each seed on one draw of a mixture, and measure its samples now and then.

    Args:
        target: what is to be learned; all seeds see the same N_TRAINING points.
        recipe: how the game is played.
        seeds: each owns the randomness of its game.
        epochs: when the samples are measured, ascending; training ends with the last.
        layers: of G, which ends in 2 linear units, and of D.
        progress: called after every epoch.
    Returns:
        a snapshot for each epoch and seed. It repeats bit for bit with the same seeds side by side; with others
        beside it a game differs in rounding, which 100 steps can make visible.
    Raises:
        FloatingPointError: a game has blown up; the message names the seed and the epoch.
    """
    points = target.draw(N_TRAINING, stream(0, "mixture"))
    games = play_together([_new_game(seed, recipe, *layers) for seed in seeds], seeds)
    snapshots = []
    for epoch in range(1, epochs[-1] + 1):
        games.train_epoch(points, epoch)
        if epoch in epochs:
            snapshots += [_snapshot(games, index, epoch, target, recipe, layers[0]) for index in range(len(seeds))]
        progress()
    return snapshots


def _new_game(seed: int, recipe: Recipe, g_layers: Sequence[Layer], d_layers: Sequence[Layer]) -> Game:
    generator = Generator(NOISE_SIZE, g_layers, stream(seed, "generator weights"))
    return Game(generator, Discriminator(2, d_layers, stream(seed, "discriminator weights")), recipe)


@torch.no_grad()
def _snapshot(
    games: Games, index: int, epoch: int, target: Density, recipe: Recipe, g_layers: Sequence[Layer]
) -> Snapshot:
    seed = games.seeds[index]
    generator = Generator(NOISE_SIZE, g_layers, stream(seed, "generator weights"))
    generator.load_state_dict(games.generator_state(index))
    random = stream(seed, "evaluation samples", epoch)
    samples = generator(draw_noise(recipe.noise_prior, (N_SAMPLES, NOISE_SIZE), random))
    covered, good = modes_covered(samples, target.means, target.noise)
    return Snapshot(seed, epoch, covered, good, close_pairs(samples, GOOD * target.noise), samples)
