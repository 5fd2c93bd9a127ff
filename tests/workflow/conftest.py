"""One finished run of the whole graph at scale smoke, and copies of it."""

import shutil
from pathlib import Path

import pytest
from helpers import copy_project, edit, run_in


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Path:
    """A copy of the project, set to scale smoke, after `snakemake`."""
    folder = copy_project(tmp_path_factory.mktemp("project"))
    edit(folder / "params.yaml", "\nscale: paper ", "\nscale: smoke ")
    done = run_in(folder, "-m", "snakemake", "--cores", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def project(finished, tmp_path) -> Path:
    """A copy of the finished project at another place, with the time stamps of a fresh checkout."""
    folder = tmp_path / "moved"
    shutil.copytree(finished, folder, copy_function=shutil.copyfile)
    return folder
