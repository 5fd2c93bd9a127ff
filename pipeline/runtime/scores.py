"""Sets of samples scored fold by fold, as rows of metrics.csv and bandwidths.csv; GANs and baselines alike."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from gan.images import TEST, VALIDATION
from gan.scoring import Score, Selection, score, standard_error
from pipeline.config.experiments import Experiment
from pipeline.data.arrays import load_images, n_folds

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Fold:
    """What chooses bandwidths and what is scored.

    Attributes:
        validation: all validation images, shape (m, d).
        n_validation: how many of them, from the first, choose the bandwidth of a score.
        test: shape (m', d).
    """

    validation: torch.Tensor
    n_validation: int
    test: torch.Tensor


def folds(data: Path, experiment: Experiment, device: torch.device) -> list[Fold]:
    """Return the folds of an experiment's prepared data; one for a single split."""
    parts = [
        [load_images(data, part, experiment.dataset, fold).to(device) for part in (VALIDATION, TEST)]
        for fold in range(n_folds(data))
    ]
    return [Fold(validation, experiment.n_validation or len(validation), test) for validation, test in parts]


def all_test_images(parts: list[Fold]) -> torch.Tensor:
    """Return the test images of all folds, shape (n, d): each image is tested in one fold."""
    return torch.cat([part.test for part in parts])


@dataclass(frozen=True)
class Scored:
    """What one set of samples scored.

    Attributes:
        metrics, bandwidths: rows of the tables.
        test_images: log-likelihood of each test image, by grid; where there is one split.
    """

    metrics: Rows
    bandwidths: Rows
    test_images: dict[str, np.ndarray]


def score_folds(samples: torch.Tensor, parts: list[Fold], experiment: Experiment) -> Scored:
    """Score samples, shape (n, d), with the experiment's grids."""
    metrics, curves, test_images = Rows(), Rows(), {}
    for fold, part in enumerate(parts):
        results = score(samples, part.validation[: part.n_validation], part.test, experiment.grids)
        for grid, result in results.items():
            place = {"fold": fold, "grid": grid, "n_samples": len(samples)}
            metrics += [place | row for row in metric_rows(result, part)]
            curves += [place | row for row in curve_rows(result, experiment, grid)]
            test_images[grid] = result.test_images
    if len(parts) > 1:
        return Scored(with_means(metrics), curves, {})
    return Scored(one_split(metrics), curves, test_images)


def metric_rows(result: Score, part: Fold) -> Rows:
    """Return rows of metrics.csv: the mean of the validation images and of the test images."""
    values = {
        "validation": (result.selection.log_likelihood, result.validation_error, part.n_validation),
        "test": (result.test, result.test_error, len(part.test)),
    }
    return [
        {
            "metric": f"{name}_log_likelihood",
            "value": value,
            "unit": "nats",
            "standard_error": error,
            "error_over": f"{name} images",
            **place_in_grid(result.selection),
            "n_eval": n,
        }
        for name, (value, error, n) in values.items()
    ]


def place_in_grid(selection: Selection | None) -> dict[str, Any]:
    """Return the chosen bandwidth, if any, and its position."""
    return {
        "bandwidth": selection.bandwidth if selection else None,
        "bandwidth_place": selection.place if selection else None,
        "grid_size": selection.size if selection else None,
        "bandwidth_on_edge": selection is not None and selection.on_edge,
    }


def one_split(rows: Rows) -> Rows:
    """Return the rows of a data set without folds."""
    return [row | {"fold": None, "standard_error_ddof1": None} for row in rows]


def with_means(rows: Rows) -> Rows:
    """Append a row for the mean over folds of each grid and metric (no fold named) to the rows of the folds.

    Source:
        caption of Table 1: on TFD the standard error is over folds, each with a bandwidth of its own. Li et al.
        2015 take ddof 0, so the headline does; ddof 1 is in a column beside it.
    """
    frame, means = pd.DataFrame(rows), []
    for (grid, metric), group in frame.groupby(["grid", "metric"], sort=False):
        means.append(
            {
                "fold": None,
                "grid": grid,
                "metric": metric,
                "value": group.value.mean(),
                "unit": "nats",
                "n_samples": group.n_samples.iloc[0],
                "standard_error": standard_error(group.value.to_numpy()),
                "standard_error_ddof1": standard_error(group.value.to_numpy(), ddof=1),
                "error_over": f"{len(group)} folds",
                **place_in_grid(None),
                "bandwidth_on_edge": bool(group.bandwidth_on_edge.any()),
                "n_eval": int(group.n_eval.sum()),
            }
        )
    return [row | {"standard_error_ddof1": None} for row in rows] + means


def curve_rows(result: Score, experiment: Experiment, grid: str) -> Rows:
    """Return rows of bandwidths.csv: the validation curve over a grid, with the chosen point marked."""
    pairs = zip(experiment.grids[grid], result.validation_curve, strict=True)
    return [
        {"bandwidth": bandwidth, "validation_log_likelihood": mean, "chosen": bandwidth == result.selection.bandwidth}
        for bandwidth, mean in pairs
    ]


def named(rows: Rows, **columns: Any) -> Rows:
    """Return the rows with the same columns before their own."""
    return [columns | row for row in rows]
