"""Score a run: bandwidths chosen on validation images, mean log-likelihood of the test images."""

import argparse
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from gan.parzen import Score, score
from gan.splits import TEST, VALIDATION
from pipeline import cli
from pipeline.datasets import load_images
from pipeline.devices import add_device, use_device
from pipeline.io import read_array, write_csv
from pipeline.params import Experiment
from pipeline.provenance import Record
from pipeline.runs import BANDWIDTHS, MANIFESTS, METRICS, SAMPLES, Run

EXAMPLE = "--scale quick --experiment mnist --run runs/quick/mnist/seed0 --data data/prepared/mnist.npz"


def main() -> None:
    """Command line."""
    parser = cli.parser("evaluate", __doc__, EXAMPLE)
    cli.add_params(parser)
    add_device(parser)
    cli.add_experiment(parser)
    parser.add_argument("--run", type=Path, required=True, help="folder of a sampled run; the metrics go there too")
    parser.add_argument("--data", type=Path, required=True, help="npz file of `prepare`")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    record = Record("evaluate")
    params = cli.params(args)
    experiment = params.experiment(args.experiment)
    run = Run(args.run, experiment, "sample")
    data, device = run.use(args.data), use_device(args)
    validation = load_images(data, VALIDATION, experiment.dataset)[: experiment.n_validation].to(device)
    test = load_images(data, TEST, experiment.dataset).to(device)
    metrics, curves = [], []
    common = {"experiment": experiment.name, "model": "adversarial-nets", "seed": run.seed, "fold": None}
    for generator, name in SAMPLES.items():
        print(f"{experiment.name} seed {run.seed}: scoring {name}", flush=True)
        samples = torch.from_numpy(read_array(args.run / name)).to(device)
        for grid, result in score(samples, validation, test, experiment.grids).items():
            place = common | {"generator": generator, "grid": grid, "scale": params.scale}
            sizes = {"n_samples": len(samples), "validation": len(validation), "test": len(test)}
            metrics += [place | row for row in metric_rows(result, sizes)]
            curves += [place | row for row in curve_rows(result, experiment, grid)]
    write_csv(args.run / METRICS, pd.DataFrame(metrics))
    write_csv(args.run / BANDWIDTHS, pd.DataFrame(curves))
    record.write(
        args.run / MANIFESTS["evaluate"],
        inputs=[*(args.run / name for name in SAMPLES.values()), args.data],
        outputs=[args.run / METRICS, args.run / BANDWIDTHS],
        settings=experiment.settings("evaluate"),
        device=device.type,
    )


def metric_rows(result: Score, sizes: dict[str, int]) -> list[dict[str, Any]]:
    """Rows of metrics.csv: the mean of the validation images and of the test images."""
    values = {
        "validation": (result.selection.log_likelihood, result.validation_error),
        "test": (result.test, result.test_error),
    }
    return [
        {
            "metric": f"{part}_log_likelihood",
            "value": value,
            "unit": "nats",
            "standard_error": error,
            "error_over": f"{part} images",
            "bandwidth": result.selection.bandwidth,
            "bandwidth_place": f"{result.selection.place}/{result.selection.size}",
            "n_samples": sizes["n_samples"],
            "n_eval": sizes[part],
        }
        for part, (value, error) in values.items()
    ]


def curve_rows(result: Score, experiment: Experiment, grid: str) -> list[dict[str, Any]]:
    """Rows of bandwidths.csv: the validation curve over a grid, with the chosen point marked."""
    pairs = zip(experiment.grids[grid], result.validation_curve, strict=True)
    return [
        {"bandwidth": bandwidth, "validation_log_likelihood": mean, "chosen": bandwidth == result.selection.bandwidth}
        for bandwidth, mean in pairs
    ]


if __name__ == "__main__":
    main()
