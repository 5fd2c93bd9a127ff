"""Where the files of a scale lie, below the folder that the commands run in. The rules spell the same patterns."""

import hashlib
import shutil
from collections.abc import Iterable
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

from pipeline.config.params import Params
from pipeline.files.errors import UserError
from pipeline.files.formats import json_text, read_json
from pipeline.record.runs import AUDIT, MANIFESTS

RUNS, WORK, RESULTS, PREPARED = Path("runs"), Path("work"), Path("results"), Path("data/prepared")
PUBLISHED = RESULTS / "published"
CIFAR10_CURVES = Path("docs/cifar10/curves.csv")  # of runs that are not among the published ones


def run_folder(params: Params, experiment: str, seed: int, runs: Path = RUNS) -> Path:
    """Return the folder of a run."""
    return runs / params.scale / experiment / f"seed{seed}"


def run_folders(params: Params, experiments: Iterable[str], runs: Path = RUNS) -> list[Path]:
    """Return the folders of all runs of some experiments, in the order of these and of their seeds."""
    return [run_folder(params, name, seed, runs) for name in experiments for seed in params.seeds(name)]


def first_run(params: Params, experiment: str, runs: Path = RUNS) -> Path:
    """Return the folder of an experiment's first seed, whose samples are plotted and scored in growing numbers."""
    return run_folder(params, experiment, params.seeds(experiment)[0], runs)


def audit_folder(params: Params, experiment: str, runs: Path = RUNS) -> Path:
    """Return the folder of an experiment's audit, beside its runs."""
    return runs / params.scale / experiment / AUDIT


def snapshot_folder(base: Path, epoch: int, seed: int) -> Path:
    """Return the folder of a run as it was after an epoch.

    Below its experiment's folder of work in progress; at a waypoint below the run's own, where it stays as a result.
    What another run has left there is put aside.
    """
    return _put_aside(base / f"epoch{epoch:04d}" / f"seed{seed}")


def _put_aside(folder: Path) -> Path:
    """Rename a folder, if it is there, after its run: it is found again when that run is."""
    if folder.is_dir():
        aside = folder.with_name(f"{folder.name}.{_run_behind(folder)}")
        shutil.rmtree(aside, ignore_errors=True)  # of the same run at the same epoch
        folder.rename(aside)
    return folder


def _run_behind(folder: Path) -> str:
    """Return a digest of what the manifest of a run shares with those of its snapshots."""
    content: dict[str, Any] = {"settings": {}}
    with suppress(UserError):  # killed before it was written, or damaged
        content |= read_json(folder / MANIFESTS["train"])
    shared = [content["settings"] | {"epochs": 0}, *map(content.get, ("code", "inputs", "trained_together"))]
    return hashlib.sha256(json_text(shared).encode()).hexdigest()[:16]


def snapshots(work: Path | None, run: Path) -> dict[int, Path]:
    """Return the folders of a run's snapshots that are there, waypoints too, by epoch, in order."""
    behind = _run_behind(run)
    globs = [base.glob(f"epoch*/{run.name}{mark}") for base in (work, run) if base for mark in ("", f".{behind}")]
    folders = sorted(chain(*globs), key=lambda folder: (_run_behind(folder) == behind, folder.name == run.name))
    found = {int(folder.parent.name.removeprefix("epoch")): folder for folder in folders}
    return {epoch: found[epoch] for epoch in sorted(found)}


def remove_snapshots(work: Path, runs: Iterable[Path]) -> None:
    """Put the snapshots and waypoints of some runs aside."""
    for folder in [folder for run in runs for base in (work, run) for folder in base.glob(f"epoch*/{run.name}")]:
        _put_aside(folder)


def prepared(dataset: str) -> Path:
    """Return the path of a prepared data set; its manifest lies beside it."""
    return PREPARED / f"{dataset}.npz"


def labels(dataset: str) -> Path:
    """Return the path of the classes of its images."""
    return PREPARED / f"{dataset}.labels.npz"
