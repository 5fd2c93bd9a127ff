"""What each part of gan.cuda is worth: milliseconds a step of MNIST's game with and without it, by seeds and precision.

Every number is the median of the repeats of 100 steps, replayed from the graph; the first repeat, which compiles and
captures, is a column of its own. With --profile the time of each kernel is printed, too.

example:
  python -m benchmarks.cuda --output benchmarks/results/cuda.csv
  python -m benchmarks.cuda --seeds 20 --precisions tf32x3 --profile --output cuda-tf32x3.csv
  python -m benchmarks.cuda --device cpu --seeds 1 --precisions float32 --repeats 1 --output rehearsal.csv
"""

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import pandas as pd
import torch

from benchmarks.training import new_game, timed
from gan import draws, ensemble, stacked
from gan.cuda import Aside
from gan.ensemble import Ensemble
from gan.precision import OPERANDS
from pipeline.config.params import load
from pipeline.files.formats import write_csv
from pipeline.runtime.arithmetic import training_precision
from pipeline.runtime.devices import add_device, machine, use_device

STEPS = 100
PARTS = ("aside", "one kernel")  # of gan.cuda; beside them the graph, without which nothing is fast
VARIANTS = {"graph alone": (), "and aside": ("aside",), "and one kernel": ("one kernel",), "all": PARTS}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_device(parser)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 5, 20], help="trained together; default: 1 5 20")
    parser.add_argument("--precisions", choices=OPERANDS, nargs="+", default=list(OPERANDS), help="default: all")
    parser.add_argument("--repeats", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--profile", action="store_true", help="print each kernel's time in ten steps")
    parser.add_argument("--output", type=Path, required=True, help="CSV file")
    args = parser.parse_args()
    device, rows = use_device(args, load(Path("params.yaml"), "paper")), []
    for seeds in args.seeds:
        for precision in args.precisions:
            for variant, parts in VARIANTS.items():
                with only(parts), training_precision(precision, device):
                    row = {"seeds": seeds, "precision": precision, "variant": variant}
                    rows.append(row | measure(seeds, precision, device, args.repeats, profile=args.profile))
                    print(rows[-1], flush=True)
    frame = pd.DataFrame(rows)
    frame.insert(0, "device", machine(device)["hardware"])
    write_csv(args.output, frame)


@contextmanager
def only(parts: tuple[str, ...]) -> Iterator[None]:
    """Switch the other parts of gan.cuda off."""
    with ExitStack() as off:
        if "aside" not in parts:
            off.enter_context(patch.object(Aside, "after_all_before", lambda *_: nullcontext()))
        if "one kernel" not in parts:
            for module in (stacked, ensemble, draws):
                off.enter_context(plain_functions(module))
        yield


@contextmanager
def plain_functions(module: ModuleType) -> Iterator[None]:
    """What in_one_kernel has wrapped in a module, as it was."""
    wrapped = {name: value.__wrapped__ for name, value in vars(module).items() if hasattr(value, "__wrapped__")}
    with patch.dict(vars(module), wrapped):
        yield


def measure(seeds: int, precision: str, device: torch.device, repeats: int, *, profile: bool) -> dict[str, float]:
    """Milliseconds a step."""
    experiment = load(Path("params.yaml"), "paper").experiment("mnist")
    images = torch.rand(STEPS * experiment.recipe.batch_size, experiment.generator[-1].units, device=device)
    games = [new_game(experiment, seed, images, precision) for seed in range(seeds)]
    together = Ensemble(games, list(range(seeds)))
    first, *times = (timed(lambda: together.train_epoch(images, 1), device) for _ in range(repeats + 1))
    if profile:
        print_profile(together, images)
    median = float(pd.Series(times).median())
    return {"step_ms": round(median / STEPS * 1e3, 4), "least_ms": round(min(times) / STEPS * 1e3, 4), "first_s": first}


def print_profile(together: Ensemble, images: torch.Tensor) -> None:
    """The kernels of an epoch, the slowest first."""
    from torch.profiler import ProfilerActivity, profile

    activity = ProfilerActivity.CUDA if images.is_cuda else ProfilerActivity.CPU
    with profile(activities=[activity]) as found:
        together.train_epoch(images, 1)
    by = "self_cuda_time_total" if images.is_cuda else "self_cpu_time_total"
    print(found.key_averages().table(sort_by=by, row_limit=40, max_name_column_width=100))


if __name__ == "__main__":
    main()
