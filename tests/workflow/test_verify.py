"""What `verify` and `publish` refuse, and what names it."""

import re
import shutil

import pytest
from helpers import ROOT, call, copy_project, edit, planned, run_in

from pipeline import publish, train, verify
from pipeline.claims.files import FIGURES, TABLES
from pipeline.files.formats import read_csv, read_json, write_json
from pipeline.record.runs import LARGE_FILES, MANIFESTS, TRAINING_FILES


def test_verify_accepts_what_a_finished_run_wrote(finished, monkeypatch):
    monkeypatch.chdir(finished)
    assert call(verify).returncode == 0


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("results/smoke/metrics.json", '"n_seeds": 2', '"n_seeds": 3', "metrics.json: does not follow"),
        ("results/smoke/table1.md", "| DBN ", "| DBM ", "table1.md: does not follow"),
        ("results/smoke/report.html", "reproduced</h1>", "again</h1>", "report.html is not the bytes"),
        ("runs/smoke/mnist/audit/growth.csv", ",authors,500,", ",authors,501,", "growth.csv is not the bytes"),
        (
            "runs/smoke/mnist/audit/manifest.json",
            '"n_audits": 1',
            '"n_audits": 3',
            "n_audits: 3 -> 1.*delete .*/manifest.json and run",
        ),
        ("results/smoke/variance.csv", "training seed", "training sed", "variance.csv: does not follow"),
        ("results/smoke/oracle.csv", "Gaussian,2,", "Gaussian,3,", "oracle.csv is not the bytes"),
        ("results/smoke/figures/table1.svg", "</svg>", "</svg> ", "table1.svg is not the bytes"),
        ("params.yaml", "confidence: 0.95", "confidence: 0.5", "does not follow|confidence"),
        ("params.yaml", "margin_nats: 22", "margin_nats: 99", "margin_nats: 22 -> 99"),
        ("params.yaml", '"#c1440e"', '"#112233"', "figures.ours"),
    ],
)
def test_verify_names_what_does_not_follow(project, name, old, new, message, monkeypatch):
    path = project / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1 if name.endswith("json") else -1))
    monkeypatch.chdir(project)
    done = call(verify)
    assert done.returncode == 2
    assert re.search(message, done.stderr), done.stderr


def asked(folder, target):
    """Return the files that a target asks for."""
    done = run_in(
        folder, "-m", "snakemake", "--cores", "1", "--config", "scale=smoke", "-nf", "--quiet", "host", "--", target
    )
    assert done.returncode == 0, done.stdout + done.stderr
    _, _, rule = (done.stdout + done.stderr).partition(f"rule {target}:")
    return set(re.search("^    input: (.*)$", rule, re.MULTILINE)[1].split(", "))


def test_the_default_target_asks_for_every_file_of_results_and_runs(finished):
    on_disk = {
        path.relative_to(finished).as_posix()
        for folder in ("results/smoke", "runs/smoke")
        for path in (finished / folder).rglob("*")
        if path.is_file() and path.name not in (*LARGE_FILES, *TRAINING_FILES)
    }
    on_disk -= {f"runs/smoke/mnist/seed{seed}/manifest.json" for seed in (0, 1)}  # whose lists are asked for
    assert on_disk - asked(finished, "all") == set()
    assert {"runs/smoke/mnist/seed0.json", "results/smoke/table1.tex", "results/smoke/toy.csv"} <= on_disk


def test_what_is_deleted_is_planned_again(project):
    """Of each a file that no later stage reads, or whose readers are finished."""
    for name in ("results/smoke/toy.csv", "runs/smoke/mnist/seed0/bandwidths.csv", "runs/smoke/mnist/seed1.json"):
        (project / name).unlink()
    (project / "runs/smoke/mnist/audit/growth.manifest.json").unlink()
    found = planned(project)
    assert {rule: found.get(rule) for rule in ("toy", "train", "growth", "audit")} == {
        "toy": 1,
        "train": 1,
        "growth": 1,
        "audit": None,
    }
    assert found["evaluate"] >= 1


