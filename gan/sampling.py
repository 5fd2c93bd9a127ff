"""Samples of a trained generator, and interpolation between them."""

import torch

from gan.models import Generator
from gan.noise import draw_noise


@torch.no_grad()
def draw_samples(generator: Generator, prior: str, n: int, random: torch.Generator, block: int = 1000) -> torch.Tensor:
    """Draw n samples G(z), z ~ p_z: real-valued outputs, no random draw per pixel.

    Args:
        generator: G.
        prior: p_z, one of gan.noise.PRIORS.
        n: number of samples.
        random: the random stream of the noise, advanced.
        block: samples computed at once; limits the memory.
    Returns:
        shape (n, d).
    Raises:
        FloatingPointError: a sample is not finite, or all are equal.
    """
    noise = draw_noise(prior, (n, generator.noise_size), random)
    samples = torch.cat([generator(part) for part in noise.split(block)])
    if not samples.isfinite().all():
        raise FloatingPointError("the generator's samples are not finite")
    if n > 1 and (samples == samples[0]).all():
        raise FloatingPointError("all samples are equal: the generator has collapsed")
    return samples


@torch.no_grad()
def interpolate(generator: Generator, prior: str, corners: int, n: int, random: torch.Generator) -> torch.Tensor:
    """Return n samples along straight lines in z-space through a few draws of the prior, evenly spaced (Figure 3).

    Args:
        generator: G.
        prior: p_z, one of gan.noise.PRIORS.
        corners: number of random draws on the path; they are not selected.
        n: samples, the first and the last at the ends of the path.
        random: the random stream of the corners, advanced.
    Returns:
        shape (n, d).
    Source:
        caption of Figure 3; the path is ours, because the paper does not state its own.
    """
    ends = draw_noise(prior, (corners, generator.noise_size), random)
    place = torch.linspace(0, corners - 1, n, device=ends.device)
    before = place.floor().clamp(max=corners - 2).long()
    share = (place - before)[:, None]
    samples: torch.Tensor = generator((1 - share) * ends[before] + share * ends[before + 1])
    return samples
