"""Training whose output has gone, and training whose settings are changed and changed back."""

import pytest
import yaml
from helpers import call
from training_runs import altered, hashes, start, trained

from pipeline import prepare
from pipeline.record.places import snapshots


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A working folder with params and prepared images."""
    folder = tmp_path_factory.mktemp("train")
    options = ("--params", altered(folder, "params", 10), "--dataset", "synthetic-mnist")
    done = call(prepare, *options, "--output", folder / "data.npz")
    assert done.returncode == 0, done.stderr
    return folder


def test_train_whose_output_has_gone_ends_with_the_same_bits(folder):
    """As where a scheduler ends all processes of a job and training is the last, or a pipe's reader is `head`."""
    trained(folder, "undisturbed")
    with start(folder, "unread") as process:
        assert process.stdout is not None
        assert any("epoch 2/" in line for line in process.stdout)
        process.stdout.close()
    assert process.returncode == 0
    assert hashes(folder / "unread/seed0") == hashes(folder / "undisturbed/seed0")


def test_train_takes_up_what_was_put_aside_with_its_snapshots_and_waypoints(folder):
    """Settings are changed, and changed back."""
    runs = {}
    for name, rate in (("first", 0.1), ("second", 0.2)) * 2:
        params = altered(folder, name, 9, recipe={"learning_rate": rate}, validation={"snapshot_epochs": 3})
        values = yaml.safe_load(params.read_text())
        values["scales"]["smoke"]["experiments"]["mnist"]["waypoints"] = [6]
        params.write_text(yaml.safe_dump(values))
        printed = trained(folder, "changed", params=params)
        assert ("resuming after epoch 9" in printed) == (name in runs), printed
        left = snapshots(folder / "work/changed", folder / "changed/seed0")
        content = {epoch: hashes(place) for epoch, place in left.items()}
        assert list(content) == [3, 6, 9]
        assert runs.setdefault(name, (hashes(folder / "changed/seed0"), content)) == (
            hashes(folder / "changed/seed0"),
            content,
        )
    assert runs["first"] != runs["second"]
