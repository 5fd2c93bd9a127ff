"""Training speed: what the pipeline runs, the plain loop, eager PyTorch, and the bare matrix products of one step.

All in float32, and all but the plain loop in bfloat16 (eager PyTorch: under autocast); on CUDA in TF32 too, and ours
as three TF32 products. Each repeat runs all of them one after the other, so that a noisy machine is noisy for all. An
experiment's networks on synthetic images; seconds per seed. Where bfloat16 is emulated, its rows say nothing: the first
column names the processor.

example:
  python -m benchmarks.training --threads 2 --output benchmarks/results/training-cpu.csv
  python -m benchmarks.training --experiment cifar10-conv --minibatches 2 --threads 2 --output conv.csv
  python -m benchmarks.training --device cuda --seeds 20 --output benchmarks/results/training-cuda.csv
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import torch
from tqdm import tqdm

from benchmarks.peers import EagerGame
from gan.ensemble import Ensemble
from gan.together import play_together
from gan.training import Game, train_epoch
from pipeline.config.experiments import Experiment
from pipeline.config.params import load
from pipeline.files.formats import write_csv
from pipeline.runtime.arithmetic import training_precision
from pipeline.runtime.devices import add_device, machine, use_device
from pipeline.runtime.networks import new_discriminator, new_generator

OURS = {"float32": "ours", "tf32x3": "ours, tf32x3", "tf32": "ours, tf32", "bfloat16": "ours, bfloat16"}
ON_CUDA_ALONE = ("tf32x3", "tf32")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_device(parser)
    parser.add_argument("--experiment", default="mnist", help="of params.yaml; default: %(default)s")
    parser.add_argument("--minibatches", type=int, default=100, help="in a repeat; default: %(default)s")
    parser.add_argument("--seeds", type=int, default=1, help="trained together; default: %(default)s")
    parser.add_argument("--repeats", type=int, default=7, help="default: %(default)s, after one to warm up")
    parser.add_argument("--output", type=Path, required=True, help="CSV file")
    args = parser.parse_args()
    device = use_device(args, load(Path("params.yaml"), "paper"))
    experiment = load(Path("params.yaml"), "paper").experiment(args.experiment)
    images = torch.rand(args.minibatches * experiment.recipe.batch_size, experiment.generator[-1].units, device=device)
    contestants = build(experiment, images, args.seeds)
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for repeat in tqdm(range(args.repeats + 1), unit="repeat"):
        for name, run in contestants.items():
            seconds = timed(run, device)
            if repeat:
                times[name].append(seconds / args.seeds if name in OURS.values() else seconds)
    frame = summary(pd.DataFrame(times))
    frame.insert(0, "device", f"{machine(device)['hardware']}, {torch.get_num_threads()} threads")
    for place, what in enumerate(("experiment", "seeds", "minibatches"), 1):
        frame.insert(place, what, getattr(args, what))
    write_csv(args.output, frame)
    print(frame.to_string(index=False))


def build(experiment: Experiment, images: torch.Tensor, seeds: int) -> dict[str, Callable[[], object]]:
    """What is timed: each call plays an epoch of these images with each of its seeds."""
    numbers, device = list(range(seeds)), images.device.type
    found: dict[str, Callable[[], object]] = {}
    for precision, name in OURS.items():
        if device != "cuda" and precision in ON_CUDA_ALONE:
            continue
        ending = name.removeprefix("ours")
        games = play_together([new_game(experiment, seed, images, precision) for seed in numbers], numbers)
        found[name] = in_precision(precision, images, partial(games.train_epoch, images, 1))
        if precision == "tf32x3":
            continue  # torch has no such product
        eager = EagerGame(experiment, device, precision)
        found[f"eager PyTorch{ending}"] = in_precision(precision, images, partial(eager.train, images))
        if isinstance(games, Ensemble):
            with training_precision(precision, images.device):
                products = captured(step_products(games, experiment), device)
            found[f"bare products{ending}"] = partial(_repeat, products, len(images) // experiment.recipe.batch_size)
    loop = new_game(experiment, seeds, images)
    return found | {"plain loop": lambda: train_epoch(loop, images, seeds, 1)}


def in_precision(precision: str, images: torch.Tensor, run: Callable[[], object]) -> Callable[[], object]:
    """The call, with torch's products in that precision."""

    def call() -> None:
        with training_precision(precision, images.device):
            run()

    return call


def captured(products: list[Callable[[], object]], device: str) -> Callable[[], object]:
    """All products in one call; on CUDA a graph, for launching them would take longer than they do."""

    def all_of_them() -> None:
        for product in products:
            product()

    if device != "cuda":
        return all_of_them
    all_of_them()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        all_of_them()
    return graph.replay


def _repeat(products: Callable[[], object], times: int) -> None:
    for _ in range(times):
        products()


def new_game(experiment: Experiment, seed: int, images: torch.Tensor, precision: str = "float32") -> Game:
    """A new game of the experiment."""
    generator = new_generator(experiment, seed, images.device, images.mean(dim=0))
    return Game(generator, new_discriminator(experiment, seed, images.device), experiment.recipe, precision)


def step_products(ensemble: Ensemble, experiment: Experiment) -> list[Callable[[], object]]:
    """The matrix products that one step of one seed cannot do without: forward, weights' and inputs' gradients."""
    m, products = experiment.recipe.batch_size, []
    for network, examples, wanted in ((ensemble.g, m, 0), (ensemble.d, 2 * m, m)):
        for place, layer in enumerate(network.layers):
            weight = layer.weight_operand[0]
            x, delta = (weight.new_empty(examples, size).uniform_() for size in reversed(weight.shape))
            rows = examples if place else wanted
            pairs = [(x, weight.T), (delta.T, x), *([(delta[:rows], weight)] if rows else [])]
            products += [_product(*pair) for pair in pairs]
    return products


def _product(a: torch.Tensor, b: torch.Tensor) -> Callable[[], object]:
    """a b into memory that is there already: fresh memory nearly doubles its time."""
    result = a @ b
    return lambda: torch.mm(a, b, out=result)


def timed(run: Callable[[], object], device: torch.device) -> float:
    """Seconds of a call, with the device's work done."""
    _wait(device)
    started = time.perf_counter()
    run()
    _wait(device)
    return time.perf_counter() - started


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def summary(times: pd.DataFrame) -> pd.DataFrame:
    """Median and quartiles of each column, and of its ratio to both of ours within a repeat."""
    ratios, to_bfloat16 = (times.div(times[OURS[name]], axis=0) for name in ("float32", "bfloat16"))
    return pd.DataFrame(
        {
            "what": times.columns,
            "seconds": times.median().round(4).to_numpy(),
            "seconds_low": times.quantile(0.25).round(4).to_numpy(),
            "seconds_high": times.quantile(0.75).round(4).to_numpy(),
            "times_ours": ratios.median().round(3).to_numpy(),
            "times_ours_in_bfloat16": to_bfloat16.median().round(3).to_numpy(),
            "n_repeats": len(times),
        }
    )


if __name__ == "__main__":
    main()
