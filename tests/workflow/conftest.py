"""Finished runs of the whole graph at scale smoke with other experiments than MNIST."""

from pathlib import Path

import numpy as np
import pytest
import scipy.io
import yaml
from helpers import copy_project, edit, run_in


@pytest.fixture(scope="session")
def other_experiments(tmp_path_factory, pytestconfig) -> tuple[Path, list[str]]:
    """A copy of the project after a run of other experiments than MNIST and TFD, and their names.

    By default the convolutional one alone: FER2013 is trained as TFD is, CIFAR-10's dense one as MNIST is.
    """
    folder = copy_project(tmp_path_factory.mktemp("others"))
    edit(folder / "params.yaml", "\nscale: paper ", "\nscale: smoke ")
    names = ["cifar10-conv", *(["fer2013", "cifar10-fc"] if pytestconfig.getoption("--long") else [])]
    edit(folder / "params.yaml", "\nexperiments: null ", f"\nexperiments: [{', '.join(names)}] ")
    done = run_in(folder, "-m", "snakemake", "--cores", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, names


@pytest.fixture(scope="session")
def faces(tmp_path_factory) -> Path:
    """A copy of the project after a run of TFD on a synthetic file of the published form: 250 training images, so
    that the last minibatch is incomplete, and 100 labelled ones."""
    folder = copy_project(tmp_path_factory.mktemp("faces"))
    random = np.random.default_rng(0)
    folds = np.zeros((350, 5), np.uint8)
    for fold in range(5):
        folds[250:, fold] = np.roll([3] * 20 + [2] * 10 + [1] * 70, 20 * fold)
    images = (random.uniform(size=(350, 1, 1)) * 255 * np.hanning(48)[:, None] * np.hanning(48)).astype(np.uint8)
    scipy.io.savemat(folder / "TFD_48x48.mat", {"images": images, "folds": folds})
    values = yaml.safe_load((folder / "params.yaml").read_text())
    values |= {"scale": "smoke", "experiments": ["tfd"]}
    del values["scales"]["smoke"]["synthetic"]
    values["datasets"]["tfd"]["path"] = str(folder / "TFD_48x48.mat")
    (folder / "params.yaml").write_text(yaml.safe_dump(values))
    done = run_in(folder, "-m", "snakemake", "--cores", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder
