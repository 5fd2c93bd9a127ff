"""Accuracy of new classifiers that tell sets of images from the test images, as a row of metrics.csv, for GANs and
baselines."""

import torch
from tqdm import tqdm

from gan.evidence.two_sample import TwoSample, n_held_out, over_splits, split_accuracy
from gan.seeding import stream
from pipeline.runtime.scores import Rows, place_in_grid


def told_from(real: torch.Tensor, samples: torch.Tensor, seed: int, n_splits: int) -> TwoSample:
    """Measure how well new classifiers tell samples, shape (m, d), from real images, shape (n, d)."""
    splits = tqdm(range(n_splits), desc="two-sample test", unit="split", leave=False)
    streams = (stream(seed, "two-sample test", split, real.device) for split in splits)
    return over_splits([split_accuracy(real, samples, random) for random in streams])


def two_sample_rows(real: torch.Tensor, samples: torch.Tensor, seed: int, n_splits: int) -> Rows:
    """Return the row of metrics.csv: the accuracy, its standard error over splits, and both sets' numbers of images."""
    found = told_from(real, samples, seed, n_splits)
    return [
        {
            "fold": None,
            "grid": "none",
            "n_samples": len(samples),
            "metric": "two_sample_accuracy",
            "value": found.accuracy,
            "unit": "share",
            "standard_error": found.standard_error,
            "error_over": "splits of both sets",
            "n_splits": found.n_splits,
            **place_in_grid(None),
            "n_eval": n_held_out(len(real), len(samples)),
        }
    ]
