"""Score the generators that the authors' 2014 code kept on its way, by this project's protocol; collect its curves.

Each generator draws 10,000 samples from the same noise; the bandwidth is chosen on the first 1,000 validation images,
the score is that of all test images, on both grids. Generators that have been scored are left out: the same command
resumes, and follows a training that is still running. 7 s per generator on a core.

example:
  python -m benchmarks.original.score --run work/original/own --name own --data data/prepared/mnist.npz \\
      --output benchmarks/results/original.csv --curves benchmarks/results/original-curves.csv
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from benchmarks.initial_weights import GENERATOR, NOISE_SIZE, RECIPE
from gan.images import TEST, VALIDATION
from gan.initial_weights import new_generator
from gan.models import Generator
from gan.sampling import draw_samples
from gan.scoring import score
from gan.seeding import stream
from gan.training import CURVES
from pipeline.config.params import load
from pipeline.data.arrays import load_images
from pipeline.files.formats import read_csv, write_csv

KEPT = "epoch-*.npz"
LAYERS = ("h0", "h1", "y")  # as mnist.yaml names them
COLUMNS = dict(zip(("d_obj", "g_obj", "D(x)", "D(G(z))"), CURVES, strict=True))  # of the run's curve.csv


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="folder that python2/train.py made")
    parser.add_argument("--name", required=True, help="of the run, in the CSV files")
    parser.add_argument("--data", type=Path, required=True, help="npz file of `prepare`")
    parser.add_argument("--output", type=Path, required=True, help="CSV file that gets a row per generator and grid")
    parser.add_argument("--curves", type=Path, required=True, help="CSV file that gets a row per epoch of the run")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads; default: %(default)s")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    curve = pd.read_csv(args.run / "curve.csv").rename(columns=COLUMNS)[["epoch", *CURVES]]
    replace(args.curves, curve.assign(run=args.name), ["run"])
    grids = load(Path("params.yaml"), "paper").experiment("mnist").grids
    validation, test = (load_images(args.data, part, "mnist") for part in (VALIDATION, TEST))
    known = read_csv(args.output).query("run == @args.name").epoch.tolist() if args.output.exists() else []
    paths = {int(path.stem.removeprefix("epoch-")): path for path in sorted(args.run.glob(KEPT))}
    for epoch in tqdm(sorted(paths.keys() - set(known)), unit="generator"):
        rows = [
            {"run": args.name, "epoch": epoch, "grid": grid, "value": found.test, "standard_error": found.test_error}
            | {"bandwidth": found.selection.bandwidth}
            for grid, found in score(draw(paths[epoch]), validation[:1000], test, grids).items()
        ]
        replace(args.output, pd.DataFrame(rows), ["run", "epoch"])


def draw(path: Path) -> torch.Tensor:
    """Draw 10,000 samples, (10000, 784), of a kept generator, from the same noise whichever it is."""
    return draw_samples(read_generator(path), RECIPE.noise_prior, 10_000, stream(0, "evaluation samples"))


def read_generator(path: Path) -> Generator:
    """Read a generator of the 2014 code, float16 in pylearn2's layout (inputs, outputs), as one of ours."""
    generator = new_generator(NOISE_SIZE, GENERATOR, 0, torch.full((GENERATOR[-1].units,), 0.5))
    with np.load(path) as file:
        arrays = {name: torch.from_numpy(file[name].astype(np.float32)) for name in file.files}
    state = {}
    for place, name in enumerate(LAYERS):
        state[f"layers.{place}.weight"] = arrays[f"generator.{name}_W"].T
        state[f"layers.{place}.bias"] = arrays[f"generator.{name}_b"]
    generator.load_state_dict(state)
    return generator


def replace(path: Path, rows: pd.DataFrame, keys: list[str]) -> None:
    """Put rows into a CSV file, in place of those that have the same keys."""
    if path.exists():
        former = read_csv(path)
        same = former[keys].apply(tuple, axis=1).isin(set(rows[keys].apply(tuple, axis=1)))
        rows = pd.concat([former[~same], rows])
    columns = ["run", *(column for column in rows.columns if column != "run")]
    write_csv(path, rows[columns].sort_values(["run", "epoch"], kind="stable"))


if __name__ == "__main__":
    main()
