"""Draw a run's Parzen samples from both of its generators, and the images of Figures 2 and 3.

With --published: draw from the weights that come with the project, weights/mnist-seed0, without data or a run.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from gan.images import TRAIN, nearest, to_grey
from gan.sampling import draw_samples, interpolate
from gan.seeding import stream
from pipeline.config.experiments import Dataset, Experiment
from pipeline.config.params import load
from pipeline.data.arrays import load_images
from pipeline.files.errors import RunError
from pipeline.files.formats import replacing, write_array, write_arrays, write_same
from pipeline.record.manifest import Record
from pipeline.record.places import RESULTS
from pipeline.record.runs import GENERATORS, MANIFESTS, SAMPLES, SHEET, Run
from pipeline.record.weights import WEIGHTS, published_experiment
from pipeline.runtime import cli
from pipeline.runtime.devices import add_device, use_device
from pipeline.runtime.networks import load_generator
from pipeline.runtime.published import published_samples

SHEET_ROWS, SHEET_COLUMNS = 4, 5  # fair draws of Figure 2; a sixth column shows neighbours
CORNERS, STEPS = 5, 20  # of Figure 3's walk through z-space
DIGITS, ZOOM = 10, 3  # rows and columns of the published generator's sheet, and pixels to a pixel


def main() -> None:
    """Command line."""
    parser = cli.parser(
        "sample",
        __doc__,
        "--scale quick --experiment mnist --run runs/quick/mnist/seed0 --data data/prepared/mnist.npz\n"
        "  python -m pipeline.sample --published",
    )
    add_device(parser)
    parser.add_argument(
        "--published",
        action="store_true",
        help="draw from the published weights; only --device and --threads may be added",
    )
    if "--published" in sys.argv:  # then argparse refuses the options of a run
        cli.run(parser, _draw_published)
    else:
        _add_run(parser)
        cli.run(parser, _work)


def _add_run(parser: argparse.ArgumentParser) -> None:
    cli.add_params(parser)
    cli.add_experiment(parser)
    parser.add_argument("--run", type=Path, required=True, help="folder of a finished run; also receives the samples")
    parser.add_argument("--data", type=Path, required=True, help="npz file of `prepare`")


def _work(args: argparse.Namespace) -> None:
    params = cli.params(args)
    experiment = params.model(args.experiment)
    run = Run(args.run, experiment, "train")
    inputs = [*(args.run / name for name in GENERATORS.values()), run.use(args.data)]
    record = Record("sample", inputs, experiment.settings("sample"))
    if record.holds(args.run / MANIFESTS["sample"]):
        return
    device = use_device(args, params)
    print(f"{experiment.name} seed {run.seed}: {experiment.n_samples} samples of each generator", flush=True)
    best = _draw(args.run / GENERATORS["best"], experiment, run.seed, device)
    write_array(args.run / SAMPLES["best"], best.cpu().numpy())
    if experiment.selection == "last":  # both generators are the same
        write_same(args.run / SAMPLES["last"], args.run / SAMPLES["best"])
    else:
        last = _draw(args.run / GENERATORS["last"], experiment, run.seed, device)
        write_array(args.run / SAMPLES["last"], last.cpu().numpy())
    images = load_images(args.data, TRAIN, experiment.dataset).to(device)
    generator = load_generator(args.run / GENERATORS["best"], experiment, device)
    corners = stream(run.seed, "interpolation", device=device)
    walk = interpolate(generator, experiment.recipe.noise_prior, CORNERS, STEPS, corners)
    _write_sheet(args.run / SHEET, best, walk, images, params.dataset(experiment.dataset))
    record.write(
        args.run / MANIFESTS["sample"],
        outputs=[args.run / name for name in (*SAMPLES.values(), SHEET)],
        device=device.type,
    )


def _draw_published(args: argparse.Namespace) -> None:
    params, folder = load(Path("params.yaml")), RESULTS / WEIGHTS
    experiment = published_experiment(params)
    samples = published_samples(params, use_device(args, params)).cpu().numpy()
    write_array(folder / SAMPLES["best"], samples)
    height, width = params.dataset(experiment.dataset).shape
    tiles = samples[: DIGITS**2].reshape(DIGITS, DIGITS, height, width).swapaxes(1, 2)
    picture = folder / "digits.png"
    with replacing(picture) as temporary:
        image = Image.fromarray((255 * tiles.reshape(DIGITS * height, -1)).round().astype(np.uint8))
        image.resize((ZOOM * DIGITS * width, ZOOM * DIGITS * height), Image.Resampling.NEAREST).save(temporary, "PNG")
    print(f"{picture}: the first {DIGITS**2} of {len(samples):,} samples in {folder / SAMPLES['best']}")


def _draw(path: Path, experiment: Experiment, seed: int, device: torch.device) -> torch.Tensor:
    random = stream(seed, "evaluation samples", device=device)
    generator = load_generator(path, experiment, device)
    try:
        return draw_samples(generator, experiment.recipe.noise_prior, experiment.n_samples, random)
    except FloatingPointError as error:
        raise RunError(f"{path}: {error}; train with a lower learning rate") from error


def _write_sheet(path: Path, samples: torch.Tensor, walk: torch.Tensor, images: torch.Tensor, dataset: Dataset) -> None:
    """What the figures show, values in [0, 1]: the first samples in rows, the training image nearest to the last
    sample of each row, and the walk."""
    draws = samples[: SHEET_ROWS * SHEET_COLUMNS].unflatten(0, (SHEET_ROWS, SHEET_COLUMNS))
    neighbours = images[nearest(draws[:, -1], images)]
    if dataset.contrast_norm:  # one scale for samples and neighbours, as in 2014
        greatest = draws.abs().max().item()
        draws, neighbours, walk = (to_grey(these, greatest) for these in (draws, neighbours, walk))
    arrays = {"draws": draws, "neighbours": neighbours, "walk": walk}
    write_arrays(path, **{name: these.cpu().numpy() for name, these in arrays.items()})


if __name__ == "__main__":
    main()
