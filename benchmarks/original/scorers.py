"""Score the same samples with this project's scorer and with the functions of the authors' parzen_ll.py.

The samples are those that benchmarks.original.score draws from a kept generator. The authors' functions need the
environment of setup.sh, in FOLDER, and an hour or two on a core; fewer test images, at our bandwidth, take less.

example:
  python -m benchmarks.original.scorers --generator work/original/own/epoch-0100.npz --environment work/original \\
      --data data/prepared/mnist.npz --output benchmarks/results/original-scorers.csv
"""

import argparse
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from benchmarks.initial_weights import GRID
from benchmarks.original.score import draw
from gan.images import TEST, VALIDATION
from gan.scoring import score
from pipeline.data.arrays import load_images
from pipeline.files.formats import read_csv, write_csv

THEIRS = Path(__file__).parent / "python2/parzen.py"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generator", type=Path, required=True, help="npz file that the 2014 code kept")
    parser.add_argument("--environment", type=Path, required=True, help="folder of setup.sh, with env.sh")
    parser.add_argument("--data", type=Path, required=True, help="npz file of `prepare`")
    parser.add_argument("--output", type=Path, required=True, help="CSV file that gets a row per scorer")
    parser.add_argument("--images", type=int, help="the first so many test images, at our bandwidth; default: all")
    args = parser.parse_args()
    torch.set_num_threads(1)
    samples = draw(args.generator)
    validation, test = (load_images(args.data, part, "mnist") for part in (VALIDATION, TEST))
    test = test[: args.images]
    ours = score(samples, validation[:1000], test, {"authors": GRID})["authors"]
    bandwidth = ours.selection.bandwidth
    options = [] if args.images is None else [f"--bandwidth={bandwidth}", f"--images={args.images}"]
    rows = {
        "gan.scoring": (bandwidth, ours.test, ours.test_error),
        "parzen_ll.py": theirs(samples, args.environment, options),
    }
    generator = "/".join(args.generator.with_suffix("").parts[-2:])
    frame = pd.DataFrame(
        [
            {"scorer": name, "generator": generator, "bandwidth": bandwidth}
            | {"value": value, "standard_error": error, "n_samples": len(samples), "n_images": len(test)}
            for name, (bandwidth, value, error) in rows.items()
        ]
    )
    write_csv(args.output, pd.concat([read_csv(args.output), frame]) if args.output.exists() else frame)
    print(frame.to_string(index=False))


def theirs(samples: torch.Tensor, environment: Path, options: list[str]) -> tuple[float, ...]:
    """Return bandwidth, mean and standard error by the authors' functions."""
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder, "samples.npy"), Path(folder, "score.txt")
        np.save(given, samples.numpy())
        command = '. "$0" && exec "$PY" "$@"'
        arguments: list[str | Path] = [environment / "env.sh", THEIRS, given, found, *options]
        subprocess.run(["sh", "-c", command, *arguments], check=True, stdout=subprocess.DEVNULL)
        return tuple(float(value) for value in found.read_text(encoding="utf-8").split(","))


if __name__ == "__main__":
    main()
