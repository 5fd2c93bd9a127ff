"""Measure the gradients of both of G's objectives in the first steps of training."""

import argparse
from dataclasses import asdict
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from gan.images import TRAIN
from gan.theory.saturation import gradient_norms
from gan.training import Game
from pipeline.data.arrays import check_prepared, load_images
from pipeline.files.formats import write_csv
from pipeline.record.manifest import Record
from pipeline.runtime import cli
from pipeline.runtime.devices import add_device, use_device
from pipeline.runtime.networks import new_discriminator, new_generator

EXAMPLE = """--scale quick --experiment mnist-code --seeds 0 1 \\
    --data data/prepared/mnist.npz --output results/quick/claims/saturation.csv"""
STEPS, EVERY = 500, 5  # an epoch of MNIST; and between measurements


def main() -> None:
    """Command line."""
    parser = cli.parser("claims.saturation", __doc__, EXAMPLE)
    cli.add_params(parser)
    cli.add_experiment(parser)
    cli.add_seeds(parser)
    add_device(parser)
    parser.add_argument("--data", type=Path, required=True, help="npz file of `prepare`")
    parser.add_argument("--output", type=Path, required=True, help="the csv file to write")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.params(args)
    experiment, manifest = params.experiment(args.experiment), args.output.with_suffix(".manifest.json")
    check_prepared(args.data)
    record = Record("claims.saturation", [args.data], experiment.settings("train") | {"seeds": args.seeds})
    if record.holds(manifest):
        return
    device = use_device(args, params)
    images = load_images(args.data, TRAIN, experiment.dataset).to(device)
    steps = min(STEPS, -(-len(images) // experiment.recipe.batch_size))
    rows = []
    for seed in tqdm(args.seeds, desc=f"{experiment.name} gradients", unit="seed"):
        generator = new_generator(experiment, seed, device, images.mean(dim=0))
        game = Game(generator, new_discriminator(experiment, seed, device), experiment.recipe)
        about = {"experiment": experiment.name, "seed": seed, "scale": params.scale}
        rows += [about | asdict(gradients) for gradients in gradient_norms(game, images, seed, steps, EVERY)]
    write_csv(args.output, pd.DataFrame(rows))
    record.write(manifest, [args.output], device=device.type)


if __name__ == "__main__":
    main()
