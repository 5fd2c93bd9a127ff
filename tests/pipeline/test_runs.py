"""A run's manifest guards its files and its settings."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from pipeline.errors import UserError
from pipeline.io import sha256, write_json, write_tensors
from pipeline.params import load
from pipeline.runs import differences, load_generator, new_generator, plain, read_manifest, verify_outputs

EXPERIMENT = load(Path(__file__).parents[2] / "params.yaml", "smoke").experiment("mnist")
CPU = torch.device("cpu")


@pytest.fixture
def run(tmp_path):
    """A folder with a generator and a manifest."""
    write_tensors(tmp_path / "generator.safetensors", new_generator(EXPERIMENT, 0, CPU).state_dict())
    outputs = {"generator.safetensors": sha256(tmp_path / "generator.safetensors")}
    write_json(tmp_path / "manifest.json", {"settings": EXPERIMENT.train_settings(), "seed": 0, "outputs": outputs})
    return tmp_path


def test_read_manifest_accepts_present_settings(run):
    assert read_manifest(run, EXPERIMENT)["seed"] == 0


def test_read_manifest_names_the_difference(run):
    other = replace(EXPERIMENT, recipe=replace(EXPERIMENT.recipe, learning_rate=0.2), epochs=9)
    with pytest.raises(UserError, match=r"epochs: 2 -> 9.*|recipe\.learning_rate: 0\.1 -> 0\.2") as error:
        read_manifest(run, other)
    assert "recipe.learning_rate: 0.1 -> 0.2" in str(error.value)


def test_verify_outputs_names_a_changed_file(run):
    data = bytearray((run / "generator.safetensors").read_bytes())
    data[-1] ^= 1
    (run / "generator.safetensors").write_bytes(data)
    with pytest.raises(UserError, match=r"generator\.safetensors: not the bytes that manifest\.json records"):
        verify_outputs(run / "manifest.json")


def test_load_generator_gives_back_the_weights(run):
    loaded = load_generator(run / "generator.safetensors", EXPERIMENT, CPU)
    fresh = new_generator(EXPERIMENT, 0, CPU)
    assert all(torch.equal(a, b) for a, b in zip(loaded.parameters(), fresh.parameters(), strict=True))


def test_load_generator_refuses_another_network(run):
    other = replace(EXPERIMENT, noise_size=7)
    with pytest.raises(UserError, match="weights of another network"):
        load_generator(run / "generator.safetensors", other, CPU)


def test_plain_is_what_json_gives_back():
    settings = EXPERIMENT.train_settings()
    assert plain(settings) == json.loads(json.dumps(settings))


def test_differences_reach_into_nested_contents():
    assert differences({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}, "d": None}) == ["a.c: 2 -> 3"]
    assert differences({"a": 1}, {}) == ["a: 1 -> None"]
