"""Damaged files: bits flipped, ends cut off. Never another number, never a traceback: one line that names the file."""

import random
import shutil
from pathlib import Path

import pandas as pd
import pytest
import torch
import yaml
from helpers import run_in

from pipeline.config.params import Params
from pipeline.data.arrays import check_prepared
from pipeline.files.errors import UserError
from pipeline.reporting.gather import gather
from pipeline.runtime.checkpoints import Checkpoint, Progress

RUN = "runs/smoke/mnist"
BEHIND_A_TABLE = (
    "seed0/generator.safetensors",
    "seed0/last.safetensors",
    "seed0/curve.csv",
    "seed0/manifest.json",
    "seed0/samples.npy",
    "seed0/samples.manifest.json",
    "seed1/metrics.csv",
    "seed1/bandwidths.csv",
    "seed1/redrawn.csv",
    "seed1/test_images.npz",
    "seed1/metrics.manifest.json",
    "audit/metrics.csv",
    "audit/growth.csv",
    "audit/sheet.npz",
    "audit/manifest.json",
    "audit/growth.manifest.json",
)


def damaged(content: bytes, dice: random.Random) -> bytes:
    """The content with a few bits flipped, or cut short, or empty."""
    if dice.random() < 0.4:
        return content[: dice.randrange(len(content))]
    changed = bytearray(content)
    for _ in range(dice.choice([1, 1, 3])):
        changed[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    return bytes(changed)


@pytest.fixture
def params(project) -> Params:
    """Few resamples: what is compared is equality."""
    values = yaml.safe_load((project / "params.yaml").read_text())
    values["statistics"]["resamples"] = 100
    return Params(values, "smoke")


@pytest.mark.parametrize("name", BEHIND_A_TABLE)
def test_a_damaged_file_behind_a_table_is_named_or_changes_no_number(project, params, name, cases, tally):
    folders = [project / RUN / f"seed{seed}" for seed in (0, 1)]
    whole = gather(folders, params)
    path, dice = project / RUN / name, random.Random(name)
    content = path.read_bytes()
    for _ in range(cases(4, 25)):
        path.write_bytes(damaged(content, dice))
        try:
            found = gather(folders, params)
        except UserError as error:
            assert "\n" not in str(error)
            assert str(project / RUN) in str(error)
            assert "again" in str(error) or "run the stage" in str(error)
        else:  # a digit of a wall time, say
            for frame in whole:
                pd.testing.assert_frame_equal(found[frame], whole[frame])
        tally(f"damaged: {Path(name).name}")
    path.write_bytes(content)


def test_a_damaged_prepared_file_is_named(project, cases, tally):
    path, dice = project / "data/prepared/synthetic-mnist.npz", random.Random("prepared")
    content = path.read_bytes()
    for _ in range(cases(10, 60)):
        path.write_bytes(damaged(content, dice))
        with pytest.raises(UserError, match=r"synthetic-mnist\.npz: not the bytes .*; delete it and run prepare again"):
            check_prepared(path)
        tally("damaged: prepared data")


class Nets:
    """Stands in for games: one tensor, two seeds."""

    def __init__(self, value: float) -> None:
        self.seeds, self.updates, self.weights = [0, 1], 7, torch.full((2, 50), value)

    def tensors(self) -> dict[str, torch.Tensor]:
        return {"weights": self.weights}


def test_a_damaged_checkpoint_is_put_aside_or_changes_nothing(tmp_path, cases, tally, capsys):
    checkpoint, dice = Checkpoint(tmp_path / "run.safetensors", {"settings": 1}), random.Random("checkpoint")
    progress = {seed: Progress(epoch=3, curve=[{"epoch": 3.0}], best={"w": torch.ones(3)}) for seed in (0, 1)}
    checkpoint.save(Nets(1.0), progress)
    content = checkpoint.path.read_bytes()
    for _ in range(cases(40, 300)):
        checkpoint.path.write_bytes(damaged(content, dice))
        games = Nets(0.0)
        restored = checkpoint.restore(games, 3)
        if checkpoint.path.exists():
            assert restored == progress or restored[0].epoch == 3
            assert torch.equal(games.weights, Nets(1.0).weights), "another weight than was saved"
            assert torch.equal(restored[0].best["w"], torch.ones(3))
        else:
            assert restored[0].epoch == 0
            assert torch.equal(games.weights, Nets(0.0).weights), "half restored"
            assert "checkpoint put aside" in capsys.readouterr().out
        tally("damaged: checkpoint")


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("seed0/generator.safetensors", ("sample", "--experiment", "mnist", "--run", f"{RUN}/seed0")),
        ("seed0/samples.npy", ("evaluate", "--experiment", "mnist", "--run", f"{RUN}/seed0")),
        ("seed0/manifest.json", ("growth", "--experiment", "mnist", "--run", f"{RUN}/seed0", "--output", "x")),
    ],
)
def test_a_stage_says_a_damaged_file_in_one_line(project, name, command, tally):
    path = project / RUN / name
    path.write_bytes(path.read_bytes()[:-40])
    data = ("--data", "data/prepared/synthetic-mnist.npz")
    done = run_in(project, "-m", f"pipeline.{command[0]}", "--scale", "smoke", *command[1:], *data)
    assert done.returncode == 2, done.stdout
    assert Path(name).name in done.stderr
    assert done.stderr.count("\n") == 1
    tally(f"damaged: {path.name}")


@pytest.mark.parametrize("name", ["metrics.csv", "variance.csv"])
def test_a_published_table_without_its_columns_is_said(project, tmp_path, name, tally):
    folder = tmp_path / "published"
    shutil.copytree(project / "results/smoke", folder)
    (folder / name).write_text("")
    options = ("--gathered", str(folder), "--output", str(tmp_path / "made"))
    done = run_in(project, "-m", "pipeline.table", "--scale", "smoke", *options)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"{name} is not the bytes that table.manifest.json records" in done.stderr
    assert not (tmp_path / "made").exists()
    tally(f"damaged: {name}")
