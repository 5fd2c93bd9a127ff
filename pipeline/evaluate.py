"""Score a run: bandwidths chosen on validation images, mean log-likelihood of the test images; fold by fold."""

import argparse
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from gan.parzen import Score, score
from gan.splits import TEST, VALIDATION
from gan.statistics import standard_error
from pipeline import cli
from pipeline.datasets import load_images, n_folds
from pipeline.devices import add_device, use_device
from pipeline.experiments import Experiment
from pipeline.io import read_array, write_csv
from pipeline.provenance import Record
from pipeline.runs import BANDWIDTHS, MANIFESTS, METRICS, SAMPLES, Run

Rows = list[dict[str, Any]]
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
    metrics, curves = _score(args.run / SAMPLES["best"], data, experiment, device)
    rows = {"best": (metrics, curves)}
    # Where nothing was selected, both generators are the same: scored once, told twice.
    rows["last"] = (
        rows["best"] if experiment.selection == "last" else _score(args.run / SAMPLES["last"], data, experiment, device)
    )
    common = {"experiment": experiment.name, "model": "adversarial-nets", "seed": run.seed, "scale": params.scale}
    metrics, curves = (
        [common | {"generator": generator} | row for generator, tables in rows.items() for row in tables[place]]
        for place in (0, 1)
    )
    write_csv(args.run / METRICS, pd.DataFrame(metrics))
    write_csv(args.run / BANDWIDTHS, pd.DataFrame(curves))
    record.write(
        args.run / MANIFESTS["evaluate"],
        inputs=[*(args.run / name for name in SAMPLES.values()), args.data],
        outputs=[args.run / METRICS, args.run / BANDWIDTHS],
        settings=experiment.settings("evaluate"),
        device=device.type,
    )


def _score(path: Path, data: Path, experiment: Experiment, device: torch.device) -> tuple[Rows, Rows]:
    """Rows of metrics.csv and of bandwidths.csv for one file of samples, fold by fold."""
    print(f"{experiment.name}: scoring {path}", flush=True)
    samples = torch.from_numpy(read_array(path)).to(device)
    folds, metrics, curves = n_folds(data), Rows(), Rows()
    for fold in range(folds):
        parts = [load_images(data, part, experiment.dataset, fold).to(device) for part in (VALIDATION, TEST)]
        validation, test = parts[0][: experiment.n_validation], parts[1]
        sizes = {"validation": len(validation), "test": len(test)}
        for grid, result in score(samples, validation, test, experiment.grids).items():
            place = {"fold": fold, "grid": grid, "n_samples": len(samples)}
            metrics += [place | row for row in metric_rows(result, sizes)]
            curves += [place | row for row in curve_rows(result, experiment, grid)]
    return (one_split(metrics) if folds == 1 else with_means(metrics)), curves


def metric_rows(result: Score, sizes: dict[str, int]) -> Rows:
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
            "n_eval": sizes[part],
        }
        for part, (value, error) in values.items()
    ]


def one_split(rows: Rows) -> Rows:
    """The rows of a data set without folds."""
    return [row | {"fold": None, "standard_error_ddof1": None} for row in rows]


def with_means(rows: Rows) -> Rows:
    """A row for the mean over folds of each grid and metric (no fold named), after the rows of the folds.

    Source:
        caption of Table 1: on TFD the standard error is over folds, each with a bandwidth of its own. Li et al.
        2015 take ddof 0, so the headline does; ddof 1 stands beside it.
    """
    frame, means = pd.DataFrame(rows), []
    for (grid, metric), group in frame.groupby(["grid", "metric"], sort=False):
        means.append(
            {
                "fold": None,
                "grid": grid,
                "metric": metric,
                "value": group.value.mean(),
                "unit": "nats",
                "n_samples": group.n_samples.iloc[0],
                "standard_error": standard_error(group.value.to_numpy()),
                "standard_error_ddof1": standard_error(group.value.to_numpy(), ddof=1),
                "error_over": f"{len(group)} folds",
                "bandwidth": None,
                "bandwidth_place": None,
                "n_eval": int(group.n_eval.sum()),
            }
        )
    return [row | {"standard_error_ddof1": None} for row in rows] + means


def curve_rows(result: Score, experiment: Experiment, grid: str) -> Rows:
    """Rows of bandwidths.csv: the validation curve over a grid, with the chosen point marked."""
    pairs = zip(experiment.grids[grid], result.validation_curve, strict=True)
    return [
        {"bandwidth": bandwidth, "validation_log_likelihood": mean, "chosen": bandwidth == result.selection.bandwidth}
        for bandwidth, mean in pairs
    ]


if __name__ == "__main__":
    main()
