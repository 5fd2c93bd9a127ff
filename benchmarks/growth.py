"""Time and peak memory against the number of seeds, of samples and of dimensions; a CSV and a plot.

Each point is measured in a process of its own, whose peak memory is then the point's. Made-up images: smooth
functions of 20 random numbers each, under slight noise.

- seeds: 100 minibatches of MNIST's game, all seeds together;
- samples, dimensions: Parzen log-densities of 1000 images on 10 bandwidths, from samples that come in blocks.

example:
  python -m benchmarks.growth --threads 2 --output benchmarks/results/growth-cpu.csv
  python -m benchmarks.growth --device cuda --seeds 1 2 4 8 16 32 --output benchmarks/results/growth-cuda.csv
"""

import argparse
import multiprocessing
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import seaborn as sns
import torch
from matplotlib import pyplot as plt
from matplotlib.ticker import FuncFormatter
from tqdm import tqdm

from benchmarks.training import new_game, timed
from gan.ensemble import Ensemble
from gan.parzen import ParzenWindow
from gan.seeding import stream
from pipeline.config.params import load
from pipeline.files.formats import write_csv
from pipeline.record.manifest import peak_memory_mb
from pipeline.runtime.devices import add_device, machine, use_device

GRID = [float(bandwidth) for bandwidth in np.geomspace(0.1, 1, 10)]
BLOCK = 10_000  # samples that are there at once
QUERIES = 1000
MINIBATCHES = 100
LABELS = {"seeds": "training seeds", "samples": "Parzen samples", "dimensions": "dimensions"}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_device(parser)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 4], help="default: 1 2 4")
    samples, dimensions = [1000, 10_000, 100_000, 1_000_000], [784, 2304, 3072]
    parser.add_argument("--samples", type=int, nargs="+", default=samples, help="default: 1000 to 1,000,000")
    parser.add_argument("--dimensions", type=int, nargs="+", default=dimensions, help="default: 784 2304 3072")
    parser.add_argument("--repeats", type=int, default=3, help="default: %(default)s; the median counts")
    parser.add_argument("--output", type=Path, required=True, help="CSV file; the plot goes beside it")
    args = parser.parse_args()
    points = [(what, value) for what in LABELS for value in getattr(args, what)]
    spawn = multiprocessing.get_context("spawn")
    rows = []
    for what, value in tqdm(points, unit="point"):
        with spawn.Pool(1) as pool:
            rows.append(pool.apply(measure, (what, value, args)))
    frame = pd.DataFrame(rows)
    write_csv(args.output, frame)
    draw(frame, args.output.with_suffix(".svg"))
    print(frame.to_string(index=False))


def measure(what: str, value: int, args: argparse.Namespace) -> dict[str, object]:
    """One point."""
    device = use_device(args, load(Path("params.yaml"), "paper"))
    if what == "seeds":
        seconds = _training(value, args.repeats, device)
    else:
        n, d = (value, 784) if what == "samples" else (BLOCK, value)
        seconds = _parzen(n, d, args.repeats if n <= BLOCK else 1, device)
    row = {"device": f"{machine(device)['hardware']}, {torch.get_num_threads()} threads", "what": what, "value": value}
    row |= {"seconds": round(seconds, 4), "peak_memory_mb": peak_memory_mb()}
    if device.type == "cuda":
        row["peak_gpu_memory_mb"] = round(torch.cuda.max_memory_allocated() / 2**20, 1)
    return row


def _training(seeds: int, repeats: int, device: torch.device) -> float:
    experiment = load(Path("params.yaml"), "paper").experiment("mnist")
    images = made_up(MINIBATCHES * experiment.recipe.batch_size, experiment.generator[-1].units, 0, device)
    ensemble = Ensemble([new_game(experiment, seed, images) for seed in range(seeds)], list(range(seeds)))
    ensemble.train_epoch(images, 1)  # to warm up
    return median(timed(partial(ensemble.train_epoch, images, 1), device) for _ in range(repeats))


def _parzen(n: int, d: int, repeats: int, device: torch.device) -> float:
    """Without the time that making the samples takes."""
    queries = made_up(QUERIES, d, -1, device)
    sizes = [min(BLOCK, n - start) for start in range(0, n, BLOCK)]
    totals = []
    for _ in range(repeats + 1):
        window = ParzenWindow(queries, GRID)
        blocks = (made_up(size, d, place, device) for place, size in enumerate(sizes))
        totals.append(sum(timed(partial(_add, window, block), device) for block in blocks))
        if len(sizes) > 1:
            return totals[0]
    return median(totals[1:])


def _add(window: ParzenWindow, samples: torch.Tensor) -> None:
    for block in samples.split(2000):
        window.add(block)


def made_up(n: int, d: int, block: int, device: torch.device) -> torch.Tensor:
    """Images (n, d) in [0, 1]."""
    basis = torch.randn(20, d, generator=stream(0, "basis"))
    random = stream(block + 1, "images")
    smooth = (torch.randn(n, 20, generator=random) @ basis).sigmoid_()
    return smooth.add_(torch.rand(n, d, generator=random), alpha=0.02).clamp_(max=1).to(device)


def draw(frame: pd.DataFrame, path: Path) -> None:
    """Time above, memory below; a column for each thing that grows."""
    sns.set_theme(style="whitegrid", context="paper")
    figure, axes = plt.subplots(2, len(LABELS), figsize=(9, 4.5), sharex="col", layout="constrained")
    memory = "peak_gpu_memory_mb" if "peak_gpu_memory_mb" in frame else "peak_memory_mb"
    for column, (what, label) in enumerate(LABELS.items()):
        rows = frame[frame.what == what]
        for line, (key, unit) in enumerate({"seconds": "s", memory: "peak memory, MB"}.items()):
            axis = axes[line, column]
            sns.lineplot(rows, x="value", y=key, marker="o", color="#c1440e", ax=axis)
            axis.set(xscale="log", ylabel=unit if column == 0 else "", xlabel=label, xticks=rows.value)
            axis.set_yscale("log" if key == "seconds" else "linear")
            axis.set_ylim(bottom=0 if key != "seconds" else None)
            axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
            axis.minorticks_off()
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
