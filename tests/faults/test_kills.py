"""Stages killed at random moments and started again end with the bits of an undisturbed one."""

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers import run_in

from pipeline.files.formats import read_csv, read_tensors, sha256

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
MNIST = ("--scale", "smoke", "--experiment", "mnist")
RUN, DATA = "runs/smoke/mnist/seed0", ("--data", "data/prepared/synthetic-mnist.npz")
PLACES = ("--output", "runs/smoke/mnist", "--work", "work/smoke/mnist")
RUNS = ("--runs", RUN, "runs/smoke/mnist/seed1")
STAGES = {
    "train": (
        ("-m", "pipeline.train", *MNIST, "--seeds", "0", *DATA, *PLACES, "--checkpoint-seconds", "0", "--threads", "1"),
        [f"{RUN}/{name}" for name in ("generator.safetensors", "last.safetensors", "curve.csv", "manifest.json")],
    ),
    "sample": (
        ("-m", "pipeline.sample", *MNIST, "--run", RUN, *DATA, "--threads", "1"),
        [f"{RUN}/{name}" for name in ("samples.npy", "last_samples.npy", "sheet.npz", "samples.manifest.json")],
    ),
    "evaluate": (
        ("-m", "pipeline.evaluate", *MNIST, "--run", RUN, *DATA, "--threads", "1"),
        [f"{RUN}/{name}" for name in ("metrics.csv", "bandwidths.csv", "redrawn.csv", "metrics.manifest.json")],
    ),
    "table": (
        ("-m", "pipeline.table", "--scale", "smoke", *RUNS, "--output", "results/smoke"),
        [f"results/smoke/{name}" for name in ("metrics.csv", "table1.md", "variance.csv", "table.manifest.json")],
    ),
}


SOON = ("train", "table")  # those that are killed in every run of the tests


def content(path: Path) -> object:
    """A file's content without what measures time."""
    if path.name == "curve.csv":
        return read_csv(path).drop(columns="seconds").to_csv()
    return sha256(path)


@pytest.mark.parametrize(
    "stage", [pytest.param(name, marks=[pytest.mark.long] * (name not in SOON)) for name in STAGES]
)
def test_a_stage_that_is_killed_ends_with_the_same_bits(project, stage, cases, tally):
    command, files = STAGES[stage]
    wanted = {name: content(project / name) for name in files if not name.endswith("manifest.json")}
    remove(project, files)
    started = time.perf_counter()
    assert run_in(project, *command).returncode == 0
    duration = time.perf_counter() - started
    dice = random.Random(stage)
    for _ in range(cases(1, 25)):
        remove(project, files)
        number = dice.choice(SIGNALS)
        stop_after(project, command, duration * dice.uniform(0.4, 1), number)
        tally(f"{stage}: {number.name}")
        done = run_in(project, *command)
        assert done.returncode == 0, done.stderr
        assert {name: content(project / name) for name in wanted} == wanted
        assert not list(project.glob("work/**/*.part"))


def remove(project: Path, files: list[str]) -> None:
    shutil.rmtree(project / "work", ignore_errors=True)  # an ended training would only write its files again
    for name in files:
        (project / name).unlink(missing_ok=True)


def stop_after(project: Path, command: tuple[str, ...], seconds: float, number: signal.Signals) -> None:
    """Start a command and send it a signal; it shows no traceback and leaves nothing half-written."""
    with subprocess.Popen(
        [sys.executable, *command], cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        time.sleep(seconds)
        process.send_signal(number)
        _, printed = process.communicate(timeout=60)
    # Before the command line is read and after the work is done, Python itself answers Ctrl-C.
    assert number == signal.SIGINT or "Traceback" not in printed, printed


DIES_WRITING = """
import os, signal, sys
import safetensors.torch
whole = safetensors.torch.save_file
def half(tensors, path, metadata):
    whole(tensors, path, metadata)
    half.left -= 1
    if half.left == 0:
        os.truncate(path, os.path.getsize(path) // 2)
        os.kill(os.getpid(), signal.SIGKILL)
half.left = int(sys.argv.pop(1))
safetensors.torch.save_file = half
import runpy
sys.argv[0] = "train"
runpy.run_module("pipeline.train", run_name="__main__")
"""


def test_a_checkpoint_whose_writing_is_killed_leaves_the_one_before(project, cases, tally):
    command, files = STAGES["train"]
    wanted = read_tensors(project / files[0])[0]
    remove(project, files)
    for _ in range(cases(2, 7)):  # each time one epoch further, of ten
        killed = run_in(project, "-c", DIES_WRITING, "2", *command[2:])
        assert killed.returncode == -signal.SIGKILL
        tally("train: SIGKILL while it writes a checkpoint")
    done = run_in(project, *command)
    assert "resuming after epoch" in done.stdout
    found = read_tensors(project / files[0])[0]
    assert all((found[name] == tensor).all() for name, tensor in wanted.items())
