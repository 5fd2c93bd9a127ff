"""Which runs are compared: whole ones of the present settings, computed in the precision that was asked for."""

from pathlib import Path

import pandas as pd
import pytest
from helpers import ROOT

from pipeline.claims.files import CLASSIFIER
from pipeline.claims.gather import as_read, fit, gather_claims
from pipeline.config.params import Params, load
from pipeline.files.errors import UserError
from pipeline.files.formats import read_csv, read_json, sha256, write_csv, write_json
from pipeline.record.manifest import Record, plain
from pipeline.record.runs import AUDIT, CURVE, GROWTH, MANIFESTS, MEASURED, MEASURES

FLOAT32, BFLOAT16 = "mnist-code", "mnist-bfloat16"


@pytest.fixture(scope="module")
def params() -> Params:
    return load(ROOT / "params.yaml", "quick")


def run(runs: Path, params: Params, name: str, seed: int, rounding: str, classifier: str = "one") -> Path:
    """Make a run's folder with curve, measures and their manifests, trained where products are rounded so."""
    folder = runs / name / f"seed{seed}"
    write_csv(folder / CURVE, pd.DataFrame({"epoch": [1]}))
    write_csv(folder / MEASURES, pd.DataFrame({"experiment": [name], "seed": [seed]}))
    inputs = {"mnist.npz": "images", CLASSIFIER: classifier}
    for manifest, output, settings in (
        (MANIFESTS["train"], CURVE, params.experiment(name).settings("train")),
        (MEASURED, MEASURES, params.measuring(name)),
    ):
        files = {
            "stage": "train",
            "inputs": inputs,
            "outputs": {output: sha256(folder / output)},
            "settings": plain(settings),
        }
        write_json(folder / manifest, files | {"seed": seed, "machines": [{"rounding": rounding}]})
    return folder


@pytest.fixture
def toys(tmp_path, params) -> Path:
    """The folder of a classifier's manifest, where the scale's growth and oracle have been measured, too."""
    main, audit = params.claims.main, tmp_path / params.claims.main / AUDIT
    results = {audit / GROWTH: params.experiment(main).settings("growth"), tmp_path / "oracle.csv": params.oracle}
    for path, settings in results.items():
        write_csv(path, pd.DataFrame({"value": [1.0]}))
        content = {"stage": "growth", "inputs": {}, "outputs": {path.name: sha256(path)}, "settings": plain(settings)}
        write_json(path.with_suffix(".manifest.json"), content)
    write_json(
        tmp_path / "toys/classifier.manifest.json",
        {"stage": "claims.classify", "inputs": {}, "outputs": {CLASSIFIER: "one"}},
    )
    return tmp_path / "toys"


def test_a_run_in_another_precision_than_asked_for_is_left_out(params, toys, tmp_path, capsys):
    folders = [run(tmp_path, params, FLOAT32, seed, "float32") for seed in (0, 1)]
    folders += [run(tmp_path, params, BFLOAT16, seed, found) for seed, found in enumerate(("bfloat16", "float32"))]
    gathered = gather_claims(folders, params, toys)
    for frame in (gathered["measures.csv"], gathered["curves.csv"]):
        assert frame[["experiment", "seed"]].values.tolist() == [[FLOAT32, 0], [FLOAT32, 1], [BFLOAT16, 0]]
    assert capsys.readouterr().out == f"{BFLOAT16}: requires bfloat16; 1 run computed in float32 left out\n"


def test_an_experiment_may_be_left_out_where_it_is_compared_alone(params, toys, tmp_path, capsys):
    folders = [run(tmp_path, params, FLOAT32, 0, "float32")]
    folders += [run(tmp_path, params, BFLOAT16, seed, "float32") for seed in (0, 1)]
    assert set(gather_claims(folders, params, toys)["measures.csv"].experiment) == {FLOAT32}
    assert capsys.readouterr().out == f"{BFLOAT16}: requires bfloat16; 2 runs computed in float32 left out\n"
    folders[0] = run(tmp_path, params, FLOAT32, 0, "tf32")
    with pytest.raises(UserError, match=f"{FLOAT32}: requires float32, but all runs were computed in tf32"):
        gather_claims(folders, params, toys)


def test_a_run_that_two_machines_computed_differently_is_left_out(params, toys, tmp_path, capsys):
    folders = [run(tmp_path, params, name, 0, "float32") for name in (FLOAT32, BFLOAT16)]
    path = folders[1] / MANIFESTS["train"]
    write_json(path, read_json(path) | {"machines": [{"rounding": "bfloat16"}, {"rounding": "float32"}]})
    assert set(gather_claims(folders, params, toys)["curves.csv"].experiment) == {FLOAT32}
    assert "computed in bfloat16 and float32 left out" in capsys.readouterr().out


def test_all_runs_are_measured_with_one_classifier(params, toys, tmp_path):
    folders = [run(tmp_path, params, FLOAT32, 0, "float32"), run(tmp_path, params, FLOAT32, 1, "float32", "another")]
    with pytest.raises(UserError, match="seed1: used another classifier"):
        gather_claims(folders, params, toys)


@pytest.mark.parametrize("name", ["mnist/audit/growth", "oracle"])
def test_an_estimate_of_other_settings_is_refused(params, toys, tmp_path, name):
    path = tmp_path / f"{name}.manifest.json"
    write_json(path, read_json(path) | {"settings": {"n_samples": 7}})
    with pytest.raises(UserError, match=rf"{path.name}: is no longer valid \(settings"):
        gather_claims([run(tmp_path, params, FLOAT32, 0, "float32")], params, toys)


def test_a_part_of_the_claims_reads_the_published_growth(params, toys, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    (tmp_path / "mnist/audit/growth.manifest.json").unlink()
    part = Params(params.values | {"variants": []}, "quick")
    gathered = gather_claims([run(tmp_path, params, FLOAT32, 0, "float32")], part, toys)
    pd.testing.assert_frame_equal(gathered[GROWTH], read_csv(ROOT / "results/published/growth.csv"))


def test_claims_read_by_other_rules_are_not_shown(params, tmp_path, capsys):
    written = Record("claims", settings=params.compared()).content([])
    for change, fits in (({}, True), ({"code": "other"}, False), ({"settings": {}}, False)):
        write_json(tmp_path / "claims.manifest.json", written | change)
        assert fit(tmp_path, params) is fits
    assert "not shown (other code)" in capsys.readouterr().out


@pytest.mark.parametrize("variants", [None, [], ["mnist-saturating"]])
def test_claims_are_judged_with_the_variants_that_they_were_read_from(params, tmp_path, variants):
    """Commands that find them need not be told."""
    some = Params(params.values | {"variants": variants}, "quick")
    write_json(tmp_path / "claims.manifest.json", Record("claims", settings=some.compared()).content([]))
    assert fit(tmp_path, params)
    assert as_read(tmp_path, params).claims.variants == variants
    assert as_read(tmp_path, some).claims.experiments == some.claims.experiments
