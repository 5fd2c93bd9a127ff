"""Snakemake under the console, for real: one job that ends well beside one that fails, on a terminal and in a log."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import run_in

CONSOLE = ("-m", "pipeline.console", "--cores", "2")
EVALUATED = "runs/smoke/mnist/seed0/metrics.csv"


@pytest.fixture
def copied(finished, tmp_path) -> Path:
    """The finished project to damage."""
    return Path(shutil.copytree(finished, tmp_path / "project"))


def on_a_terminal(folder, *command: str) -> tuple[int, str]:
    """Run `python COMMAND` on a terminal of its own."""
    outer, inner = os.openpty()
    environment = os.environ | {"TERM": "xterm"}
    process = subprocess.Popen([sys.executable, *command], cwd=folder, env=environment, stdout=inner, stderr=inner)
    os.close(inner)
    printed = b""
    try:
        while part := os.read(outer, 65536):
            printed += part
    except OSError:  # its other end is closed
        pass
    os.close(outer)
    return process.wait(), printed.decode()


@pytest.mark.parametrize("terminal", [False, pytest.param(True, marks=pytest.mark.long)])
def test_a_run_is_told_in_lines_and_the_rest_is_in_its_log(copied, terminal):
    (copied / "runs/smoke/mnist/seed0/samples.npy").write_bytes(b"damaged")
    toy = copied / "results/smoke/toy.csv"
    toy.unlink(missing_ok=True)
    command = (*CONSOLE, "--", toy.relative_to(copied).as_posix(), EVALUATED)
    if terminal:
        code, printed = on_a_terminal(copied, *command)
        assert "\x1b[J" in printed
        assert "  toy: " in printed
        printed = printed.replace("\r", "")
    else:
        done = run_in(copied, *command)
        code, printed = done.returncode, done.stdout
        assert done.stderr == ""
        assert "\x1b" not in printed
        assert len(printed.splitlines()) == 5
    assert code == 1
    assert printed.splitlines()[0].endswith("2 jobs on 2 cores (3 are done). Details: logs/snakemake.log")
    assert "/2] toy: " in printed
    assert toy.is_file()
    stopped, error = printed.splitlines()[-2:]
    assert stopped.endswith("Stopped: 1 of 2 jobs done, 1 failed. Finished work is saved; the same command resumes.")
    assert error.startswith("evaluate: error: runs/smoke/mnist/seed0")
    assert error.endswith("(log: logs/evaluate/smoke-mnist-seed0.log)")
    log = (copied / "logs/snakemake.log").read_text()
    for text in ("SNAKEMAKE\n", "Building DAG of jobs", "Error in rule evaluate", "evaluate: error: runs/smoke"):
        assert text in log
        assert text == "evaluate: error: runs/smoke" or text not in printed


DRY = pytest.param(["-n", "--cores", "2"], 0, "total", marks=pytest.mark.long)


@pytest.mark.parametrize(("options", "code", "text"), [DRY, (["--no"], 2, "error: ")])
def test_what_runs_no_workflow_prints_what_snakemake_does(copied, options, code, text):
    (copied / "results/smoke/toy.csv").unlink(missing_ok=True)
    done = run_in(copied, "-m", "pipeline.console", *options)
    assert done.returncode == code, done.stdout + done.stderr
    assert text in (done.stdout if code == 0 else done.stderr)
