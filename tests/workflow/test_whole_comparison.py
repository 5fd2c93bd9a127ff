"""The whole comparison at scale smoke: what is planned, and what is there at its end."""

import pytest
from helpers import copy_project, only_mnist, planned, run_in

from pipeline.files.formats import read_csv

MODELS = ["adversarial-nets", "k-means", "vae-1x500", "vae-3x500", "gmmn-ae", "linear-gaussian"]
FIVE = {"ais": 5, "ais_k_means": 1, "audit": 1, "compare": 1, "comparison": 1, "evaluate": 5, "rival": 4, "sample": 5}


@pytest.fixture
def folder(tmp_path):
    """A copy of the project set to scale smoke."""
    only_mnist(copy_project(tmp_path))
    return tmp_path


def test_the_comparison_trains_other_models_and_measures_all(folder):
    assert planned(folder, "comparison") == FIVE | {"prepare": 1, "train": 2}


@pytest.mark.long
def test_the_comparison_runs_to_its_end_and_has_nothing_more_to_do(folder):
    done = run_in(folder, "-m", "snakemake", "--cores", "2", "comparison")
    assert done.returncode == 0, done.stdout + done.stderr
    results = folder / "results/smoke/comparison"
    assert list(read_csv(results / "ais.csv").model.unique()) == MODELS
    assert set(read_csv(results / "rivals.csv").model) == set(MODELS[2:])
    assert set(read_csv(results / "told.csv").model) == {*MODELS, "training-images", "validation-images"}
    assert (results / "comparison.svg").is_file()
    assert planned(folder, "comparison") == {}
