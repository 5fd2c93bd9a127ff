"""`check` passes on what is on record and fails, naming the metric, on everything else."""

import math
from pathlib import Path

import pandas as pd
import pytest
from helpers import ROOT, call, run_in

from gan.evidence.baselines import FIXED
from gan.training import CURVES
from pipeline import check
from pipeline.check import KEYS, TRAINING, edges, failures, first_epoch
from pipeline.config.params import load
from pipeline.files.formats import read_json, write_csv, write_json

EPOCHS = load(ROOT / "params.yaml", "quick").experiment("mnist").epochs
KEY = ("mnist", "adversarial-nets", "best", "authors", "test_log_likelihood")
EXPECTED = {KEY: {"value": 100.0, "tolerance": 5.0}}


def metrics(*values: float, **changes: str) -> pd.DataFrame:
    row = dict(zip(KEYS, KEY, strict=True)) | {"scale": "quick"} | changes
    row |= {"standard_error": 2.0, "fold": None, "length": EPOCHS, "bandwidth_on_edge": False, "diverged": False}
    return pd.DataFrame([row | {"seed": seed, "value": value} for seed, value in enumerate(values)])


def test_failures_is_empty_within_the_tolerance():
    assert failures(metrics(95.0, 105.0), EXPECTED, [0, 1]) == []


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (metrics(100.0, 105.1), "seed 1: 105.1, expected 95 to 105"),
        (metrics(100.0, math.nan), "seed 1: nan, expected 95 to 105"),
        (metrics(100.0, math.inf), "seed 1: inf"),
        (metrics(100.0), r"has seeds [0], expected [0, 1]"),
        (metrics(100.0, 100.0, 100.0), "has seeds [0, 1, 2], expected [0, 1]"),
        (metrics(100.0, 100.0, grid="fine"), "fine grid: extra"),
        (metrics(100.0, 100.0, grid="fine"), "authors grid: missing"),
    ],
)
def test_failures_names_metric_value_and_interval(frame, message):
    lines = failures(frame, EXPECTED, [0, 1])
    assert any(message in line and line.startswith("mnist, test_log_likelihood") for line in lines), lines


@pytest.mark.parametrize(("column", "value", "returncode"), [("grid", "nan", 1), ("value", "abc", 2), (None, None, 2)])
def test_check_never_passes_what_it_cannot_read(tmp_path, column, value, returncode):
    frame = metrics(100.0, 101.0)
    extra = pd.concat([frame, frame.astype(str).assign(**{column: value})]) if column else frame.drop(columns="value")
    done = call(check, *options(tmp_path, extra))
    assert done.returncode == returncode, done.stderr
    assert done.stderr.startswith("check: error: ")


def test_failures_names_a_missing_standard_error():
    lines = failures(metrics(100.0).assign(standard_error=math.nan), EXPECTED, [0])
    assert lines == ["mnist, test_log_likelihood of the best generator, authors grid, seed 0: standard error nan"]


def test_edges_name_seeds_of_mnist_alone():
    flagged = metrics(100.0).assign(bandwidth_on_edge=True)
    assert edges(flagged) == ["mnist, seed 0: bandwidth on the edge of the authors grid (best generator)"]
    assert edges(metrics(100.0)) == []
    assert edges(flagged.assign(experiment="tfd")) == edges(flagged.assign(model="mean-image")) == []


def options(folder: Path, frame: pd.DataFrame, epochs: int = EPOCHS) -> tuple[str, ...]:
    """Write metrics and a record; return the options that name them."""
    write_csv(folder / "metrics.csv", frame)
    entry = dict(zip(KEYS, KEY, strict=True)) | EXPECTED[KEY]
    write_json(
        folder / "expected.json", {"scale": "quick", "seeds": [0, 1], "epochs": {"mnist": epochs}, "metrics": [entry]}
    )
    files = ("--metrics", str(folder / "metrics.csv"), "--expected", str(folder / "expected.json"))
    return "--scale", "quick", *files


