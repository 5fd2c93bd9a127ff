"""A run is scored at its end and at what training left on the way; a snapshot is a run of its own."""

import shutil
from pathlib import Path
from subprocess import CompletedProcess

import pandas as pd
import pytest
import torch
import yaml
from helpers import ROOT, call

from gan.evidence.two_sample import split_accuracy
from gan.images import TEST
from gan.seeding import stream
from pipeline import evaluate, prepare, sample, train
from pipeline.config.params import load
from pipeline.data.arrays import load_images
from pipeline.files.formats import read_array, read_csv, read_json, write_json


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """30 epochs of smoke with a snapshot every 10 and a waypoint at 10; sampled, not yet scored."""
    folder = tmp_path_factory.mktemp("evaluate")
    values = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    values["scales"]["smoke"]["experiments"]["mnist"] |= {"epochs": 30, "waypoints": [10]}
    values["validation"] |= {"snapshot_epochs": 10}
    (folder / "params.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    params = ("--params", folder / "params.yaml")
    done = call(prepare, *params, "--dataset", "synthetic-mnist", "--output", folder / "d.npz")
    assert done.returncode == 0, done.stderr
    places = ("--output", folder / "runs/mnist", "--work", folder / "work")
    done = call(train, *common(folder), *places, "--seeds", 0, "--threads", 1, "--lines")
    assert done.returncode == 0, done.stderr
    return folder


def common(folder: Path) -> tuple[object, ...]:
    return ("--params", folder / "params.yaml", "--scale", "smoke", "--experiment", "mnist", "--data", folder / "d.npz")


def scored(folder: Path, run: Path, *options: object) -> pd.DataFrame:
    """Rows of a run's metrics, after sampling and scoring it."""
    done = score(folder, run, *options)
    assert done.returncode == 0, done.stderr
    return read_csv(run / "metrics.csv")


def score(folder: Path, run: Path, *options: object) -> CompletedProcess[str]:
    done = call(sample, *common(folder), "--run", run)
    assert done.returncode == 0, done.stderr
    return call(evaluate, *common(folder), "--run", run, *options)


def by_length(metrics: pd.DataFrame) -> dict[tuple[str, int], float]:
    """Test log-likelihood on the authors' grid, by generator and length."""
    rows = metrics[(metrics.metric == "test_log_likelihood") & (metrics.grid == "authors")]
    return rows.set_index(["generator", "length"]).value.to_dict()


def test_evaluate_scores_snapshots_and_the_generator_kept_at_a_waypoint(folder):
    metrics = scored(folder, folder / "runs/mnist/seed0", "--work", folder / "work")
    found = by_length(metrics)
    assert set(found) == {("best", 30), ("last", 30), ("last", 20), ("last", 10), ("best", 10)}
    snapshot = by_length(scored(folder, folder / "runs/mnist/seed0/epoch0010/seed0"))
    assert snapshot == {(name, 10): pytest.approx(found[name, 10], abs=1e-6) for name in ("best", "last")}
    assert metrics[metrics.length == 20].epoch.unique().tolist() == [20]


def test_evaluate_tells_the_optimism_of_what_training_measured(folder):
    rows = scored(folder, folder / "runs/mnist/seed0").set_index("metric").value
    manifest = read_json(folder / "runs/mnist/seed0/manifest.json")
    assert rows["kept_log_likelihood"] == manifest["best_log_likelihood"]
    assert rows["redrawn_log_likelihood"] != rows["kept_log_likelihood"]
    assert rows["redrawn_log_likelihood"] == pytest.approx(rows["kept_log_likelihood"], abs=5)


def test_evaluate_lets_classifiers_tell_the_samples_of_the_kept_generator(folder):
    run = folder / "runs/mnist/seed0"
    rows = scored(folder, run, "--work", folder / "work").query("metric == 'two_sample_accuracy'")
    (row,) = rows.to_dict("records")
    assert (row["generator"], row["length"], row["n_splits"], row["unit"]) == ("best", 30, 2, "share")
    assert row["epoch"] == read_json(run / "manifest.json")["best_epoch"]
    test = load_images(folder / "d.npz", TEST, "synthetic-mnist")
    samples = torch.from_numpy(read_array(run / "samples.npy"))
    accuracies = [split_accuracy(test, samples, stream(0, "two-sample test", split)) for split in (0, 1)]
    assert row["value"] == pytest.approx(sum(accuracies) / 2)
    assert row["n_eval"] == 200


@pytest.mark.parametrize(
    ("epoch", "change", "why"),
    [
        (20, {"code": "other"}, "code: other -> "),
        (20, {"inputs": {"d.npz": "other"}}, "inputs.d.npz: other -> "),
        (20, {"trained_together": [0, 1]}, "trained_together: [0, 1] -> [0]"),
        (20, {"epochs_trained": 31}, "after the run's end"),
        (10, {"code": "other"}, "code: other -> "),
    ],
)
def test_evaluate_scores_no_snapshot_of_another_run(folder, tmp_path, epoch, change, why):
    """It is left out and named; where it is a waypoint, that is an error."""
    other = Path(shutil.copytree(folder, tmp_path / "other"))
    base = other / ("work" if epoch == 20 else "runs/mnist/seed0")
    path = base / f"epoch00{epoch}/seed0/manifest.json"
    write_json(path, read_json(path) | change)
    run = other / "runs/mnist/seed0"
    done = score(folder, run, "--work", other / "work")
    assert f"not scored, left by another run ({why}" in done.stdout
    if epoch == 20:
        assert done.returncode == 0, done.stderr
        assert ("last", 20) not in by_length(read_csv(run / "metrics.csv"))
    else:
        assert done.returncode == 2
        assert "no generators after [10] epochs" in done.stderr


def test_a_seed_has_one_row_for_each_length(folder):
    metrics = scored(folder, folder / "runs/mnist/seed0", "--work", folder / "work")
    assert not metrics.duplicated(["seed", "generator", "length", "grid", "metric", "fold"]).any()


@pytest.mark.parametrize(("epochs", "lengths"), [(25, [30]), (5, [30, 10])])
def test_a_seed_that_the_rule_has_ended_counts_at_every_greater_length(folder, epochs, lengths):
    """Ended after so many of 30 epochs: before or after the waypoint at 10."""
    experiment = load(folder / "params.yaml", "smoke").experiment("mnist")
    rows = [{"length": 30, "value": 1.0}]
    assert [row["length"] for row in rows + evaluate._ended_before(rows, experiment, epochs)] == lengths
