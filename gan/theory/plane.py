"""Small games in the plane, whose samples can be plotted: shared by the toys of modes.py and circle.py.

CHOSEN was chosen on a ring of 6 and a grid of 4 Gaussians, with seeds of their own, among the settings listed in
benchmarks/results/toys.csv (`python -m benchmarks.toys`). The claims report other mixtures and other seeds.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch

from gan.layers import Layer
from gan.models import Discriminator, Generator
from gan.noise import draw_noise
from gan.recipe import Recipe
from gan.seeding import stream
from gan.together import Games, play_together
from gan.training import Game

N_SAMPLES = 2_500


@dataclass(frozen=True)
class Setting:
    """Recipe and networks of a game in the plane.

    Attributes:
        recipe: the rules.
        noise_size: dimension of z.
        generator, discriminator: layers; the generator's end in 2 linear units. By their initial weights a layer's
            outputs are about as spread as its inputs.
    """

    recipe: Recipe
    noise_size: int = 2
    generator: tuple[Layer, ...] = (Layer(32, "relu", 0.8), Layer(32, "relu", 0.25), Layer(2, "linear", 0.25))
    discriminator: tuple[Layer, ...] = (
        Layer(32, "maxout", 0.6, pieces=3),
        Layer(32, "maxout", 0.1, pieces=3),
        Layer(1, "linear", 0.1),
    )


# Norms are bounded: with a wider bound samples lie nearer to modes, but games lose some of these. The rate falls to a
# tenth in 40 epochs.
CHOSEN = Setting(
    Recipe(
        noise_prior="gaussian",
        update="alternating",
        discriminator_steps=1,
        discriminator_loss_scale=1.0,
        generator_noise="fresh",
        generator_masks="fresh",
        learning_rate=0.1,
        learning_rate_decay=1.0006,
        momentum_initial=0.5,
        momentum_final=0.5,
        max_column_norm=1.0,
    )
)


def play_in_plane(
    points: torch.Tensor,
    setting: Setting,
    seeds: Sequence[int],
    epochs: Sequence[int],
    progress: Callable[[], object] = lambda: None,
) -> Iterator[tuple[int, int, torch.Tensor]]:
    """Train a GAN for each seed on points in the plane, and draw samples at given epochs.

    Args:
        points: shape (n, 2), the training data of all seeds.
        setting: how, and by which networks.
        seeds: each owns the randomness of its game.
        epochs: when samples are drawn, ascending; training ends with the last.
        progress: called after every epoch.
    Yields:
        seed, epoch, and samples of shape (N_SAMPLES, 2). They repeat bit for bit if the same seeds train together; with
        other seeds a game differs in rounding, which 100 steps can make visible.
    Raises:
        FloatingPointError: a game has diverged; the message names the seed and the epoch.
    """
    games = play_together([_new_game(seed, setting) for seed in seeds], seeds)
    for epoch in range(1, epochs[-1] + 1):
        games.train_epoch(points, epoch)
        if epoch in epochs:
            for index, seed in enumerate(seeds):
                yield seed, epoch, _samples(games, index, epoch, setting)
        progress()


def _new_game(seed: int, setting: Setting) -> Game:
    generator = Generator(setting.noise_size, setting.generator, stream(seed, "generator weights"))
    discriminator = Discriminator(2, setting.discriminator, stream(seed, "discriminator weights"))
    return Game(generator, discriminator, setting.recipe)


@torch.no_grad()
def _samples(games: Games, index: int, epoch: int, setting: Setting) -> torch.Tensor:
    seed = games.seeds[index]
    generator = Generator(setting.noise_size, setting.generator, stream(seed, "generator weights"))
    generator.load_state_dict(games.generator_state(index))
    random = stream(seed, "evaluation samples", epoch)
    samples: torch.Tensor = generator(draw_noise(setting.recipe.noise_prior, (N_SAMPLES, setting.noise_size), random))
    return samples
