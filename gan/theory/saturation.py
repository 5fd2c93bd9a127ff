"""Gradients that the two objectives of section 3 give G while D still rejects its samples easily.

log(1 - D(G(z))) saturates where D is confident: with respect to D's logit the size of its slope is D(G(z)), that of
-log D(G(z)) is 1 - D(G(z)). The effect on G's parameters is measured here, step by step, while a game is played by
its own recipe: both gradients are computed at the same parameters, samples and masks, and neither is used.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from gan.objectives import generator_loss
from gan.training import Game, new_draws, train_step


@dataclass(frozen=True)
class Gradients:
    """Gradients of the generator on one minibatch.

    Attributes:
        step: training steps before it.
        d: mean of D(G(z)) over the minibatch, dropout active as in training.
        saturating, non_saturating: norm of the gradient of either loss with respect to G's parameters.
    """

    step: int
    d: float
    saturating: float
    non_saturating: float


def gradient_norms(game: Game, images: torch.Tensor, seed: int, steps: int, every: int) -> list[Gradients]:
    """Play the first steps of the first epoch, and measure both gradients every few steps.

    Args:
        game: new; played by its own recipe, one minibatch a step.
        images: shape (n, d), the training images.
        seed: of the game; the snapshots draw from streams that training never uses.
        steps: to play, at most an epoch.
        every: steps from one snapshot to the next; the first is before training.
    Raises:
        ValueError: an epoch has fewer steps.
    Source:
        section 3; goodfeli/adversarial trains on the non-saturating loss.
    """
    draws, snapshots = new_draws(game, [seed]), new_draws(game, [seed])
    (order,) = draws.begin(1, len(images))
    snapshots.begin(0, len(images))  # epoch 0 is never trained
    batches = order.split(game.recipe.batch_size)
    if steps > len(batches):
        raise ValueError(f"{steps} steps wanted, an epoch has {len(batches)}")
    found = []
    for step in range(steps):
        if step % every == 0:
            draw = snapshots.next(game.recipe.batch_size)
            found.append(_snapshot(game, step, draw.noise[0], [mask[0] for mask in draw.masks]))
        train_step(game, [images[batches[step]]], draws, 1)
    return found


def _snapshot(game: Game, step: int, noise: torch.Tensor, masks: Sequence[torch.Tensor]) -> Gradients:
    """Measure both gradients on one minibatch of samples."""
    logits = game.discriminator(game.generator(noise), [mask[len(noise) :] for mask in masks])
    norms = [
        torch.cat([part.flatten() for part in game.g.gradients(generator_loss(logits, kind), keep_graph=True)]).norm()
        for kind in ("saturating", "non-saturating")
    ]
    return Gradients(step, logits.sigmoid().mean().item(), norms[0].item(), norms[1].item())
