"""Sets of samples measured for collapse and against real images, as tidy rows; GANs and yardsticks alike."""

import math
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist

import torch

from gan.images import TRAIN
from gan.scoring import score
from gan.theory.classifier import Classifier, binomial_interval, two_sample_accuracy
from gan.theory.collapse import (
    class_entropy,
    class_shares,
    classes_present,
    distinct_neighbours,
    mean_pairwise_distance,
)
from pipeline.config.experiments import Experiment
from pipeline.data.arrays import N_CLASSES, load_images
from pipeline.runtime.scores import Fold, Rows, folds

N_NEIGHBOURS = 1_000  # samples whose nearest training images are counted: their share depends on their number


@dataclass(frozen=True)
class Ruler:
    """What sets of samples are measured with.

    Attributes:
        experiment: whose grid of bandwidths and number of validation images count.
        images: the training images, shape (n, d).
        fold: validation and test images; the first fold's where there are several.
        classifier: of the data set's classes.
        confidence: of all intervals.
    """

    experiment: Experiment
    images: torch.Tensor
    fold: Fold
    classifier: Classifier
    confidence: float


def new_ruler(
    data: Path, experiment: Experiment, classifier: Classifier, confidence: float, device: torch.device
) -> Ruler:
    """The ruler of an experiment's prepared data."""
    images = load_images(data, TRAIN, experiment.dataset).to(device)
    return Ruler(experiment, images, folds(data, experiment, device)[0], classifier.to(device), confidence)


def measured(samples: torch.Tensor, ruler: Ruler, random: torch.Generator) -> Rows:
    """Rows of measures.csv: metric, value, unit, interval (nan where there is none), and n, what it is over.

    Args:
        samples: shape (n, d).
        ruler: what they are measured with.
        random: random stream of the two-sample test, on the samples' device.
    """
    few = samples[:N_NEIGHBOURS]
    return [
        *_classes(samples, ruler),
        _row("distinct_neighbours", distinct_neighbours(few, ruler.images), "share", len(few)),
        _row("pairwise_distance", mean_pairwise_distance(samples), "pixel units", len(samples)),
        _two_sample(samples, ruler, random),
    ]


def _row(
    metric: str, value: float, unit: str, n: int, interval: tuple[float, float] = (math.nan, math.nan)
) -> dict[str, object]:
    return {"metric": metric, "value": value, "unit": unit, "low": interval[0], "high": interval[1], "n": n}


def log_likelihood(samples: torch.Tensor, ruler: Ruler) -> dict[str, object]:
    """Row of measures.csv, by the protocol of section 5 on the authors' grid; the interval is over the test images."""
    fold, grid = ruler.fold, {"authors": ruler.experiment.grids["authors"]}
    found = score(samples, fold.validation[: fold.n_validation], fold.test, grid)["authors"]
    around = NormalDist().inv_cdf((1 + ruler.confidence) / 2) * found.test_error
    interval = (found.test - around, found.test + around)
    return _row("test_log_likelihood", found.test, "nats", len(fold.test), interval)


def _classes(samples: torch.Tensor, ruler: Ruler) -> Rows:
    """Which classes the classifier sees in the samples."""
    n = len(samples)
    shares = class_shares(ruler.classifier.predict(samples), N_CLASSES)
    return [
        _row("class_entropy", class_entropy(shares), "nats", n),
        _row("classes_present", classes_present(shares), "classes", n),
        *(
            _row(f"share_of_class_{name}", share, "share", n, binomial_interval(round(share * n), n, ruler.confidence))
            for name, share in enumerate(shares.tolist())
        ),
    ]


def _two_sample(samples: torch.Tensor, ruler: Ruler, random: torch.Generator) -> dict[str, object]:
    """How well the samples are told from the test images."""
    found = two_sample_accuracy(ruler.fold.test, samples, random, ruler.confidence)
    return _row("two_sample_accuracy", found.accuracy, "share", found.n, (found.low, found.high))
