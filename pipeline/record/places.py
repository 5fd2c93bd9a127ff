"""Where the files of a scale lie, below the folder that the commands run in. The rules spell the same patterns."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from pipeline.config.params import Params
from pipeline.record.runs import AUDIT

RUNS, WORK, RESULTS, PREPARED = Path("runs"), Path("work"), Path("results"), Path("data/prepared")
PUBLISHED = RESULTS / "published"


def run_folder(params: Params, experiment: str, seed: int, runs: Path = RUNS) -> Path:
    """Folder of a run."""
    return runs / params.scale / experiment / f"seed{seed}"


def run_folders(params: Params, experiments: Iterable[str], runs: Path = RUNS) -> list[Path]:
    """Folders of all runs of some experiments, in the order of these and of their seeds."""
    return [run_folder(params, name, seed, runs) for name in experiments for seed in params.seeds(name)]


def first_run(params: Params, experiment: str, runs: Path = RUNS) -> Path:
    """Folder of an experiment's first seed: the one that is drawn, and whose samples grow in number."""
    return run_folder(params, experiment, params.seeds(experiment)[0], runs)


def audit_folder(params: Params, experiment: str, runs: Path = RUNS) -> Path:
    """Folder of an experiment's audit, beside its runs."""
    return runs / params.scale / experiment / AUDIT


def snapshot_folder(base: Path, epoch: int, seed: int) -> Path:
    """Return the folder of a run as it was after an epoch.

    Below its experiment's folder of work in progress; at a waypoint below the run's own, where it stays as a result.
    """
    return base / f"epoch{epoch:04d}" / f"seed{seed}"


def snapshots(work: Path | None, run: Path) -> dict[int, Path]:
    """Return the folders of a run's snapshots that are there, waypoints too, by epoch, in order."""
    folders = [folder for base in (work, run) if base for folder in base.glob(f"epoch*/{run.name}")]
    found = {int(folder.parent.name.removeprefix("epoch")): folder for folder in folders}
    return {epoch: found[epoch] for epoch in sorted(found)}


def remove_snapshots(work: Path, runs: Iterable[Path]) -> None:
    """Delete the snapshots and waypoints of some runs."""
    for run in runs:
        for folder in snapshots(work, run).values():
            shutil.rmtree(folder)


def prepared(dataset: str) -> Path:
    """A data set's file; its manifest lies beside it."""
    return PREPARED / f"{dataset}.npz"


def labels(dataset: str) -> Path:
    """The classes of its images."""
    return PREPARED / f"{dataset}.labels.npz"
