"""The stage as a user runs it: same bits again, after a kill too; other seeds differ; one run at a time."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from helpers import ROOT, run_in

from pipeline import train
from pipeline.files.formats import read_arrays, read_csv, read_json, read_tensors, sha256
from pipeline.record.runs import TRAINING_FILES, precision_of

EPOCHS = 30
FILES = ("generator.safetensors", "last.safetensors")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A working folder with params of longer smoke runs and prepared images."""
    folder = tmp_path_factory.mktemp("train")
    values = yaml.safe_load((ROOT / "params.yaml").read_text())
    values["scales"]["smoke"]["experiments"]["mnist"]["epochs"] = EPOCHS
    (folder / "params.yaml").write_text(yaml.safe_dump(values))
    prepare = ("--params", str(folder / "params.yaml"), "--dataset", "synthetic-mnist")
    done = run_in(ROOT, "-m", "pipeline.prepare", *prepare, "--output", str(folder / "data.npz"))
    assert done.returncode == 0, done.stderr
    return folder


def arguments(folder: Path, name: str, *seeds: int, **options: str) -> list[str]:
    pairs = {
        "--params": folder / "params.yaml",
        "--scale": "smoke",
        "--experiment": "mnist",
        "--data": folder / "data.npz",
        "--output": folder / name,
        "--work": folder / "work" / name,
        "--checkpoint-seconds": 0,
        "--threads": 1,
    } | {f"--{key}": value for key, value in options.items()}
    numbers = map(str, seeds or [0])
    return ["-m", "pipeline.train", "--lines", "--seeds", *numbers, *(str(p) for pair in pairs.items() for p in pair)]


@pytest.fixture(scope="module")
def undisturbed(folder):
    done = run_in(ROOT, *arguments(folder, "undisturbed"))
    assert done.returncode == 0, done.stderr
    return folder / "undisturbed" / "seed0"


def hashes(run: Path) -> list[str]:
    return [sha256(run / name) for name in FILES]


def test_train_writes_the_files_of_a_run(undisturbed):
    assert {path.name for path in undisturbed.iterdir()} == {*TRAINING_FILES, "manifest.json"}
    curve, manifest = read_csv(undisturbed / "curve.csv"), read_json(undisturbed / "manifest.json")
    assert curve.epoch.tolist() == list(range(1, EPOCHS + 1))
    validated = curve.dropna(subset=["validation_log_likelihood"])
    assert validated.epoch.tolist() == list(range(10, EPOCHS + 1, 10))
    best = validated.loc[validated.validation_log_likelihood.idxmax()]
    assert (manifest["best_epoch"], manifest["best_log_likelihood"]) == (best.epoch, best.validation_log_likelihood)
    assert manifest["length"] == manifest["epochs_trained"] == EPOCHS


def test_train_records_each_validation_in_blocks_and_pictures(undisturbed):
    rows, curve = read_csv(undisturbed / "validation.csv"), read_csv(undisturbed / "curve.csv").set_index("epoch")
    assert sorted(set(rows.epoch)) == [10, 20, 30]
    for epoch, found in rows.groupby("epoch"):
        best = found.loc[found.log_likelihood.idxmax()]
        assert best.log_likelihood == pytest.approx(curve.validation_log_likelihood[epoch], abs=1e-4)
        assert best.bandwidth == curve.bandwidth[epoch]
    np.testing.assert_allclose(rows.filter(like="block_").mean(axis=1), rows.log_likelihood, atol=2e-4)
    pictures = read_arrays(undisturbed / "pictures.npz")
    assert pictures["epochs"].tolist() == [10, 20, 30]
    assert (pictures["images"].shape, pictures["images"].dtype) == ((3, 25, 784), np.uint8)
    assert pictures["images"].std() > 1


