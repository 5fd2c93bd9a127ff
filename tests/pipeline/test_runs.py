"""A run's manifests guard its files, its settings, and that they belong together."""

import json
from dataclasses import replace

import pytest
import torch
from helpers import ROOT

from gan.training import Game
from pipeline.config.params import load
from pipeline.files.errors import UserError
from pipeline.files.formats import read_json, sha256, write_json, write_tensors, write_text
from pipeline.record.manifest import plain
from pipeline.record.runs import MANIFESTS, Run
from pipeline.runtime.networks import load_generator, new_discriminator, new_generator, put_on_top

EXPERIMENT = load(ROOT / "params.yaml", "smoke").experiment("mnist")
CPU = torch.device("cpu")


@pytest.fixture
def folder(tmp_path):
    """A folder with the files and manifests of a scored run."""
    folder = tmp_path / "mnist" / "seed4"
    write_text(folder / "data.npz", "images")
    write_tensors(folder / "generator.safetensors", new_generator(EXPERIMENT, 0, CPU).state_dict())
    for name in ("samples.npy", "metrics.csv"):
        write_text(folder / name, name)
    data = {"data.npz": sha256(folder / "data.npz")}
    chain = ("generator.safetensors", "samples.npy", "metrics.csv")
    inputs = [data, data | {chain[0]: sha256(folder / chain[0])}, data | {chain[1]: sha256(folder / chain[1])}]
    for (stage, manifest), output, read in zip(MANIFESTS.items(), chain, inputs, strict=True):
        content = {
            "stage": stage,
            "settings": EXPERIMENT.settings(stage),
            "inputs": read,
            "outputs": {output: sha256(folder / output)},
        }
        write_json(folder / manifest, content | ({"seed": 4} if stage == "train" else {}))
    return folder


def change(path, *keys_and_value):
    """Set a nested value of a JSON file."""
    content = place = read_json(path)
    *keys, last, value = keys_and_value
    for key in keys:
        place = place[key]
    place[last] = value
    write_json(path, content)


def test_put_on_top_leaves_the_new_front_and_takes_the_pretrained_layers():
    second = load(ROOT / "params.yaml", "smoke").experiment("tfd")
    assert second.pretraining is not None
    first = new_generator(second.pretraining, 3, CPU)
    generator, fresh = (new_generator(second, 3, CPU) for _ in range(2))
    put_on_top(generator, first.state_dict())
    assert len(generator.layers) == len(first.layers) + 2
    for mine, pretrained in zip(generator.layers[2:], first.layers, strict=True):
        assert torch.equal(mine.weight, pretrained.weight)
        assert torch.equal(mine.bias, pretrained.bias)
    for mine, new in zip(generator.layers[:2], fresh.layers[:2], strict=True):
        assert torch.equal(mine.weight, new.weight)
    game = Game(generator, new_discriminator(second, 3, CPU), second.recipe)
    for layer in (*game.generator.layers, *game.discriminator.layers):
        assert layer.weight.norm(dim=1).max() <= 1.9365 * (1 + 1e-6)


@pytest.mark.parametrize("stage", MANIFESTS)
def test_run_accepts_what_belongs_together(folder, stage):
    assert Run(folder, EXPERIMENT, stage).seed == 4


def test_run_names_a_changed_setting(folder):
    other = replace(EXPERIMENT, recipe=replace(EXPERIMENT.recipe, learning_rate=0.2))
    with pytest.raises(UserError, match=r"settings recipe\.learning_rate: 0\.1 -> 0\.2.*delete its list"):
        Run(folder, other, "train")


def test_run_names_a_changed_grid_only_where_it_matters(folder):
    other = replace(EXPERIMENT, grids=EXPERIMENT.grids | {"fine": (0.1, 0.2)})
    Run(folder, other, "sample")
    with pytest.raises(UserError, match=r"settings grids\.fine"):
        Run(folder, other, "evaluate")


@pytest.mark.parametrize("name", ["generator.safetensors", "samples.npy", "metrics.csv"])
def test_run_names_a_changed_file(folder, name):
    data = bytearray((folder / name).read_bytes())
    data[-1] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(UserError, match=f"{name} is not the bytes that .*manifest.json records"):
        Run(folder, EXPERIMENT, "evaluate")


def test_run_refuses_samples_of_another_generator(folder):
    """As after training by hand again without sampling again."""
    (folder / "generator.safetensors").write_bytes(b"retrained")
    change(folder / "manifest.json", "outputs", "generator.safetensors", sha256(folder / "generator.safetensors"))
    with pytest.raises(UserError, match=r"two different files generator\.safetensors"):
        Run(folder, EXPERIMENT, "evaluate")


def test_run_refuses_scores_on_other_data_than_it_was_trained_on(folder):
    change(folder / "metrics.manifest.json", "inputs", "data.npz", "0" * 64)
    with pytest.raises(UserError, match=r"two different files data\.npz"):
        Run(folder, EXPERIMENT, "evaluate")


def test_run_refuses_to_use_other_data(folder, tmp_path):
    run = Run(folder, EXPERIMENT, "train")
    assert run.use(folder / "data.npz") == folder / "data.npz"
    write_text(tmp_path / "data.npz", "other images")
    with pytest.raises(UserError, match=r"two different files data\.npz"):
        run.use(tmp_path / "data.npz")


def test_run_refuses_a_folder_of_another_seed(folder):
    change(folder / "manifest.json", "seed", 5)
    with pytest.raises(UserError, match="contains a run of seed 5"):
        Run(folder, EXPERIMENT, "train")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"settings": {}}'])
def test_run_names_a_damaged_manifest(folder, content):
    (folder / "manifest.json").write_text(content)
    with pytest.raises(UserError, match=r"manifest\.json: damaged"):
        Run(folder, EXPERIMENT, "train")


def test_load_generator_gives_back_the_weights(folder):
    loaded = load_generator(folder / "generator.safetensors", EXPERIMENT, CPU)
    fresh = new_generator(EXPERIMENT, 0, CPU)
    assert all(torch.equal(a, b) for a, b in zip(loaded.parameters(), fresh.parameters(), strict=True))


def test_load_generator_refuses_another_network(folder):
    with pytest.raises(UserError, match="weights of another network"):
        load_generator(folder / "generator.safetensors", replace(EXPERIMENT, noise_size=7), CPU)


@pytest.mark.parametrize("stage", MANIFESTS)
def test_plain_is_what_json_gives_back(stage):
    settings = EXPERIMENT.settings(stage)
    assert plain(settings) == json.loads(json.dumps(settings))
