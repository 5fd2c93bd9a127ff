"""Where the project runs: homes, locales, names of folders, settings of the user, times of files."""

import ast
import io
import os
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from helpers import ROOT, call, copy_project, edit, planned, run_in

from pipeline import table
from pipeline.record import code
from pipeline.runtime import cli

SMOKE = ("--config", "scale=smoke", "experiments=[mnist]")
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
# Snakemake as a user whose uid has no entry in passwd.
NAMELESS = """
import pwd, sys
def nobody(uid): raise KeyError(uid)
pwd.getpwuid = nobody
from snakemake.cli import main
main(sys.argv[1:])
"""


def set_all(monkeypatch, values):
    for name, value in values.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    "name",
    [
        "{a}b %d 'q' \"d\" $HOME [*]?\n x",
        pytest.param("{a", marks=pytest.mark.long),
        pytest.param("-n", marks=pytest.mark.long),
        pytest.param("a" * 200, marks=pytest.mark.long),
        pytest.param(os.fsdecode(b"\xff\xe9"), marks=pytest.mark.long),
    ],
)
def test_a_checkout_may_lie_in_a_folder_of_any_name(name, tmp_path):
    (tmp_path / name).mkdir()
    assert planned(copy_project(tmp_path / name), *SMOKE)["train"] == 2


@pytest.mark.parametrize("home", ["/proc/none", pytest.param("/", marks=pytest.mark.long)])
def test_snakemake_needs_no_home_and_no_name(home, tmp_path, monkeypatch):
    for name in ("XDG_CACHE_HOME", "USER", "LOGNAME", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", home)
    done = run_in(
        copy_project(tmp_path), "-c", NAMELESS, "--cores", "1", "-n", *SMOKE, preexec_fn=lambda: os.umask(0o77)
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "train" in done.stdout + done.stderr


def test_planning_works_in_an_ascii_locale(tmp_path, monkeypatch):
    folder = copy_project(tmp_path)
    edit(folder / "params.yaml", "label: Fashion-MNIST", "label: Zürich ✓")
    set_all(monkeypatch, ASCII)
    assert planned(folder, "--config", "scale=smoke", "experiments=[fashion-mnist]")["train"] == 1


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_command_prints_any_text_in_any_locale(encoding, monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    monkeypatch.setattr(sys, "argv", ["command"])
    cli.run(cli.parser("command", "", ""), lambda args: print("Zürich ✓ \udcff", flush=True))
    assert b"\\u2713 \\udcff" in sys.stdout.buffer.getvalue()


@pytest.fixture(scope="module")
def latin(tmp_path_factory):
    """Variables of a Latin-1 locale."""
    folder = tmp_path_factory.mktemp("locale")
    made = shutil.which("localedef") and subprocess.run(
        ["localedef", "-i", "en_US", "-f", "ISO-8859-1", str(folder / "en_US.ISO-8859-1")], capture_output=True
    )
    if not (folder / "en_US.ISO-8859-1").is_dir():
        pytest.skip(f"needs localedef and its files: {made}")
    return {"LOCPATH": str(folder), "LC_ALL": "en_US.ISO-8859-1", "PYTHONUTF8": "0"}


@pytest.mark.parametrize("kind", ["ascii", "latin"])
def test_code_has_one_hash_in_all_locales(kind, request, monkeypatch):
    set_all(monkeypatch, ASCII if kind == "ascii" else request.getfixturevalue("latin"))
    done = run_in(ROOT, "-c", "from pipeline.record.code import code_hash; print(code_hash('pipeline.report'))")
    assert done.stdout.strip() == code.code_hash("pipeline.report"), done.stderr


def test_code_has_one_hash_whatever_ends_its_lines(tmp_path, monkeypatch):
    here = code._essence_of("gan/parzen.py")
    (tmp_path / "gan").mkdir()
    (tmp_path / "gan/parzen.py").write_bytes((ROOT / "gan/parzen.py").read_bytes().replace(b"\n", b"\r\n"))
    monkeypatch.setattr(code, "ROOT", tmp_path)
    assert code._essence(code._parse.__wrapped__("gan/parzen.py")) == here


def test_a_clone_has_the_bytes_that_were_committed(tmp_path):
    for name in (".gitattributes", "pipeline/quoted.csv"):
        (tmp_path / "a" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / "a" / name)
    git = ["git", "-C", str(tmp_path), "-c", "user.name=n", "-c", "user.email=e@x", "-c", "core.autocrlf=true"]
    for command in (
        ["init", "-q", "a"],
        ["-C", "a", "add", "-A"],
        ["-C", "a", "commit", "-qm", "a"],
        ["clone", "-q", "a", "b"],
    ):
        subprocess.run([*git, *command], check=True, capture_output=True)
    assert (tmp_path / "b/pipeline/quoted.csv").read_bytes() == (ROOT / "pipeline/quoted.csv").read_bytes()


def test_every_text_file_is_opened_as_utf_8():
    """Ruff's PLW1514 sees it only where it knows the type."""
    found = []
    for path in (*ROOT.glob("gan/**/*.py"), *ROOT.glob("pipeline/**/*.py"), *ROOT.glob("benchmarks/**/*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if not isinstance(node, ast.Call) or getattr(node.func, "attr", "") not in ("read_text", "write_text"):
                continue
            if "encoding" not in [keyword.arg for keyword in node.keywords]:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []


@pytest.mark.parametrize("stage", ["figures", "publish"])
@pytest.mark.parametrize(
    "backend", ["nonsense", pytest.param("module://matplotlib_inline.backend_inline", marks=pytest.mark.long)]
)
def test_commands_do_not_ask_for_a_users_backend(stage, backend, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", backend)
    done = run_in(ROOT, "-m", f"pipeline.{stage}", "--help")
    assert done.returncode == 0, done.stderr


@pytest.mark.filterwarnings("error")
def test_tables_are_the_same_bytes_whatever_a_user_shows(project, monkeypatch):
    monkeypatch.chdir(project)
    names = ("table1.csv", "table1.md", "table1.tex", "metrics.csv", "summary.csv", "metrics.json")
    before = [(project / "results/smoke" / name).read_bytes() for name in names]
    runs = [f"runs/smoke/mnist/seed{seed}" for seed in (0, 1)]
    options = (
        "display.precision",
        1,
        "display.max_colwidth",
        5,
        "styler.format.precision",
        0,
        "styler.format.decimal",
        ",",
    )
    with pd.option_context(*options), np.printoptions(precision=1, threshold=1):
        done = call(table, "--scale", "smoke", "--runs", *runs, "--output", "results/smoke")
    assert done.returncode == 0, done.stderr
    assert [(project / "results/smoke" / name).read_bytes() for name in names] == before


@pytest.mark.parametrize(
    ("name", "old", "new", "again"),
    [
        ("gan/objectives.py", "return scale * (", "return 0.5 * scale * (", "train"),
        ("pipeline/quoted.csv", "Deep GSN,mnist,214,1.1", "Deep GSN,mnist,214,1.2", "table"),
        pytest.param("params.yaml", "count: 91", "count: 46", "evaluate", marks=pytest.mark.long),
    ],
)
def test_an_edit_that_arrives_with_an_old_time_is_seen(project, name, old, new, again):
    kept = (project / name).read_bytes()
    edit(project / name, old, new)
    os.utime(project / name, (0, 0))
    assert again in planned(project)
    (project / name).write_bytes(kept)  # as from a backup, or another branch and back
    assert planned(project) == {}
