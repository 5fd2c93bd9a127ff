"""Runs from elsewhere become the rows that they are: none is invented, none is lost."""

import shutil
import sys

import numpy as np
import pandas as pd
import pytest
from helpers import ROOT

from pipeline import adopt
from pipeline.adopt import merged, metrics
from pipeline.config.params import load
from pipeline.files.errors import UserError
from pipeline.files.formats import read_csv, read_json, sha256, write_arrays, write_csv, write_json
from pipeline.record.runs import OUR_MODEL, plain

EXPERIMENT = load(ROOT / "params.yaml", "paper").experiment("mnist")
GRID = EXPERIMENT.grids["authors"]
MANIFEST = {"epochs_trained": 1000, "settings": {"n_samples": 10_000, "precision": "float32"}}


def scored(**changes: object) -> dict[str, object]:
    """A row of test.csv."""
    row = {"seed": 0, "generator": "kept", "epoch": 980, "grid": "authors", "test": 213.0, "standard_error": 2.2}
    return row | {"validation": 209.0, "bandwidth": GRID[2], "place": 3} | changes


def test_metrics_are_those_of_the_file():
    found = metrics(pd.DataFrame([scored(), scored(generator="at", epoch=100, test=160.0)]), {0: MANIFEST}, EXPERIMENT)
    test = found[found.metric == "test_log_likelihood"]
    assert test[["generator", "length", "epoch", "value"]].to_numpy().tolist() == [
        ["best", 1000, 980, 213.0],
        ["last", 100, 100, 160.0],
    ]
    assert set(test.bandwidth_place) == {"3/10"}
    assert found[found.metric == "validation_log_likelihood"].value.tolist() == [209.0, 209.0]
    assert found[found.metric == "validation_log_likelihood"].standard_error.isna().all(), "it was not kept"


@pytest.mark.parametrize(
    ("row", "message"),
    [(scored(seed=1), r"seeds \[1\], expected \[0\]"), (scored(place=4), "is not bandwidth 4 of the authors grid")],
)
def test_metrics_refuse_what_does_not_fit(row, message):
    with pytest.raises(UserError, match=message):
        metrics(pd.DataFrame([row]), {0: MANIFEST}, EXPERIMENT)


def test_merged_replaces_our_rows_of_this_scale_and_keeps_the_others():
    rows = [(OUR_MODEL, "paper", 1.0), (OUR_MODEL, "cpu", 2.0), ("k-means", "cpu", 3.0)]
    before = pd.DataFrame(rows, columns=["model", "scale", "value"]).assign(experiment="mnist", seed=0)
    new = before[:1].assign(value=9.0)
    assert merged(before, new).value.tolist() == [9.0, 2.0, 3.0]
    assert merged(before.drop(columns="model"), new.drop(columns="model")).value.tolist() == [9.0, 2.0, 3.0]
    assert merged(pd.DataFrame(), new) is new


@pytest.fixture
def elsewhere(tmp_path):
    """Two runs of the plan's settings, with the files that they would have brought home."""
    settings = plain(EXPERIMENT.settings("train"))
    test, looks = [], []
    for seed in (0, 1):
        folder = tmp_path / f"elsewhere/seed{seed}"
        folder.mkdir(parents=True)
        write_csv(folder / "curve.csv", pd.DataFrame([{"epoch": 1, "validation_log_likelihood": 9.0}]))
        write_arrays(folder / "sheet.npz", draws=np.zeros((4, 5, 784)))
        about = {"commit": "c" * 40, "environment": {"gpu": None}, "best_epoch": 980}
        manifest = about | {"seed": seed, "settings": settings, "epochs_trained": 1000, "best_epoch": 960}
        write_json(folder / "manifest.json", manifest | {"outputs": {"curve.csv": sha256(folder / "curve.csv")}})
        write_json(folder / "samples.manifest.json", {"outputs": {"sheet.npz": sha256(folder / "sheet.npz")}})
        test.append(scored(seed=seed))
        looks.append({"seed": seed, "epoch": 10, "validation_10000": 33.0, "place": 4})
    write_csv(tmp_path / "elsewhere/test.csv", pd.DataFrame(test))
    write_csv(tmp_path / "elsewhere/looks.csv", pd.DataFrame(looks))
    return tmp_path / "elsewhere"


def call(runs, *seeds: int) -> None:
    options = ["--params", str(ROOT / "params.yaml"), "--scale", "paper", "--experiment", "mnist", "--runs", str(runs)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            sys, "argv", ["adopt", *options, "--published", str(runs.parent / "p"), "--seeds", *map(str, seeds)]
        )
        adopt.main()


def only(runs, seed: int):
    """A copy of the folder with one seed's rows."""
    folder = runs.parent / f"only{seed}" / "elsewhere"
    shutil.copytree(runs, folder)
    for name in ("test.csv", "looks.csv"):
        write_csv(folder / name, read_csv(folder / name).query(f"seed == {seed}"))
    if (runs.parent / "p").is_dir():
        shutil.copytree(runs.parent / "p", folder.parent / "p")
    return folder


def test_a_second_adoption_adds_its_seeds(elsewhere):
    call(first := only(elsewhere, 0), 0)
    shutil.copytree(first.parent / "p", elsewhere.parent / "p")
    call(second := only(elsewhere, 1), 1)
    published = second.parent / "p"
    assert read_json(published / "published.json")["seeds"] == [0, 1]
    assert sorted(set(read_csv(published / "metrics.csv").seed)) == [0, 1]
    validation = read_csv(published / "validation.csv")
    assert validation[["seed", "bandwidth"]].to_numpy().tolist() == [[1, GRID[3]], [0, GRID[3]]]
    assert sorted(path.name for path in (published / "runs/paper/mnist").iterdir()) == ["seed0", "seed1"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m["settings"]["recipe"].update(learning_rate=0.5), "departs from mnist (recipe.learning_rate"),
        (lambda m: m["settings"].update(precision="tf32"), "departs from mnist (precision: float32 -> tf32)"),
        (lambda m: m["outputs"].update({"curve.csv": "0"}), "curve.csv: not the bytes that its manifest records"),
        (lambda m: m["settings"].update(epochs=1000, patience_epochs=1000), ""),
    ],
)
def test_adopt_refuses_what_departs_from_the_plan_in_what_was_not_measured(elsewhere, capsys, change, message):
    path = elsewhere / "seed0/manifest.json"
    manifest = read_json(path)
    change(manifest)
    write_json(path, manifest)
    if not message:
        call(elsewhere, 0, 1)
        return
    with pytest.raises(SystemExit):
        call(elsewhere, 0, 1)
    assert message in capsys.readouterr().err
    assert not (elsewhere.parent / "p").exists()
