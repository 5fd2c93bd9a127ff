"""Sample and score one generator of MNIST again from several draws of noise: how well a published score repeats.

    python -m benchmarks.rescore --generator generator.safetensors --seed 0 --data data/prepared/mnist.npz \\
        --output benchmarks/results/rescored-seed0.csv
"""

import argparse
from pathlib import Path

import pandas as pd
import torch

from gan.images import TEST, VALIDATION
from gan.sampling import draw_samples
from gan.scoring import score
from gan.seeding import stream
from pipeline.config.params import load
from pipeline.data.arrays import load_images
from pipeline.files.formats import write_csv
from pipeline.runtime.networks import load_generator


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generator", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True, help="of the run, names the noise")
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    experiment = load(Path("params.yaml"), "paper").experiment("mnist")
    generator = load_generator(args.generator, experiment, torch.device("cpu"))
    validation = load_images(args.data, VALIDATION, "mnist")[: experiment.n_validation]
    test, rows = load_images(args.data, TEST, "mnist"), []
    for draw in range(args.draws):
        random = stream(args.seed, "evaluation samples", draw)
        samples = draw_samples(generator, experiment.recipe.noise_prior, experiment.n_samples, random)
        rows += [
            {"draw": draw, "grid": grid, "value": found.test, "standard_error": found.test_error}
            | {"bandwidth": found.selection.bandwidth, "place": found.selection.place}
            for grid, found in score(samples, validation, test, experiment.grids).items()
        ]
    frame = pd.DataFrame(rows)
    write_csv(args.output, frame)
    print(frame.groupby("grid").value.agg(["mean", "std", "count"]))


if __name__ == "__main__":
    main()
