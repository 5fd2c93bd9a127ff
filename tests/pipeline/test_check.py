"""`check` passes on what is on record and fails, naming what is off and by how much, on everything else."""

import math
from pathlib import Path

import pandas as pd
import pytest
from helpers import ROOT, call, run_in

from gan.evidence.baselines import FIXED
from gan.training import CURVES
from pipeline import check
from pipeline.config.params import load
from pipeline.files.formats import read_csv, read_json, write_csv, write_json
from pipeline.record.runs import OUR_MODEL
from pipeline.reporting.regression import KEYS, TRAINING, edges

RECORDS = ROOT / "tests/regression"
PARAMS = ROOT / "params.yaml"
OURS = "model == 'adversarial-nets' and generator == 'best' and grid == 'authors' and metric == 'test_log_likelihood'"
FIRST = "mnist, test_log_likelihood of the best generator, authors grid"


def frames(seeds: str = "seeds0-1") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Metrics and curves of a real run of scale quick."""
    return read_csv(RECORDS / seeds / "metrics.csv"), read_csv(RECORDS / seeds / "curves.csv")


def changed(frame: pd.DataFrame, query: str, **values: object) -> pd.DataFrame:
    """The frame with other values in the rows that a query finds."""
    frame, rows = frame.copy(), frame.query(query).index
    assert len(rows) > 0, query
    for column, value in values.items():
        frame.loc[rows, column] = value
    return frame


def options(folder: Path, metrics: pd.DataFrame, curves: pd.DataFrame | None, *more: str) -> tuple[str, ...]:
    """Write a run's files; return the options that name them."""
    write_csv(folder / "metrics.csv", metrics)
    if curves is not None:
        write_csv(folder / "curves.csv", curves)
    files = ("--metrics", str(folder / "metrics.csv"), "--expected", str(RECORDS / "quick.json"))
    return "--params", str(PARAMS), "--scale", "quick", *files, *more


@pytest.mark.parametrize("seeds", ["seeds0-1", "seeds14-15"])
def test_check_passes_on_a_sound_run_of_the_records_seeds_and_of_others(tmp_path, seeds):
    more = () if seeds == "seeds0-1" else ("--seeds", "14", "15")
    done = call(check, *options(tmp_path, *frames(seeds), *more))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("check: all 52 metrics of scale quick are as expected")


def test_check_passes_over_two_sample_tests_which_are_not_on_record(tmp_path):
    metrics, curves = frames()
    row = {"metric": "two_sample_accuracy", "unit": "share", "grid": "none", "n_splits": 3, "n_eval": 10_000}
    ours = metrics.query(OURS).assign(
        **row, value=0.79, bandwidth=math.nan, bandwidth_place=math.nan, grid_size=math.nan
    )
    real = ours[:1].assign(model="validation-images", generator="none", length=math.nan)
    done = call(check, *options(tmp_path, pd.concat([metrics, ours, real]), curves))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("check: all 52 metrics of scale quick are as expected")


