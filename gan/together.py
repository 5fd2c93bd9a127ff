"""Games of several seeds: stacked where their layers are dense, one by one where not."""

from collections.abc import Sequence

import torch

from gan.ensemble import Ensemble
from gan.layers import Dense
from gan.training import Game, epoch_means, play_epoch


class OneByOne:
    """What Ensemble does, for any networks: the plain loop of gan.training, a seed at a time.

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
        curves = [play_epoch(game, images, seed, epoch) for game, seed in pairs]
        return epoch_means(torch.stack(curves, dim=1), self.seeds, epoch)


Games = Ensemble | OneByOne


def play_together(games: Sequence[Game], seeds: Sequence[int]) -> Games:
    """The fastest way to play these games that their networks allow.

    Args:
        games: new games of one recipe and architecture, on one device.
        seeds: their seeds.
    """
    layers = [*games[0].generator.layers, *games[0].discriminator.layers]
    return (Ensemble if all(isinstance(layer, Dense) for layer in layers) else OneByOne)(games, seeds)
