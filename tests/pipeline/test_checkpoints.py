"""A checkpoint gives back the very state of every seed, and is discarded when it belongs to other runs."""

import math

import pytest
import torch
from helpers import DISCRIMINATOR, GENERATOR

from gan.ensemble import Ensemble
from gan.models import Discriminator, Generator
from gan.recipe import Recipe
from gan.seeding import stream
from gan.training import Game
from pipeline.runtime.checkpoints import Checkpoint, Progress
from pipeline.train import _together

ROW = {"epoch": 1, "loss_D": 1 / 3, "validation_log_likelihood": None}
SEEDS = [4, 0, 7]


def new_games(weights: str) -> Ensemble:
    networks = [
        (Generator(4, GENERATOR, stream(seed, f"g {weights}")), Discriminator(12, DISCRIMINATOR, stream(seed, weights)))
        for seed in SEEDS
    ]
    return Ensemble([Game(*pair, Recipe(batch_size=10)) for pair in networks], SEEDS)


@pytest.fixture
def games(images):
    games = new_games("trained")
    games.train_epoch(images, epoch=1)
    return games


def begun() -> dict[int, Progress]:
    return {seed: Progress(epoch=1) for seed in SEEDS}


def test_restore_gives_back_every_bit(tmp_path, games, images):
    progress = begun()
    best = games.generator_state(1)
    progress[0] = Progress(1, 12.5, 99.0, curve=[ROW], best_epoch=1, best_log_likelihood=-3.25, best=best)
    Checkpoint(tmp_path / "c", {"seed": 0}).save(games, progress)
    fresh = new_games("other")
    assert not torch.equal(fresh.g.layers[0].weight, games.g.layers[0].weight)
    restored = Checkpoint(tmp_path / "c", {"seed": 0}).restore(fresh, 10)
    assert fresh.updates == games.updates
    assert list(restored) == SEEDS
    run = restored[0]
    assert (run.epoch, run.seconds, run.curve, run.best_epoch) == (1, 12.5, [ROW], 1)
    assert all(torch.equal(run.best[name], best[name]) for name in best)
    assert restored[4].best == restored[4].last == {}
    for both in (games, fresh):
        both.train_epoch(images, epoch=2)
    assert all(torch.equal(a, b) for a, b in zip(games.tensors().values(), fresh.tensors().values(), strict=True))


def test_restore_goes_on_with_the_seeds_that_had_not_left(tmp_path, games, images):
    progress = begun()
    progress[0].last = games.generator_state(1)
    games.keep([2, 0])
    Checkpoint(tmp_path / "c", {}).save(games, progress)
    fresh = new_games("other")
    restored = Checkpoint(tmp_path / "c", {}).restore(fresh, 10)
    assert fresh.seeds == [7, 4]
    assert all(torch.equal(restored[0].last[name], tensor) for name, tensor in progress[0].last.items())
    for both in (games, fresh):
        both.train_epoch(images, epoch=2)
    assert all(torch.equal(a, b) for a, b in zip(games.tensors().values(), fresh.tensors().values(), strict=True))


def test_restore_before_the_first_validation(tmp_path, games):
    Checkpoint(tmp_path / "c", {}).save(games, begun())
    assert Checkpoint(tmp_path / "c", {}).restore(games, 10)[4].best_log_likelihood == -math.inf


def test_restore_discards_another_runs_checkpoint(tmp_path, games, capsys):
    Checkpoint(tmp_path / "c", {"settings": {"learning_rate": 0.1}}).save(games, begun())
    assert Checkpoint(tmp_path / "c", {"settings": {"learning_rate": 0.2}}).restore(games, 10)[4].epoch == 0
    assert "settings.learning_rate: 0.1 -> 0.2" in capsys.readouterr().out
    assert not (tmp_path / "c").exists()
    assert (tmp_path / "c.1.discarded").exists()


@pytest.mark.parametrize("keep", [0, 100, -1])
def test_restore_discards_a_damaged_file(tmp_path, games, capsys, keep):
    Checkpoint(tmp_path / "c", {}).save(games, begun())
    (tmp_path / "c").write_bytes((tmp_path / "c").read_bytes()[:keep])
    assert Checkpoint(tmp_path / "c", {}).restore(games, 10)[4].epoch == 0
    assert "checkpoint put aside as" in capsys.readouterr().out


