"""Measurements of a generator in training: log-likelihood of the validation images, and a few samples."""

from collections.abc import Sequence

import torch

from gan.images import to_grey
from gan.models import Generator
from gan.noise import draw_noise
from gan.sampling import draw_samples
from gan.scoring import BLOCK_IMAGES, Validation, validate
from gan.seeding import stream

N_PICTURES = 25
DIGITS = 4  # of nats in the rows; the estimate is exact to about three


class Validator:
    """Measures generators with noise that is the same in every epoch of a seed, so that differences are due to
    training.

    Args:
        images: the validation images, (m, d), on the device of the networks.
        grid: bandwidths.
        n_samples: drawn for each measurement.
        noise_prior: p_z, one of gan.noise.PRIORS.
        is_normalised: whether contrast is normalised; else pixels are in [0, 1].
    Attributes:
        columns: of the rows.
    """

    def __init__(
        self, images: torch.Tensor, grid: Sequence[float], n_samples: int, noise_prior: str, *, is_normalised: bool
    ) -> None:
        self.images, self.grid, self.n_samples, self.noise_prior = images, grid, n_samples, noise_prior
        self.is_normalised = is_normalised
        n_blocks = -(-len(images) // BLOCK_IMAGES)
        blocks = [f"block_{number}" for number in range(1, n_blocks + 1)]
        self.columns = ["epoch", "place", "bandwidth", "log_likelihood", *blocks]

    def validate(self, generator: Generator, seed: int) -> Validation:
        """Measure the log-likelihood of the images under a generator's samples.

        Raises:
            FloatingPointError: a sample is not finite, or all are equal.
        """
        random = stream(seed, "validation samples", device=self.images.device)
        samples = draw_samples(generator, self.noise_prior, self.n_samples, random)
        return validate(samples, self.images, self.grid)

    def rows(self, epoch: int, found: Validation) -> list[dict[str, float]]:
        """Return rows of validation.csv: per measured bandwidth, the mean over all images and over blocks of them."""
        return [
            dict(zip(self.columns, [epoch, place, self.grid[place - 1], *_rounded([mean, *blocks])], strict=True))
            for place, mean, blocks in zip(found.places, found.means, found.blocks, strict=True)
        ]

    @torch.no_grad()
    def pictures(self, generator: Generator, seed: int) -> torch.Tensor:
        """Draw samples for viewing, (N_PICTURES, d), uint8 on the CPU, in grey as in Figure 2."""
        random = stream(seed, "pictures", device=self.images.device)
        images = generator(draw_noise(self.noise_prior, (N_PICTURES, generator.noise_size), random))
        if self.is_normalised:
            images = to_grey(images, images.abs().max().item())
        return images.nan_to_num().mul(255).round().clamp(0, 255).to(torch.uint8).cpu()


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(float(value), DIGITS) for value in values]