@pytest.mark.parametrize(
    ("query", "values", "message"),
    [
        (f"{OURS} and seed == 1", {"value": 225.0}, f"{FIRST}, seed 1: 225, expected"),
        (f"{OURS} and seed == 1", {"value": -59.0}, f"{FIRST}, seed 1: -59, expected"),
        (f"{OURS} and seed == 1", {"value": math.nan}, f"{FIRST}, seed 1: nan, standard error"),
        (f"{OURS} and seed == 1", {"value": math.inf}, f"{FIRST}, seed 1: inf, standard error"),
        (f"{OURS} and seed == 1", {"standard_error": math.nan}, "standard error nan"),
        (f"{OURS} and seed == 1", {"seed": 2}, f"{FIRST}: has seeds [0, 2], expected [0, 1]"),
        (OURS, {"value": 84.0}, f"{FIRST}: seeds [0, 1] have the very same value, 84"),
        (OURS, {"grid": "other"}, f"{FIRST.replace('authors', 'other')}: extra, not on record"),
        (OURS, {"grid": "other"}, f"{FIRST}: missing"),
        (OURS, {"n_eval": 9999}, f"{FIRST}: 9999 images, expected 10000 (-1)"),
        (OURS, {"n_samples": 5000}, f"{FIRST}: 5000 samples, expected 10000 (-5000)"),
        (OURS, {"bandwidth": 0.2262}, "bandwidth 0.2262, expected 0.215443 at place 4 of the grid (+5.0%)"),
        (OURS, {"bandwidth": 0.4641588834, "bandwidth_place": 7}, "bandwidth 0.464159, expected"),
        ("model == 'training-images'", {"seed": 3}, "has draws [3], expected [0]"),
        ("model == 'all-training-images'", {"value": 242.0}, "test_log_likelihood of all-training-images"),
        (f"{OURS} and seed == 0", {"diverged": True}, "mnist, a seed diverged: seed 0"),
    ],
)
def test_check_names_what_is_off_and_by_how_much(tmp_path, query, values, message):
    metrics, curves = frames()
    done = call(check, *options(tmp_path, changed(metrics, query, **values), curves))
    assert done.returncode == 1
    assert done.stderr.startswith("check: error: mnist, ")
    assert message in done.stderr


def test_check_names_the_most_telling_first(tmp_path):
    metrics, curves = frames()
    metrics = changed(
        metrics, "model == 'mean-image' and grid == 'fine' and metric == 'test_log_likelihood'", value=0.0
    )
    metrics = changed(metrics, f"{OURS} and seed == 1", value=225.0)
    first, second = call(check, *options(tmp_path, metrics, curves)).stderr.splitlines()
    assert "of mean-image, fine grid, seed 0: 0, expected" in first
    assert "above)" in second or "below)" in second


@pytest.mark.parametrize(
    ("column", "value"), [("value", "abc"), ("seed", "one"), ("n_eval", "nan"), ("bandwidth_place", "0"), (None, None)]
)
def test_check_never_passes_what_it_cannot_read(tmp_path, column, value):
    metrics, curves = frames()
    damaged = metrics.astype(str).assign(**{column: value}) if column else metrics.drop(columns="value")
    done = call(check, *options(tmp_path, damaged, curves))
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("check: error: ")


def late(curves: pd.DataFrame, *seeds: int) -> pd.DataFrame:
    return changed(curves, f"seed in {list(seeds)} and epoch == 10", **{"D(G(z))": 0.003})


def test_a_late_seed_is_named_and_held_to_no_least_score(tmp_path):
    metrics, curves = frames()
    low = changed(
        metrics, "model == 'adversarial-nets' and seed == 1", value=-203.0, bandwidth_place=5, bandwidth=0.2782559402
    )
    done = call(check, *options(tmp_path, low, curves))
    assert done.returncode == 1
    assert "seed 1: -203, expected" in done.stderr
    low = changed(
        low, "grid == 'fine' and model == 'adversarial-nets' and seed == 1", bandwidth=0.275, bandwidth_place=46
    )
    done = call(check, *options(tmp_path, low, late(curves, 1)))
    assert done.returncode == 0, done.stderr
    assert "check: began late, so its score has no lower limit: mnist seed 1\n" in done.stdout


def test_a_late_seed_cannot_score_above_the_others(tmp_path):
    metrics, curves = frames()
    done = call(check, *options(tmp_path, changed(metrics, f"{OURS} and seed == 1", value=225.0), late(curves, 1)))
    assert done.returncode == 1
    assert "seed 1: 225, expected" in done.stderr


def test_all_seeds_late_is_a_failure(tmp_path):
    metrics, curves = frames()
    done = call(check, *options(tmp_path, metrics, late(curves, 0, 1)))
    assert done.returncode == 1
    assert done.stderr.startswith(
        "check: error: mnist: every seed began late (D(G(z)) below 0.1 at half of the epochs)"
    )


