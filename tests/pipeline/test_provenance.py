"""Which code made a file, and what the manifest says."""

import subprocess

import pytest

from pipeline.files.formats import read_json, sha256
from pipeline.record import manifest as provenance
from pipeline.record.manifest import ROOT, Record, code_hash, sources


def test_sources_follow_imports_and_stop_at_the_project():
    train = sources("pipeline.train")
    assert {"pipeline/train.py", "gan/training.py", "gan/objectives.py", "gan/__init__.py"} <= set(train)
    assert not {"pipeline/runtime/cli.py", "pipeline/record/manifest.py"} & set(
        train
    )  # how it is called, not what it computes
    assert not {"pipeline/reporting/plots.py", "pipeline/figures.py", "pipeline/table.py"} & set(train)
    assert all((ROOT / path).is_file() for path in train)


def test_a_commit_is_changed_by_code_and_not_by_what_publish_writes(tmp_path, monkeypatch):
    for name in ("README.md", "results/published/metrics.csv", "gan/code.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("before")
    who = ["-c", "user.name=n", "-c", "user.email=e@x"]
    for command in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "all"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    clean = provenance.commit()
    assert len(clean) == 40
    for name in ("README.md", "results/published/metrics.csv"):
        (tmp_path / name).write_text("after")
    assert provenance.commit() == clean
    (tmp_path / "gan/code.py").write_text("after")
    assert provenance.commit() == f"{clean}+changes"


def test_sources_of_a_package_hold_its_main():
    assert "pipeline/report.py" in sources("pipeline.report")


def test_gan_is_pure():
    """gan/ imports nothing of pipeline/, no file access, no clock; figures read no model."""
    for path in (ROOT / "gan").glob("*.py"):
        text = path.read_text()
        assert "pipeline" not in text.replace("`pipeline` does the rest", ""), path
        for word in ("import os", "import time", "pathlib", "print(", "open("):
            assert word not in text, (path, word)


def test_figures_tables_and_report_read_no_network():
    for path in ("figures.py", "drawing.py", "table.py", "summary.py", "report/__main__.py"):
        text = (ROOT / "pipeline" / path).read_text()
        assert not any(word in text for word in ("load_generator", "read_tensors", "draw_samples")), path


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("# Weighted", "# By weight", True),
        ('"""Three."""', '"""A number of ours."""', True),
        ("return 3", "return 4", False),
    ],
    ids=["comment", "docstring", "number"],
)
def test_code_hash_knows_what_computes_from_what_is_said(tmp_path, monkeypatch, old, new, same):
    """Resuming, `box` and `verify` rest on it."""
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    (tmp_path / "pipeline").mkdir()
    source = tmp_path / "pipeline/three.py"
    source.write_text('"""A stage."""\n\n\ndef three():\n    """Three."""\n    # Weighted.\n    return 3\n')
    before = provenance.code_hash("pipeline.three")
    source.write_text(source.read_text().replace(old, new))
    assert (provenance.code_hash("pipeline.three") == before) is same


def test_code_hash_differs_between_stages():
    assert code_hash("pipeline.train") != code_hash("pipeline.sample")


def test_record_holds_inputs_outputs_and_machine(tmp_path):
    for name in ("in.txt", "out.txt"):
        (tmp_path / name).write_text(name)
    Record("train").write(tmp_path / "manifest.json", [tmp_path / "in.txt"], [tmp_path / "out.txt"], seed=3)
    manifest = read_json(tmp_path / "manifest.json")
    assert manifest["seed"] == 3
    assert manifest["outputs"] == {"out.txt": sha256(tmp_path / "out.txt")}
    assert manifest["inputs"] == {"in.txt": sha256(tmp_path / "in.txt")}
    assert manifest["command"].startswith("python -m pipeline.train")
    assert {"torch", "python", "platform", "gpu"} <= manifest["environment"].keys()
    assert manifest["wall_seconds"] >= 0
    assert manifest["peak_memory_mb"] > 10
