"""Where there is no Snakemake: the same files, nothing done twice, results from runs whose weights stayed behind."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

from helpers import copy_project, edit, run_in

from pipeline.files.formats import sha256
from pipeline.record.runs import LARGE_FILES

BOX = ("-m", "pipeline.box", "--device", "cpu", "--experiments", "mnist", "--seeds", "0", "1")


def stages(printed: str) -> list[str]:
    return [line.split(".")[1].split()[0] for line in printed.splitlines() if line.startswith("$ python -m pipeline.")]


def test_box_goes_on_where_snakemake_was_and_its_pack_gives_the_same_tables(project, tmp_path):
    run = project / "runs/smoke/mnist/seed1"
    before = {path.name: sha256(path) for path in run.iterdir() if path.suffix in (".npy", ".npz")}
    for name in ("samples.npy", "samples.manifest.json", "metrics.csv", "metrics.manifest.json"):
        (run / name).unlink()
    done = run_in(project, *BOX, "--stages", "runs", "--pack", "box.tar.gz")
    assert done.returncode == 0, done.stderr
    assert stages(done.stdout) == ["sample", "evaluate"], "the rest is finished"
    assert {path.name: sha256(path) for path in run.iterdir() if path.name in before} == before

    (tmp_path / "home").mkdir()
    home = copy_project(tmp_path / "home")
    shutil.copy(project / "params.yaml", home)
    for name in ("toy", "oracle"):
        for file in (project / "results/smoke").glob(f"{name}.*"):
            (home / "results/smoke").mkdir(parents=True, exist_ok=True)
            shutil.copy(file, home / "results/smoke")
    with tarfile.open(project / "box.tar.gz") as archive:
        names = archive.getnames()
    subprocess.run(["tar", "xf", str(project / "box.tar.gz"), "-C", str(home)], check=True)
    assert not [name for name in names if name.rpartition("/")[2] in LARGE_FILES]
    done = run_in(home, *BOX, "--stages", "results")
    assert done.returncode == 0, done.stderr
    assert stages(done.stdout) == ["table", "figures", "report"]
    for name in ("metrics.csv", "table1.md", "variance.csv"):
        assert (home / "results/smoke" / name).read_bytes() == (project / "results/smoke" / name).read_bytes(), name
    assert run_in(home, "-m", "pipeline.verify", "--experiments", "mnist").returncode == 0
    edit(home / "runs/smoke/mnist/seed0/curve.csv", "epoch,", "Epoch,")
    assert "not the bytes that its manifest records" in run_in(home, "-m", "pipeline.verify").stderr


def test_box_stops_at_a_stage_that_fails(project):
    (project / "runs/smoke/mnist/seed1/manifest.json").unlink()
    (project / "data/prepared/synthetic-mnist.npz").write_bytes(b"")
    done = run_in(project, *BOX, "--stages", "runs")
    assert done.returncode == 1
    assert "box: error: train ended with exit code 2" in done.stderr


def test_box_hands_a_signal_on_and_training_leaves_with_a_checkpoint(project):
    for name in ("manifest.json", "generator.safetensors"):
        (project / "runs/smoke/mnist/seed0" / name).unlink()
    edit(project / "params.yaml", "mnist: {seeds: 2, epochs: 10}", "mnist: {seeds: 2, epochs: 100000}")
    with subprocess.Popen(
        [sys.executable, *BOX, "--stages", "runs"],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "epoch 2/" in line:
                os.killpg(process.pid, signal.SIGTERM)  # as `timeout` does it
                break
        _, printed = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "train: stopped by SIGTERM after a checkpoint at epoch" in printed
    assert "box: stopped by SIGTERM" in printed
    assert "Traceback" not in printed
    assert list((project / "work/smoke/mnist").glob("seeds0-1.safetensors"))


def first_call(printed: str) -> str:
    return next(line for line in printed.splitlines() if line.startswith("$"))


def planned(project: Path) -> str:
    done = run_in(project, *BOX, "--stages", "runs", "--dry-run")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_box_trains_the_seeds_that_are_not_finished(project):
    (project / "runs/smoke/mnist/seed1/manifest.json").unlink()
    done = run_in(project, *BOX, "--stages", "runs")
    assert done.returncode == 0, done.stderr
    assert "--seeds 1 --data" in first_call(done.stdout)
    assert "audit" not in stages(done.stdout)


def test_box_scores_again_what_was_made_from_a_generator_that_is_another_now(project):
    """Growth and its settings know nothing of epochs: only the generator's bytes tell."""
    edit(project / "params.yaml", "mnist: {seeds: 2, epochs: 10}", "mnist: {seeds: 2, epochs: 3}")
    training = first_call(planned(project))
    assert run_in(project, *shlex.split(training)[2:]).returncode == 0, training
    assert stages(planned(project)) == [*["sample", "evaluate"] * 2, "growth"]


def test_box_goes_on_from_a_checkpoint_of_all_seeds_where_one_run_is_written_already(project):
    """Runs are written one by one and the checkpoint goes last."""
    (project / "runs/smoke/mnist/seed1/manifest.json").unlink()
    (project / "work/smoke/mnist/seeds0-1.safetensors").write_bytes(b"")
    assert "--seeds 0 1 --data" in first_call(planned(project))
