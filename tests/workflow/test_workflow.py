"""The whole graph at scale smoke: runs, does nothing twice, and reacts to exactly what changed."""

import os
import re

import pytest
import torch
import yaml
from helpers import ROOT, call, copy_project, edit, misfits, planned, run_in

from gan.images import TEST, TRAIN, VALIDATION
from gan.sampling import draw_samples
from gan.scoring import score
from gan.seeding import stream
from pipeline import check, table
from pipeline.config.params import load
from pipeline.data.arrays import load_images
from pipeline.files.errors import UserError
from pipeline.files.formats import read_array, read_arrays, read_csv, read_json
from pipeline.record.runs import OUR_MODEL
from pipeline.reporting.evidence import AUDITED
from pipeline.rules.graph import KINDS, Graph
from pipeline.runtime.networks import new_generator

SNAKEMAKE = ("-m", "snakemake", "--cores", "2")
VERIFY = ("-m", "pipeline.verify")
COLUMNS = (
    "experiment model seed fold metric value unit standard_error error_over bandwidth bandwidth_place grid_size grid "
    "n_samples n_eval diverged scale"
)


def test_metrics_are_tidy_and_complete(finished):
    metrics = read_csv(finished / "results/smoke/metrics.csv")
    assert set(COLUMNS.split()) <= set(metrics.columns)
    ours = metrics[metrics.model == OUR_MODEL]
    scores = ours[ours.metric.isin(["validation_log_likelihood", "test_log_likelihood"])]
    assert len(scores) == 2 * 2 * 2 * 2  # seeds, generators, grids, validation and test
    assert len(ours) == len(scores) + 2 * 3  # and what training measured, the same from other noise, a two-sample test
    assert set(ours.length) == {10}
    audited = metrics[metrics.model != OUR_MODEL]
    tests = audited[audited.metric == "two_sample_accuracy"]
    assert set(tests.model) == {"training-images", "validation-images", "k-means"}
    assert len(audited) == 7 * 2 * 2 + len(tests)  # grids, validation and test
    assert set(audited.model) == {*AUDITED, "validation-images"}
    assert metrics.value.notna().all()
    assert metrics.dtypes[["bandwidth_on_edge", "diverged"]].tolist() == [bool, bool]
    assert ours.bandwidth_place.isna().equals(~ours.metric.isin(["validation_log_likelihood", "test_log_likelihood"]))
    assert set(metrics.scale) == {"smoke"}


def test_seeds_give_different_numbers(finished):
    metrics = read_csv(finished / "results/smoke/metrics.csv").query("metric == 'test_log_likelihood'")
    assert metrics.query("grid == 'fine' and generator == 'best'").value.nunique() == 2


def test_the_growing_set_passes_through_the_number_of_the_table(finished):
    results = finished / "results/smoke"
    growth = read_csv(results / "growth.csv").query("n_samples == 200").set_index("grid").value
    metrics = read_csv(results / "metrics.csv").query("seed == 0 and generator == 'best'")
    table = metrics[metrics.metric == "test_log_likelihood"].set_index("grid").value
    assert growth.to_dict() == pytest.approx(table.to_dict(), abs=1e-6)


def test_the_first_draw_is_the_number_of_the_table(finished):
    run = finished / "runs/smoke/mnist/seed1"
    redrawn, images = read_csv(run / "redrawn.csv"), read_arrays(run / "test_images.npz")
    metrics = read_csv(run / "metrics.csv").query("metric == 'test_log_likelihood' and generator == 'best'")
    number = metrics.set_index("grid").value
    assert redrawn.draw.tolist() == [0, 1]
    assert redrawn.value[0] == pytest.approx(number["authors"], abs=1e-6)
    assert redrawn.value[1] != redrawn.value[0]
    assert {grid: rows.mean(dtype=float) for grid, rows in images.items()} == pytest.approx(number.to_dict(), rel=1e-6)


def test_training_moves_the_metric_far_beyond_its_tolerance(finished):
    """So that the record of smoke notices a broken game."""
    params = load(finished / "params.yaml", "smoke")
    experiment, data = params.experiment("mnist"), finished / "data/prepared/synthetic-mnist.npz"
    train, validation, test = (load_images(data, part, "synthetic-mnist") for part in (TRAIN, VALIDATION, TEST))
    untrained = new_generator(experiment, 0, torch.device("cpu"), train.mean(dim=0))
    samples = draw_samples(untrained, "uniform", experiment.n_samples, stream(0, "evaluation samples"))
    value = score(samples, validation, test, experiment.grids)["authors"].test
    record = read_json(ROOT / "tests/regression/smoke.json")["metrics"]
    wanted = ("best", "authors", "test_log_likelihood")
    (entry,) = (entry for entry in record if (entry["generator"], entry["grid"], entry["metric"]) == wanted)
    assert abs(value - entry["value"]) > 5 * entry["tolerance"]


def test_smoke_metrics_are_those_on_record(finished, monkeypatch):
    monkeypatch.chdir(ROOT)
    done = call(check, "--scale", "smoke", "--metrics", finished / "results/smoke/metrics.csv")
    assert done.returncode == 0, done.stderr


