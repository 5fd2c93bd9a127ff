"""Full disks and things in the way: one line, exit code 2, nothing half-written, and it goes on afterwards."""

import resource
from functools import partial
from pathlib import Path

import pytest
from helpers import ROOT, run_in

PREPARE = ("-m", "pipeline.prepare", "--dataset", "synthetic-mnist", "--output")


def limit_file_size(n_bytes: int) -> None:
    """In the child: writes beyond this size fail, as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, n_bytes))


def assert_one_line(done, *words: str) -> None:
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1, done.stderr
    assert all(word in done.stderr for word in words), done.stderr


def test_a_full_disk_leaves_nothing_behind(tmp_path, tally):
    target = tmp_path / "data" / "images.npz"
    done = run_in(ROOT, *PREPARE, str(target), preexec_fn=partial(limit_file_size, 100_000))
    assert_one_line(done, "prepare: error:", "File too large")
    assert list(target.parent.iterdir()) == []
    assert run_in(ROOT, *PREPARE, str(target)).returncode == 0
    assert target.is_file()
    tally("a full disk")


def test_a_full_disk_during_training_keeps_the_old_files(tmp_path, tally):
    data = tmp_path / "data.npz"
    assert run_in(ROOT, *PREPARE, str(data)).returncode == 0
    places = ("--data", str(data), "--output", str(tmp_path / "runs"), "--work", str(tmp_path / "work"))
    train = ("-m", "pipeline.train", "--scale", "smoke", "--experiment", "mnist", "--seeds", "0", *places)
    full = partial(limit_file_size, 50_000)
    done = run_in(ROOT, *train, "--checkpoint-seconds", "0", "--lines", preexec_fn=full)
    assert_one_line(done, "train: error:", "cannot be written")
    assert not (tmp_path / "runs").exists()
    assert [path.name for path in (tmp_path / "work").iterdir()] == ["seed0.lock"]
    assert run_in(ROOT, *train).returncode == 0
    tally("a full disk")


@pytest.mark.parametrize("in_the_way", ["a file where a folder should be", "a folder where the file should be"])
def test_something_in_the_way_is_named(tmp_path, in_the_way):
    target = tmp_path / "data" / "images.npz"
    if in_the_way.startswith("a file"):
        (tmp_path / "data").write_text("")
    else:
        target.mkdir(parents=True)
    assert_one_line(run_in(ROOT, *PREPARE, str(target)), str(tmp_path / "data"))


def test_a_device_that_is_full_is_said():
    assert_one_line(run_in(ROOT, *PREPARE, "/dev/full/images.npz"), "/dev/full")


def test_a_full_disk_during_a_later_stage_keeps_what_was_there(project, cases, tally):
    mnist = ("--experiment", "mnist", "--data", "data/prepared/synthetic-mnist.npz")
    stages = {
        "table": (("--runs", "runs/smoke/mnist/seed0", "--output", "results/smoke"), "results/smoke/metrics.csv", 1000),
        "evaluate": ((*mnist, "--run", "runs/smoke/mnist/seed0"), "runs/smoke/mnist/seed0/metrics.csv", 1000),
        "audit": ((*mnist, "--output", "runs/smoke/mnist/audit"), "runs/smoke/mnist/audit/sheet.npz", 20_000),
    }
    for stage in list(stages)[: cases(1, 3)]:
        check_full_disk(project, stage, *stages[stage])
        tally("a full disk")


def check_full_disk(project: Path, stage: str, options: tuple[str, ...], kept: str, least: int) -> None:
    """The stage fails in one line, keeps its old file, and works once there is space."""
    before = (project / kept).read_bytes()
    command = ("-m", f"pipeline.{stage}", "--scale", "smoke", *options)
    # -B: a Python before 3.12.8 would leave cut-off bytecode of the project's modules (python/cpython issue 126606).
    done = run_in(project, "-B", *command, preexec_fn=partial(limit_file_size, least))
    assert done.returncode == 2, done.stderr
    assert [line for line in done.stderr.splitlines() if "error" in line] == [
        f"{stage}: error: [Errno 27] File too large"
    ], done.stderr
    assert (project / kept).read_bytes() == before
    assert not list(project.rglob("*.part"))
    assert run_in(project, *command).returncode == 0
