"""Measure the test log-likelihood during training: a check against other implementations, not a way to choose.

The pipeline never scores test images during training. This script does, at fixed epochs, so that a
re-implementation can be compared early. Rows are appended as they come; docs/runs.md shows them.

example:
  python -m benchmarks.epochs --data data/prepared/mnist.npz --seed 0 --epochs 5 10 20 30 \\
    --output benchmarks/results/epochs.csv
"""

import argparse
from pathlib import Path

import pandas as pd
import torch

from gan.images import TEST, TRAIN, VALIDATION
from gan.sampling import draw_samples
from gan.scoring import score
from gan.seeding import stream
from gan.training import Game, train_epoch
from pipeline.config.experiments import Experiment
from pipeline.config.params import load
from pipeline.data.arrays import load_images
from pipeline.files.formats import read_csv, write_csv
from pipeline.runtime.networks import new_discriminator, new_generator


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="npz file of `prepare`")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--epochs", type=int, nargs="+", required=True, help="epochs at which to score")
    parser.add_argument("--output", type=Path, required=True, help="CSV file that gets a row per epoch and grid")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads; default: %(default)s")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    experiment = load(Path("params.yaml"), "quick").experiment("mnist")
    images = {part: load_images(args.data, part, "mnist") for part in (TRAIN, VALIDATION, TEST)}
    cpu = torch.device("cpu")
    generator = new_generator(experiment, args.seed, cpu, images[TRAIN].mean(dim=0))
    game = Game(generator, new_discriminator(experiment, args.seed, cpu), experiment.recipe)
    for epoch in range(1, max(args.epochs) + 1):
        train_epoch(game, images[TRAIN], args.seed, epoch)
        if epoch in args.epochs:
            append(args.output, rows(game, experiment, args.seed, epoch, images))


def rows(game: Game, experiment: Experiment, seed: int, epoch: int, images: dict[int, torch.Tensor]) -> pd.DataFrame:
    """The test rows of the present generator, one per grid."""
    random = stream(seed, "evaluation samples")
    samples = draw_samples(game.generator, experiment.recipe.noise_prior, experiment.n_samples, random)
    validation = images[VALIDATION][: experiment.n_validation]
    scores = score(samples, validation, images[TEST], experiment.grids)
    return pd.DataFrame(
        {
            "seed": seed,
            "epoch": epoch,
            "grid": list(scores),
            "value": [result.test for result in scores.values()],
            "standard_error": [result.test_error for result in scores.values()],
            "bandwidth": [result.selection.bandwidth for result in scores.values()],
        }
    )


def append(path: Path, frame: pd.DataFrame) -> None:
    """Add rows to the file and print them."""
    print(frame.to_string(index=False, header=False), flush=True)
    write_csv(path, pd.concat([read_csv(path), frame]) if path.exists() else frame)


if __name__ == "__main__":
    main()
