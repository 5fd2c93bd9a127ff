"""Score baselines as the GANs are scored: training images, k-means centroids, a Gaussian, independent pixels.

If such sets of images score above a GAN, or above real images, the score does not measure the quality of samples. Newly
trained classifiers also tell real images and k-means centroids from the test images, as they do a GAN's samples.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from gan.evidence import baselines
from gan.images import TRAIN, to_grey
from pipeline.config.experiments import Experiment
from pipeline.data.arrays import check_prepared, load_images
from pipeline.files.formats import write_arrays, write_csv
from pipeline.record.manifest import Record
from pipeline.record.runs import AUDITS, BANDWIDTHS, METRICS, SHEET
from pipeline.runtime import cli
from pipeline.runtime.devices import add_device, use_device
from pipeline.runtime.scores import Fold, Rows, all_test_images, folds, named, score_folds
from pipeline.runtime.two_sample import two_sample_rows

SHOWN = 8  # images of each baseline in the figure
TOLD = ("training-images", "k-means")  # from test images, by a two-sample test of their first draw
VALIDATION_IMAGES = "validation-images"  # so are these, where there is one split; scored they cannot be


def main() -> None:
    """Command line."""
    parser = cli.parser(
        "audit",
        __doc__,
        "--scale quick --experiment mnist --data data/prepared/mnist.npz --output runs/quick/mnist/audit",
    )
    cli.add_params(parser)
    add_device(parser)
    cli.add_experiment(parser)
    parser.add_argument("--data", type=Path, required=True, help="npz file of `prepare`")
    parser.add_argument("--output", type=Path, required=True, help="folder of metrics.csv, bandwidths.csv, sheet.npz")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.params(args)
    experiment = params.experiment(args.experiment)
    check_prepared(args.data)
    record = Record("audit", [args.data], experiment.settings("audit"))
    if record.holds(args.output / AUDITS["audit"]):
        return
    device = use_device(args, params)
    images = load_images(args.data, TRAIN, experiment.dataset).to(device)
    parts, metrics, curves = folds(args.data, experiment, device), Rows(), Rows()
    shown, told = dict[str, torch.Tensor](), dict[str, torch.Tensor]()
    models = baselines.all_of(images, experiment.n_samples, experiment.lloyd_iterations)
    todo = [(name, draw) for name in models for draw in range(1 if name in baselines.FIXED else experiment.n_audits)]
    for name, draw in tqdm(todo, desc=f"{experiment.name} audit", unit="set"):
        samples = models[name](draw)
        scored = score_folds(samples, parts, experiment)
        common = {"experiment": experiment.name, "model": name, "seed": draw, "scale": params.scale}
        metrics += named(scored.metrics, **common, generator="none")
        if name in TOLD and draw == 0:
            told[name] = samples
        curves += named(scored.bandwidths, **common, generator="none")
        shown.setdefault(name, samples[:SHOWN].cpu())
    metrics += _told(told, parts, experiment, params.scale)
    contrast = params.dataset(experiment.dataset).contrast_norm
    write_csv(args.output / METRICS, pd.DataFrame(metrics))
    write_csv(args.output / BANDWIDTHS, pd.DataFrame(curves))
    write_arrays(args.output / SHEET, **{name: _visible(rows, bool(contrast)) for name, rows in shown.items()})
    record.write(
        args.output / AUDITS["audit"],
        outputs=[args.output / name for name in (METRICS, BANDWIDTHS, SHEET)],
        device=device.type,
    )


def _told(sets: dict[str, torch.Tensor], parts: list[Fold], experiment: Experiment, scale: str) -> Rows:
    """Rows of metrics.csv of two-sample tests against the test images; validation images of folds are among them."""
    if len(parts) == 1:
        sets = sets | {VALIDATION_IMAGES: parts[0].validation[: experiment.n_samples]}
    rows, real = Rows(), all_test_images(parts)
    for name, images in sets.items():
        found = two_sample_rows(real, images, 0, experiment.n_splits)
        common = {"experiment": experiment.name, "model": name, "seed": 0, "scale": scale}
        rows += named(found, **common, generator="none")
    return rows


def _visible(images: torch.Tensor, contrast_normalised: bool) -> np.ndarray:
    """Bytes of grey, or of colour."""
    grey = to_grey(images, images.abs().max().item()) if contrast_normalised else images
    return (255 * grey.clamp(0, 1)).round().byte().numpy()


if __name__ == "__main__":
    main()
