"""Other models as runs, annealed importance sampling of them, and the command that compares them."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from helpers import ROOT, call, edit, misfits

from pipeline import ais, compare, evaluate, prepare, rival, sample, train
from pipeline.config.params import load
from pipeline.files.errors import UserError
from pipeline.files.formats import read_arrays, read_csv, read_json, read_tensors, write_arrays, write_csv

PARAMS = load(ROOT / "params.yaml", "smoke")
SCALE = ("--params", ROOT / "params.yaml", "--scale", "smoke")
RIVALS = ("vae-1x500", "gmmn-ae", "linear-gaussian")  # one of each kind


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Every rival of scale smoke, sampled, scored and measured; k-means measured."""
    folder = tmp_path_factory.mktemp("comparison")
    done = call(prepare, "--params", ROOT / "params.yaml", "--dataset", "synthetic-mnist", "--output", folder / "d.npz")
    assert done.returncode == 0, done.stderr
    for name in RIVALS:
        finish(folder, name)
    measured(folder, "mnist", folder / "audit", "--k-means")
    (folder / "page.md").write_text("before\n<!-- comparison:begin -->\n<!-- comparison:end -->\nafter\n")
    runs = [folder / name / "seed0" for name in RIVALS]
    given = ("--ais", folder / "audit", *runs, "--runs", *runs, "--page", folder / "page.md")
    done = call(compare, *SCALE, *given, "--output", folder / "out")
    assert done.returncode == 0, done.stderr
    return folder


def common(folder: Path, name: str) -> tuple[object, ...]:
    where = ("--params", ROOT / "params.yaml", "--scale", "smoke", "--data", folder / "d.npz")
    return (*where, "--experiment", name, "--device", "cpu", "--threads", 1)


def trained(folder: Path, name: str, *options: object):
    places = ("--output", folder / name, "--work", folder / "work" / name, "--seeds", 0)
    return call(rival, *common(folder, name), *places, *options)


