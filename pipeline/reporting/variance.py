"""Where the variance of our numbers comes from, as tables made from scored runs, on disk or published."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gan.evidence.reselection import Measured, Reselected, of_images, resampled, reselect
from gan.evidence.variance import Component, by_source
from gan.seeding import numpy_stream
from pipeline.config.params import Params
from pipeline.files.errors import UserError
from pipeline.files.formats import one_line_errors, read_arrays, read_csv, read_json
from pipeline.record.manifest import Manifest
from pipeline.record.runs import CHOICES, IMAGES, MANIFESTS, OUR_MODEL, REDRAWN, VARIANCE

SUBSET, EPOCH = "validation subset", "images that choose the epoch"
OF_CHOICES = ("experiment", "scale", "seed", "source", "choice", "unit", "own", "count", "lost")  # columns
Rows = list[dict[str, Any]]


def variance_tables(folders: Sequence[Path], validation: pd.DataFrame, params: Params) -> dict[str, pd.DataFrame]:
    """Return variance.csv, and choices.csv with what validation images choose, of runs of the params' scale.

    Args:
        folders: EXPERIMENT/seedN of runs, with the manifest of their training, redrawn.csv and test_images.npz.
        validation: validation.csv of these runs, and of others.
        params: with the runs' scale.
    Raises:
        UserError: a file is damaged, or the seeds of an experiment have different draws.
    """
    by_experiment: dict[str, dict[int, Path]] = {}
    for folder in folders:
        by_experiment.setdefault(folder.parent.name, {})[int(folder.name.removeprefix("seed"))] = folder
    sources, choices = Rows(), Rows()
    for name, runs in by_experiment.items():
        measured = validation[(validation.experiment == name) & (validation.scale == params.scale)]
        found, chosen = _of_experiment(name, dict(sorted(runs.items())), measured, params.values["statistics"])
        common = {"experiment": name, "model": OUR_MODEL, "grid": "authors", "unit": "nats", "scale": params.scale}
        sources += [common | {"source": source} | asdict(component) for source, component in found.items()]
        choices += [{"experiment": name, "scale": params.scale} | row for row in chosen]
    return {VARIANCE: pd.DataFrame(sources), CHOICES: pd.DataFrame(choices, columns=list(OF_CHOICES))}


def variance_again(
    published: dict[str, pd.DataFrame], folders: Sequence[Path], params: Params
) -> dict[str, pd.DataFrame]:
    """Return both tables made again from published runs that hold what they are made from.

    The variance of experiments that have no such run stays as it was published, but without intervals: nobody can
    compute them again.

    Args:
        published: the published frames.
        folders: of these runs.
        params: with their scale.
    Raises:
        UserError: a file is not the one that `evaluate` wrote.
    """
    for folder in folders:
        manifest = Manifest(folder / MANIFESTS["evaluate"])
        others = [name for name in manifest.outputs if name not in (REDRAWN, IMAGES)]
        manifest.require(code=False, absent=others)
    again = variance_tables(folders, published["validation.csv"], params)
    before = published[VARIANCE]
    kept = before[~before.experiment.isin([folder.parent.name for folder in folders])]
    parts = [again[VARIANCE], kept.assign(low=math.nan, high=math.nan)]
    return again | {VARIANCE: pd.concat([rows for rows in parts if len(rows)], ignore_index=True)}


def _of_experiment(
    name: str, runs: dict[int, Path], validation: pd.DataFrame, statistics: dict[str, Any]
) -> tuple[dict[str, Component], Rows]:
    """Return the components by source, and rows of choices.csv, from an experiment's runs by seed."""
    redrawn = pd.concat([read_csv(folder / REDRAWN) for folder in runs.values()])
    images = [read_arrays(folder / IMAGES).get("authors") for folder in runs.values()]
    found = components(redrawn, images, name, statistics)
    chosen = bandwidths(redrawn) if redrawn.fold.nunique() == 1 else Rows()
    by_seed = {seed: measurements(validation[validation.seed == seed], folder) for seed, folder in runs.items()}
    measured = {seed: run for seed, run in by_seed.items() if run is not None}
    if measured:
        n_blocks = next(iter(measured.values())).blocks.shape[2]
        counts = resampled(n_blocks, statistics["resamples"], numpy_stream(0, f"validation images of {name}"))
        again = {seed: reselect(run, counts) for seed, run in measured.items()}
        found[EPOCH] = of_images(list(again.values()), n_blocks)
        chosen += [row for seed, run in again.items() for row in epochs(seed, run)]
    return found, chosen


