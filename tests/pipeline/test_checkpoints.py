"""A checkpoint gives back the very state, and is discarded when it belongs to another run."""

import math

import pytest
import torch
from helpers import DISCRIMINATOR, GENERATOR

from gan.ensemble import Ensemble
from gan.models import Discriminator, Generator
from gan.recipe import Recipe
from gan.seeding import stream
from gan.training import Game
from pipeline.checkpoints import Checkpoint, Progress

ROW = {"epoch": 1, "loss_D": 1 / 3, "validation_log_likelihood": None}


@pytest.fixture
def games(networks, images):
    games = Ensemble([Game(*networks, Recipe(batch_size=10))], [0])
    games.train_epoch(images, epoch=1)
    return games


def test_restore_gives_back_every_bit(tmp_path, games, images):
    best = games.generator_state(0)
    progress = Progress(1, 12.5, 99.0, [ROW], 1, -3.25, best)
    Checkpoint(tmp_path / "c", {"seed": 0}).save(games, progress)
    other = Generator(4, GENERATOR, stream(9, "other")), Discriminator(12, DISCRIMINATOR, stream(9, "another"))
    fresh = Ensemble([Game(*other, Recipe(batch_size=10))], [0])
    assert not torch.equal(fresh.g.layers[0].weight, games.g.layers[0].weight)
    restored = Checkpoint(tmp_path / "c", {"seed": 0}).restore(fresh)
    assert fresh.updates == games.updates
    assert (restored.epoch, restored.seconds, restored.curve, restored.best_epoch) == (1, 12.5, [ROW], 1)
    assert all(torch.equal(restored.best[name], best[name]) for name in best)
    for both in (games, fresh):
        both.train_epoch(images, epoch=2)
    assert all(torch.equal(a, b) for a, b in zip(games.tensors().values(), fresh.tensors().values(), strict=True))


def test_restore_before_the_first_validation(tmp_path, games):
    Checkpoint(tmp_path / "c", {}).save(games, Progress(epoch=1))
    assert Checkpoint(tmp_path / "c", {}).restore(games).best_log_likelihood == -math.inf


def test_restore_discards_another_runs_checkpoint(tmp_path, games, capsys):
    Checkpoint(tmp_path / "c", {"settings": {"learning_rate": 0.1}}).save(games, Progress(epoch=1))
    assert Checkpoint(tmp_path / "c", {"settings": {"learning_rate": 0.2}}).restore(games).epoch == 0
    assert "settings.learning_rate: 0.1 -> 0.2" in capsys.readouterr().out
    assert not (tmp_path / "c").exists()
    assert (tmp_path / "c.discarded").exists()


@pytest.mark.parametrize("keep", [0, 100, -1])
def test_restore_discards_a_damaged_file(tmp_path, games, capsys, keep):
    Checkpoint(tmp_path / "c", {}).save(games, Progress(epoch=1))
    (tmp_path / "c").write_bytes((tmp_path / "c").read_bytes()[:keep])
    assert Checkpoint(tmp_path / "c", {}).restore(games).epoch == 0
    assert "discarded" in capsys.readouterr().out
