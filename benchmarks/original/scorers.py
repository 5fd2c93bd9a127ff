"""Score the same samples with this project's scorer and with the functions of the authors' parzen_ll.py.

The samples are those that benchmarks.original.score draws from a kept generator. The authors' functions need the
environment of setup.sh, in FOLDER, and an hour on a core.

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
from pipeline.files.formats import write_csv

THEIRS = Path(__file__).parent / "python2/parzen.py"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generator", type=Path, required=True, help="npz file that the 2014 code kept")
    parser.add_argument("--environment", type=Path, required=True, help="folder of setup.sh, with env.sh")
    parser.add_argument("--data", type=Path, required=True, help="npz file of `prepare`")
    parser.add_argument("--output", type=Path, required=True, help="CSV file, a row per scorer")
    args = parser.parse_args()
    torch.set_num_threads(1)
    samples = draw(args.generator)
    validation, test = (load_images(args.data, part, "mnist") for part in (VALIDATION, TEST))
    ours = score(samples, validation[:1000], test, {"authors": GRID})["authors"]
    rows = {
        "gan.scoring": (ours.selection.bandwidth, ours.test, ours.test_error),
        "parzen_ll.py": theirs(samples, args.environment),
    }
    frame = pd.DataFrame(
        [
            {"scorer": name, "generator": args.generator.stem, "bandwidth": bandwidth}
            | {"value": value, "standard_error": error, "n_samples": len(samples), "n_images": len(test)}
            for name, (bandwidth, value, error) in rows.items()
        ]
    )
    write_csv(args.output, frame)
    print(frame.to_string(index=False))


def theirs(samples: torch.Tensor, environment: Path) -> tuple[float, ...]:
    """Return bandwidth, mean and standard error by the authors' functions."""
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder, "samples.npy"), Path(folder, "score.txt")
        np.save(given, samples.numpy())
        command = '. "$0" && "$PY" "$1" "$2" "$3"'
        subprocess.run(["sh", "-c", command, environment / "env.sh", THEIRS, given, found], check=True)
        return tuple(float(value) for value in found.read_text(encoding="utf-8").split(","))


if __name__ == "__main__":
    main()
