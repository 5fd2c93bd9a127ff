"""Sets of samples measured for collapse and against real images, as tidy rows; GANs and yardsticks alike."""

import math
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist

import torch

from gan.evidence.classifier import Classifier, binomial_interval
from gan.evidence.two_sample import n_held_out
from gan.images import N_CLASSES, TRAIN
from gan.scoring import score
from gan.theory import collapse
from pipeline.config.experiments import Experiment
from pipeline.data.arrays import load_images
from pipeline.runtime.scores import Fold, Rows, folds
from pipeline.runtime.two_sample import told_from

N_NEIGHBOURS = 1_000  # samples whose nearest training images are counted: their share depends on their number
Row = dict[str, object]


@dataclass(frozen=True)
class Evaluator:
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


def new_evaluator(
    data: Path, experiment: Experiment, classifier: Classifier, confidence: float, device: torch.device
) -> Evaluator:
    """Make the evaluator of an experiment's prepared data."""
    images = load_images(data, TRAIN, experiment.dataset).to(device)
    return Evaluator(experiment, images, folds(data, experiment, device)[0], classifier.to(device), confidence)


def measures_of(samples: torch.Tensor, evaluator: Evaluator, seed: int) -> Rows:
    """Return rows of measures.csv: metric, value, unit, interval (nan where there is none), and n, what it is over.

    `samples` has shape (n, d); `seed` is that of the two-sample test.
    """
    n, few, confidence = len(samples), samples[:N_NEIGHBOURS], evaluator.confidence
    shares = collapse.class_shares(evaluator.classifier.predict(samples), N_CLASSES)
    intervals = [binomial_interval(round(share * n), n, confidence) for share in shares.tolist()]
    test = evaluator.fold.test
    told = told_from(test, samples, seed, evaluator.experiment.n_splits)
    held_out, interval = n_held_out(len(test), n), told.interval(confidence)
    return [
        _row("class_entropy", collapse.class_entropy(shares), "nats", n),
        _row("classes_present", collapse.classes_present(shares), "classes", n),
        *(_row(f"share_of_class_{k}", shares[k].item(), "share", n, *intervals[k]) for k in range(N_CLASSES)),
        _row("distinct_neighbours", collapse.distinct_neighbours(few, evaluator.images), "share", len(few)),
        _row("pairwise_distance", collapse.mean_pairwise_distance(samples), "pixel units", n),
        _row("two_sample_accuracy", told.accuracy, "share", held_out, *interval),
    ]


def _row(metric: str, value: float, unit: str, n: int, low: float = math.nan, high: float = math.nan) -> Row:
    return {"metric": metric, "value": value, "unit": unit, "low": low, "high": high, "n": n}


def log_likelihood(samples: torch.Tensor, evaluator: Evaluator) -> Row:
    """Return a row of measures.csv, by the protocol of section 5 on the authors' grid; its interval is over images."""
    fold, grid = evaluator.fold, {"authors": evaluator.experiment.grids["authors"]}
    found = score(samples, fold.validation[: fold.n_validation], fold.test, grid)["authors"]
    around = NormalDist().inv_cdf((1 + evaluator.confidence) / 2) * found.test_error
    return _row("test_log_likelihood", found.test, "nats", len(fold.test), found.test - around, found.test + around)
