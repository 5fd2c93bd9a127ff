"""How well new classifiers tell the published generator's samples, and sets of real images, from MNIST's test images.

The other models' tests are those of their runs. All of them together are the table `told.csv` of the comparison.

    python -m benchmarks.told_apart --data data/prepared/mnist.npz --runs benchmarks/results/comparison/runs \\
        --output benchmarks/results/comparison/told.csv     # two minutes
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import torch

from gan.evidence import baselines
from gan.images import TEST, TRAIN, VALIDATION
from gan.sampling import draw_samples
from gan.seeding import stream
from pipeline.audit import TOLD, VALIDATION_IMAGES
from pipeline.config.experiments import Experiment
from pipeline.config.params import load
from pipeline.data.arrays import load_images
from pipeline.files.formats import read_csv, write_csv
from pipeline.record.runs import METRICS, OUR_MODEL
from pipeline.record.weights import published_experiment, published_weights
from pipeline.reporting.told_apart import tests_of
from pipeline.runtime.networks import load_generator
from pipeline.runtime.scores import named
from pipeline.runtime.two_sample import two_sample_rows

SCALE = "cpu"  # of the comparison


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="npz file of `prepare`")
    parser.add_argument("--runs", type=Path, required=True, help="folder of the other models' runs, MODEL/seedN")
    parser.add_argument("--output", type=Path, required=True, help="the csv file to write")
    args = parser.parse_args()
    params = load(Path("params.yaml"), SCALE)
    experiment, test = published_experiment(params), load_images(args.data, TEST, "mnist")
    ours = []
    for about, images in _sets(args.data, experiment):
        rows = two_sample_rows(test, images, 0, params.experiment("mnist").n_splits)
        ours += named(rows, **about, scale=SCALE, generator="none")
    others = map(read_csv, sorted(args.runs.glob(f"*/seed*/{METRICS}")))
    frame = tests_of([pd.DataFrame(ours), *others])
    write_csv(args.output, frame)
    print(frame.to_string(index=False))


def _sets(data: Path, experiment: Experiment) -> Iterator[tuple[dict[str, object], torch.Tensor]]:
    """Yield what is told from test images: its columns, and shape (n, 784)."""
    path, made = published_weights()
    random = stream(made["seed"], "evaluation samples")
    generator = load_generator(path, experiment, torch.device("cpu"))
    samples = draw_samples(generator, experiment.recipe.noise_prior, experiment.n_samples, random)
    yield {"model": OUR_MODEL, "seed": made["seed"], "length": made["epoch"]}, samples
    known = baselines.all_of(load_images(data, TRAIN, "mnist"), experiment.n_samples, experiment.lloyd_iterations)
    for model in TOLD:
        yield {"model": model, "seed": 0, "length": None}, known[model](0)
    yield {"model": VALIDATION_IMAGES, "seed": 0, "length": None}, load_images(data, VALIDATION, "mnist")


if __name__ == "__main__":
    main()
