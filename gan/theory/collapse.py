"""The Helvetica scenario in numbers: G sends too many values of z to the same x (section 6 of the paper)."""

import math

import torch

from gan.images import nearest

GOOD = 3.0  # standard deviations from a mode's center; in two dimensions 1.1% of perfect draws lie beyond


def class_shares(labels: torch.Tensor, n_classes: int) -> torch.Tensor:
    """Return the share of each class.

    Args:
        labels: shape (n,), int64, 0 .. n_classes - 1.
        n_classes: number of classes.
    Returns:
        shape (n_classes,), float64; sums to 1.
    """
    return torch.bincount(labels, minlength=n_classes).double() / len(labels)


def class_entropy(shares: torch.Tensor) -> float:
    """Return the entropy in nats of shares (n_classes,): 0 for one class, log n_classes if all are equal."""
    return torch.special.entr(shares).sum().item()


def classes_present(shares: torch.Tensor, least: float = 0.01) -> int:
    """Return the number of classes with at least this share."""
    return int((shares >= least).sum())


def distinct_neighbours(samples: torch.Tensor, images: torch.Tensor) -> float:
    """Return the share of distinct images among the training images nearest to the samples, one per sample.

    Compare two values only for equal numbers of samples: the more samples, the more of them share a neighbour,
    collapsed or not.

    Args:
        samples: shape (m, d).
        images: shape (n, d), the training images.
    Returns:
        from 1/m, where all samples have one neighbour, to 1.
    """
    return len(nearest(samples, images).unique()) / len(samples)


def mean_pairwise_distance(samples: torch.Tensor) -> float:
    """Return the root mean square Euclidean distance between two different samples, over all pairs.

    Args:
        samples: shape (n, d), n >= 2.
    Accuracy:
        exact and O(n d): the mean square over pairs is twice the sum of the coordinates' variances, ddof 1.
    """
    return math.sqrt(2 * samples.double().var(dim=0).sum().item())


def close_pairs(points: torch.Tensor, radius: float) -> float:
    """Return the share of pairs of points that lie within a radius of each other, anywhere.

    Of perfect draws from k modes far apart in two dimensions it is 0.89/k at a radius of three standard deviations; it
    approaches 1 if G sends all z to one place, on the data or beside them, which `modes_covered` does not recognise.

    Args:
        points: shape (n, d), n >= 2.
        radius: greatest distance of a close pair.
    Source:
        the collisions of the birthday paradox test (Arora and Zhang 2017, arXiv 1706.08224).
    """
    return (torch.nn.functional.pdist(points.double()) <= radius).double().mean().item()


def modes_covered(points: torch.Tensor, centers: torch.Tensor, sd: float, least: float = 0.1) -> tuple[int, float]:
    """Count the modes of a mixture of equal Gaussians that the points cover, and the share of good points.

    Args:
        points: shape (n, d).
        centers: shape (k, d), the modes.
        sd: standard deviation of each mode.
        least: a mode is covered if it has at least this share of an equal part, n / k, as good points.
    Returns:
        number of covered modes, and share of good points: at most GOOD standard deviations from the nearest mode.
    Source:
        both counts: Srivastava et al. 2017 (VEEGAN, arXiv 1705.07761); the least share of a covered mode is ours.
    """
    distance, mode = torch.cdist(points.double(), centers.double()).min(dim=1)
    good = distance <= GOOD * sd
    per_mode = torch.bincount(mode[good], minlength=len(centers))
    return int((per_mode >= least * len(points) / len(centers)).sum()), good.double().mean().item()
