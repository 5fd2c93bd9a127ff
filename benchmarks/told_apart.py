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
from pipeline.audit import TOLD, VALIDATION_IMAGES
from pipeline.config.params import Params, load
from pipeline.data.arrays import load_images
from pipeline.files.formats import read_csv, write_csv
from pipeline.record.runs import METRICS, OUR_MODEL
from pipeline.record.weights import published_weights
from pipeline.reporting.gather import tidy
from pipeline.reporting.told_apart import tests_of
from pipeline.runtime.published import published_samples
from pipeline.runtime.scores import named
from pipeline.runtime.two_sample import two_sample_rows

SCALE, CPU = "cpu", torch.device("cpu")  # the scale of the comparison


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="npz file of `prepare`")
    parser.add_argument("--runs", type=Path, required=True, help="folder of the other models' runs, MODEL/seedN")
    parser.add_argument("--output", type=Path, required=True, help="the csv file to write")
    args = parser.parse_args()
    params = load(Path("params.yaml"), SCALE)
    test, n_splits, ours = load_images(args.data, TEST, "mnist"), params.experiment("mnist").n_splits, []
    for about, images in _sets(args.data, params):
        rows = two_sample_rows(test, images, 0, n_splits)
        ours += named(rows, **about, scale=SCALE, generator="none")
    others = map(read_csv, sorted(args.runs.glob(f"*/seed*/{METRICS}")))
    frame = tidy(tests_of([pd.DataFrame(ours), *others]))
    write_csv(args.output, frame)
    print(frame.to_string(index=False))


def _sets(data: Path, params: Params) -> Iterator[tuple[dict[str, object], torch.Tensor]]:
    """Yield what is told from test images: its columns, and shape (n, 784)."""
    _, made = published_weights()
    yield {"model": OUR_MODEL, "seed": made["seed"], "length": made["epoch"]}, published_samples(params, CPU)
    experiment, training = params.experiment("mnist"), load_images(data, TRAIN, "mnist")
    known = baselines.all_of(training, experiment.n_samples, experiment.lloyd_iterations)
    for model in TOLD:
        yield {"model": model, "seed": 0, "length": None}, known[model](0)
    yield {"model": VALIDATION_IMAGES, "seed": 0, "length": None}, load_images(data, VALIDATION, "mnist")


if __name__ == "__main__":
    main()