def test_check_passes_fails_and_refuses_by_exit_code(tmp_path):
    assert call(check, *options(tmp_path, metrics(100.0, 101.0))).returncode == 0
    edge = call(check, *options(tmp_path, metrics(100.0, 101.0).assign(bandwidth_on_edge=[False, True])))
    assert edge.returncode == 1
    assert "seed 1: bandwidth on the edge" in edge.stderr
    diverged = call(check, *options(tmp_path, metrics(100.0, 101.0).assign(diverged=[False, True])))
    assert diverged.returncode == 1
    assert "mnist, a seed diverged: seed 1" in diverged.stderr
    stale = call(check, *options(tmp_path, metrics(100.0, 101.0), EPOCHS - 1))
    assert stale.returncode == 2
    assert f"made from {EPOCHS - 1} epochs of mnist; make it again" in stale.stderr
    other_scale = call(check, *options(tmp_path, metrics(100.0, 101.0, scale="paper")))
    assert other_scale.returncode == 2
    assert "of scale quick, the metrics are of ['paper']" in other_scale.stderr


def test_check_fails_as_a_user_runs_it(tmp_path):
    tampered = run_in(ROOT, "-m", "pipeline.check", *options(tmp_path, metrics(100.0, 225.0)))
    assert tampered.returncode == 1
    assert tampered.stderr.startswith("check: error: ")
    assert "seed 1: 225, expected 95 to 105" in tampered.stderr


def test_the_record_of_quick_notices_a_network_that_has_not_learned():
    """The scores of six seeds spread from -203 to 92 nats; the first epoch's losses do not spread."""
    record = read_json(ROOT / "tests/regression/quick.json")
    entries = [entry for entry in record["metrics"] if entry["model"] == TRAINING]
    expected = {tuple(entry[key] for key in KEYS): entry for entry in entries}
    learning = {"loss_D": 0.4014, "loss_G": 1.6984, "D(x)": 0.7253, "D(G(z))": 0.3041}  # seed 2 of scale cpu
    untrained = {"loss_D": math.log(2), "loss_G": math.log(2), "D(x)": 0.5, "D(G(z))": 0.5}
    assert set(learning) == set(untrained) == set(CURVES)
    found = [
        failures(first_epoch(pd.DataFrame([{"experiment": "mnist", "seed": 0, "epoch": 1} | row])), expected, [0])
        for row in (learning, untrained)
    ]
    assert found[0] == []
    assert len(found[1]) == 3
    assert found[1][0].startswith("mnist, D(G(z)) in epoch 1, seed 0: 0.5, expected")


@pytest.mark.parametrize("path", sorted((ROOT / "tests/regression").glob("*.json")), ids=lambda path: path.stem)
def test_every_record_is_of_the_present_epochs_and_of_five_seeds_or_more(path):
    record = read_json(path)
    assert record["scale"] == path.stem
    params = load(ROOT / "params.yaml", path.stem)
    assert record["epochs"] == {name: params.experiment(name).epochs for name in record["epochs"]}
    assert all(entry["tolerance"] > 0 for entry in record["metrics"])
    assert all(entry["n_seeds"] >= 5 or entry["model"] in FIXED for entry in record["metrics"])


@pytest.mark.parametrize("error", [1.0, -1.0])
def test_the_record_of_quick_notices_a_scorer_that_is_a_nat_off(error):
    """By what is scored without chance: all training images, and their mean."""
    record = read_json(ROOT / "tests/regression/quick.json")["metrics"]
    expected = {tuple(entry[key] for key in KEYS): entry for entry in record if entry["n_seeds"] == 1}
    rows = [
        dict(zip(KEYS, key, strict=True)) | {"seed": 0, "value": entry["value"], "standard_error": 0.0}
        for key, entry in expected.items()
    ]
    frame = pd.DataFrame(rows)
    assert len(frame) == 2 * 2 * 2  # grids, validation and test
    assert failures(frame, expected, [0, 1]) == []
    assert len(failures(frame.assign(value=frame.value + error), expected, [0, 1])) == len(frame)