def measured(folder: Path, name: str, output: Path, *options: object) -> str:
    done = call(ais, *common(folder, name), "--output", output, *options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def finish(folder: Path, name: str) -> None:
    run = folder / name / "seed0"
    done = [trained(folder, name), *(call(each, *common(folder, name), "--run", run) for each in (sample, evaluate))]
    assert not any(each.returncode for each in done), [each.stderr for each in done]
    measured(folder, name, run, "--run", run)


def test_a_rivals_run_is_scored_under_its_own_name(folder):
    for name in RIVALS:
        metrics = read_csv(folder / name / "seed0/metrics.csv")
        assert set(metrics.model) == {name}
        assert set(metrics.precision) == {"float32"}
        assert set(metrics.length) == {PARAMS.model(name).epochs}
        assert {"best", "last"} == set(metrics.generator)


def test_commands_do_nothing_where_all_holds(folder):
    assert "nothing to do" in trained(folder, "vae-1x500").stdout
    run = folder / "vae-1x500/seed0"
    assert "nothing to do" in measured(folder, "vae-1x500", run, "--run", run)


def test_rival_resumes_from_its_checkpoint(folder, tmp_path, monkeypatch):
    """A run that is killed on its way ends with the very bits of one that is not."""
    done = call(
        prepare, "--params", ROOT / "params.yaml", "--dataset", "synthetic-mnist", "--output", tmp_path / "d.npz"
    )
    assert done.returncode == 0, done.stderr

    epochs = iter(range(1, 10))

    def stop(*_: object, **__: object) -> None:
        if next(epochs) == 3:  # trained, not yet saved
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(rival.tqdm, "set_postfix", stop)
        assert trained(tmp_path, "gmmn-ae", "--checkpoint-seconds", 0).returncode == 1
    left = read_tensors(tmp_path / "work/gmmn-ae/seed0.safetensors")[1]
    assert json.loads(left["state"])["progress"]["0"]["epoch"] == 2
    assert trained(tmp_path, "gmmn-ae").returncode == 0
    ends = [read_tensors(each / "gmmn-ae/seed0/generator.safetensors")[0] for each in (folder, tmp_path)]
    assert all(bool((ends[0][name] == ends[1][name]).all()) for name in ends[0])


def test_ais_writes_each_estimate_with_its_sizes(folder):
    rows = read_csv(folder / "vae-1x500/seed0/ais.csv")
    chosen = rows[rows.chosen_by == "parzen"]
    assert chosen.metric.value_counts().to_dict() == {
        "parzen_log_likelihood": 2,
        "ais_log_likelihood": 2,
        "upper_bound": 1,
        "gap": 1,
    }
    of = chosen[chosen.images == "simulated"].set_index("metric").value
    assert of["gap"] == pytest.approx(of["upper_bound"] - of["ais_log_likelihood"])
    annealed = chosen[chosen.metric == "ais_log_likelihood"]
    assert annealed.acceptance.between(0, 1).all()
    assert set(annealed.distributions) == {PARAMS.comparison.distributions}
    assert set(chosen.n_eval) == {PARAMS.comparison.images}
    tried = rows[rows.chosen_by == "tried"].set_index("bandwidth").value
    assert set(rows[rows.chosen_by == "ais"].bandwidth) == {tried.idxmax()}
    metrics = read_csv(folder / "vae-1x500/seed0/metrics.csv").query("grid == 'authors'")
    assert set(chosen.bandwidth) == set(metrics.bandwidth)  # that the Parzen score of the run has


def test_the_exact_value_of_k_means_is_its_parzen_score(folder):
    images = read_csv(folder / "audit/ais_images.csv")
    assert (images.parzen == images.exact).all()
    assert images.ais.isna().all()


def test_weights_alone_can_be_measured(folder, tmp_path):
    weights = folder / "vae-1x500/seed0/generator.safetensors"
    done = call(ais, *common(folder, "vae-1x500"), "--generator", weights, "--output", tmp_path)
    assert (done.returncode, done.stderr) == (2, "ais: error: --generator needs --seed, the seed of its run\n")
    options = ("--generator", weights, "--seed", 0, "--chosen-by", "parzen", "--distributions", 3, "--images", 3)
    measured(folder, "vae-1x500", tmp_path, *options)
    assert set(read_csv(tmp_path / "ais.csv").chosen_by) == {"parzen"}
    done = call(ais, *common(folder, "vae-1x500"), *options[:4], "--images", 10_000, "--output", tmp_path)
    assert done.returncode == 2
    assert "lower --images" in done.stderr


def test_training_commands_refuse_each_others_models(folder, tmp_path):
    done = trained(folder, "mnist")
    assert (done.returncode, done.stderr) == (
        2,
        "rival: error: mnist: trained by `train`; name one of the `rivals` of params.yaml with --experiment\n",
    )
    places = ("--output", tmp_path, "--work", tmp_path, "--seeds", 0, "--lines")
    assert call(train, *common(folder, "vae-1x500"), *places).returncode == 2


def test_compare_writes_tables_figure_and_page_and_makes_them_again(folder, tmp_path):
    out, text = folder / "out", (folder / "page.md").read_text()
    assert text.startswith("before")
    assert text.endswith("after\n")
    assert "| VAE, 1 x 500 units" in text
    assert "Parzen from 200 and 600 samples" in text
    assert "pairs of models, the Parzen score ranks" in text
    assert call(compare, *SCALE, "--gathered", out, "--output", tmp_path / "again").returncode == 0
    for path in [*out.glob("*.csv"), out / "sheets.npz", out / "comparison.md", *out.glob("*.svg")]:
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes(), path
    assert set(read_json(out / "comparison.manifest.json")["outputs"]) == {
        path.name for path in out.iterdir() if path.name != "comparison.manifest.json"
    }


def test_compare_shows_images_of_each_model_beside_training_images(folder):
    """K-means has no sheet here, because no audit ran: it is left out. The linear Gaussian leaves [0, 1]: it is cut."""
    sheets, draws = (
        read_arrays(folder / "out/sheets.npz"),
        read_arrays(folder / "linear-gaussian/seed0/sheet.npz")["draws"],
    )
    assert set(sheets) == set(RIVALS)
    assert draws.max() > 1
    assert (sheets["linear-gaussian"] == (255 * draws.reshape(20, -1)[:8].clip(0, 1)).round()).all()
    write_arrays(
        folder / "audit/sheet.npz", **{"k-means": np.ones((9, 4), np.uint8), "training-images": np.zeros((9, 4))}
    )
    found = compare._sheets([folder / "audit"])
    assert {name: rows.shape for name, rows in found.items()} == {"k-means": (8, 4), "training-images": (8, 4)}
    (folder / "audit/sheet.npz").unlink()


def test_compare_needs_no_images(folder, tmp_path):
    done = call(compare, *SCALE, "--ais", folder / "audit", "--output", tmp_path)
    assert done.returncode == 0, done.stderr
    assert read_arrays(tmp_path / "sheets.npz") == {}
    assert (tmp_path / "samples.svg").is_file()


def test_comparison_files_are_documented(folder, tmp_path):
    (tmp_path / "comparison").mkdir()
    for path in (folder / "out").glob("*.csv"):
        write_csv(tmp_path / "comparison" / path.name, read_csv(path))
    assert misfits(tmp_path) == []


def test_compare_refuses_other_images_and_other_scales(folder, tmp_path):
    measured(folder, "mnist", tmp_path, "--k-means", "--images", 3)
    scale = ("--params", ROOT / "params.yaml", "--output", tmp_path / "out")
    folders = ("--ais", tmp_path, folder / "vae-1x500/seed0")
    done = call(compare, *scale, "--scale", "smoke", *folders)
    assert done.returncode == 2
    assert "models measured on different test images" in done.stderr
    done = call(compare, *scale, "--scale", "smoke", "--ais", folder / "audit", folder / "audit")
    assert (done.returncode, done.stderr) == (
        2,
        "compare: error: k-means: measured more than once; name one folder per model with --ais\n",
    )
    run = folder / "vae-1x500/seed0"
    done = call(compare, *scale, "--scale", "smoke", "--ais", run, "--runs", run, run)
    assert (done.returncode, done.stderr) == (2, "compare: error: --runs names a run more than once; name each once\n")
    done = call(compare, *scale, "--scale", "quick", *folders)
    assert done.returncode == 2
    assert "of scale smoke, not quick" in done.stderr


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  linear-gaussian: {label", "  mnist: {label", "rivals: mnist: is an experiment of the catalogue"),
        ("epochs: [6, 6, 6, 80] ", "epochs: [6, 80] ", "rivals: gmmn-ae: epochs: expected 4 phases"),
        ("noise_size: 100, hidden: []", "noise_size: 100, hidden: [9]", "a linear model has no hidden layers"),
        ("  experiment: mnist        ", "  experiment: tfd-2        ", "comparison: experiment"),
    ],
)
def test_params_of_the_comparison_are_checked(old, new, message, tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text((ROOT / "params.yaml").read_text())
    edit(path, old, new)
    with pytest.raises(UserError, match=re.escape(message)):
        load(path, "smoke")
