"""A run on disk: its networks from the settings, its files, its manifest."""

from pathlib import Path
from typing import Any

import torch

from gan.models import Discriminator, Generator
from gan.seeding import stream
from pipeline.errors import UserError
from pipeline.io import read_json, read_tensors, reading, sha256
from pipeline.params import Experiment

BEST, LAST = "generator.safetensors", "last.safetensors"
MANIFEST = "manifest.json"


def new_generator(
    experiment: Experiment, seed: int, device: torch.device, mean_image: torch.Tensor | None = None
) -> Generator:
    """G with the initial weights of a seed; without a mean image its biases wait to be loaded."""
    if mean_image is None:
        mean_image = torch.full((experiment.generator[-1].units,), 0.5, device=device)
    weights = stream(seed, "generator weights", device=device)
    return Generator(experiment.noise_size, experiment.generator, weights, mean_image)


def new_discriminator(experiment: Experiment, seed: int, device: torch.device) -> Discriminator:
    """D with the initial weights of a seed."""
    weights = stream(seed, "discriminator weights", device=device)
    return Discriminator(experiment.generator[-1].units, experiment.discriminator, weights)


def load_generator(path: Path, experiment: Experiment, device: torch.device) -> Generator:
    """A trained G.

    Raises:
        UserError: the file is missing, damaged, or of another network.
    """
    tensors, _ = read_tensors(path)
    generator = new_generator(experiment, 0, device)
    with reading(path):
        try:
            generator.load_state_dict(tensors)
        except RuntimeError as error:
            raise ValueError("weights of another network") from error
    return generator


def read_manifest(folder: Path, experiment: Experiment) -> dict[str, Any]:
    """The manifest of a run whose files are whole and which was trained with the present settings.

    Raises:
        UserError: a file is missing or changed, or the settings differ; the message names the differences.
    """
    verify_outputs(folder / MANIFEST)
    manifest = read_json(folder / MANIFEST)
    with reading(folder / MANIFEST):
        found = differences(manifest["settings"], plain(experiment.train_settings()))
    if found:
        raise UserError(f"{folder}: trained with other settings ({'; '.join(found)}); train it again")
    return manifest


def verify_outputs(manifest: Path) -> None:
    """Check that the files a stage wrote are still the bytes it wrote.

    Raises:
        UserError: the manifest or a file is missing, or a file has changed; the message names it.
    """
    content = read_json(manifest)
    with reading(manifest):
        outputs = dict(content["outputs"])
    for name, digest in outputs.items():
        if sha256(manifest.parent / name) != digest:
            raise UserError(
                f"{manifest.parent / name}: not the bytes that {manifest.name} records; delete it and run again"
            )


def plain(content: Any) -> Any:
    """The content as JSON would give it back: tuples are lists."""
    if isinstance(content, dict):
        return {key: plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [plain(value) for value in content]
    return content


def differences(old: Any, new: Any, place: str = "") -> list[str]:
    """What differs between two plain contents, as lines "key: old -> new"."""
    if isinstance(old, dict) and isinstance(new, dict):
        keys = dict.fromkeys([*old, *new])
        return [line for key in keys for line in differences(old.get(key), new.get(key), f"{place}.{key}".strip("."))]
    return [] if old == new else [f"{place}: {old} -> {new}"]
