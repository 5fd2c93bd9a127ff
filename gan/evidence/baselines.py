"""Baselines that audit the Parzen estimate: sets of images that are no generative model, or hardly one.

Theis, van den Oord and Bethge 2016 ("A note on the evaluation of generative models", section 5) show that k-means
centroids score above images of the data set itself.
"""

from collections.abc import Callable
from functools import cache

import torch

from gan.seeding import stream

FIXED = ("all-training-images", "mean-image")  # nothing in them is drawn
JITTER = 1e-6  # of the pixels' mean variance
BLOCK = 2000  # images that meet all centers at once; bounds the memory


def training_images(images: torch.Tensor, n: int, random: torch.Generator) -> torch.Tensor:
    """Return n of the images, each at most once: draws from the "true distribution".

    Args:
        images: shape (m, d), m >= n.
        n: how many.
        random: advanced.
    Raises:
        ValueError: there are fewer than n.
    """
    if n > len(images):
        raise ValueError(f"expected {n} different images, there are {len(images)}")
    return images[torch.randperm(len(images), generator=random, device=images.device)[:n]]


def k_means(
    images: torch.Tensor, k: int, iterations: int, random: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the centroids of k clusters of images, by Lloyd's iterations from k random images.

    Args:
        images: shape (m, d), m >= k.
        k: number of clusters.
        iterations: each assigns every image to its nearest center, then moves the centers to their means.
        random: chooses the first centers, advanced.
    Returns:
        centroids, shape (k, d), and how many images each is the mean of, shape (k,), int64. A center to which no image
        is nearest does not move.
    Raises:
        ValueError: there are fewer than k images.
    """
    centers = training_images(images, k, random).clone()
    sizes = torch.zeros(k, dtype=torch.int64, device=images.device)
    on_cpu = images.cpu()  # where sums are taken in one order; CUDA's would differ from run to run
    for _ in range(iterations):
        half_norms = centers.square().sum(dim=1) / 2
        # |x - c|^2 is least where x.c - |c|^2 / 2 is greatest.
        nearest = torch.cat([(part @ centers.T).sub_(half_norms).argmax(dim=1) for part in images.split(BLOCK)])
        sizes = nearest.bincount(minlength=k)
        sums = on_cpu.new_zeros(centers.shape).index_add_(0, nearest.cpu(), on_cpu).to(images.device)
        centers = torch.where(sizes[:, None] > 0, sums / sizes[:, None].clamp(min=1), centers)
    return centers, sizes


def draw_weighted(centers: torch.Tensor, sizes: torch.Tensor, n: int, random: torch.Generator) -> torch.Tensor:
    """Draw n centers with replacement from k-means' mixture, each as probable as its cluster is large.

    Args:
        centers, sizes: of k_means.
        n: how many.
        random: advanced.
    """
    return centers[torch.multinomial(sizes.double(), n, replacement=True, generator=random)]


def gaussian(images: torch.Tensor, n: int, random: torch.Generator) -> torch.Tensor:
    """Draw n images from the Gaussian with the images' mean and full covariance; values are not clipped.

    Args:
        images: shape (m, d).
        n: how many.
        random: advanced.
    """
    mean = images.mean(dim=0, dtype=torch.float64)
    covariance = mean.new_zeros(len(mean), len(mean))
    for part in images.split(BLOCK):
        centred = part - mean
        covariance.addmm_(centred.T, centred, alpha=1 / len(images))
    # Pixels that never change make the covariance singular; a tiny ridge makes it positive definite.
    covariance.diagonal().add_(JITTER * covariance.diagonal().mean())
    factor = torch.linalg.cholesky(covariance)
    normal = torch.randn(n, images.shape[1], generator=random, device=images.device, dtype=torch.float64)
    return (mean + normal @ factor.T).to(images.dtype)


def independent_pixels(images: torch.Tensor, n: int, random: torch.Generator) -> torch.Tensor:
    """Draw n images, every pixel from an image of its own: correct marginals, no dependence.

    Args:
        images: shape (m, d).
        n: how many.
        random: advanced.
    """
    rows = torch.randint(len(images), (n, images.shape[1]), generator=random, device=images.device)
    return images.gather(0, rows)


def mean_image(images: torch.Tensor) -> torch.Tensor:
    """Return the mean of the images, shape (1, d): one center, equivalent to any number of copies of it."""
    return images.mean(dim=0, keepdim=True)


def all_of(images: torch.Tensor, n: int, iterations: int) -> dict[str, Callable[[int], torch.Tensor]]:
    """Return each baseline by name, as a function of the number of its draw, which is also its seed.

    Args:
        images: shape (m, d), the training images.
        n: images to draw, or centers; at most m.
        iterations: of k-means.
    """
    n = min(n, len(images))

    def random(name: str, draw: int) -> torch.Generator:
        return stream(draw, name, device=images.device)

    @cache
    def clusters(draw: int) -> tuple[torch.Tensor, torch.Tensor]:
        return k_means(images, n, iterations, random("k-means", draw))

    return {
        "training-images": lambda draw: training_images(images, n, random("training images", draw)),
        "all-training-images": lambda _: images,
        "k-means": lambda draw: clusters(draw)[0],
        "k-means-draws": lambda draw: draw_weighted(*clusters(draw), n, random("k-means draws", draw)),
        "gaussian": lambda draw: gaussian(images, n, random("gaussian", draw)),
        "independent-pixels": lambda draw: independent_pixels(images, n, random("pixels", draw)),
        "mean-image": lambda _: mean_image(images),
    }
