"""The prior p_z on the generator's input noise (section 3 of the paper)."""

import math

import torch

PRIORS = ("uniform", "gaussian")


def draw_noise(prior: str, shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    """Draw noise z with zero mean and unit variance in each coordinate.

    Args:
        prior: "uniform" is U(-sqrt 3, +sqrt 3), "gaussian" is N(0, 1).
        shape: (m, noise_size).
        generator: the random stream; its device is the noise's device.
    Returns:
        the given shape, float32.
    Raises:
        ValueError: unknown prior.
    Source:
        goodfeli/adversarial, Generator.get_noise: the uniform prior has unit variance too.
    """
    return fill_with_noise(torch.empty(shape, device=generator.device), prior, generator)


def fill_with_noise(noise: torch.Tensor, prior: str, generator: torch.Generator) -> torch.Tensor:
    """Fill an existing tensor with the numbers of draw_noise; raises the same errors."""
    if prior == "uniform":
        return noise.uniform_(-math.sqrt(3), math.sqrt(3), generator=generator)
    if prior == "gaussian":
        return noise.normal_(generator=generator)
    raise ValueError(f"prior must be one of {PRIORS}, got {prior!r}")
