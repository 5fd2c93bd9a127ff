"""What chance decides in an epoch: the order of the images, the noise, the dropout masks.

The plain loop and the ensemble read the same draws, so that one can be tested against the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from gan.noise import fill_with_noise
from gan.seeding import stream

AHEAD = 10  # steps drawn at once: few launches on a GPU, still in cache on a CPU


@dataclass(frozen=True)
class Draw:
    """The chance of one minibatch of m images, for S seeds.

    Attributes:
        noise: shape (S, m, noise_size).
        masks: for each layer of the discriminator (S, 2 m, inputs), 0 or 1/keep; the first m rows are for
            images, the others for samples.
    """

    noise: torch.Tensor
    masks: list[torch.Tensor]


class Draws:
    """Draws of S seeds, epoch by epoch, each seed from streams of its own.

    Numbers are drawn for AHEAD steps at once, always for full minibatches, into memory that stays in
    place; an incomplete minibatch takes the first rows.

    Args:
        seeds: S seeds.
        prior: p_z, one of gan.noise.PRIORS.
        noise_size: dimension of z.
        input_sizes, keeps: of the discriminator's layers; keep is the probability that dropout keeps an input.
        batch_size: images in a full minibatch.
        per_step: draws that one step takes.
        device: where the numbers are drawn.
    """

    def __init__(
        self,
        seeds: Sequence[int],
        prior: str,
        noise_size: int,
        input_sizes: Sequence[int],
        keeps: Sequence[float],
        batch_size: int,
        per_step: int,
        device: torch.device | str,
    ) -> None:
        self.seeds, self.prior, self.device = seeds, prior, torch.device(device)
        self.input_sizes, self.keeps = input_sizes, keeps
        self.length = AHEAD * per_step
        shape = (len(seeds), self.length, batch_size)
        self._noise = torch.empty(*shape, noise_size, device=device)
        self._uniform = torch.empty(*shape[:2], 2 * batch_size * sum(input_sizes), device=device)
        self._batch_size, self._per_step = batch_size, per_step

    def of(self, seeds: Sequence[int]) -> "Draws":
        """The like for other seeds."""
        shape = (self.prior, self._noise.shape[-1], self.input_sizes, self.keeps, self._batch_size, self._per_step)
        return Draws(seeds, *shape, self.device)

    def begin(self, epoch: int, n: int) -> torch.Tensor:
        """Start an epoch.

        Args:
            epoch: 1, 2, ...
            n: number of training images.
        Returns:
            shape (S, n): each seed's order of the images.
        """
        self._noise_streams, self._mask_streams, order_streams = (
            [stream(seed, name, epoch, self.device) for seed in self.seeds]
            for name in ("noise", "dropout", "minibatch order")
        )
        self.discard()
        return torch.stack([torch.randperm(n, generator=random, device=self.device) for random in order_streams])

    def refill(self) -> None:
        """Draw the next AHEAD steps."""
        for noise, random in zip(self._noise, self._noise_streams, strict=True):
            fill_with_noise(noise, self.prior, random)
        for uniform, random in zip(self._uniform, self._mask_streams, strict=True):
            uniform.uniform_(generator=random)
        self._next = 0

    def discard(self) -> None:
        """Forget the steps drawn ahead; the next one is drawn anew."""
        self._next = self.length

    def next(self, m: int) -> Draw:
        """The next minibatch's draw, for m images."""
        if self._next == self.length:
            self.refill()
        noise, uniform = self._noise[:, self._next, :m], self._uniform[:, self._next]
        self._next += 1
        return Draw(noise, self._masks(uniform, m))

    def _masks(self, uniform: torch.Tensor, m: int) -> list[torch.Tensor]:
        """Inverted dropout, a mask per example and feature (goodfeli/adversarial, mnist.yaml).

        Args:
            uniform: shape (S, 2 batch_size * all inputs), in [0, 1).
            m: images.
        Returns:
            see Draw.masks.
        """
        rows = 2 * self._batch_size
        parts = uniform.split([rows * size for size in self.input_sizes], dim=1)
        return [
            _keep_with(part.view(len(part), 2, rows // 2, -1)[:, :, :m], keep)
            for part, keep in zip(parts, self.keeps, strict=True)
        ]


def _keep_with(uniform: torch.Tensor, keep: float) -> torch.Tensor:
    """(S, 2, m, inputs) in [0, 1) -> (S, 2 m, inputs): 1/keep with probability keep, else 0."""
    mask = torch.empty(uniform.shape, device=uniform.device)
    return torch.lt(uniform, keep, out=mask).div_(keep).flatten(1, 2)
