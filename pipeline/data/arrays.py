"""Data sets: the prepared arrays of images and of their classes, their parts as tensors."""

from pathlib import Path

import numpy as np
import torch

from gan.images import normalise_contrast
from pipeline.files.errors import UserError
from pipeline.files.formats import read_arrays, read_json, sha256

NO_LABEL = -1


def n_folds(path: Path) -> int:
    """Return the number of folds of a prepared data set; 1 for a single split."""
    split = read_arrays(path).get("split", np.empty(0))
    return split.shape[1] if split.ndim == 2 else 1


def load_images(path: Path, part: int, dataset: str, fold: int = 0) -> torch.Tensor:
    """Load one part of a prepared data set, as the networks see it.

    Args:
        path: npz file of `pipeline.prepare`.
        part: gan.images.TRAIN, VALIDATION or TEST.
        dataset: whose images are expected.
        fold: whose part it is, where there are folds.
    Returns:
        shape (n, d), float32, channels first, row-major pixels: in [0, 1], or contrast-normalised where the
        data set asks for that.
    Raises:
        UserError: the file is missing or damaged, of another data set, or has no such part.
    Source:
        pylearn2 datasets/mnist.py, tfd.py: uint8 / 255; cifar10.py: `gcn` of the raw values.
    """
    arrays = read_arrays(path)
    images = _part(arrays, ("images", "contrast_norm"), path, part, dataset, fold)
    rows, norm = torch.from_numpy(images.reshape(len(images), -1)).float(), float(arrays["contrast_norm"])
    return normalise_contrast(rows, norm) if norm else rows / 255


def load_labels(path: Path, part: int, dataset: str) -> torch.Tensor:
    """Load the classes of one part of a prepared data set, in the order of load_images.

    Args:
        path: npz file of labels, beside that of the images.
        part, dataset: as in load_images.
    Returns:
        shape (n,), int64, 0 .. N_CLASSES - 1.
    Raises:
        UserError: as load_images, or the classes are not known.
    """
    labels = _part(read_arrays(path), ("labels",), path, part, dataset)
    if (labels == NO_LABEL).any():
        raise UserError(f"{path}: {dataset} has no labels here; choose an experiment on MNIST or Fashion-MNIST")
    return torch.from_numpy(labels)


def _part(
    arrays: dict[str, np.ndarray], names: tuple[str, ...], path: Path, part: int, dataset: str, fold: int = 0
) -> np.ndarray:
    """The rows of one part, of the first of the named arrays."""
    wanted = ("dataset", names[0], "split", *names[1:])
    if not set(wanted) <= arrays.keys():
        raise UserError(f"{path}: contains {sorted(arrays)}, expected {', '.join(wanted)}; delete it and prepare again")
    if str(arrays["dataset"]) != dataset:
        raise UserError(f"{path}: contains {arrays['dataset']}, expected {dataset}; name the right file with --data")
    split = arrays["split"] if arrays["split"].ndim == 1 else arrays["split"][:, fold]
    rows = arrays[names[0]][split == part]
    if len(rows) == 0:
        raise UserError(f"{path}: no image of part {part}; delete it and run prepare again")
    return rows


def check_prepared(path: Path) -> None:
    """Check that a prepared data set, images or labels, is still what `prepare` wrote.

    Raises:
        UserError: its bytes are not those that the manifest beside it records.
    """
    manifest = path.with_name(f"{path.name.split('.')[0]}.manifest.json")
    if manifest.is_file() and read_json(manifest)["outputs"].get(path.name) != sha256(path):
        raise UserError(f"{path}: not the bytes that {manifest.name} records; delete it and run prepare again")
