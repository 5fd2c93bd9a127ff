"""Games of several seeds: stacked if their layers are dense, otherwise one by one."""

from collections.abc import Sequence

import torch

from gan.draws import Draws
from gan.ensemble import Ensemble
from gan.layers import Dense
from gan.objectives import discriminator_loss, discriminator_slopes, generator_loss, generator_slopes
from gan.precision import products_in
from gan.training import (
    Game,
    epoch_means,
    judge,
    next_rates,
    of_one_seed,
    play_epoch,
    step_curves,
    train_step,
)

LEAST_LOGIT = -50.0  # of a sample; below, the slope of D's loss leaves float32 on its way down


def one_pass_step(game: Game, minibatches: Sequence[torch.Tensor], draws: Draws, epoch: int) -> torch.Tensor:
    """Do gan.training.train_step with one backward pass through D for both players.

    Where they share the forward pass, a sample's gradient enters at its logit alone: what G needs is what D's loss
    sends down to the sample, times the ratio of the two losses' slopes at the logit.
    """
    recipe = game.recipe
    if recipe.update != "simultaneous" or not recipe.judges_shared:
        return train_step(game, minibatches, draws, epoch)
    with products_in(game.operands, game.d.parameters[0].device):
        (images,), (rate, momentum) = minibatches, next_rates(game, epoch)
        noise, masks = of_one_seed(draws.next(len(images)))
        samples, kind = game.generator(noise), recipe.generator_loss_at(epoch)
        judged = samples.detach().requires_grad_()
        real, fake = judge(game, images, judged, masks)
        loss_d = discriminator_loss(real, fake, recipe.discriminator_loss_scale)
        loss_g, is_steep = generator_loss(fake, kind), bool((fake < LEAST_LOGIT).any())
        *of_d, at_samples = torch.autograd.grad(loss_d, [*game.d.parameters, judged], retain_graph=is_steep)
        if is_steep:
            (at_samples,) = torch.autograd.grad(loss_g, judged)
        else:
            slopes = discriminator_slopes(real.detach(), fake.detach(), recipe.discriminator_loss_scale)
            ratio = generator_slopes(fake.detach(), kind) / slopes[len(images) :]
            at_samples = (at_samples * ratio[:, None]).to(samples.dtype)
        of_g = torch.autograd.grad(samples, game.g.parameters, at_samples)
    game.d.update(of_d, rate, momentum)
    game.g.update(of_g, rate, momentum)
    return step_curves(loss_d, loss_g, real, fake)


class OneByOne:
    """The same interface as Ensemble for any networks: the loop of gan.training, one seed at a time.

    Args:
        games: new games of one recipe, on one device; they are played, not copied.
        seeds: their seeds.
    """

    def __init__(self, games: Sequence[Game], seeds: Sequence[int]) -> None:
        self.games, self.seeds = list(games), list(seeds)

    @property
    def updates(self) -> int:
        """Minibatches that each seed has seen."""
        return self.games[0].updates

    @updates.setter
    def updates(self, count: int) -> None:
        for game in self.games:
            game.updates = count

    def tensors(self) -> dict[str, torch.Tensor]:
        """See Ensemble.tensors; the seeds are in the names."""
        return {
            f"{seed}.{player}.{index}.{name}": tensor
            for seed, game in zip(self.seeds, self.games, strict=True)
            for player, side in (("generator", game.g), ("discriminator", game.d))
            for index, pair in enumerate(zip(side.parameters, side.velocities, strict=True))
            for name, tensor in zip(("parameter", "velocity"), (pair[0].detach(), pair[1]), strict=True)
        }

    def refresh(self) -> None:
        """See Ensemble.refresh; the networks hold no copies."""

    def generator_state(self, index: int) -> dict[str, torch.Tensor]:
        """See Ensemble.generator_state."""
        return {name: tensor.clone() for name, tensor in self.games[index].generator.state_dict().items()}

    def keep(self, indices: Sequence[int]) -> None:
        """See Ensemble.keep."""
        self.games = [self.games[index] for index in indices]
        self.seeds = [self.seeds[index] for index in indices]

    def train_epoch(self, images: torch.Tensor, epoch: int) -> torch.Tensor:
        """See Ensemble.train_epoch."""
        pairs = zip(self.games, self.seeds, strict=True)
        curves = [play_epoch(game, images, seed, epoch, one_pass_step) for game, seed in pairs]
        return epoch_means(torch.stack(curves, dim=1), self.seeds, epoch)


Games = Ensemble | OneByOne


def play_together(games: Sequence[Game], seeds: Sequence[int]) -> Games:
    """Return the fastest way to play these games that their networks allow.

    Args:
        games: new games of one recipe and architecture, on one device.
        seeds: their seeds.
    Raises:
        ValueError: a layer is a convolution and the precision is "tf32x3".
    """
    layers = [*games[0].generator.layers, *games[0].discriminator.layers]
    if all(isinstance(layer, Dense) for layer in layers):
        return Ensemble(games, seeds)
    if games[0].precision == "tf32x3":
        raise ValueError("precision tf32x3 is for networks of dense layers alone; use float32 or tf32")
    return OneByOne(games, seeds)
