"""Plot the pictures that a run recorded in training, where no scale's figures show that run.

example:
  python -m benchmarks.pictures --run runs/cpu/mnist-code/seed0 --output benchmarks/results/pairs/mnist-code/seed0
"""

import argparse
from pathlib import Path

from pipeline.config.params import load
from pipeline.files.formats import read_arrays, read_json
from pipeline.record.runs import MANIFESTS, PICTURES
from pipeline.reporting.plots import style
from pipeline.reporting.plots_training import MOST_FRAMES, Course, save_course


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="folder of a run, with pictures.npz")
    parser.add_argument("--most-frames", type=int, default=MOST_FRAMES, help="of the gif; default: %(default)s")
    parser.add_argument("--output", type=Path, required=True, help="folder of the svg and gif files")
    args = parser.parse_args()
    style()
    manifest = read_json(args.run / MANIFESTS["train"])
    name, shape = manifest["experiment"], load(Path("params.yaml")).dataset(manifest["settings"]["dataset"]).shape
    below = f"commit {manifest['commit'][:7]}, {manifest['device']}"
    course = Course(read_arrays(args.run / PICTURES), shape, f"{name}, seed {manifest['seed']}", below)
    svg, png, gif = save_course(course, args.output, name, args.most_frames)
    png.unlink()
    print(f"written: {svg}, {gif}")


if __name__ == "__main__":
    main()
