"""All runs of a scale, and the audits of their experiments, as one tidy frame of each kind."""

from pathlib import Path

import pandas as pd

from pipeline.config.experiments import Experiment
from pipeline.config.params import Params
from pipeline.files.errors import UserError
from pipeline.files.formats import one_line_errors, read_csv, read_json
from pipeline.record.manifest import Manifest, remedy
from pipeline.record.runs import (
    AUDIT,
    AUDITS,
    BANDWIDTHS,
    CURVE,
    GROWTH,
    MANIFESTS,
    METRICS,
    VALIDATION_CURVE,
    Run,
)
from pipeline.reporting.variance import variance_tables

RUN_TABLES = {
    METRICS: "metrics.csv",
    CURVE: "curves.csv",
    VALIDATION_CURVE: "validation.csv",
    BANDWIDTHS: "bandwidths.csv",
}
# Columns of integers, some of them missing.
COUNTS = (
    *("seed", "fold", "length", "epoch", "n_samples", "n_eval", "n_splits"),
    *("bandwidth_place", "grid_size", "seeds_to_decide"),
)
Frames = dict[str, pd.DataFrame]


def tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with its counts as integers, also where some are missing."""
    return frame.astype({column: "Int64" for column in COUNTS if column in frame})


def gather(folders: list[Path], params: Params) -> Frames:
    """Return one tidy frame of each kind over all runs, and over the audits beside them.

    Raises:
        UserError: a run is given twice, was made with other settings than the present ones or on other
            data than the rest, or has files that are damaged or do not belong together.
    """
    if len({folder.resolve() for folder in folders}) < len(folders):
        raise UserError(f"a run is given twice: {' '.join(map(str, folders))}")
    by_experiment: dict[str, list[Run]] = {}
    for folder in folders:
        name = folder.parent.name
        by_experiment.setdefault(name, []).append(Run(folder, params.experiment(name), "evaluate"))
    _check_data(by_experiment, params)
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in (*RUN_TABLES.values(), "growth.csv")}
    for name, runs in by_experiment.items():
        for run in runs:
            for file, gathered in RUN_TABLES.items():
                frame = _read(run.folder / file).assign(experiment=name, seed=run.seed, scale=params.scale)
                parts[gathered].append(frame if file != METRICS else frame.assign(diverged=diverged(run, frame.length)))
        audit = _check_audit(runs, params.experiment(name))
        parts["metrics.csv"].append(_read(audit / METRICS).assign(diverged=False))
        for file, gathered in {BANDWIDTHS: "bandwidths.csv", GROWTH: "growth.csv"}.items():
            parts[gathered].append(_read(audit / file))
    frames = {name: pd.concat(frames, ignore_index=True) for name, frames in parts.items()}
    frames |= variance_tables(folders, frames["validation.csv"], params)
    return {name: tidy(frame) for name, frame in frames.items()}


def _read(path: Path) -> pd.DataFrame:
    with one_line_errors(path):
        return tidy(read_csv(path))


def diverged(run: Run, lengths: pd.Series) -> pd.Series:
    """Return whether the run had ended at these lengths, because it diverged or drew one image only."""
    train = read_json(run.folder / MANIFESTS["train"])
    return (lengths.gt(train["epochs_trained"]) & bool(train.get("diverged"))).astype(bool)


def _check_data(by_experiment: dict[str, list[Run]], params: Params) -> None:
    """All runs on one data set used the same prepared file."""
    data: dict[str, str] = {}
    for name, runs in by_experiment.items():
        dataset = params.experiment(name).dataset
        for run in runs:
            digest = run.known.get(f"{dataset}.npz", "")
            if data.setdefault(dataset, digest) != digest:
                again = remedy(run.folder / MANIFESTS["train"])
                raise UserError(f"{run.folder}: trained on another {dataset}.npz than the other runs; {again}")


def _check_audit(runs: list[Run], experiment: Experiment) -> Path:
    """Return the folder of an experiment's audit, which must fit the settings, the data, and the run that it grew."""
    folder = runs[0].folder.parent / AUDIT
    for stage, name in AUDITS.items():
        manifest = Manifest(folder / name)
        grown = manifest.content.get("seed", runs[0].seed)
        of_seed = next((run for run in runs if run.seed == grown), None)
        if of_seed is None:
            raise UserError(
                f"{manifest.path}: made from seed {grown}, which is not among the runs; {remedy(manifest.path)}"
            )
        manifest.require(experiment.settings(stage), of_seed.known, code=False)
    return folder
