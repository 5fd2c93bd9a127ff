"""The two models of the comparison whose log-likelihood is known exactly, at every bandwidth of the authors' grid.

They show how much an order of models depends on the bandwidth, which the Parzen score chooses for each model.

    python -m benchmarks.exact_models --data data/prepared/mnist.npz    # measures: half a minute
    python -m benchmarks.exact_models                                   # the passage of docs/evidence.md alone
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pandas as pd
import torch

from gan.evidence import baselines
from gan.images import TEST, TRAIN, VALIDATION
from gan.layers import Layer
from gan.parzen import log_density
from gan.rivals.linear import Linear, exact_log_density
from gan.scoring import standard_error
from pipeline.config.params import Params, load
from pipeline.data.arrays import load_images
from pipeline.files.formats import read_csv, write_csv, write_text
from pipeline.reporting.page import with_passages
from pipeline.reporting.rankings import label

SCALE = "cpu"  # of the comparison
SHOWN = 0.3  # bandwidths below it; beyond, both models fall and their order stays
MODELS = K_MEANS, LINEAR = "k-means", "linear-gaussian"
PAGE, RESULTS = Path("docs/evidence.md"), Path("benchmarks/results/comparison/exact.csv")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="npz file of `prepare`; without it nothing is measured")
    args = parser.parse_args()
    params = load(Path("params.yaml"), SCALE)
    if args.data:
        write_csv(RESULTS, measure(args.data, params))
    text = PAGE.read_text(encoding="utf-8")
    write_text(PAGE, with_passages(text, {"exact": passage(read_csv(RESULTS), params)}, PAGE))


def measure(data: Path, params: Params) -> pd.DataFrame:
    """Return the mean log-likelihood of both models for validation and test images, a row per bandwidth."""
    experiment, model = params.experiment("mnist"), params.model(LINEAR)
    training = load_images(data, TRAIN, "mnist")
    centers = baselines.all_of(training, experiment.n_samples, experiment.lloyd_iterations)[K_MEANS](0)
    linear = Linear(training, model.noise_size, cast(Sequence[Layer], model.generator), (1,), 0)
    linear.train_epoch(1)
    rows, grid = [], experiment.grids["authors"]
    for part, first in ((VALIDATION, experiment.n_validation), (TEST, None)):
        images = load_images(data, part, "mnist")[:first]
        exact = [exact_log_density(linear.generator(), images, bandwidth) for bandwidth in grid]
        for name, found in ((K_MEANS, log_density(images, centers, grid)), (LINEAR, exact)):
            about = {"model": name, "images": "test" if part == TEST else "validation", "n_eval": len(images)}
            rows += [about | _row(bandwidth, one) for bandwidth, one in zip(grid, found, strict=True)]
    return pd.DataFrame(rows)


def _row(bandwidth: float, values: torch.Tensor | None) -> dict[str, float]:
    assert values is not None
    return {"bandwidth": bandwidth, "value": float(values.mean()), "standard_error": standard_error(values.numpy())}


def passage(rows: pd.DataFrame, params: Params) -> str:
    """Return the table over bandwidths, and which bandwidth the likelihood of validation images chooses."""
    test = rows[rows.images == "test"].pivot(index="bandwidth", columns="model", values=["value", "standard_error"])
    lines = [
        {"bandwidth": f"{bandwidth:.4g}"}
        | {label(name, params): f"{row['value', name]:.1f} ± {row['standard_error', name]:.1f}" for name in MODELS}
        | {"difference": f"{row['value', K_MEANS] - row['value', LINEAR]:+.1f}"}
        for bandwidth, row in test.iterrows()
        if bandwidth < SHOWN
    ]
    best = rows[rows.images == "validation"].groupby("model").value.idxmax()
    chosen = {name: f"{rows.bandwidth[place]:.4g}" for name, place in best.items()}
    said = (
        f"Both models that are known exactly, on all {int(rows.n_eval.max()):,} test images, at the narrower "
        "bandwidths of the authors' grid ([all](../benchmarks/results/comparison/exact.csv); nats; ± is the standard "
        "error over images). The likelihood itself of "
        f"{int(rows.n_eval.min()):,} validation images chooses {chosen[K_MEANS]} for k-means and {chosen[LINEAR]} for "
        "the linear Gaussian:"
    )
    return "\n\n".join([said, pd.DataFrame(lines).to_markdown(index=False, disable_numparse=True)])


if __name__ == "__main__":
    main()
