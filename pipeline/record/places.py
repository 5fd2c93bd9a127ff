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


def snapshot_folder(work: Path, epoch: int, seed: int) -> Path:
    """Folder of a run as it was after an epoch, below its experiment's folder of work in progress."""
    return work / f"epoch{epoch:04d}" / f"seed{seed}"


def snapshots(work: Path, seed: int) -> dict[int, Path]:
    """Folders of a run's snapshots that are there, by epoch, in order."""
    folders = sorted(work.glob(f"epoch*/seed{seed}"))
    return {int(folder.parent.name.removeprefix("epoch")): folder for folder in folders}


def remove_snapshots(work: Path, seeds: Iterable[int]) -> None:
    """Delete the snapshots of some seeds."""
    for seed in seeds:
        for folder in snapshots(work, seed).values():
            shutil.rmtree(folder)


def prepared(dataset: str) -> Path:
    """A data set's file; its manifest lies beside it."""
    return PREPARED / f"{dataset}.npz"


def labels(dataset: str) -> Path:
    """The classes of its images."""
    return PREPARED / f"{dataset}.labels.npz"
