"""Training: same bits again, after a kill too; resumed elsewhere or longer; one run at a time; errors in one line."""

import signal
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from helpers import ROOT, call, run_in
from training_runs import EPOCHS, FILES, altered, arguments, curve_of, hashes, killed, start, trained

from gan.ensemble import Ensemble
from pipeline import prepare, train
from pipeline.files.formats import read_arrays, read_csv, read_json, read_tensors
from pipeline.record.runs import TRAINING_FILES, precision_of
from pipeline.runtime.trainer import Trainer


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A working folder with params and prepared images."""
    folder = tmp_path_factory.mktemp("train")
    options = ("--params", altered(folder, "params"), "--dataset", "synthetic-mnist")
    done = call(prepare, *options, "--output", folder / "data.npz")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def undisturbed(folder):
    trained(folder, "undisturbed")
    return folder / "undisturbed/seed0"


def test_train_writes_the_files_of_a_run(undisturbed):
    assert {path.name for path in undisturbed.iterdir()} == {*TRAINING_FILES, "manifest.json"}
    curve, manifest = read_csv(undisturbed / "curve.csv"), read_json(undisturbed / "manifest.json")
    assert curve.epoch.tolist() == list(range(1, EPOCHS + 1))
    validated = curve.dropna(subset=["validation_log_likelihood"])
    assert validated.epoch.tolist() == [10, 20]
    best = validated.loc[validated.validation_log_likelihood.idxmax()]
    assert (manifest["best_epoch"], manifest["best_log_likelihood"]) == (best.epoch, best.validation_log_likelihood)
    assert manifest["length"] == manifest["epochs_trained"] == EPOCHS


def test_train_records_each_validation_in_blocks_and_pictures(undisturbed):
    rows, curve = read_csv(undisturbed / "validation.csv"), read_csv(undisturbed / "curve.csv").set_index("epoch")
    assert sorted(set(rows.epoch)) == [10, 20]
    for epoch, found in rows.groupby("epoch"):
        best = found.loc[found.log_likelihood.idxmax()]
        assert best.log_likelihood == pytest.approx(curve.validation_log_likelihood[epoch], abs=1e-4)
        assert best.bandwidth == curve.bandwidth[epoch]
    np.testing.assert_allclose(rows.filter(like="block_").mean(axis=1), rows.log_likelihood, atol=2e-4)
    pictures = read_arrays(undisturbed / "pictures.npz")
    assert pictures["epochs"].tolist() == [10, 20]
    assert (pictures["images"].shape, pictures["images"].dtype) == ((2, 25, 784), np.uint8)
    assert pictures["images"].std() > 1


def test_train_keeps_the_best_and_the_last_generator(undisturbed):
    best, _ = read_tensors(undisturbed / FILES[0])
    last, _ = read_tensors(undisturbed / FILES[1])
    assert best.keys() == last.keys() == {f"layers.{i}.{part}" for i in range(3) for part in ("weight", "bias")}


def test_train_killed_twice_ends_with_the_same_bits(folder, undisturbed):
    for epoch in (2, 13):
        killed(folder, "killed", epoch=epoch)
    assert "resuming after epoch" in trained(folder, "killed")
    assert hashes(folder / "killed/seed0") == hashes(undisturbed)
    assert curve_of(folder / "killed/seed0").equals(curve_of(undisturbed))


@pytest.fixture(scope="module")
def impatient(folder):
    """Params under which a seed stops at its first validation without a new best."""
    return altered(folder, "impatient", validation={"every_epochs": 1, "patience_epochs": 1})


@pytest.fixture(scope="module")
def together(folder, impatient):
    """Three seeds side by side, of which some stop before the others."""
    assert "of 3 seeds continue" in trained(folder, "together", 0, 1, 2, params=impatient)
    return folder / "together"


def test_train_together_gives_each_seed_what_it_gets_alone(folder, impatient, together):
    lengths = set()
    for seed in (0, 1, 2):
        trained(folder, "alone", seed, params=impatient)
        one, same = (place / f"seed{seed}" for place in (folder / "alone", together))
        pd.testing.assert_frame_equal(curve_of(same), curve_of(one), rtol=1e-3)
        for name in FILES:
            for key, tensor in read_tensors(one / name)[0].items():
                torch.testing.assert_close(read_tensors(same / name)[0][key], tensor, rtol=1e-2, atol=1e-4)
        manifest = read_json(same / "manifest.json")
        assert (manifest["seed"], manifest["trained_together"]) == (seed, [0, 1, 2])
        lengths.add(manifest["epochs_trained"])
    assert len(lengths) > 1, "seeds leave when their own time has come"


def test_train_together_killed_after_a_seed_has_left_ends_with_the_same_bits(folder, impatient, together):
    left = min(read_json(together / f"seed{seed}/manifest.json")["epochs_trained"] for seed in (0, 1, 2))
    killed(folder, "cut", 0, 1, 2, epoch=left + 1, params=impatient)
    assert "resuming after epoch" in trained(folder, "cut", 0, 1, 2, params=impatient)
    for seed in (0, 1, 2):
        assert hashes(folder / f"cut/seed{seed}") == hashes(together / f"seed{seed}")


def test_train_moves_to_another_machine_and_is_made_longer(folder, monkeypatch):
    """Killed, ended on another processor with two threads, made longer on the first; each machine is on record."""
    changes = {"validation": {"snapshot_epochs": 4}}
    killed(folder, "moved", epoch=5, params=altered(folder, "moved", 8, **changes))
    elsewhere = "default" if torch.backends.cpu.get_cpu_capability() == "AVX2" else "avx2"
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", elsewhere)  # another processor, to torch
    command = arguments(folder, "moved", params=folder / "moved.yaml", threads=2)
    done = run_in(ROOT, "-m", "pipeline.train", *command)
    assert done.returncode == 0, done.stderr
    assert "resuming after epoch" in done.stdout
    assert "resuming after epoch 8" in trained(folder, "moved", params=altered(folder, "moved", 12, **changes))

    manifest = read_json(folder / "moved/seed0/manifest.json")
    assert manifest["epochs_trained"] == manifest["length"] == 12
    machines = manifest["machines"]
    assert [machine["threads"] for machine in machines] == [1, 2, 1]
    assert machines[0]["hardware"] == machines[2]["hardware"] != machines[1]["hardware"]
    moved = machines[0]["last_epoch"]
    ranges = [(machine["first_epoch"], machine["last_epoch"]) for machine in machines]
    assert ranges == [(1, moved), (moved + 1, 8), (9, 12)]
    assert sorted(set(read_csv(folder / "moved/seed0/validation.csv").epoch)) == [8, 10, 12]
    work = folder / "work/moved"
    assert sorted(path.name for path in work.glob("epoch*")) == ["epoch0004", "epoch0008", "epoch0012"]
    manifest = read_json(work / "epoch0004/seed0/manifest.json")
    assert manifest["epochs_trained"] == manifest["length"] == 4


def poison(monkeypatch, when: int) -> None:
    """Make seed 1 diverge in an epoch."""
    whole = Ensemble.train_epoch

    def poisoned(self, images, epoch):
        if epoch == when and 1 in self.seeds:
            self.g.layers[0].weight[self.seeds.index(1)] = torch.nan
        return whole(self, images, epoch)

    monkeypatch.setattr(Ensemble, "train_epoch", poisoned)


def test_train_made_longer_ends_with_the_bits_of_one_long_run(folder, monkeypatch):
    """On one machine: 10 epochs, then 20 in all; two seeds, of which one diverges on the way."""
    poison(monkeypatch, 8)
    for name, lengths in (("longer", (10, 20)), ("at-once", (20,))):
        for epochs in lengths:
            params = altered(folder, "longer", epochs, validation={"every_epochs": 5})
            trained(folder, name, 0, 1, params=params)
    for seed in (0, 1):
        one, other = (folder / name / f"seed{seed}" for name in ("longer", "at-once"))
        without_time = tuple(name for name in TRAINING_FILES if name != "curve.csv")
        assert hashes(one, without_time) == hashes(other, without_time), seed
        assert curve_of(one).equals(curve_of(other))
    assert read_json(folder / "longer/seed1/manifest.json")["diverged"]
    assert read_arrays(folder / "longer/seed0/pictures.npz")["epochs"].tolist() == [5, 10, 15, 20]


@pytest.fixture(scope="module")
def short(folder):
    return altered(folder, "short", 2)


def test_train_begun_anew_deletes_the_snapshots_of_the_run_before(folder, short):
    stale = folder / "work/anew/epoch0100/seed0"
    for path in (stale, stale.with_name("seed1")):
        path.mkdir(parents=True)
    trained(folder, "anew", params=short)
    assert not stale.exists()
    assert stale.with_name("seed1").exists(), "of another seed"


def test_train_with_another_seed_gives_other_weights(folder, short):
    for seed in (0, 1):
        trained(folder, "seeds", seed, params=short)
    assert hashes(folder / "seeds/seed0")[1] != hashes(folder / "seeds/seed1")[1]


def test_train_refuses_a_second_process_on_the_same_run(folder):
    with start(folder, "twice", 0, 1) as first:
        assert first.stdout is not None
        assert any("epoch 1/" in line for line in first.stdout), "the first epoch is over: the lock is held"
        first.send_signal(signal.SIGSTOP)
        second = call(train, *arguments(folder, "twice", 1, 2))
        first.kill()
    assert second.returncode == 2
    assert "seed 1 is in progress in another process" in second.stderr


def test_train_refuses_a_seed_that_is_named_twice(folder):
    done = call(train, *arguments(folder, "double", 3, 3))
    assert done.returncode == 2
    assert "3 3: duplicate seed" in done.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"experiment": "cats"}, "experiment: 'cats' is unknown; there are: "),
        ({"scale": "huge"}, "scale: 'huge' is unknown"),
        ({"data": "absent.npz"}, "absent.npz: not found"),
        ({"params": "absent.yaml"}, "absent.yaml: cannot be read"),
        ({"device": "cuda"}, "torch sees no CUDA device"),
    ],
)
def test_train_says_a_users_error_in_one_line(folder, options, message):
    if options.get("device") == "cuda" and torch.cuda.is_available():
        pytest.skip("has a GPU: nothing is wrong with --device cuda")
    done = call(train, *arguments(folder, "wrong", **options))
    assert done.returncode == 2
    assert done.stderr.startswith("train: error: ")
    assert done.stderr.count("\n") == 1
    assert message in done.stderr


@pytest.mark.skipif(torch.cuda.is_available(), reason="has a GPU: TF32 is possible")
def test_train_refuses_tf32_where_it_would_change_nothing(folder):
    params = altered(folder, "tf32", mnist={"precision": "tf32"})
    done = call(train, *arguments(folder, "tf32", params=params))
    assert done.returncode == 2
    assert "precision: tf32 needs a CUDA device, this is cpu" in done.stderr


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_train_records_the_precision_of_its_products(folder, precision):
    """What a probe product shows; without bfloat16 arithmetic float32, saying so."""
    printed = trained(folder, precision, params=altered(folder, "precision", 2, mnist={"precision": precision}))
    manifest = read_json(folder / precision / "seed0/manifest.json")
    computed = "float32" if "no bfloat16 arithmetic" in printed else precision
    assert [machine["rounding"] for machine in manifest["machines"]] == [computed]
    assert precision_of(manifest) == computed
    tensors, _ = read_tensors(folder / precision / "seed0/last.safetensors")
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float32}
    kept_digits = any(not torch.equal(tensor, tensor.bfloat16().float()) for tensor in tensors.values())
    assert kept_digits, "parameters keep float32's digits"


def test_train_resumes_in_no_other_precision(folder, monkeypatch):
    """Begun in bfloat16, resumed where there is no such arithmetic: refused, and the checkpoint stays."""
    for epochs, capabilities in ((2, {"avx512_bf16": True}), (3, {})):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda found=capabilities: found)
        params = altered(folder, "mixed", epochs, mnist={"precision": "bfloat16"})
        done = call(train, *arguments(folder, "mixed", params=params))
        assert done.returncode == (0 if capabilities else 2), done.stderr
    assert "begun in bfloat16, multiplied in float32 here; resume them on a machine" in done.stderr
    assert (folder / "work/mixed/seed0.safetensors").is_file()


def test_train_says_at_which_step_a_run_diverged(folder):
    params = altered(folder, "wild", mnist={"selection": "last"}, recipe={"learning_rate": 1e30})
    done = call(train, *arguments(folder, "wild", params=params))
    assert done.returncode == 1
    assert "not finite in seed 0, epoch 1, step" in done.stderr
    assert "has its last good state" not in done.stderr, "there was none"
    assert not (folder / "wild").exists()


def test_train_names_the_last_good_state_of_a_run_that_diverged(folder, monkeypatch):
    poison(monkeypatch, 3)
    done = call(train, *arguments(folder, "lost", 1, params=altered(folder, "last", mnist={"selection": "last"})))
    assert done.returncode == 1
    saved = folder / "work/lost/seed1.safetensors"
    assert saved.is_file()
    assert "not finite in seed 1, epoch 3, step 1" in done.stderr
    assert f"{saved} has its last good state" in done.stderr


@pytest.mark.parametrize(("when", "every", "best"), [(1, 1, 0), (3, 1, None), (3, 5, 0)])
def test_train_lets_the_others_go_on_where_a_run_diverges(folder, monkeypatch, when, every, best):
    poison(monkeypatch, when)
    name = f"poisoned{when}_{every}"
    params = altered(folder, "patient", 6, validation={"every_epochs": every, "patience_epochs": 100})
    printed = trained(folder, name, 0, 1, params=params)
    assert f"not finite in seed 1, epoch {when}, step 1" in printed
    well, broken = (folder / name / f"seed{seed}" for seed in (0, 1))
    assert read_json(well / "manifest.json")["diverged"] == ""
    assert len(read_csv(well / "curve.csv")) == 6
    manifest = read_json(broken / "manifest.json")
    assert "not finite in seed 1" in manifest["diverged"]
    assert (manifest["epochs_trained"], manifest["best_epoch"] < when) == (when - 1, True)
    assert best is None or manifest["best_epoch"] == best
    assert (", untrained: a lower learning rate may help" in printed) is (manifest["best_epoch"] == 0)
    assert read_csv(broken / "curve.csv").epoch.tolist() == list(range(1, when))
    best, last = (read_tensors(broken / name)[0] for name in FILES)
    assert all(torch.equal(best[key], last[key]) and best[key].isfinite().all() for key in best)


@pytest.mark.parametrize(("epoch", "is_over"), [(11, False), (12, False), (14, False), (15, True), (20, True)])
def test_patience_ends_at_a_measurement_only(epoch, is_over):
    """Also where the best epoch is the last one of a run that was then made longer: 7 is no multiple of 5."""
    trainer = SimpleNamespace(experiment=SimpleNamespace(every_epochs=5, patience_epochs=5, epochs=20))
    run = SimpleNamespace(epoch=epoch, best_epoch=7, diverged="")
    assert Trainer._is_over(trainer, run) == is_over
