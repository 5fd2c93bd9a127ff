"""Score a run: bandwidths chosen on validation images, mean log-likelihood of the test images."""

import argparse
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from tqdm import tqdm

from gan.parzen import log_density, select_bandwidth
from gan.splits import TEST, VALIDATION
from gan.statistics import standard_error
from pipeline import cli
from pipeline.datasets import load_images
from pipeline.devices import add_device, use_device
from pipeline.io import read_array, write_csv
from pipeline.params import Experiment
from pipeline.provenance import Record
from pipeline.runs import read_manifest, verify_outputs

EXAMPLE = "--scale quick --experiment mnist --run runs/quick/mnist/seed0 --data data/prepared/mnist.npz"
GENERATORS = {"best": "samples.npy", "last": "last_samples.npy"}
QUERIES_AT_ONCE = 1000


def main() -> None:
    """Command line."""
    parser = cli.parser("evaluate", __doc__, EXAMPLE)
    cli.add_params(parser)
    add_device(parser)
    parser.add_argument("--experiment", required=True, help="name in the params' catalogue, e.g. mnist")
    parser.add_argument("--run", type=Path, required=True, help="folder of a sampled run; the metrics go there too")
    parser.add_argument("--data", type=Path, required=True, help="npz file of `prepare`")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    record = Record("evaluate")
    params = cli.params(args)
    experiment = params.experiment(args.experiment)
    manifest = read_manifest(args.run, experiment)
    verify_outputs(args.run / "samples.manifest.json")
    device = use_device(args)
    validation = load_images(args.data, VALIDATION)[: experiment.n_validation].to(device)
    test = load_images(args.data, TEST).to(device)
    metrics, bandwidths = [], []
    common = {"experiment": experiment.name, "model": "adversarial-nets", "seed": manifest["seed"], "fold": None}
    for generator, name in GENERATORS.items():
        samples = torch.from_numpy(read_array(args.run / name)).to(device)
        rows, curve = score(experiment, samples, validation, test)
        metrics += [common | {"generator": generator} | row | {"scale": params.scale} for row in rows]
        bandwidths += [common | {"generator": generator} | row for row in curve]
    write_csv(args.run / "metrics.csv", pd.DataFrame(metrics))
    write_csv(args.run / "bandwidths.csv", pd.DataFrame(bandwidths))
    record.write(
        args.run / "metrics.manifest.json",
        inputs=[*(args.run / name for name in GENERATORS.values()), args.data],
        outputs=[args.run / "metrics.csv", args.run / "bandwidths.csv"],
        device=device.type,
    )


def score(
    experiment: Experiment, samples: torch.Tensor, validation: torch.Tensor, test: torch.Tensor
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The Parzen protocol on one set of samples, for every grid of bandwidths.

    Args:
        experiment: its grids.
        samples: shape (n, d), the centers.
        validation: shape (m, d), chooses the bandwidth.
        test: shape (m', d), scored at the chosen bandwidths only.
    Returns:
        rows of metrics.csv, and the validation curve over each grid.
    """
    grids = experiment.grids
    grid_of = [(name, bandwidth) for name, grid in grids.items() for bandwidth in grid]
    on_validation = _log_density(validation, samples, [b for _, b in grid_of], "validation")
    means = on_validation.mean(dim=1).tolist()
    curve = [
        {"grid": name, "bandwidth": bandwidth, "validation_log_likelihood": mean}
        for (name, bandwidth), mean in zip(grid_of, means, strict=True)
    ]
    chosen = {
        name: select_bandwidth(grid, [row["validation_log_likelihood"] for row in curve if row["grid"] == name])
        for name, grid in grids.items()
    }
    on_test = _log_density(test, samples, [selection.bandwidth for selection in chosen.values()], "test")
    rows = []
    for (name, selection), scores in zip(chosen.items(), on_test, strict=True):
        index = grid_of.index((name, selection.bandwidth))
        for metric, values in (("validation", on_validation[index]), ("test", scores)):
            rows.append(
                {
                    "metric": f"{metric}_log_likelihood",
                    "value": float(values.mean()),
                    "unit": "nats",
                    "standard_error": standard_error(values.cpu().numpy()),
                    "error_over": f"{metric} images",
                    "bandwidth": selection.bandwidth,
                    "bandwidth_place": f"{selection.place}/{selection.size}",
                    "grid": name,
                    "n_samples": len(samples),
                    "n_eval": len(values),
                }
            )
    return rows, curve


def _log_density(queries: torch.Tensor, samples: torch.Tensor, bandwidths: list[float], part: str) -> torch.Tensor:
    """`log_density` in parts, with a progress bar where someone watches."""
    parts = queries.split(QUERIES_AT_ONCE)
    bar = tqdm(parts, desc=f"{len(bandwidths)} bandwidths on {part} images", disable=None, leave=False)
    return torch.cat([log_density(part, samples, bandwidths) for part in bar], dim=1)


if __name__ == "__main__":
    main()