def test_train_keeps_the_best_and_the_last_generator(undisturbed):
    best, _ = read_tensors(undisturbed / FILES[0])
    last, _ = read_tensors(undisturbed / FILES[1])
    assert best.keys() == last.keys() == {f"layers.{i}.{part}" for i in range(3) for part in ("weight", "bias")}


def run_and_kill(command: list[str], log: Path, epochs: tuple[int, ...]) -> None:
    """Start the command again and again, kill it after each of the epochs, then let it finish."""
    for epoch in epochs:
        with log.open("a") as file:
            process = subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=file, stderr=file)
            while f"epoch {epoch}/" not in log.read_text() and process.poll() is None:
                time.sleep(0.01)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
    done = run_in(ROOT, *command)
    assert done.returncode == 0, done.stderr
    assert "going on after epoch" in done.stdout


def test_train_killed_three_times_ends_with_the_same_bits(folder, undisturbed):
    run_and_kill(arguments(folder, "killed"), folder / "killed.log", (2, 9, 23))
    assert hashes(folder / "killed/seed0") == hashes(undisturbed)
    drop = ["seconds"]
    assert (
        read_csv(folder / "killed/seed0/curve.csv")
        .drop(columns=drop)
        .equals(read_csv(undisturbed / "curve.csv").drop(columns=drop))
    )


@pytest.fixture(scope="module")
def impatient(folder):
    """Params under which a seed stops at its first validation without a new best."""
    values = yaml.safe_load((folder / "params.yaml").read_text())
    values["validation"] |= {"every_epochs": 1, "patience_epochs": 1}
    (folder / "impatient.yaml").write_text(yaml.safe_dump(values))
    return {"params": str(folder / "impatient.yaml")}


def test_train_together_gives_each_seed_what_it_gets_alone(folder, impatient):
    together = run_in(ROOT, *arguments(folder, "together", 0, 1, 2, **impatient))
    assert together.returncode == 0, together.stderr
    assert "of 3 seeds go on" in together.stdout
    lengths = set()
    for seed in (0, 1, 2):
        alone = run_in(ROOT, *arguments(folder, "alone", seed, **impatient))
        assert alone.returncode == 0, alone.stderr
        one, same = (folder / place / f"seed{seed}" for place in ("alone", "together"))
        curve, expected = (read_csv(run / "curve.csv").drop(columns="seconds") for run in (same, one))
        pd.testing.assert_frame_equal(curve, expected, rtol=1e-3)
        for name in FILES:
            for key, tensor in read_tensors(one / name)[0].items():
                torch.testing.assert_close(read_tensors(same / name)[0][key], tensor, rtol=1e-2, atol=1e-4)
        manifest = read_json(same / "manifest.json")
        assert (manifest["seed"], manifest["trained_together"]) == (seed, [0, 1, 2])
        lengths.add(manifest["epochs_trained"])
    assert len(lengths) > 1, "seeds leave when their own time has come"


def test_train_together_killed_after_a_seed_has_left_ends_with_the_same_bits(folder, impatient):
    undisturbed = run_in(ROOT, *arguments(folder, "whole", 0, 1, 2, **impatient))
    assert undisturbed.returncode == 0, undisturbed.stderr
    epochs = sorted(read_json(folder / f"whole/seed{seed}/manifest.json")["epochs_trained"] for seed in (0, 1, 2))
    run_and_kill(arguments(folder, "cut", 0, 1, 2, **impatient), folder / "cut.log", (2, epochs[0] + 1))
    for seed in (0, 1, 2):
        assert hashes(folder / f"cut/seed{seed}") == hashes(folder / f"whole/seed{seed}")


ELSEWHERE = {"ATEN_CPU_CAPABILITY": "avx2"}  # another processor, to torch


