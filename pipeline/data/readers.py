"""Readers of the raw files, one per data set: images, and which of them train, validate and test.

A reader gets the folder that `download` filled and the data set's entry in the params; it returns uint8 images
(n, *shape) and codes of gan.images, (n,) or (n, folds). Classes, where a data set has them and something here
asks for them, have a reader of their own: int64 (n,) in the images' order. See docs/data.md.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy.io

from gan.images import TEST, TRAIN, UNUSED, VALIDATION, consecutive_split, distinct_images, stratified_folds
from pipeline.config.experiments import Dataset
from pipeline.files.errors import UserError

Images = tuple[np.ndarray, np.ndarray]
# On damaged bytes scipy may end the interpreter: a process of its own reads them first.
TRIAL = "import sys, scipy.io; scipy.io.loadmat(sys.argv[1])"


def read_idx(folder: Path, dataset: Dataset) -> Images:
    """Read MNIST and data sets of its format: training file, then test file, in file order."""
    from pipeline.data.torchvision_import import datasets

    files = ("train-images-idx3-ubyte", "t10k-images-idx3-ubyte")
    images = [datasets.mnist.read_image_file(str(folder / name)).numpy() for name in files]
    return np.concatenate(images), consecutive_split(*dataset.split)


def read_idx_labels(folder: Path) -> np.ndarray:
    """Read classes 0 to 9 of such a data set: training file, then test file."""
    from pipeline.data.torchvision_import import datasets

    files = ("train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte")
    return np.concatenate([datasets.mnist.read_label_file(str(folder / name)).numpy() for name in files])


def read_cifar10(folder: Path, dataset: Dataset) -> Images:
    """Read CIFAR-10: the five training batches, then the test batch; (n, 3, 32, 32).

    The batches are pickles: `prepare` has compared their bytes with the pinned ones before this runs.
    """
    from pipeline.data.torchvision_import import datasets

    parts = [datasets.CIFAR10(str(folder), train=train).data for train in (True, False)]
    return np.concatenate(parts).transpose(0, 3, 1, 2), consecutive_split(*dataset.split)


# Codes in TFD's file, of each image in each fold, to ours. "train" is labelled and not used by the GAN.
TFD_CODES = {0: TRAIN, 1: UNUSED, 2: VALIDATION, 3: TEST}


def read_tfd(folder: Path, dataset: Dataset) -> Images:
    """Read the Toronto Face Database: unlabelled images train, each fold has its own validation and test images.

    Raises:
        UserError: the file is not TFD_48x48.mat as its authors gave it out; the message says what is wrong.
    Source:
        pylearn2 datasets/tfd.py: keys, codes, and that the unlabelled images are the same in all folds.
    """
    path = folder / "TFD_48x48.mat"
    content = _load_mat(path)
    images, folds = content["images"], content["folds"]
    if images.ndim != 3 or images.shape[1:] != dataset.shape or images.dtype != np.uint8:
        raise UserError(f"{path}: images: expected uint8 (n, 48, 48), got {images.dtype} {images.shape}")
    if folds.shape != (len(images), dataset.folds):
        raise UserError(f"{path}: folds: expected shape ({len(images)}, {dataset.folds}), got {folds.shape}")
    strange = sorted(set(np.unique(folds).tolist()) - set(TFD_CODES))
    if strange:
        raise UserError(f"{path}: folds: expected codes 0 (unlabelled), 1 (train), 2 (valid), 3 (test), got {strange}")
    if ((folds == 0) != (folds[:, :1] == 0)).any():
        raise UserError(f"{path}: folds: the unlabelled images (code 0) differ between folds")
    missing = [
        (fold, code) for fold in range(dataset.folds) for code in (0, 2, 3) if not (folds[:, fold] == code).any()
    ]
    if missing:
        raise UserError(f"{path}: folds: fold {missing[0][0]} has no image of code {missing[0][1]}")
    black = int((images[folds[:, 0] == 0].reshape(-1, images[0].size).max(axis=1) == 0).sum())
    print(f"tfd: {black} of the unlabelled images are all black; they are used, as in 2014", flush=True)
    codes = np.array([TFD_CODES[code] for code in range(4)], np.uint8)[folds.astype(int)]
    return images, codes


def _load_mat(path: Path) -> dict[str, np.ndarray]:
    if subprocess.run([sys.executable, "-c", TRIAL, str(path)], capture_output=True).returncode < 0:
        raise UserError(f"{path}: damaged, its bytes crash the reader; supply it again")
    try:
        content = scipy.io.loadmat(path)
    except NotImplementedError as error:
        raise UserError(f"{path}: MATLAB v7.3 (HDF5); TFD_48x48.mat is older: save it again with -v7") from error
    missing = [key for key in ("images", "folds") if key not in content]
    if missing:
        there = sorted(key for key in content if not key.startswith("__"))
        raise UserError(f"{path}: no {' and no '.join(missing)}; it has {there}. Is it TFD_48x48.mat?")
    return content


def read_fer2013(folder: Path, dataset: Dataset) -> Images:
    """Read FER2013 in the format of TFD: the Training part trains, the other images form five stratified folds.

    Flat images are dropped everywhere; of the others those that repeat a Training image or each other.
    """
    from pipeline.data.torchvision_import import datasets

    parts = []
    for split in ("train", "test"):
        samples = datasets.FER2013(str(folder.parent), split=split)._samples
        images = np.stack([image.numpy() for image, _ in samples])
        parts.append((images, np.array([label for _, label in samples])))
    return fer2013_folds(parts[0][0], *parts[1], n_folds=dataset.folds)


def fer2013_folds(train: np.ndarray, others: np.ndarray, labels: np.ndarray, n_folds: int) -> Images:
    """Do what read_fer2013 does, from arrays; print how many images are dropped."""
    flat, keep = train.min(axis=(1, 2)) == train.max(axis=(1, 2)), distinct_images(others, train)
    print(f"fer2013: dropped {flat.sum()} flat images of {len(train)} for training; of {len(others)} others")
    print(f"  {(~keep).sum()} that are flat, equal to one for training, or repeated", flush=True)
    folds = stratified_folds(labels[keep], n_folds, np.random.default_rng(0))
    codes = np.concatenate([np.full(((~flat).sum(), n_folds), TRAIN, np.uint8), folds])
    return np.concatenate([train[~flat], others[keep]]), codes


READERS: dict[str, Callable[[Path, Dataset], Images]] = {
    "mnist": read_idx,
    "fashion-mnist": read_idx,
    "cifar10": read_cifar10,
    "tfd": read_tfd,
    "fer2013": read_fer2013,
}

LABEL_READERS: dict[str, Callable[[Path], np.ndarray]] = {"mnist": read_idx_labels, "fashion-mnist": read_idx_labels}