def test_restore_discards_what_is_longer_than_asked_for(tmp_path, games, capsys):
    Checkpoint(tmp_path / "c", {}).save(games, {seed: Progress(epoch=7) for seed in SEEDS})
    assert Checkpoint(tmp_path / "c", {}).restore(games, 6)[4].epoch == 0
    assert "7 epochs of 6 are done" in capsys.readouterr().out


def checkpoint(folder, learning_rate: float) -> Checkpoint:
    return Checkpoint(folder / "c", {"settings": {"learning_rate": learning_rate}})


def test_a_checkpoint_that_was_put_aside_is_kept_and_taken_up_when_it_fits(tmp_path, games, capsys):
    """Settings are changed, changed again and changed back; each time something has been trained."""
    for epoch, rate in ((5, 0.1), (3, 0.2), (2, 0.3)):
        assert checkpoint(tmp_path, rate).restore(games, 10)[4].epoch == 0
        checkpoint(tmp_path, rate).save(games, {seed: Progress(epoch=epoch) for seed in SEEDS})
    for _ in range(2):
        for epoch, rate in ((5, 0.1), (3, 0.2), (2, 0.3)):
            assert checkpoint(tmp_path, rate).restore(new_games("other"), 10)[4].epoch == epoch
    assert "using the checkpoint that was put aside" in capsys.readouterr().out
    assert len(list(tmp_path.iterdir())) == 3


def test_fewer_epochs_and_more_again_take_up_what_was_trained(tmp_path, games):
    for epoch in (7, 6):
        checkpoint(tmp_path, 0.1).save(games, {seed: Progress(epoch=epoch) for seed in SEEDS})
        assert checkpoint(tmp_path, 0.1).restore(games, 5)[4].epoch == 0
    assert checkpoint(tmp_path, 0.1).restore(games, 6)[4].epoch == 6
    (tmp_path / "c").unlink()
    assert checkpoint(tmp_path, 0.1).restore(games, 10)[4].epoch == 7


@pytest.mark.parametrize(
    "error", [MemoryError(), OSError(5, "Input/output error"), RuntimeError("can't allocate memory")]
)
def test_a_checkpoint_is_not_put_aside_for_a_fault_of_the_machine(tmp_path, games, monkeypatch, error):
    def fails(*_: object, **__: object) -> None:
        raise error

    checkpoint(tmp_path, 0.1).save(games, begun())
    monkeypatch.setattr("safetensors.safe_open", fails)
    with pytest.raises(type(error)):
        checkpoint(tmp_path, 0.1).restore(games, 10)
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


@pytest.mark.parametrize("name", ["c.discarded", "c.17.discarded"])
def test_only_what_is_whole_and_fits_is_taken_up(tmp_path, games, name):
    checkpoint(tmp_path, 0.1).save(games, begun())
    (tmp_path / "c").rename(tmp_path / name)
    content = (tmp_path / name).read_bytes()
    (tmp_path / "c.0.discarded").write_bytes(content[:-1])
    (tmp_path / "cc.0.discarded").write_bytes(content)
    assert checkpoint(tmp_path, 0.2).restore(games, 10)[4].epoch == 0
    assert checkpoint(tmp_path, 0.1).restore(games, 10)[4].epoch == 1
    assert {path.name for path in tmp_path.iterdir()} == {"c", "c.0.discarded", "cc.0.discarded"}


def test_add_epoch_names_each_machine_with_its_epochs():
    run = Progress()
    for epoch, threads in ((1, 1), (2, 1), (3, 2)):
        run.add_epoch(epoch, 1.5, 10.0 * epoch, {"threads": threads})
    assert (run.epoch, run.seconds, run.peak_memory_mb) == (3, 4.5, 30.0)
    assert run.machines == [
        {"first_epoch": 1, "last_epoch": 2, "seconds": 3.0, "threads": 1},
        {"first_epoch": 3, "last_epoch": 3, "seconds": 1.5, "threads": 2},
    ]


def test_seeds_of_a_checkpoint_resume_together(tmp_path):
    """A run that is lost is written again from the checkpoint; seeds added later have one of their own."""
    for name in ("seeds0-2", "seed3", "seed9"):
        (tmp_path / f"{name}.safetensors").touch()
    assert _together(tmp_path, [0, 1, 2], [1]) == [[0, 1, 2]]
    assert _together(tmp_path, [0, 1, 2, 3], [0, 1, 2, 3]) == [[0, 1, 2], [3]]
    assert _together(tmp_path, [0, 1, 2, 3, 4, 5], [4, 5]) == [[4, 5]]
    assert _together(tmp_path, [0, 1], [0, 1]) == [[0, 1]], "a checkpoint with other seeds is of another job"