def test_train_moves_to_another_machine_and_is_made_longer(folder, monkeypatch):
    """Stopped, moved to another processor with two threads, ended, made longer; each machine is on record."""
    values = yaml.safe_load((folder / "params.yaml").read_text())
    values["validation"] |= {"snapshot_epochs": 10}
    params = {"params": str(folder / "moved.yaml")}
    (folder / "moved.yaml").write_text(yaml.safe_dump(values))
    command = arguments(folder, "moved", **params)
    log = folder / "moved.log"
    with log.open("w") as file:
        process = subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=file, stderr=file)
        while "epoch 12/" not in log.read_text() and process.poll() is None:
            time.sleep(0.01)
        process.kill()
        process.wait()
    for name, value in ELSEWHERE.items():
        monkeypatch.setenv(name, value)
    done = run_in(ROOT, *arguments(folder, "moved", **params, threads="2"))
    assert done.returncode == 0, done.stderr
    assert "going on after epoch" in done.stdout
    first, second = read_json(folder / "moved/seed0/manifest.json")["machines"]
    assert (first["threads"], second["threads"], second["last_epoch"]) == (1, 2, EPOCHS)
    assert first["hardware"] != second["hardware"]
    assert second["first_epoch"] == first["last_epoch"] + 1

    values["scales"]["smoke"]["experiments"]["mnist"]["epochs"] = EPOCHS + 10
    (folder / "moved.yaml").write_text(yaml.safe_dump(values))
    done = run_in(ROOT, *arguments(folder, "moved", **params, threads="2"))
    assert f"going on after epoch {EPOCHS}" in done.stdout, done.stderr
    manifest = read_json(folder / "moved/seed0/manifest.json")
    assert (manifest["epochs_trained"], manifest["length"], len(manifest["machines"])) == (EPOCHS + 10, EPOCHS + 10, 2)
    assert sorted(set(read_csv(folder / "moved/seed0/validation.csv").epoch)) == [10, 20, 30, 40]
    snapshots = folder / "work/moved"
    assert sorted(path.name for path in snapshots.glob("epoch*")) == [f"epoch00{n}0" for n in (1, 2, 3, 4)]
    manifest = read_json(snapshots / "epoch0020/seed0/manifest.json")
    assert (manifest["length"], manifest["epochs_trained"]) == (20, 20)


def test_train_made_longer_ends_with_the_bits_of_one_long_run(folder):
    """On one machine: 60 epochs, then 120 in all; two seeds, of which one diverges on the way."""
    values = yaml.safe_load((folder / "params.yaml").read_text())
    for name, lengths in (("longer", (60, 120)), ("at-once", (120,))):
        for epochs in lengths:
            values["scales"]["smoke"]["experiments"]["mnist"]["epochs"] = epochs
            (folder / "longer.yaml").write_text(yaml.safe_dump(values))
            options = arguments(folder, name, 0, 1, params=str(folder / "longer.yaml"))
            done = run_in(ROOT, "-c", POISON, "33", *options[2:])
            assert done.returncode == 0, done.stderr
    for seed in (0, 1):
        one, other = (folder / name / f"seed{seed}" for name in ("longer", "at-once"))
        for name in TRAINING_FILES:
            if name != "curve.csv":  # has seconds
                assert sha256(one / name) == sha256(other / name), (seed, name)
    assert read_json(folder / "longer/seed1/manifest.json")["diverged"]
    assert read_arrays(folder / "longer/seed0/pictures.npz")["epochs"].tolist() == list(range(10, 130, 10))


def test_train_begun_anew_deletes_the_snapshots_of_the_run_before(folder):
    stale = folder / "work/anew/epoch0100/seed0"
    for path in (stale, stale.with_name("seed1")):
        path.mkdir(parents=True)
    assert run_in(ROOT, *arguments(folder, "anew")).returncode == 0
    assert not stale.exists()
    assert stale.with_name("seed1").exists(), "of another seed"


def test_train_with_another_seed_gives_other_weights(folder, undisturbed):
    done = run_in(ROOT, *arguments(folder, "other", 1))
    assert done.returncode == 0, done.stderr
    assert hashes(folder / "other/seed1")[1] != hashes(undisturbed)[1]