def test_every_promised_file_is_there(finished):
    results = finished / "results/smoke"
    for name in ("summary.csv", "table1.csv", "table1.md", "table1.tex", "report.html", "curves.csv", "bandwidths.csv"):
        assert (results / name).stat().st_size > 0
    for name in ("table1", "toy", "oracle", *(f"{kind}-mnist" for kind in KINDS)):
        assert (results / "figures" / f"{name}.svg").stat().st_size > 1000
        assert (results / "figures" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    run = finished / "runs/smoke/mnist/seed1"
    assert read_array(run / "samples.npy").shape == (200, 784)
    manifest = read_json(run / "manifest.json")
    assert {"settings", "seed", "code", "inputs", "environment", "device", "wall_seconds"} <= manifest.keys()


def test_new_results_have_the_documented_columns(finished):
    assert misfits(finished / "results/smoke") == []


def test_report_is_one_file_that_says_its_scale(finished):
    page = (finished / "results/smoke/report.html").read_text()
    assert not re.search(r"""src\s*=\s*["']?(https?:|//)|<link[^>]+href="(?!data:)|@import|<script src""", page)
    assert "Scale <strong>smoke</strong>" in page
    assert "synthetic images" in page
    assert page.count("<img ") == page.count('alt="') == 3 + 9
    assert "<td>simultaneous</td>" in page
    for stage in ("prepare", "train", "sample", "evaluate", "audit", "growth", "oracle", "table", "figures"):
        assert f"<td>{stage}</td>" in page


def test_second_run_does_nothing(finished):
    done = run_in(finished, *SNAKEMAKE)
    assert done.returncode == 0
    assert "Nothing to be done" in done.stdout + done.stderr


def test_a_moved_copy_with_new_time_stamps_does_nothing(project):
    for path in (*project.glob("gan/*.py"), *project.glob("pipeline/*.py"), *project.glob("data/prepared/*")):
        os.utime(path)
    assert planned(project) == {}


def test_a_changed_colour_redraws_and_retrains_nothing(project):
    edit(project / "params.yaml", '"#c1440e"', '"#112233"')
    assert planned(project) == {"figures": 1, "report": 1}


@pytest.mark.long
def test_what_was_redrawn_is_verified(project):
    edit(project / "params.yaml", '"#c1440e"', '"#112233"')
    assert run_in(project, *SNAKEMAKE).returncode == 0
    verified = run_in(project, *VERIFY)
    assert verified.returncode == 0, verified.stderr


def test_what_was_chosen_is_said_to_all_that_show_results(project):
    choice = ("--config", "experiments=[mnist]", "seeds=[0,1]")
    done = run_in(project, *SNAKEMAKE, "-n", "-p", "--workflow-profile", "none", "--forceall", *choice)
    commands = re.findall(r"pipeline\.(table|figures|report) (.*)", done.stdout + done.stderr)
    assert {stage for stage, _ in commands} == {"table", "figures", "report"}
    assert all("--experiments mnist --seeds 0 1" in options for _, options in commands)


def test_a_changed_learning_rate_retrains(project):
    edit(project / "params.yaml", "learning_rate: 0.1\n", "learning_rate: 0.2\n")
    assert planned(project)["train"] == 2
    assert "prepare" not in planned(project)


def test_a_changed_grid_scores_again_and_retrains_nothing(project):
    edit(project / "params.yaml", "count: 91", "count: 46")
    counts = planned(project)
    assert (counts["evaluate"], counts["audit"], counts["growth"]) == (2, 1, 1)
    assert "train" not in counts


def test_an_added_seed_trains_that_seed_alone(project):
    counts = planned(project, "--config", "seeds=[0,1,2]")
    assert (counts["train"], counts["sample"], counts["evaluate"]) == (1, 1, 1)


def test_seeds_that_are_added_to_an_ensemble_train_alone(project):
    """The list is another, so that its job runs; the seeds that are finished are left as they are."""
    before = (project / "runs/smoke/mnist/seed0/manifest.json").read_bytes()
    trained, chosen = "runs/smoke/mnist/seeds0-2.json", ("--config", "seeds=[0,1,2]", "seeds_per_job=3")
    done = run_in(project, *SNAKEMAKE, trained, *chosen)
    assert done.returncode == 0, done.stdout + done.stderr
    assert read_json(project / "runs/smoke/mnist/seed2/manifest.json")["trained_together"] == [2]
    assert (project / "runs/smoke/mnist/seed0/manifest.json").read_bytes() == before
    log = (project / "logs/train/smoke-mnist-seeds0-2.log").read_text()
    assert log.count("are current; nothing to do") == 2
    assert planned(project, trained, *chosen) == {}


def test_table_refuses_a_run_of_other_settings(project, monkeypatch):
    edit(project / "params.yaml", "learning_rate: 0.1\n", "learning_rate: 0.2\n")
    command = ("--scale", "smoke", "--runs", "runs/smoke/mnist/seed0", "--output", "results/smoke")
    monkeypatch.chdir(project)
    done = call(table, *command)
    assert done.returncode == 2
    assert "recipe.learning_rate: 0.1 -> 0.2" in done.stderr


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"scale": "huge"}, "'huge' is unknown"),
        ({"experiments": ["cats"]}, "'cats' is unknown"),
        ({"seeds": ["1", "1"]}, "non-unique"),
        ({"colour": "red"}, "colour"),
        ({"synthetic_images": 900}, "to change synthetic_images edit .*params.yaml"),
    ],
)
def test_the_graph_refuses_bad_config(finished, config, message):
    params = finished / "params.yaml"
    with pytest.raises(UserError, match=message):
        Graph(yaml.safe_load(params.read_text()) | config, params)


def test_snakemake_shows_the_line_before_any_work(finished):
    done = run_in(finished, *SNAKEMAKE, "-n", "--config", "scale=huge")
    assert done.returncode != 0
    assert "'huge' is unknown" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_snakefile_is_lint_clean(tmp_path):
    done = run_in(copy_project(tmp_path), "-m", "snakemake", "--lint")
    assert done.returncode == 0, done.stdout + done.stderr
