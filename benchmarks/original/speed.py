"""Seconds an epoch of the authors' 2014 code, of ours and of eager PyTorch: MNIST's recipe, one thread, one seed.

Each repeat trains all of them for an epoch, one after the other, so that a noisy machine is noisy for all. The 2014
code goes on with a run of its own in FOLDER/speed and says itself how long its epoch took.

example:
  python -m benchmarks.original.speed --folder work/original --output benchmarks/results/training-original-cpu.csv
"""

import argparse
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import torch
from tqdm import tqdm

from benchmarks.peers import EagerGame
from benchmarks.training import OURS, new_game, summary, timed
from gan.ensemble import Ensemble
from pipeline.config.params import load
from pipeline.files.formats import write_csv
from pipeline.runtime.arithmetic import protocol_arithmetic
from pipeline.runtime.devices import machine

IMAGES = 50_000
TRAIN = '. "{0}/env.sh" && "$PY" benchmarks/original/python2/train.py "{0}/speed" --epochs {1}'


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="where `make original` has set the 2014 code up")
    parser.add_argument("--repeats", type=int, default=3, help="default: %(default)s, after one to warm up")
    parser.add_argument("--output", type=Path, required=True, help="CSV file")
    args = parser.parse_args()
    torch.set_num_threads(1)
    protocol_arithmetic()
    contestants, rows = build(), []
    for repeat in tqdm(range(args.repeats + 1), unit="repeat"):
        row = {"the 2014 code": epoch_of_2014(args.folder.resolve())}
        row |= {name: timed(run, torch.device("cpu")) for name, run in contestants.items()}
        rows += [row] if repeat else []
    frame = summary(pd.DataFrame(rows))
    frame.insert(0, "device", f"{machine(torch.device('cpu'))['hardware']}, 1 threads")
    write_csv(args.output, frame)
    print(frame.to_string(index=False))


def build() -> dict[str, Callable[[], object]]:
    """Ours and eager PyTorch, in both precisions: each call is an epoch."""
    experiment = load(Path("params.yaml"), "paper").experiment("mnist")
    images = torch.rand(IMAGES, experiment.generator[-1].units)
    found: dict[str, Callable[[], object]] = {}
    for precision in ("float32", "bfloat16"):
        ours = Ensemble([new_game(experiment, 0, images, precision)], [0])
        found[OURS[precision]] = partial(ours.train_epoch, images, 1)
        eager = EagerGame(experiment, "cpu", precision)
        found[OURS[precision].replace("ours", "eager PyTorch")] = partial(eager.train, images)
    return found


def epoch_of_2014(folder: Path) -> float:
    """Let the 2014 code train one epoch more; return its seconds."""
    curve = folder / "speed/curve.csv"
    done = len(pd.read_csv(curve)) if curve.is_file() else 0
    subprocess.run(["sh", "-c", TRAIN.format(folder, done + 1)], check=True, capture_output=True)
    return float(pd.read_csv(curve).seconds.iloc[-1])


if __name__ == "__main__":
    main()
