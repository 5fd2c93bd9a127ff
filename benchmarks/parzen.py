"""Speed and error of the Parzen estimate: ours, other ways to it, and the bare float32 products of its size.

Two jobs of the protocol: 10 bandwidths at 1000 validation images, one bandwidth at 10,000 test images, from
10,000 centers (MNIST training images under slight noise). The slow ways get the first 100 queries of each job
and count 10 and 100 times. Each repeat runs all of them one after the other.

example:
  python -m benchmarks.parzen --data data/prepared/mnist.npz --threads 2 --output benchmarks/results/parzen-cpu.csv
"""

import argparse
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from benchmarks import peers
from benchmarks.training import timed
from gan.images import TEST, TRAIN, VALIDATION
from gan.parzen import log_density
from gan.seeding import stream
from pipeline.config.params import load
from pipeline.data.arrays import load_images
from pipeline.files.formats import write_csv
from pipeline.runtime.devices import add_device, machine, use_device

GRID = [float(bandwidth) for bandwidth in np.geomspace(0.1, 1, 10)]
CHOSEN = GRID[2]
FEW = 100  # queries that a slow way gets of each job
Estimate = Callable[[torch.Tensor, torch.Tensor, list[float]], torch.Tensor]


def bare_products(queries: torch.Tensor, centers: torch.Tensor, _: list[float]) -> torch.Tensor:
    """The products alone, in blocks of the size that ours takes."""
    for block in queries.split(500):
        for part in centers.split(2000):
            product = block @ part.T
    return product


FAST: dict[str, Estimate] = {
    "ours": log_density,
    "bare float32 products": bare_products,
    "torch.cdist, float64": peers.parzen_cdist,
}
SLOW: dict[str, Estimate] = {
    "the 2014 way": peers.parzen_of_2014,
    "NumPy, direct float64": peers.parzen_numpy,
    "scikit-learn, one leaf": peers.parzen_scikit_learn,
}
if find_spec("pykeops"):  # pip install pykeops
    SLOW["KeOps"] = peers.parzen_keops


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_device(parser)
    parser.add_argument("--data", type=Path, required=True, help="npz file of `prepare`")
    parser.add_argument("--repeats", type=int, default=3, help="default: %(default)s, after one to warm up")
    parser.add_argument("--output", type=Path, required=True, help="CSV file")
    args = parser.parse_args()
    device = use_device(args, load(Path("params.yaml"), "paper"))
    train, validation, test = (load_images(args.data, part, "mnist").to(device) for part in (TRAIN, VALIDATION, TEST))
    centers = train[:10000] * 0.98
    centers += 0.01 * torch.rand(centers.shape, generator=stream(0, "noise", device=device), device=device)
    jobs = [(validation[:1000], GRID), (test, [CHOSEN])]
    rows = [
        {"what": name, **seconds(estimate, jobs, centers)}
        for _ in tqdm(range(args.repeats + 1), unit="repeat")
        for name, estimate in {**FAST, **(SLOW if device.type == "cpu" else {})}.items()
    ]
    frame = summary(pd.DataFrame(rows[len(rows) // (args.repeats + 1) :]))
    frame.insert(0, "device", f"{machine(device)['hardware']}, {torch.get_num_threads()} threads")
    write_csv(args.output, frame)
    print(frame.to_string(index=False))
    queries = test[:500]
    error = (log_density(queries, centers, GRID) - peers.parzen_cdist(queries, centers, GRID)).abs().max()
    print(f"largest difference from float64 over 500 test images and the grid: {error:.1e} nats")


def seconds(
    estimate: Estimate, jobs: list[tuple[torch.Tensor, list[float]]], centers: torch.Tensor
) -> dict[str, float]:
    """Time of both jobs; a slow way's is scaled up from its first queries."""
    total = 0.0
    for queries, bandwidths in jobs:
        few = queries[:FEW] if estimate in SLOW.values() else queries
        spent = timed(partial(estimate, few, centers, bandwidths), centers.device)
        total += spent * len(queries) / len(few)
    return {"seconds": total}


def summary(times: pd.DataFrame) -> pd.DataFrame:
    """Median and range of each way, and its ratio to ours."""
    groups = times.groupby("what", sort=False).seconds
    frame = groups.agg(["median", "min", "max", "size"]).round(3).reset_index()
    frame.columns = ["what", "seconds", "seconds_low", "seconds_high", "n_repeats"]
    frame["times_ours"] = (frame.seconds / frame.seconds[frame.what == "ours"].item()).round(2)
    return frame


if __name__ == "__main__":
    main()
