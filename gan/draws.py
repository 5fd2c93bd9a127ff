"""Random draws of an epoch: the order of the images, the noise, the dropout masks.

The plain loop and the ensemble read the same draws, so that one can be tested against the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

import torch

from gan.cuda import in_one_kernel
from gan.noise import fill_with_noise
from gan.seeding import stream

AHEAD = 10  # steps drawn at once: few launches on a GPU, still in cache on a CPU


@dataclass(frozen=True)
class Draw:
    """The random draws of one minibatch of m images, for S seeds.

    Attributes:
        noise: shape (S, m, noise_size).
        masks: for each layer of the discriminator (S, 2 m, inputs), 0 or 1/keep; the first m rows are for
            images, the others for samples.
    """

    noise: torch.Tensor
    masks: list[torch.Tensor]


class Draws:
    """Random draws of S seeds, epoch by epoch, each seed from streams of its own.

    Numbers are drawn for AHEAD steps at once, always for full minibatches, into memory that stays in
    place; an incomplete minibatch takes the first rows.

    Args:
        seeds: S seeds.
        prior: p_z, one of gan.noise.PRIORS.
        noise_size: dimension of z.
        input_sizes, keeps: of the discriminator's layers; keep is the probability that dropout keeps an input.
        batch_size: images in a full minibatch.
        per_step: draws that one step uses.
        device: where the numbers are drawn.
        dtype: of the masks.
    Raises:
        ValueError: a layer keeps an input with a probability below 1/256, or above 1.
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
        dtype: torch.dtype = torch.float32,
    ) -> None:
        if not all(1 / 256 <= keep <= 1 for keep in keeps):
            raise ValueError(f"expected probabilities of keeping an input from 1/256 to 1, got {list(keeps)}")
        self.dtype = dtype
        self.seeds, self.prior, self.device = seeds, prior, torch.device(device)
        self.input_sizes, self.keeps = input_sizes, keeps
        self.length = AHEAD * per_step
        shape = (len(seeds), self.length, batch_size)
        self._noise = torch.empty(*shape, noise_size, device=device)
        # Eight random bytes at a time; a byte decides about an input.
        n_bytes = 2 * batch_size * sum(input_sizes)
        self._words = torch.empty(*shape[:2], -(-n_bytes // 8), dtype=torch.int64, device=device)
        self._bytes = self._words.view(torch.uint8)[..., :n_bytes]
        # On CUDA the masks of all steps ahead are made at once: few launches; a CPU's cache holds those of a step.
        sizes = input_sizes if self.device.type == "cuda" else []
        self._ahead = [torch.empty(*shape[:2], 2, batch_size, size, dtype=dtype, device=device) for size in sizes]
        self._batch_size, self._per_step = batch_size, per_step

    def of(self, seeds: Sequence[int]) -> "Draws":
        """Return the same draws for other seeds."""
        shape = (self.prior, self._noise.shape[-1], self.input_sizes, self.keeps, self._batch_size, self._per_step)
        return Draws(seeds, *shape, self.device, self.dtype)

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
        layers = range(len(self.keeps))
        self._tie_streams = [
            [stream(seed, f"dropout ties {layer}", epoch, self.device) for layer in layers] for seed in self.seeds
        ]
        self.discard()
        return torch.stack([torch.randperm(n, generator=random, device=self.device) for random in order_streams])

    def refill(self) -> None:
        """Draw the next AHEAD steps."""
        for noise, random in zip(self._noise, self._noise_streams, strict=True):
            fill_with_noise(noise, self.prior, random)
        for words, random in zip(self._words, self._mask_streams, strict=True):
            words.random_(-(2**63), None, generator=random)
        for given, streams in zip(self._bytes, self._tie_streams, strict=True):
            for part, keep, random in zip(self._of_layers(given), self.keeps, streams, strict=True):
                decide(part, keep, random, counted=self.device.type == "cpu")
        for mask, keep, part in zip(self._ahead, self.keeps, self._of_layers(self._bytes), strict=False):
            _keep_with(part.view(mask.shape), keep, mask)
        self._next = 0

    def discard(self) -> None:
        """Discard the steps drawn in advance; the next one is drawn again."""
        self._next = self.length

    def next(self, m: int) -> Draw:
        """Return the next minibatch's draw, for m images."""
        if self._next == self.length:
            self.refill()
        place, self._next = self._next, self._next + 1
        masks = [mask[:, place] for mask in self._ahead] or self._masks(self._bytes[:, place])
        return Draw(self._noise[:, place, :m], [mask[:, :, :m].flatten(1, 2) for mask in masks])

    def _of_layers(self, given: torch.Tensor) -> Sequence[torch.Tensor]:
        """The bytes (..., n) of each layer's inputs."""
        return given.split([2 * self._batch_size * size for size in self.input_sizes], dim=-1)

    def _masks(self, given: torch.Tensor) -> list[torch.Tensor]:
        """Bytes of a minibatch (S, 2 batch_size * all inputs) -> masks (S, 2, batch_size, inputs)."""
        parts = [part.unflatten(1, (2, self._batch_size, -1)) for part in self._of_layers(given)]
        made = [torch.empty(part.shape, device=self.device, dtype=self.dtype) for part in parts]
        return [_keep_with(*trio) for trio in zip(parts, self.keeps, made, strict=True)]


def decide(given: torch.Tensor, keep: float, random: torch.Generator, *, counted: bool) -> None:
    """Change random bytes in place so that each is below the floor of 256 keep with probability keep.

    If 256 keep is not an integer, a further draw decides about a byte that equals the floor.

    Args:
        given: bytes, of any shape.
        keep: from 1/256 to 1.
        random: the stream of the further draws, advanced.
        counted: draw for those bytes only, which requires their number; otherwise for all, without waiting for a
            device.
    """
    least, rest = divmod(256 * keep, 1)
    if not rest:
        return
    if counted:
        tied = given == int(least)
        draws = torch.rand(int(tied.sum()), generator=random, device=given.device)
        given[tied] = (draws >= rest).to(torch.uint8).mul_(255)
    else:
        _decide_all(given, int(least), torch.rand(given.shape, generator=random, device=given.device), rest)


@in_one_kernel
def _decide_all(given: torch.Tensor, least: int, draws: torch.Tensor, rest: float) -> None:
    given.copy_(torch.where(given == least, (draws >= rest).to(torch.uint8).mul_(255), given))


def _keep_with(given: torch.Tensor, keep: float, mask: torch.Tensor) -> torch.Tensor:
    """Inverted dropout, a mask per example and feature (goodfeli/adversarial, mnist.yaml).

    Args:
        given: decided bytes.
        keep: probability.
        mask: of the bytes' shape; becomes 1/keep with that probability, else 0.
    """
    return torch.le(given, floor(256 * keep) - 1, out=mask).div_(keep)
