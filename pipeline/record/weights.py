"""The weights that come with the project: made by no rule, checked before they are used."""

import json
from pathlib import Path
from typing import Any

from pipeline.config.experiments import Experiment
from pipeline.config.params import Params
from pipeline.files.errors import UserError
from pipeline.files.formats import one_line_errors, sha256

WEIGHTS = Path("weights/mnist-seed0")
SCALE, EXPERIMENT = "paper", "mnist"  # what the generator was trained for
RESTORE = "run this in the project's folder, where `git checkout -- weights` restores what is missing"


def published_weights(folder: Path = WEIGHTS) -> tuple[Path, dict[str, Any]]:
    """Return the file of the published generator, and its manifest.

    Raises:
        UserError: a file is missing, or the weights are not the bytes that the manifest records.
    """
    with one_line_errors(folder / "manifest.json", RESTORE):
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        path, expected = folder / manifest["file"], manifest["sha256"]
    found = sha256(path) if path.is_file() else "no file"
    if found != expected:
        raise UserError(f"{path}: expected sha256 {expected}, got {found}; `git checkout -- weights` restores it")
    return path, manifest


def main_experiment(params: Params) -> Experiment:
    """Return the experiment whose samples the claims look at: the scale's own, or the published generator's."""
    if params.claims.is_whole:
        return params.experiment(params.claims.main)
    return published_experiment(params)


def published_experiment(params: Params) -> Experiment:
    """Return the experiment of the published generator."""
    return Params(params.values, SCALE).experiment(EXPERIMENT)
