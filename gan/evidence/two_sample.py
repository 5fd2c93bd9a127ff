"""Classifier two-sample test: whether a newly trained classifier tells samples from real images.

Accuracy 1/2 means that it found no difference. What it finds is a lower bound: an expected accuracy a implies a total
variation distance of 2a - 1 or more between the two distributions; a stronger classifier, or more images, may find
more. A generator that copies training images is told apart from other real images no better than training images are.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import stdtrit

from gan.evidence.classifier import fit

EPOCHS = 8


@dataclass(frozen=True)
class TwoSample:
    """How well newly trained classifiers tell a set of images from real ones, over several random splits of both.

    Attributes:
        accuracy: share of the held-out images assigned to the right set, mean over splits.
        standard_error: of that mean; see over_splits.
        n_splits: number of splits, 2 or more.
    """

    accuracy: float
    standard_error: float
    n_splits: int

    def interval(self, confidence: float) -> tuple[float, float]:
        """Return the t-interval of the accuracy, with n_splits - 1 degrees of freedom."""
        around = float(stdtrit(self.n_splits - 1, (1 + confidence) / 2)) * self.standard_error
        return self.accuracy - around, self.accuracy + around


def split_accuracy(real: torch.Tensor, samples: torch.Tensor, random: torch.Generator) -> float:
    """Return the accuracy of one split: half of each set trains a new classifier, the other halves are classified.

    Args:
        real: shape (n, d), values in [0, 1] or spread by about 1.
        samples: shape (m, d); of the larger set a random part takes part, so that 1/2 is chance.
        random: random stream of the halves and of the classifier, on the images' device.
    Returns:
        share of the n_held_out(n, m) images that are assigned to the right set.
    Raises:
        ValueError: a set has less than two images.
    Source:
        Lopez-Paz and Oquab 2017, Revisiting Classifier Two-Sample Tests.
    """
    n = min(len(real), len(samples))
    if n < 2:
        raise ValueError(f"expected two images or more of each set, got {len(real)} and {len(samples)}")
    shuffled = [
        images[torch.randperm(len(images), generator=random, device=images.device)] for images in (real, samples)
    ]
    images, judged = (torch.cat([one[half] for one in shuffled]) for half in (slice(n // 2), slice(n // 2, n)))
    origins, truth = (torch.arange(len(both), device=real.device) // (len(both) // 2) for both in (images, judged))
    classifier = fit(images, origins, 2, EPOCHS, random)
    return (classifier.predict(judged) == truth).double().mean().item()


def n_held_out(n_real: int, n_samples: int) -> int:
    """Return how many images, half from each set, are classified in one split."""
    n = min(n_real, n_samples)
    return 2 * (n - n // 2)


def over_splits(accuracies: Sequence[float]) -> TwoSample:
    """Return mean and standard error over splits of the same images.

    The splits share their images, so the error is s sqrt(1/k + 1) for k splits with standard deviation s: the term
    1 is the number of held-out images over the number of training images. It covers, approximately, the choice of both
    sets of images and not only that of the split, so it does not vanish with many splits.

    Args:
        accuracies: of split_accuracy, two or more.
    Raises:
        ValueError: one split only.
    Source:
        Nadeau and Bengio 2003, Inference for the Generalization Error, section 3 (corrected resampled t-test).
    """
    k = len(accuracies)
    if k < 2:
        raise ValueError(f"expected two splits or more, got {k}")
    return TwoSample(float(np.mean(accuracies)), float(np.std(accuracies, ddof=1)) * math.sqrt(1 / k + 1), k)


def beyond(samples: TwoSample, real: TwoSample, confidence: float) -> tuple[float, float, float]:
    """Return by how much samples are told apart better than other real images: the difference and its interval.

    The interval is Welch's. Both are compared with the same real images: where that correlates their errors
    positively, it is too wide.

    Args:
        samples, real: against the same real images.
        confidence: of the interval.
    Source:
        Welch 1947.
    """
    gap, variances = samples.accuracy - real.accuracy, [one.standard_error**2 for one in (samples, real)]
    total = sum(variances)
    if total == 0:
        return gap, gap, gap
    by_df = sum(v**2 / (one.n_splits - 1) for v, one in zip(variances, (samples, real), strict=True))
    around = float(stdtrit(total**2 / by_df, (1 + confidence) / 2)) * math.sqrt(total)
    return gap, gap - around, gap + around
