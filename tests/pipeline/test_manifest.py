"""What made a file, and whether it still holds."""

import re
import subprocess
from pathlib import Path

import pytest

from pipeline.files.errors import UserError
from pipeline.files.formats import read_json, sha256, write_json
from pipeline.record import manifest as module
from pipeline.record.manifest import Manifest, Record, commit, differences, remedy

SETTINGS = {"grid": (0.1, 0.2), "epochs": 3}


@pytest.fixture
def folder(tmp_path):
    """The input, the output and the manifest of a command."""
    for name in ("in.txt", "out.txt"):
        (tmp_path / name).write_text(name)
    record = Record("sample", [tmp_path / "in.txt"], SETTINGS)
    record.write(tmp_path / "manifest.json", [tmp_path / "out.txt"], seed=3)
    return tmp_path


def test_a_manifest_holds_inputs_outputs_settings_and_machine(folder):
    manifest = read_json(folder / "manifest.json")
    assert manifest["seed"] == 3
    assert manifest["outputs"] == {"out.txt": sha256(folder / "out.txt")}
    assert manifest["inputs"] == {"in.txt": sha256(folder / "in.txt")}
    assert manifest["settings"] == {"grid": [0.1, 0.2], "epochs": 3}
    assert manifest["command"].startswith("python -m pipeline.sample")
    assert {"torch", "python", "platform", "gpu"} <= manifest["environment"].keys()
    assert manifest["wall_seconds"] >= 0
    assert manifest["peak_memory_mb"] > 10


def test_the_code_is_that_with_which_the_command_started(folder, monkeypatch):
    """What is edited while it runs has not decided its numbers."""
    record, started = Record("sample", [folder / "in.txt"], SETTINGS), module.code_hash("pipeline.sample")
    monkeypatch.setattr(module, "code_hash", lambda _: "edited")
    monkeypatch.setattr(module, "commit", lambda: "made since")
    record.write(folder / "manifest.json", [folder / "out.txt"])
    written = read_json(folder / "manifest.json")
    assert (written["code"], written["commit"]) == (started, commit())


def test_what_is_unchanged_holds_and_is_not_made_again(folder, capsys):
    assert Manifest(folder / "manifest.json").reasons_stale(SETTINGS) == []
    assert Record("sample", [folder / "in.txt"], SETTINGS).holds(folder / "manifest.json")
    assert "out.txt are current; nothing to do" in capsys.readouterr().out


def change_output(folder):
    (folder / "out.txt").write_text("other")


def remove_output(folder):
    (folder / "out.txt").unlink()


def change_input(folder):
    (folder / "in.txt").write_text("other")


def change_code(folder):
    write_json(folder / "manifest.json", read_json(folder / "manifest.json") | {"code": "0" * 64})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (change_output, "out.txt is not the bytes that manifest.json records"),
        (remove_output, "out.txt is missing"),
        (change_input, "another in.txt"),
        (change_code, "other code"),
    ],
)
def test_each_change_is_a_reason(folder, change, reason):
    change(folder)
    manifest, present = Manifest(folder / "manifest.json"), {"in.txt": sha256(folder / "in.txt")}
    assert manifest.reasons_stale(SETTINGS, present) == [reason]
    assert not Record("sample", [folder / "in.txt"], SETTINGS).holds(folder / "manifest.json")
    with pytest.raises(UserError, match=f"{reason}.*delete .*manifest.json and run again"):
        manifest.require(SETTINGS, present)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("results/quick/table1.tex", "delete results/quick/table1.tex and run again"),
        ("results/quick/figures/manifest.json", "delete results/quick/figures/manifest.json and run again"),
        ("results/quick/claims/theory.manifest.json", "theory.manifest.json and run claims again"),
        ("results/quick/claims/figures/manifest.json", "figures/manifest.json and run claims again"),
        ("runs/quick/mnist/seed0/measures.manifest.json", "measures.manifest.json and run claims again"),
        ("runs/quick/mnist/seed0/metrics.manifest.json", "metrics.manifest.json and run again"),
        ("runs/quick/mnist/seed0/manifest.json", r"delete its list \(seed\*.json in runs/quick/mnist\) and run again"),
        ("runs/quick/mnist/audit/manifest.json", "delete runs/quick/mnist/audit/manifest.json and run again"),
        ("data/prepared/mnist.manifest.json", r"delete data/prepared/mnist.\* and run again"),
        ("results/published/table.manifest.json", "restore it with git"),
    ],
)
def test_a_remedy_names_what_the_targets_ask_for(path, words):
    assert re.search(words, remedy(Path(path)))


@pytest.mark.parametrize("content", [None, "{", "[]", '{"stage": "sample"}'])
def test_a_manifest_that_cannot_be_read_has_the_remedy_of_its_files(tmp_path, content):
    path = tmp_path / "seed0/manifest.json"
    path.parent.mkdir()
    if content is not None:
        path.write_text(content)
    with pytest.raises(UserError, match=r"seed0/manifest.json: (not found|damaged).*delete its list \(seed\*.json in"):
        Manifest(path)


def test_a_changed_setting_is_named(folder):
    found = Manifest(folder / "manifest.json").reasons_stale(SETTINGS | {"epochs": 4})
    assert found == ["settings epochs: 3 -> 4"]


