"""Has G memorised its training images? Distances from samples to training and to held-out images (Figure 2)."""

import math
from dataclasses import dataclass

import torch

from gan.images import nearest

PER_PART = 1_000  # samples compared at once; bounds the memory


@dataclass(frozen=True)
class Nearness:
    """How near samples lie to training images, against as many held-out images.

    Attributes:
        n_samples: number of samples.
        n_images: number of images on either side.
        n_training: number of all training images, including those not compared.
        training, held_out: mean distance to the nearest image of either side, in pixel units.
        difference: held_out minus training; above 0 where samples are nearer to training images.
        standard_error: of the difference, over samples, for fixed images.
        nearer: share of the samples that are nearer to a training image; 1/2 where there is no difference.
    """

    n_samples: int
    n_images: int
    n_training: int
    training: float
    held_out: float
    difference: float
    standard_error: float
    nearer: float


def nearest_distances(samples: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    """Return the Euclidean distance from each sample to the nearest image.

    Args:
        samples: shape (m, d).
        images: shape (n, d), on the same device.
    Returns:
        shape (m,), float64, 0 for an exact copy.
    """
    found = [part.double() - images[nearest(part, images)].double() for part in samples.split(PER_PART)]
    return torch.cat(found).norm(dim=1)


def nearness(
    samples: torch.Tensor, training: torch.Tensor, held_out: torch.Tensor, random: torch.Generator
) -> Nearness:
    """Compare distances to the nearest of equally many training and held-out images.

    The nearest of more images is nearer, whether or not G has memorised any, so both sides have equally many.

    Args:
        samples: shape (m, d), m >= 2.
        training: shape (n, d), all training images.
        held_out: shape (n', d), images that G was not trained on.
        random: chooses which images of the larger set are compared; on their device.
    Raises:
        ValueError: there are fewer than two samples.
    Source:
        ours; the paper shows the nearest training images of five samples (Figure 2, last column).
    """
    if len(samples) < 2:
        raise ValueError(f"expected two samples or more, got {len(samples)}")
    n = min(len(training), len(held_out))
    near, far = (
        nearest_distances(samples, images[torch.randperm(len(images), generator=random, device=images.device)[:n]])
        for images in (training, held_out)
    )
    differences = far - near
    error = differences.std().item() / math.sqrt(len(samples))
    nearer = ((differences > 0).double() + (differences == 0).double() / 2).mean().item()
    means = (near.mean().item(), far.mean().item(), differences.mean().item())
    return Nearness(len(samples), n, len(training), *means, error, nearer)


def difference_of_copies(share: float, held_out: float, n_images: int, n_training: int) -> float:
    """Return the difference in mean distance that a share of exact copies of training images makes.

    A copy's distance is 0 where its original is among the images that are compared, n_images of n_training; other
    samples are assumed to lie as near to one side as to the other.

    Args:
        share: of the samples, in [0, 1].
        held_out: mean distance to the nearest held-out image.
        n_images, n_training: see Nearness.
    """
    return share * held_out * n_images / n_training


def noisy_copies(images: torch.Tensor, n: int, noise: float, random: torch.Generator) -> torch.Tensor:
    """Copy n random images, each at most once, and add Gaussian noise to every pixel.

    Args:
        images: shape (m, d), m >= n.
        n: how many.
        noise: standard deviation, in pixel units.
        random: advanced; on the images' device.
    """
    copies = images[torch.randperm(len(images), generator=random, device=images.device)[:n]]
    return copies + noise * torch.empty_like(copies).normal_(generator=random)