def test_a_network_that_has_not_learned_in_the_first_epoch_is_named(tmp_path):
    metrics, curves = frames()
    untrained = {"loss_D": math.log(2), "loss_G": math.log(2), "D(x)": 0.5, "D(G(z))": 0.5}
    assert set(untrained) == set(CURVES)
    done = call(check, *options(tmp_path, metrics, changed(curves, "epoch == 1", **untrained)))
    assert done.returncode == 1
    for name in ("loss_D", "loss_G", "D(x)", "D(G(z))"):
        assert f"mnist, {name} in epoch 1, seed 0: {untrained[name]:.6g}, expected" in done.stderr


def test_metrics_without_curves_are_incomplete(tmp_path):
    done = call(check, *options(tmp_path, frames()[0], None))
    assert done.returncode == 1
    assert "mnist, loss_D in epoch 1: missing" in done.stderr


def test_edges_name_seeds_of_mnist_alone():
    row = {"experiment": "mnist", "model": OUR_MODEL, "generator": "best", "grid": "authors", "seed": 0}
    flagged = pd.DataFrame([row | {"metric": "test_log_likelihood", "bandwidth_on_edge": True}])
    assert edges(flagged) == ["mnist, seed 0: bandwidth on the edge of the authors grid (best generator)"]
    assert edges(flagged.assign(bandwidth_on_edge=False)) == []
    assert edges(flagged.assign(experiment="tfd")) == edges(flagged.assign(model="mean-image")) == []


def test_a_record_of_other_epochs_or_another_scale_is_refused(tmp_path):
    metrics, curves = frames()
    other = call(check, *options(tmp_path, metrics.assign(scale="paper"), curves))
    assert other.returncode == 2
    assert "metrics of scale paper, not quick" in other.stderr
    record = read_json(RECORDS / "quick.json") | {"epochs": {"mnist": 19}}
    write_json(tmp_path / "old.json", record)
    stale = call(check, *options(tmp_path, metrics, curves, "--expected", str(tmp_path / "old.json")))
    assert stale.returncode == 2
    assert "made from 19 epochs of mnist; make it again" in stale.stderr


def test_check_fails_as_a_user_runs_it(tmp_path):
    metrics, curves = frames()
    tampered = changed(metrics, f"{OURS} and seed == 1", value=225.0)
    done = run_in(ROOT, "-m", "pipeline.check", *options(tmp_path, tampered, curves))
    assert done.returncode == 1
    assert "seed 1: 225, expected" in done.stderr.splitlines()[0]


def test_a_record_is_made_from_a_run_and_passes_on_it(tmp_path):
    """From two seeds, whose intervals are wide; the baselines get a second draw, a nat off."""
    metrics, curves = frames()
    drawn = metrics[metrics.model.ne(OUR_MODEL) & ~metrics.model.isin(FIXED)]
    several = pd.concat([metrics, drawn.assign(seed=1, value=drawn.value + 1)])
    expected = ("--expected", str(tmp_path / "new.json"))
    made = call(check, *options(tmp_path, several, curves, *expected, "--record", "--late-below", "0.1"))
    assert made.returncode == 0, made.stderr
    assert made.stdout.endswith("new.json: 40 metrics on record; began late: none\n")
    assert call(check, *options(tmp_path, metrics, curves, *expected)).returncode == 0
    one = call(check, *options(tmp_path, metrics, curves, *expected, "--record"))
    assert one.returncode == 2
    assert "has one value; expected several seeds, and n_audits of 2 or more" in one.stderr


@pytest.mark.parametrize("path", sorted(RECORDS.glob("*.json")), ids=lambda path: path.stem)
def test_every_record_is_of_the_present_epochs_and_of_ten_seeds_or_more(path):
    record = read_json(path)
    assert record["scale"] == path.stem
    params = load(PARAMS, path.stem)
    assert record["epochs"] == {name: params.experiment(name).epochs for name in record["epochs"]}
    assert all(entry["tolerance"] > 0 for entry in record["metrics"])
    assert all(entry["n"] >= 10 or entry["model"] in FIXED for entry in record["metrics"])
    assert {TRAINING, OUR_MODEL, "k-means", *FIXED} <= {entry["model"] for entry in record["metrics"]}
    assert {key for entry in record["metrics"] for key in entry} >= {*KEYS, "sd", "n_samples", "n_eval", "bandwidths"}


