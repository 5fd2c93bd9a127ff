"""Turn a data set's raw files into one array file: uint8 images and the code of each image's part."""

import argparse
from pathlib import Path

import numpy as np

from gan.splits import consecutive_split
from pipeline import cli
from pipeline.datasets import READERS, synthetic_images
from pipeline.download import is_canonical
from pipeline.errors import UserError
from pipeline.io import write_arrays
from pipeline.provenance import Record


def main() -> None:
    """Command line."""
    parser = cli.parser("prepare", __doc__, "--dataset mnist --raw data/raw/mnist --output data/prepared/mnist.npz")
    cli.add_params(parser)
    parser.add_argument("--dataset", required=True, help="name in the params' datasets, or its synthetic- twin")
    parser.add_argument("--raw", type=Path, help="folder that `download` filled; not for synthetic images")
    parser.add_argument("--output", type=Path, required=True, help="the npz file to write")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    record = Record("prepare")
    dataset = cli.params(args).dataset(args.dataset)
    files: list[Path] = []
    if dataset.synthetic:
        images = synthetic_images(dataset)
    else:
        if args.raw is None:
            raise UserError(f"{dataset.name} is read from files: name their folder with --raw")
        files = [args.raw / name for name in dataset.files]
        for path in files:
            if not path.is_file() or not is_canonical(dataset, path):
                raise UserError(f"{path}: missing, or not the pinned bytes; run download again")
        images = READERS[dataset.name](args.raw)
    if images.shape != (sum(dataset.split), *dataset.shape):
        raise UserError(f"{dataset.name}: params say {dataset.split} images of {dataset.shape}, got {images.shape}")
    split = consecutive_split(*dataset.split)
    write_arrays(args.output, dataset=np.array(dataset.name), images=images, split=split)
    record.write(args.output.with_suffix(".manifest.json"), inputs=files, outputs=[args.output])
    print(f"{dataset.name}: {len(images)} images of shape {dataset.shape}, split {dataset.split}", flush=True)


if __name__ == "__main__":
    main()
