"""Does it matter that the 2014 code draws the initial weights of both networks from the beginning of one stream?

Trains MNIST's recipe with shared and with independent initial weights (gan/initial_weights.py), the same seeds of each,
and measures every generator after some epochs by the mean log-likelihood of all validation images (authors' grid,
10,000 samples). Needs neither params.yaml nor Snakemake. About a minute on an H200, 6 hours on a CPU core.

example:
  python -m benchmarks.initial_weights --device cuda --data data/prepared/mnist.npz \\
      --output benchmarks/results/initial-weights.csv
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from scipy import stats
from tqdm import tqdm

from gan.images import TRAIN, VALIDATION
from gan.initial_weights import INITIAL_WEIGHTS, new_discriminator, new_generator
from gan.layers import Layer
from gan.recipe import Recipe
from gan.sampling import draw_samples
from gan.scoring import validate
from gan.seeding import stream
from gan.together import play_together
from gan.training import CURVES, Game
from pipeline.config.experiments import bandwidths
from pipeline.data.arrays import load_images
from pipeline.files.formats import write_csv
from pipeline.runtime.arithmetic import protocol_arithmetic

# The experiment mnist-code of params.yaml; a test compares them.
NOISE_SIZE, RECIPE, GRID = 100, Recipe(), bandwidths("logarithmic", 0.1, 1.0, 10)
GENERATOR = (
    Layer(1200, "relu", 0.05),
    Layer(1200, "relu", 0.05),
    Layer(784, "sigmoid", 0.05, bias="marginals"),
)
DISCRIMINATOR = (
    Layer(240, "maxout", 0.005, pieces=5, keep=0.8),
    Layer(240, "maxout", 0.005, pieces=5, keep=0.5),
    Layer(1, "linear", 0.005, keep=0.5),
)
LATE_EPOCH, LATE_BELOW = 10, 0.1  # docs/runs.md: a seed begins late whose mean D(G(z)) over that epoch is less
SHOWN = ("log_likelihood", "D(x)", "D(G(z))")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="npz file of `prepare`")
    parser.add_argument("--output", type=Path, required=True, help="CSV file: a row per kind of weights, seed, epoch")
    parser.add_argument("--device", default="cpu", help="cpu or cuda; default: %(default)s")
    parser.add_argument("--seeds", type=int, default=20, help="0 to SEEDS - 1; default: %(default)s")
    parser.add_argument("--epochs", type=int, nargs="+", default=[10, 20], help="when to score; default: 10 20")
    parser.add_argument("--together", type=int, default=20, help="seeds trained at once; default: %(default)s")
    parser.add_argument("--samples", type=int, default=10_000, help="of each generator; default: %(default)s")
    parser.add_argument("--images", type=int, help="the first so many of each part; default: all")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads; default: %(default)s")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    protocol_arithmetic()
    images, validation = (
        load_images(args.data, part, "mnist")[: args.images].to(args.device) for part in (TRAIN, VALIDATION)
    )
    groups = [list(range(args.seeds))[i : i + args.together] for i in range(0, args.seeds, args.together)]
    rows = [
        row
        for kind in INITIAL_WEIGHTS
        for seeds in groups
        for row in trained(kind, seeds, images, validation, args.epochs, args.samples)
    ]
    frame = pd.DataFrame(rows)
    write_csv(args.output, frame)
    print(summary(frame).to_string(index=False, float_format="{:.4g}".format))


def trained(
    kind: str, seeds: list[int], images: torch.Tensor, validation: torch.Tensor, epochs: Sequence[int], n_samples: int
) -> list[dict[str, object]]:
    """Train some seeds with initial weights of a kind; return a row per seed and epoch to score."""
    device, mean_image, rows = images.device, images.mean(dim=0), []
    generators = [new_generator(NOISE_SIZE, GENERATOR, seed, mean_image, kind) for seed in seeds]
    opponents = [new_discriminator(images.shape[1], DISCRIMINATOR, seed, device, kind) for seed in seeds]
    games = play_together([Game(*pair, RECIPE) for pair in zip(generators, opponents, strict=True)], seeds)
    for epoch in tqdm(range(1, max(epochs) + 1), desc=f"{kind}, seeds {seeds[0]}-{seeds[-1]}", unit="epoch"):
        means = games.train_epoch(images, epoch)
        for index, seed in enumerate(seeds if epoch in epochs else []):
            generators[index].load_state_dict(games.generator_state(index))
            random = stream(seed, "validation samples", device=device)
            samples = draw_samples(generators[index], RECIPE.noise_prior, n_samples, random)
            found = validate(samples, validation, GRID).selection
            curve = dict(zip(CURVES, means[index].tolist(), strict=True))
            about = {"weights": kind, "seed": seed, "epoch": epoch, "log_likelihood": found.log_likelihood}
            rows.append(about | {name: curve[name] for name in SHOWN[1:]})
    return rows


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Compare the two kinds at each epoch.

    Returns:
        a row per epoch and measure: mean, sd and n of each kind of weights, how many of its seeds begin late (missing
        where their epoch was not measured), and the exact two-sided p of the Mann-Whitney test.
    """
    rows = []
    for epoch, at in frame.groupby("epoch"):
        for measure in SHOWN:
            of = {kind: at[at.weights == kind][measure] for kind in INITIAL_WEIGHTS}
            row: dict[str, object] = {"epoch": epoch, "measure": measure}
            for kind, values in of.items():
                row |= {f"{kind}_mean": values.mean(), f"{kind}_sd": values.std(), f"{kind}_n": len(values)}
                row |= {f"{kind}_late": late(frame, kind)}
            test = stats.mannwhitneyu(of["shared"], of["independent"], method="exact")
            rows.append(row | {"p": test.pvalue})
    return pd.DataFrame(rows)


def late(frame: pd.DataFrame, kind: str) -> float:
    """Count the seeds that begin late; nan where the epoch that tells was not measured."""
    at = frame[(frame.weights == kind) & (frame.epoch == LATE_EPOCH)]
    return float((at["D(G(z))"] < LATE_BELOW).sum()) if len(at) else np.nan


if __name__ == "__main__":
    main()