def test_train_refuses_a_second_process_on_the_same_run(folder):
    command = arguments(folder, "twice", 0, 1)
    first = subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    first.stdout.readline()  # the first epoch is over: the lock is held
    first.send_signal(signal.SIGSTOP)
    second = run_in(ROOT, *arguments(folder, "twice", 1, 2))
    first.kill()
    first.wait()
    assert second.returncode == 2
    assert "seed 1 is in progress in another process" in second.stderr


def test_train_refuses_a_seed_that_is_named_twice(folder):
    done = run_in(ROOT, *arguments(folder, "double", 3, 3))
    assert done.returncode == 2
    assert "3 3: a seed stands there twice" in done.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"experiment": "cats"}, "experiment: 'cats' is unknown; there are: "),
        ({"scale": "huge"}, "scale: 'huge' is unknown"),
        ({"data": "absent.npz"}, "absent.npz: cannot be read"),
        ({"params": "absent.yaml"}, "absent.yaml: cannot be read"),
        ({"device": "cuda"}, "torch sees no CUDA device"),
    ],
)
def test_train_says_a_users_error_in_one_line(folder, options, message):
    if options.get("device") == "cuda" and torch.cuda.is_available():
        pytest.skip("has a GPU: nothing is wrong with --device cuda")
    done = run_in(ROOT, *arguments(folder, "wrong", **options))
    assert done.returncode == 2
    assert done.stderr.startswith("train: error: ")
    assert done.stderr.count("\n") == 1
    assert message in done.stderr


@pytest.mark.skipif(torch.cuda.is_available(), reason="has a GPU: TF32 is possible")
def test_train_refuses_tf32_where_it_would_change_nothing(folder):
    values = yaml.safe_load((folder / "params.yaml").read_text())
    values["catalogue"]["mnist"]["precision"] = "tf32"
    (folder / "tf32.yaml").write_text(yaml.safe_dump(values))
    done = run_in(ROOT, *arguments(folder, "tf32", params=str(folder / "tf32.yaml")))
    assert done.returncode == 2
    assert "precision: tf32 needs a CUDA device, this is cpu" in done.stderr


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_train_records_the_precision_of_its_products(folder, precision):
    """What a probe product shows; without bfloat16 arithmetic float32, saying so."""
    values = yaml.safe_load((folder / "params.yaml").read_text())
    values["catalogue"]["mnist"]["precision"] = precision
    values["scales"]["smoke"]["experiments"]["mnist"]["epochs"] = 2
    (folder / "precision.yaml").write_text(yaml.safe_dump(values))
    done = run_in(ROOT, *arguments(folder, precision, params=str(folder / "precision.yaml")))
    assert done.returncode == 0, done.stderr
    manifest = read_json(folder / precision / "seed0/manifest.json")
    computed = "float32" if "no bfloat16 arithmetic" in done.stdout else precision
    assert [machine["rounding"] for machine in manifest["machines"]] == [computed]
    assert precision_of(manifest) == computed
    tensors, _ = read_tensors(folder / precision / "seed0/last.safetensors")
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float32}
    kept_digits = any(not torch.equal(tensor, tensor.bfloat16().float()) for tensor in tensors.values())
    assert kept_digits, "parameters keep float32's digits"


def test_train_resumes_in_no_other_precision(folder, monkeypatch, capsys):
    """Begun in bfloat16, resumed where there is no such arithmetic: refused, and the checkpoint stays."""
    values = yaml.safe_load((folder / "params.yaml").read_text())
    values["catalogue"]["mnist"]["precision"] = "bfloat16"
    options = arguments(folder, "mixed", params=str(folder / "mixed.yaml"))[2:]
    for epochs, capabilities in ((2, {"avx512_bf16": True}), (3, {})):
        values["scales"]["smoke"]["experiments"]["mnist"]["epochs"] = epochs
        (folder / "mixed.yaml").write_text(yaml.safe_dump(values))
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda found=capabilities: found)
        monkeypatch.setattr(sys, "argv", ["train", *options])
        if capabilities:
            train.main()
        else:
            with pytest.raises(SystemExit):
                train.main()
    assert "begun in bfloat16, multiplied in float32 here; resume them where" in capsys.readouterr().err
    assert (folder / "work/mixed/seed0.safetensors").is_file()


