"""Convert a data set's raw files into arrays: uint8 images, the code of each image's part, and their classes.

NAME.labels.npz is always written; if the classes are unknown or not needed, they are all -1.
"""

import argparse
from pathlib import Path

import numpy as np

from gan.images import TEST, TRAIN, VALIDATION, synthetic_images, synthetic_labels
from pipeline.config.experiments import Dataset
from pipeline.data.arrays import NO_LABEL
from pipeline.data.checksums import is_canonical
from pipeline.data.readers import LABEL_READERS, READERS
from pipeline.files.errors import UserError
from pipeline.files.formats import one_line_errors, write_arrays
from pipeline.record.manifest import Record
from pipeline.runtime import cli


def main() -> None:
    """Command line."""
    parser = cli.parser("prepare", __doc__, "--dataset mnist --raw data/raw/mnist --output data/prepared/mnist.npz")
    cli.add_params(parser)
    parser.add_argument("--dataset", required=True, help="name in `datasets` of params.yaml, or its synthetic- twin")
    parser.add_argument("--raw", type=Path, help="folder that `download` filled; not for synthetic images")
    parser.add_argument("--output", type=Path, required=True, help="the npz file to write")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    dataset = cli.params(args).dataset(args.dataset)
    files = [] if dataset.synthetic else _raw_files(dataset, args.raw)
    record, manifest = Record("prepare", files, dataset.preparation), args.output.with_suffix(".manifest.json")
    if record.holds(manifest):
        return
    if dataset.synthetic:
        images, split = synthetic_images(dataset.split, dataset.shape, dataset.folds)
    else:
        with one_line_errors(files[0] if len(files) == 1 else args.raw, "supply it again"):
            images, split = READERS[dataset.name](args.raw, dataset)
    if (greatest := images.max(initial=0)) < 2:
        raise UserError(
            f"{args.raw}: the images' greatest value is {greatest}, expected uint8 up to 255; save them in that range"
        )
    if images.shape[1:] != dataset.shape or (not dataset.folds and len(images) != sum(dataset.split)):
        raise UserError(f"{dataset.name}: expected {dataset.split} images of {dataset.shape}, got {images.shape}")
    labels = _labels(dataset, args.raw, len(images))
    write_arrays(
        args.output,
        dataset=np.array(dataset.name),
        images=images,
        split=split,
        contrast_norm=np.array(dataset.contrast_norm),
    )
    beside = args.output.with_suffix(".labels.npz")
    write_arrays(beside, dataset=np.array(dataset.name), labels=labels, split=split)
    record.write(manifest, [args.output, beside])
    print(f"{dataset.name}: {len(images)} images of shape {dataset.shape}; {_counts(split)}", flush=True)


def _labels(dataset: Dataset, folder: Path, n: int) -> np.ndarray:
    """The class of each of n images, int64.

    Raises:
        UserError: there are not as many classes as images.
    """
    if dataset.synthetic:
        return synthetic_labels(n)
    if dataset.name not in LABEL_READERS:
        return np.full(n, NO_LABEL)
    with one_line_errors(folder, "supply it again"):
        labels = LABEL_READERS[dataset.name](folder).astype(np.int64)
    if len(labels) != n:
        raise UserError(f"{folder}: {len(labels)} labels of {n} images")
    return labels


def _raw_files(dataset: Dataset, folder: Path | None) -> list[Path]:
    """The files to read, once they are known to be the pinned ones.

    Raises:
        UserError: no folder is named, or a file is missing or changed.
    """
    if folder is None:
        raise UserError(f"{dataset.name} is read from files: name their folder with --raw")
    names = [name for name in dataset.files if (folder / name).is_file() or not dataset.user_supplied]
    if not names:
        raise UserError(f"{folder}: contains none of {', '.join(dataset.files)}; delete its manifest and run download")
    for name in names:
        if not is_canonical(dataset, name, folder / name):
            raise UserError(f"{folder / name}: missing, or not the pinned bytes; delete manifest.json and run download")
    return [folder / name for name in names]


def _counts(split: np.ndarray) -> str:
    """Sizes of the parts, in words."""
    names = {TRAIN: "train", VALIDATION: "validate", TEST: "test"}
    if split.ndim == 1:
        return ", ".join(f"{(split == code).sum()} {name}" for code, name in names.items())
    folds = [f"{(column == VALIDATION).sum()} + {(column == TEST).sum()}" for column in split.T]
    return f"{(split[:, 0] == TRAIN).sum()} train; validation + test of each fold: {', '.join(folds)}"


if __name__ == "__main__":
    main()