def test_the_target_claims_asks_for_every_file_of_theirs(tmp_path):
    found, folder = asked(copy_project(tmp_path), "claims"), "results/smoke/claims"
    wanted = {f"{folder}/{name}.csv" for name in (*TABLES, "claims")} | {f"{folder}/claims.html", f"{folder}/claims.md"}
    wanted |= {f"{folder}/figures/{name}.{kind}" for name in FIGURES for kind in ("svg", "png")}
    stages = ("claims", "theory", "modes", "saturation", "classifier")
    wanted |= {f"{folder}/{name}.manifest.json" for name in stages} | {f"{folder}/classifier.safetensors"}
    wanted |= {f"runs/smoke/mnist-k1/seed0/measures.{kind}" for kind in ("csv", "manifest.json")}
    assert wanted - found == set()
    assert "runs/smoke/mnist-k1/seed0.json" in found


def test_verify_names_quoted_numbers_that_are_others(project):
    edit(project / "pipeline/quoted.csv", "Deep GSN,mnist,214,1.1", "Deep GSN,mnist,214,1.2")
    done = run_in(project, "-m", "pipeline.verify")
    assert done.returncode == 2, done.stdout
    assert "does not follow" in done.stderr
    edit(project / "pipeline/quoted.csv", "Deep GSN,mnist,214,1.2", "Deep GSN,mnist,214,1.10")
    assert "another quoted.csv" in run_in(project, "-m", "pipeline.verify").stderr


def test_verify_names_the_stage_whose_code_is_other(project):
    edit(project / "gan/stacked.py", "alpha=momentum, out=v)", "alpha=0.9 * momentum, out=v)")
    done = run_in(project, "-m", "pipeline.verify")
    assert done.returncode == 2, done.stdout
    assert re.search("seed0/manifest.json: is no longer valid .other code.*run again", done.stderr), done.stderr


def test_table_refuses_runs_on_different_data(project, monkeypatch):
    """As when the prepared file was changed between two seeds."""
    for manifest in MANIFESTS.values():
        path = project / "runs/smoke/mnist/seed1" / manifest
        content = read_json(path)
        content["inputs"]["synthetic-mnist.npz"] = "0" * 64
        write_json(path, content)
    monkeypatch.chdir(project)
    done = call(verify)
    assert done.returncode == 2
    assert "trained on another synthetic-mnist.npz" in done.stderr


def test_train_refuses_prepared_data_that_was_changed(project, monkeypatch):
    path = project / "data/prepared/synthetic-mnist.npz"
    data = bytearray(path.read_bytes())
    data[-2000] ^= 1
    path.write_bytes(data)
    monkeypatch.chdir(project)
    places = ("--data", path, "--output", "runs/smoke/mnist", "--work", "work")
    done = call(train, "--experiment", "mnist", "--seeds", 7, *places)
    assert done.returncode == 2
    assert "not the bytes that synthetic-mnist.manifest.json records" in done.stderr


def test_publish_refuses_what_verify_refuses_and_leaves_all_as_it_was(project, monkeypatch):
    readme, evidence = project / "README.md", project / "docs/evidence.md"
    shutil.copy(ROOT / "README.md", readme)
    evidence.parent.mkdir()
    for name in ("evidence.md", "reviewers.md", "runs.md"):
        shutil.copy(ROOT / "docs" / name, evidence.parent)
    table = project / "results/smoke/table1.md"
    original = table.read_text()
    table.write_text(original.replace("| DBN ", "| DBM "))
    monkeypatch.chdir(project)
    assert call(publish, "--force").returncode == 2
    assert not (project / "results/published").exists()
    table.write_text(original)
    (project / "results/smoke/figures/samples-stray.svg").write_text("stray")
    assert "scale smoke has synthetic images; --force publishes them nevertheless" in call(publish).stderr
    assert call(publish, "--force").returncode == 0
    page = readme.read_text()
    shown = [line.split("|")[1].strip() for line in page.splitlines() if line.startswith("|")]
    assert {"DBN", "Stacked CAE", "Deep GSN", "Adversarial nets", "Adversarial nets (ours)"} <= set(shown)
    for row in read_csv(project / "results/smoke/table1.csv").query("part == 'ours'").fillna("").itertuples():
        assert row.MNIST in page, row.Model
    assert "scale=smoke" in page
    assert "| smoke |" in page
    assert (project / "results/published/scorecard.csv").is_file()
    assert "scale `smoke`" in evidence.read_text()
    assert "Not judged" in (evidence.parent / "reviewers.md").read_text()
    assert not (project / "results/published/figures/samples-stray.svg").exists()
