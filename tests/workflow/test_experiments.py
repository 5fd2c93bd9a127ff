"""Every experiment beside MNIST through the whole graph: small networks, real code."""

import pytest
from helpers import edit, run_in

from pipeline.files.formats import read_csv, read_json
from pipeline.record.runs import OUR_MODEL
from pipeline.reporting.evidence import AUDITED
from pipeline.reporting.two_sample import REAL
from pipeline.rules.graph import KINDS


def test_every_experiment_runs_from_images_to_its_rows_and_figures(other_experiments):
    folder, names = other_experiments
    results = folder / "results/smoke"
    metrics = read_csv(results / "metrics.csv")
    assert set(metrics.experiment) == set(names)
    assert metrics.value.notna().all()
    assert set(metrics.model) == {OUR_MODEL, *AUDITED, *REAL}
    for name in names:
        for kind in KINDS:
            assert (results / "figures" / f"{kind}-{name}.svg").stat().st_size > 1000
    assert read_csv(results / "curves.csv")[["loss_D", "loss_G"]].notna().all(axis=None)
    table = (results / "table1.md").read_text()
    assert "Our other experiments; the paper gives no number for them." in table
    assert "CIFAR-10" in table


def test_tfd_is_scored_fold_by_fold(faces):
    metrics = read_csv(faces / "results/smoke/metrics.csv")
    mine = metrics.query("metric == 'test_log_likelihood' and grid == 'authors' and generator == 'last'")
    folds, (mean,) = mine[mine.fold.notna()], mine[mine.fold.isna()].to_dict("records")
    assert sorted(folds.fold) == [0, 1, 2, 3, 4]
    assert folds.n_eval.tolist() == [20] * 5
    assert folds.bandwidth.notna().all()
    assert (mean["error_over"], mean["n_eval"]) == ("5 folds", 100)
    assert mean["value"] == pytest.approx(folds.value.mean())
    assert mean["standard_error"] == pytest.approx(folds.value.std(ddof=0) / 5**0.5)
    assert mean["standard_error_ddof1"] == pytest.approx(folds.value.std(ddof=1) / 5**0.5)
    bandwidths = read_csv(faces / "results/smoke/bandwidths.csv")
    assert len(bandwidths.query("chosen and grid == 'authors' and model == @OUR_MODEL")) == 2 * 5
    variance = read_csv(faces / "results/smoke/variance.csv")
    assert variance.source.tolist() == ["training seed", "draw of samples", "fold"]
    assert variance.sd[2] == pytest.approx(folds.value.std(ddof=1) / 5**0.5, rel=0.2)  # averaged over two draws


def test_a_second_stage_begins_from_the_first(faces):
    run = read_json(faces / "runs/smoke/tfd/seed0/manifest.json")
    first = faces / "runs/smoke/tfd-pretrain/seed0"
    assert run["pretrained_sha256"] == read_json(first / "manifest.json")["outputs"]["last.safetensors"]
    assert not (first / "metrics.csv").exists(), "a first stage is not scored"
    verify = ("-m", "pipeline.verify", "--scale", "smoke")
    assert run_in(faces, *verify).returncode == 0
    edit(first / "manifest.json", '"learning_rate": 0.05,', '"learning_rate": 0.06,')
    refused = run_in(faces, *verify)
    assert "tfd-pretrain/seed0/manifest.json: is no longer valid" in refused.stderr
    assert "settings recipe.learning_rate: 0.06 -> 0.05" in refused.stderr


def test_a_missing_file_is_said_with_how_to_supply_it(finished):
    done = run_in(finished, "-m", "snakemake", "-n", "--config", "scale=paper", "experiments=[tfd]")
    assert done.returncode != 0
    assert "nothing to run: set datasets: tfd: path in params.yaml to your TFD_48x48.mat" in done.stdout + done.stderr