def test_the_record_of_quick_is_made_from_the_14_seeds_that_are_kept(tmp_path):
    folder = RECORDS / "seeds0-13"
    files = ("--metrics", folder / "metrics.csv", "--expected", tmp_path / "again.json")
    made = call(check, "--params", PARAMS, "--scale", "quick", *files, "--record", "--late-below", "0.1")
    assert made.returncode == 0, made.stderr
    assert "began late: mnist seed 2, mnist seed 5, mnist seed 11\n" in made.stdout
    assert (tmp_path / "again.json").read_bytes() == (RECORDS / "quick.json").read_bytes()


def test_the_pages_say_of_these_seeds_what_their_files_say():
    metrics, curves = frames("seeds0-13")
    ours = metrics.query(OURS).set_index("seed").value
    half = curves[curves.epoch == 10].set_index("seed")["D(G(z))"]
    late = half < 0.1
    assert sorted(ours[late].round()) == [-269, -253, -16]
    assert (round(ours[~late].min()), round(ours[~late].max())) == (70, 108)
    assert (round(half[~late].min(), 2), round(half[~late].max(), 2)) == (0.15, 0.26)
    assert half[late].max() < 0.003


@pytest.mark.parametrize("problem", ["diverged", "late"])
def test_no_record_is_made_from_a_run_that_is_not_sound(tmp_path, problem):
    metrics, curves = frames("seeds0-13")
    metrics = changed(metrics, "seed == 3", diverged=True) if problem == "diverged" else metrics
    curves = late(curves, *range(14)) if problem == "late" else curves
    made = call(
        check, *options(tmp_path, metrics, curves), "--record", "--late-below", "0.1", "--expected", tmp_path / "r"
    )
    assert made.returncode == 2
    assert (
        "diverged: mnist seed 3" if problem == "diverged" else "every seed of an experiment began late"
    ) in made.stderr


def test_what_is_not_on_record_is_named_and_never_all_there_is(tmp_path):
    metrics, curves = frames()
    other = metrics[metrics.model == "gaussian"].assign(model="new-baseline")
    done = call(check, *options(tmp_path, pd.concat([metrics, other]), curves))
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("check: not on record, not checked: mnist new-baseline\n")
    record = read_json(RECORDS / "quick.json")
    for entry in record["metrics"]:
        entry["experiment"] = "tfd"
    write_json(tmp_path / "other.json", record | {"epochs": {"tfd": 20}})
    nothing = call(check, *options(tmp_path, metrics, curves, "--expected", str(tmp_path / "other.json")))
    assert nothing.returncode == 2
    assert "nothing of mnist is on record, only tfd" in nothing.stderr


def test_the_pages_say_of_the_runs_of_50_epochs_what_their_curves_say():
    paths = sorted((ROOT / "benchmarks/results/pairs").glob("mnist-[bc]*/seed?/curve.csv"))
    back = []  # the first epoch after the third in which D(G(z)) is 0.1 or more
    for path in paths:
        curve = read_csv(path).set_index("epoch")["D(G(z))"]
        back.append(next((epoch for epoch in curve.index if epoch > 3 and curve[epoch] >= 0.1), 99))
    assert sorted(back) == [6, 6, 6, 7, 7, 7, 7, 8, 18, 99]
    tenth = [read_csv(path).set_index("epoch")["D(G(z))"][10] for path in paths]
    assert sorted(round(value, 2) for value in tenth) == [0, 0, 0.15, 0.17, 0.2, 0.2, 0.22, 0.24, 0.24, 0.26]


def test_the_scores_of_the_pairs_are_those_of_their_measures():
    scores = read_csv(ROOT / "benchmarks/results/precision.csv").set_index(["asked", "seed"]).authors
    for asked, name in (("float32", "mnist-code"), ("bfloat16", "mnist-bfloat16")):
        for seed in range(5):
            measures = read_csv(ROOT / f"benchmarks/results/pairs/{name}/seed{seed}/measures.csv").set_index("metric")
            assert scores[asked, seed] == pytest.approx(measures.value["test_log_likelihood"])
