"""Draws from a trained generator."""

import torch

from gan.models import Generator
from gan.noise import draw_noise


@torch.no_grad()
def draw_samples(generator: Generator, prior: str, n: int, random: torch.Generator, block: int = 1000) -> torch.Tensor:
    """n samples G(z), z ~ p_z: real-valued outputs, nothing drawn per pixel.

    Args:
        generator: G.
        prior: p_z, one of gan.noise.PRIORS.
        n: number of samples.
        random: the random stream of the noise, advanced.
        block: samples made at once; bounds the memory.
    Returns:
        shape (n, d).
    Raises:
        FloatingPointError: a sample is not finite.
    """
    noise = draw_noise(prior, (n, generator.noise_size), random)
    samples = torch.cat([generator(part) for part in noise.split(block)])
    if not samples.isfinite().all():
        raise FloatingPointError("the generator's samples are not finite")
    return samples
