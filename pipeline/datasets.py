"""Data sets: readers of the raw files, made-up images for tests, and the prepared arrays."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from pipeline.errors import UserError
from pipeline.io import read_arrays, read_json, sha256
from pipeline.params import Dataset


def _read_mnist(folder: Path) -> np.ndarray:
    """Training file, then test file, in file order; uint8 (70000, 28, 28)."""
    from pipeline.torchvision_import import datasets

    files = ("train-images-idx3-ubyte", "t10k-images-idx3-ubyte")
    return np.concatenate([datasets.mnist.read_image_file(str(folder / name)).numpy() for name in files])


READERS: dict[str, Callable[[Path], np.ndarray]] = {"mnist": _read_mnist}


def synthetic_images(dataset: Dataset) -> np.ndarray:
    """Blurred spots on black, uint8 (n, *shape): something to learn in a second, with dead border pixels."""
    random = np.random.default_rng(0)
    n, height, width = sum(dataset.split), *dataset.shape[-2:]
    rows, columns = np.mgrid[:height, :width]
    center = random.uniform(0.35, 0.65, (n, 2, 1, 1)) * np.array([height, width]).reshape(1, 2, 1, 1)
    distance = (rows - center[:, 0]) ** 2 + (columns - center[:, 1]) ** 2
    spots = 255 * np.exp(-distance / (0.02 * height * width))
    return np.rint(spots).astype(np.uint8)


def load_images(path: Path, part: int, dataset: str) -> torch.Tensor:
    """One part of a prepared data set.

    Args:
        path: npz file of `pipeline.prepare`.
        part: gan.splits.TRAIN, VALIDATION or TEST.
        dataset: whose images are expected.
    Returns:
        shape (n, d), float32 in [0, 1], row-major pixels.
    Raises:
        UserError: the file is missing or damaged, of another data set, or has no such part.
    Source:
        pylearn2 datasets/mnist.py: uint8 / 255, nothing else.
    """
    arrays = read_arrays(path)
    if not {"images", "split", "dataset"} <= arrays.keys():
        raise UserError(f"{path}: holds {sorted(arrays)}, expected dataset, images and split; run prepare again")
    if str(arrays["dataset"]) != dataset:
        raise UserError(f"{path}: holds {arrays['dataset']}, expected {dataset}; name the right file with --data")
    images = arrays["images"][arrays["split"] == part]
    if len(images) == 0:
        raise UserError(f"{path}: no image of part {part}; run prepare again")
    return torch.from_numpy(images.reshape(len(images), -1)).float() / 255


def check_prepared(path: Path) -> None:
    """Check that a prepared data set is still what `prepare` wrote.

    Raises:
        UserError: its bytes are not those that the manifest beside it records.
    """
    manifest = path.with_suffix(".manifest.json")
    if manifest.is_file() and read_json(manifest)["outputs"].get(path.name) != sha256(path):
        raise UserError(f"{path}: not the bytes that {manifest.name} records; delete it and run prepare again")