def test_large_files_may_be_elsewhere_and_code_of_no_interest(folder):
    remove_output(folder)
    change_code(folder)
    assert Manifest(folder / "manifest.json").reasons_stale(SETTINGS, code=False, absent=["out.txt"]) == []


def test_inputs_of_one_name_are_told_apart(tmp_path):
    files = [tmp_path / f"mnist/seed{seed}/metrics.csv" for seed in (0, 1)]
    for file in files:
        file.parent.mkdir(parents=True)
        file.write_text(file.parent.name)
    assert Record("table", files).inputs.keys() == {"mnist/seed0/metrics.csv", "mnist/seed1/metrics.csv"}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"stage": "sample"}'])
def test_a_damaged_manifest_is_one_line_and_nothing_holds(folder, text):
    (folder / "manifest.json").write_text(text)
    with pytest.raises(UserError, match=r"manifest\.json: damaged"):
        Manifest(folder / "manifest.json")
    assert not Record("sample", [folder / "in.txt"], SETTINGS).holds(folder / "manifest.json")


def git(folder, *command):
    who = ["-c", "user.name=n", "-c", "user.email=e@x", "-c", "protocol.file.allow=always"]
    done = subprocess.run(["git", "-C", str(folder), *who, *command], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def sources(tmp_path, monkeypatch):
    """The sources of a project without a repository; `commit` is asked for theirs."""
    for name in ("README.md", "results/published/metrics.csv", "gan/code.py"):
        (tmp_path / "outer/project" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "outer/project" / name).write_text("before")
    monkeypatch.setattr(module, "ROOT", tmp_path / "outer/project")
    monkeypatch.setenv("HOME", str(tmp_path))  # no settings of the user's
    return tmp_path / "outer/project"


@pytest.fixture
def checkout(sources):
    """The same as the root of a repository, all committed."""
    return committed(sources)


def committed(folder):
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "all", "--allow-empty")
    return folder


def test_a_commit_is_changed_by_code_and_not_by_what_publish_writes(checkout):
    clean = commit()
    assert len(clean) == 40
    for name in ("README.md", "results/published/metrics.csv"):
        (checkout / name).write_text("after")
    assert commit() == clean
    (checkout / "gan/code.py").write_text("after")
    assert commit() == f"{clean}+changes"


def unpacked(sources, monkeypatch):
    begun_around(sources.parent, monkeypatch)


def vendored(sources, monkeypatch):
    committed(sources.parent)


def hook(sources, monkeypatch):
    other = sources.parents[1] / "other"
    other.mkdir()
    monkeypatch.setenv("GIT_DIR", str(committed(other) / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(sources))


def begun_around(sources, monkeypatch):
    git(sources, "init", "-q")
    git(sources, "commit", "-qm", "nothing", "--allow-empty")


def without_commit(sources, monkeypatch):
    git(sources, "init", "-q")


def of_another_user(sources, monkeypatch):
    committed(sources)
    run, other = subprocess.run, {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
    monkeypatch.setattr(subprocess, "run", lambda *args, env, **options: run(*args, env=env | other, **options))


def worktree_of_what_is_gone(sources, monkeypatch):
    (sources / ".git").write_text(f"gitdir: {sources.parent}/gone/.git/worktrees/project\n")


def no_git(sources, monkeypatch):
    committed(sources)
    monkeypatch.setenv("PATH", "")


@pytest.mark.parametrize(
    ("surroundings", "reason"),
    [
        (unpacked, "inside another git repository"),
        (vendored, "inside another git repository"),
        (hook, "git: not a git repository"),
        (begun_around, "git: path 'gan' exists on disk, but not in 'HEAD'"),
        (without_commit, "git: ambiguous argument 'HEAD'"),
        (of_another_user, "git: detected dubious ownership in repository at"),
        (worktree_of_what_is_gone, "git: not a git repository"),
        (no_git, "git: No such file or directory"),
    ],
)
def test_a_commit_is_unknown_with_the_reason_unless_the_project_is_the_root(sources, surroundings, reason, monkeypatch):
    surroundings(sources, monkeypatch)
    assert commit().startswith(f"unknown ({reason}"), commit()
    assert str(sources.parent) not in commit(), "no user's folder in a manifest"


def shallow(checkout, other):
    git(other, "clone", "-q", "--depth=1", f"file://{checkout}", "clone")


def worktree(checkout, other):
    git(checkout, "worktree", "add", "-q", str(other / "clone"))


def submodule(checkout, other):
    committed(other)
    git(other, "submodule", "--quiet", "add", str(checkout), "clone")


@pytest.mark.parametrize("kind", [shallow, worktree, submodule])
@pytest.mark.parametrize("variable", ["GIT_DIR", "GIT_INDEX_FILE", "GIT_COMMON_DIR"])
def test_a_commit_is_that_of_the_projects_own_root_whatever_a_hook_sets(
    checkout, kind, variable, tmp_path, monkeypatch
):
    own, other = commit(), tmp_path / "other"
    other.mkdir()
    kind(checkout, other)
    monkeypatch.setattr(module, "ROOT", other / "clone")
    monkeypatch.setenv(variable, str(committed(tmp_path) / ".git"))
    assert commit() == own


def test_differences_reach_into_nested_contents():
    assert differences({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}, "d": None}) == ["a.c: 2 -> 3"]
    assert differences({"a": 1}, {}) == ["a: 1 -> None"]
