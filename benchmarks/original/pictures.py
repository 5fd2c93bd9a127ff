"""Draw samples of the same noise from each generator that the authors' 2014 code kept; plot them over the epochs.

25 draws of z, the first of their stream: none is chosen. Takes a second.

example:
  python -m benchmarks.original.pictures --run work/original/own --output benchmarks/results
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from benchmarks.initial_weights import NOISE_SIZE, RECIPE
from benchmarks.original.score import KEPT, read_generator
from gan.noise import draw_noise
from gan.seeding import stream
from gan.validator import N_PICTURES
from pipeline.files.errors import UserError
from pipeline.reporting.plots import style
from pipeline.reporting.plots_training import Course, save_course

NAME = "original"  # of the files: training-NAME.svg, moving-NAME.gif
SHAPE, TITLE, BELOW = (28, 28), "The 2014 code, its own seeds", "goodfeli/adversarial 27eac03, mnist.yaml"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="folder that python2/train.py made")
    parser.add_argument("--output", type=Path, required=True, help="folder of the svg and gif files")
    args = parser.parse_args()
    style()
    svg, png, gif = save_course(Course(pictures(args.run), SHAPE, TITLE, BELOW), args.output, NAME)
    png.unlink()
    print(f"written: {svg}, {gif}")


@torch.no_grad()
def pictures(run: Path) -> dict[str, np.ndarray]:
    """Return epochs (n,) and images (n, 25, 784), uint8, of a run's kept generators.

    Raises:
        UserError: fewer than two were kept.
    """
    paths = {int(path.stem.removeprefix("epoch-")): path for path in sorted(run.glob(KEPT))}
    if len(paths) < 2:
        raise UserError(f"{run}: expected at least two files {KEPT}, found {len(paths)}")
    z = draw_noise(RECIPE.noise_prior, (N_PICTURES, NOISE_SIZE), stream(0, "pictures"))
    images = [(read_generator(path)(z) * 255).round().to(torch.uint8).numpy() for path in paths.values()]
    return {"epochs": np.array(list(paths)), "images": np.array(images)}


if __name__ == "__main__":
    main()
