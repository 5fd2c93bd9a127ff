"""Compare the distances of samples from training and from held-out images.

With --published: all samples of the weights that come with the project; else the first samples of each run.

Two references are compared as well: left-out real images of either set, which are no copies but come from the same
writers; and deliberate copies of training images.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd
import torch
from tqdm import tqdm

from gan.evidence.memorisation import Nearness, nearness, noisy_copies
from gan.images import TEST, TRAIN, VALIDATION
from gan.seeding import stream
from pipeline.claims.files import COPIES, SEEN, UNSEEN, G
from pipeline.config.experiments import Experiment
from pipeline.config.params import Params
from pipeline.data.arrays import check_prepared, load_images
from pipeline.files.formats import read_array, write_csv
from pipeline.record.manifest import Record
from pipeline.record.runs import SAMPLES, Run
from pipeline.record.weights import SCALE, published_experiment, published_weights
from pipeline.runtime import cli
from pipeline.runtime.devices import add_device, use_device
from pipeline.runtime.published import published_samples

N_COMPARED = 2_000  # samples of each run; the error of the difference is then 0.01 pixel units on MNIST
NOISE = 0.05  # of the copies
EXAMPLE = """--scale quick --experiment mnist --run runs/quick/mnist/seed0 runs/quick/mnist/seed1 \\
    --data data/prepared/mnist.npz --output results/quick/claims/memorised.csv"""


def main() -> None:
    """Command line."""
    parser = cli.parser("claims.memorised", __doc__, EXAMPLE)
    cli.add_params(parser)
    add_device(parser)
    cli.add_experiment(parser)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--run", type=Path, nargs="+", help="folders of sampled runs of one experiment")
    source.add_argument("--published", action="store_true", help="the published weights, instead of runs")
    parser.add_argument("--data", type=Path, required=True, help="npz file of `prepare`")
    parser.add_argument("--output", type=Path, required=True, help="the csv file to write")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params, manifest = cli.params(args), args.output.with_suffix(".manifest.json")
    check_prepared(args.data)
    source = _published(params) if args.published else _of_runs(args, params)
    record = Record("claims.memorised", [args.data, *source.inputs], source.experiment.settings("sample"))
    if record.holds(manifest):
        return
    device = use_device(args, params)
    parts = [load_images(args.data, part, source.experiment.dataset).to(device) for part in (TRAIN, VALIDATION, TEST)]
    training, held_out = parts[0], torch.cat(parts[1:])
    rows = [{"of": of, "seed": 0} | asdict(found) for of, found in yardsticks(training, held_out)]
    for seed, samples in tqdm(source.samples(device).items(), desc=f"{source.experiment.name} neighbours", unit="run"):
        found = nearness(samples.to(device), training, held_out, _images(device))
        rows.append({"of": G, "seed": seed} | asdict(found))
    common = {"experiment": source.experiment.name, "scale": source.scale, "epochs": source.epochs}
    write_csv(args.output, pd.DataFrame([common | row for row in rows]))
    record.write(manifest, [args.output], device=device.type)


@dataclass(frozen=True)
class Source:
    """Whose samples are compared: their experiment and scale, the files behind them, a function that yields them."""

    experiment: Experiment
    scale: str
    epochs: int
    inputs: list[Path]
    samples: Callable[[torch.device], dict[int, torch.Tensor]]  # by seed


def _of_runs(args: argparse.Namespace, params: Params) -> Source:
    experiment = params.experiment(args.experiment)
    runs = [Run(folder, experiment, "sample") for folder in args.run]
    runs[0].use(args.data)
    files = {run.seed: run.use(run.folder / SAMPLES["best"]) for run in runs}

    def samples(_: torch.device) -> dict[int, torch.Tensor]:
        return {seed: torch.from_numpy(read_array(file)[:N_COMPARED]) for seed, file in files.items()}

    return Source(experiment, params.scale, experiment.epochs, list(files.values()), samples)


def _published(params: Params) -> Source:
    path, made = published_weights()

    def samples(device: torch.device) -> dict[int, torch.Tensor]:
        return {made["seed"]: published_samples(params, device)}

    return Source(published_experiment(params), SCALE, made["epoch"], [path], samples)


def _images(device: torch.device) -> torch.Generator:
    """Return the random stream that chooses the images: the same for all that is compared."""
    return stream(0, "images compared", device=device)


def yardsticks(training: torch.Tensor, held_out: torch.Tensor) -> Iterator[tuple[str, Nearness]]:
    """Measure real images of either side against the others, and copies of training images with a little noise."""
    device = training.device
    random = stream(0, "yardsticks of memorisation", device=device)
    n = min(N_COMPARED, len(held_out) // 2, len(training) // 2)
    unseen, others = _parted(held_out, n, random)
    yield UNSEEN, nearness(unseen, training, others, _images(device))
    seen, others = _parted(training, n, random)
    yield SEEN, nearness(seen, others, held_out, _images(device))
    copies = noisy_copies(training, n, NOISE, random)
    yield COPIES, nearness(copies, training, held_out, _images(device))


def _parted(images: torch.Tensor, n: int, random: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Return n of the images, and the others."""
    order = torch.randperm(len(images), generator=random, device=images.device)
    return images[order[:n]], images[order[n:]]


if __name__ == "__main__":
    main()
