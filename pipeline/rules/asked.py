"""Requests to the workflow by --config: checked, and translated into a command's options."""

import os
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipeline.config.experiments import MIRROR_VARIABLE, Dataset
from pipeline.config.params import SELECTION
from pipeline.data.readers import READERS
from pipeline.files.errors import UserError


def check_data(datasets: Iterable[Dataset]) -> None:
    """Report at once what would fail hours later: a missing file, a data set without a reader."""
    mirror = os.environ.get(MIRROR_VARIABLE)
    if mirror is not None and not Path(mirror).is_dir():
        raise UserError(f"{MIRROR_VARIABLE}={mirror} is not a folder")
    for dataset in datasets:
        if not dataset.synthetic and dataset.name not in READERS:
            raise UserError(f"{dataset.name}: no reader; add one to READERS in pipeline/data/readers.py")
        if dataset.path is not None and not Path(dataset.path).is_file():
            raise UserError(f"{dataset.path}: no such file; {dataset.how_to_supply}")


def options_of(choice: dict[str, Any]) -> str:
    """Return a choice of experiments and seeds as options of a command."""
    chosen = [(key, choice[key]) for key in SELECTION if choice[key] is not None]
    return " ".join(f"--{key} {shlex.join(map(str, values))}" for key, values in chosen)


def numbers(seeds: Any) -> Any:
    """Convert `--config seeds=[0,1]`, which arrives as a list of texts; the schema rejects what is no number."""
    if not isinstance(seeds, list):
        return seeds
    return [int(seed) if str(seed).isdecimal() else seed for seed in seeds]
