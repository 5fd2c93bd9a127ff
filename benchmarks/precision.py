"""The effect of bfloat16 products on the score: kept generators of the same seeds in both precisions, paired.

For runs of the claims' experiments `mnist-code` and `mnist-bfloat16`, which differ in this alone; each is scored by the
protocol, from samples of the same noise.

    python -m benchmarks.precision --scale cpu --runs runs/cpu --data data/prepared/mnist.npz \\
        --output benchmarks/results/precision.csv
"""

import argparse
from pathlib import Path

import pandas as pd
import torch

from gan.images import TEST, VALIDATION
from gan.sampling import draw_samples
from gan.scoring import score
from gan.seeding import stream
from gan.theory.readings import paired
from pipeline.config.experiments import Experiment
from pipeline.config.params import load
from pipeline.data.arrays import load_images
from pipeline.files.errors import UserError
from pipeline.files.formats import read_json, write_csv
from pipeline.record.runs import GENERATORS, MANIFESTS, precision_of
from pipeline.runtime.networks import load_generator

EXPERIMENTS = {"float32": "mnist-code", "bfloat16": "mnist-bfloat16"}
GRIDS = ("authors", "fine")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", default="cpu", help="default: %(default)s")
    parser.add_argument("--runs", type=Path, required=True, help="folder of the experiments' folders")
    parser.add_argument("--data", type=Path, required=True, help="npz file of `prepare`")
    parser.add_argument("--output", type=Path, required=True, help="CSV file, a row per run")
    args = parser.parse_args()
    params = load(Path("params.yaml"), args.scale)
    images = {part: load_images(args.data, part, "mnist") for part in (VALIDATION, TEST)}
    rows = pd.DataFrame(
        [
            row(manifest.parent, asked, params.experiment(name), images)
            for asked, name in EXPERIMENTS.items()
            for manifest in sorted((args.runs / name).glob(f"seed*/{MANIFESTS['train']}"))
        ]
    )
    write_csv(args.output, rows)
    print(rows.to_string(index=False))
    for grid in GRIDS:
        both = {asked: dict(zip(mine.seed, mine[grid], strict=True)) for asked, mine in rows.groupby("asked")}
        found = paired(both["bfloat16"], both["float32"])
        interval = f"95% interval {found.low:+.2f} to {found.high:+.2f}, n = {found.n} pairs"
        print(f"bfloat16 minus float32, {grid} grid: {found.value:+.2f} nats, {interval}")


def row(run: Path, asked: str, experiment: Experiment, images: dict[int, torch.Tensor]) -> dict[str, object]:
    """A run's scores, with what computed it."""
    trained = read_json(run / MANIFESTS["train"])
    generator = load_generator(run / GENERATORS["best"], experiment, torch.device("cpu"))
    random = stream(trained["seed"], "evaluation samples")
    samples = draw_samples(generator, experiment.recipe.noise_prior, experiment.n_samples, random)
    found = score(samples, images[VALIDATION][: experiment.n_validation], images[TEST], experiment.grids)
    if precision_of(trained) != asked:
        raise UserError(f"{run}: computed in {precision_of(trained)}, not in {asked}")
    about = {"seed": trained["seed"], "asked": asked, "computed": precision_of(trained), "commit": trained["commit"]}
    about |= {"epochs": trained["epochs_trained"], "kept": trained["best_epoch"], "seconds": trained["wall_seconds"]}
    return about | {grid: found[grid].test for grid in GRIDS}


if __name__ == "__main__":
    main()