def components(
    redrawn: pd.DataFrame, images: list[np.ndarray | None], name: str, statistics: dict[str, Any]
) -> dict[str, Component]:
    """Return the components of variance, by source.

    Args:
        redrawn: rows of redrawn.csv of all seeds.
        images: the test images' log-likelihoods of each seed; None where there are folds.
        name: of the experiment; of its own bootstrap.
        statistics: confidence and resamples.
    Raises:
        UserError: a seed lacks a draw, or has more than the others.
    """
    with_folds = redrawn.fold.nunique() > 1
    values = _cube(redrawn, ["seed", "draw", "fold" if with_folds else "subset"], name)
    by_image = None if with_folds else np.stack([row for row in images if row is not None]).astype(np.float64)
    random = numpy_stream(0, f"bootstrap of {name}")
    return by_source(values, by_image, random, statistics["resamples"], statistics["confidence"])


def _cube(frame: pd.DataFrame, axes: list[str], name: str) -> np.ndarray:
    """Return the frame's values with an axis for each of the columns, in their order.

    Raises:
        UserError: a combination is missing.
    """
    shape = [frame[axis].nunique() for axis in axes]
    if len(frame) != math.prod(shape):
        raise UserError(f"{name}: the seeds have different draws; delete each {MANIFESTS['evaluate']} and run again")
    return frame.sort_values(axes).value.to_numpy().reshape(shape)


def bandwidths(redrawn: pd.DataFrame) -> Rows:
    """Return how often the subsets of validation images choose each bandwidth, by seed, over all draws."""
    own = redrawn[(redrawn.draw == 0) & (redrawn.subset == 0)].set_index("seed").bandwidth
    counts = redrawn.groupby(["seed", "bandwidth"]).size()
    return [
        _choice(seed, SUBSET, bandwidth, "pixel units", own=bool(own[seed] == bandwidth), count=count)
        for (seed, bandwidth), count in counts.items()
    ]


def epochs(seed: int, run: Reselected) -> Rows:
    """Return how often resampled images choose each epoch, and what all images lose by it; the run's own always."""
    lost = {run.own: 0.0} | dict(zip(run.kept.tolist(), run.lost.tolist(), strict=True))
    return [
        _choice(seed, EPOCH, epoch, "epochs", own=epoch == run.own, count=int((run.kept == epoch).sum()), lost=nats)
        for epoch, nats in sorted(lost.items())
    ]


def _choice(
    seed: int, source: str, choice: float, unit: str, *, own: bool, count: int, lost: float = math.nan
) -> dict[str, Any]:
    return dict(zip(OF_CHOICES[2:], (seed, source, choice, unit, own, count, lost), strict=True))


def measurements(validation: pd.DataFrame, folder: Path) -> Measured | None:
    """Return a run's measurements by block of images; None where there are fewer than two blocks, as of older runs.

    Args:
        validation: its rows of validation.csv.
        folder: with the manifest of its training.
    """
    blocks = validation.filter(regex=r"^block_\d+$").dropna(axis=1, how="all")
    if blocks.shape[1] < 2:
        return None
    measured, at_epoch = np.unique(validation.epoch.to_numpy(int), return_inverse=True)
    places, at_place = np.unique(validation.place.to_numpy(int), return_inverse=True)
    values = np.full((len(measured), len(places), blocks.shape[1]), math.nan)
    values[at_epoch, at_place] = blocks.to_numpy(float)
    manifest = folder / MANIFESTS["train"]
    trained = read_json(manifest)
    with one_line_errors(manifest):
        return Measured(measured.tolist(), values, int(trained["settings"]["patience_epochs"]))