def test_train_says_at_which_step_a_run_diverged(folder):
    values = yaml.safe_load((folder / "params.yaml").read_text())
    values["catalogue"]["mnist"]["recipe"]["learning_rate"] = 1e30
    values["catalogue"]["mnist"]["selection"] = "last"
    (folder / "wild.yaml").write_text(yaml.safe_dump(values))
    done = run_in(ROOT, *arguments(folder, "wild", params=str(folder / "wild.yaml")))
    assert done.returncode == 1
    assert "not finite in seed 0, epoch 1, step" in done.stderr
    assert "has its last good state" not in done.stderr, "there was none"
    assert not (folder / "wild").exists()


POISON = """
import runpy, sys
from gan.ensemble import Ensemble
whole, when = Ensemble.train_epoch, int(sys.argv.pop(1))
def poisoned(self, images, epoch):
    if epoch == when and 1 in self.seeds:
        self.g.layers[0].weight[self.seeds.index(1)] = float("nan")
    return whole(self, images, epoch)
Ensemble.train_epoch = poisoned
sys.argv[0] = "train"
runpy.run_module("pipeline.train", run_name="__main__")
"""


def test_train_names_the_last_good_state_of_a_run_that_diverged(folder):
    values = yaml.safe_load((folder / "params.yaml").read_text())
    values["catalogue"]["mnist"]["selection"] = "last"
    (folder / "last.yaml").write_text(yaml.safe_dump(values))
    done = run_in(ROOT, "-c", POISON, "3", *arguments(folder, "lost", 1, params=str(folder / "last.yaml"))[2:])
    assert done.returncode == 1
    saved = folder / "work/lost/seed1.safetensors"
    assert saved.is_file()
    assert "not finite in seed 1, epoch 3, step 1" in done.stderr
    assert f"{saved} has its last good state" in done.stderr


@pytest.mark.parametrize(("when", "every", "best"), [(1, 1, 0), (3, 1, None), (3, 5, 0)])
def test_train_lets_the_others_go_on_where_a_run_diverges(folder, impatient, when, every, best):
    values = yaml.safe_load((folder / "impatient.yaml").read_text())
    values["validation"] |= {"every_epochs": every, "patience_epochs": 100}
    (folder / "patient.yaml").write_text(yaml.safe_dump(values))
    name = f"poisoned{when}_{every}"
    done = run_in(
        ROOT, "-c", POISON, str(when), *arguments(folder, name, 0, 1, params=str(folder / "patient.yaml"))[2:]
    )
    assert done.returncode == 0, done.stderr
    assert f"not finite in seed 1, epoch {when}, step 1" in done.stdout
    well, broken = (folder / name / f"seed{seed}" for seed in (0, 1))
    assert read_json(well / "manifest.json")["diverged"] == ""
    assert len(read_csv(well / "curve.csv")) == EPOCHS
    manifest = read_json(broken / "manifest.json")
    assert "not finite in seed 1" in manifest["diverged"]
    assert (manifest["epochs_trained"], manifest["best_epoch"] < when) == (when - 1, True)
    assert best is None or manifest["best_epoch"] == best
    assert (", untrained: a lower learning rate may help" in done.stdout) is (manifest["best_epoch"] == 0)
    assert read_csv(broken / "curve.csv").epoch.tolist() == list(range(1, when))
    best, last = (read_tensors(broken / name)[0] for name in FILES)
    assert all(torch.equal(best[key], last[key]) and best[key].isfinite().all() for key in best)
