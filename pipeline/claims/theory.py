"""Measure the paper's section 4 on toys: the optimal discriminator, the criterion's minimum, and convergence."""

import argparse
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain, product
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from tqdm import tqdm

from gan.theory.convergence import UPDATES, descend, train_networks, turn
from gan.theory.optimum import approach, visit
from pipeline.files.formats import write_csv
from pipeline.record.manifest import Record
from pipeline.runtime import cli

UNITS = (2, 8, 32)
CHECKPOINTS = (50, 150, 500, 1500)  # steps of D against a fixed generator
PLACES = tuple(k / 8 for k in range(9))  # on the path to the data
PATH_UNITS, PATH_STEPS = 32, 1000
DESCENT_STEPS = 300
TURNS = 1000
ROUNDS, EVERY = 1000, 50


def main() -> None:
    """Command line."""
    parser = cli.parser("claims.theory", __doc__, "--scale quick --output results/quick/claims")
    cli.add_params(parser)
    parser.add_argument("--output", type=Path, required=True, help="the folder to write")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.params(args)
    record, manifest = Record("claims.theory", settings=params.toys()), args.output / "theory.manifest.json"
    if record.holds(manifest):
        return
    shorten = params.claims.shorten
    torch.set_num_threads(1)  # small arrays; and one number of threads gives one result
    turns = [row for update in UPDATES for row in turn(update, TURNS // shorten)]  # no randomness in them
    found = defaultdict(list, dirac=turns)
    for seed in tqdm(params.claims.toy_seeds, desc="theory", unit="seed"):
        for name, rows in tables_of(seed, shorten):
            found[name] += rows
    outputs = [args.output / f"{name}.csv" for name in found]
    for path, rows in zip(outputs, found.values(), strict=True):
        write_csv(path, pd.DataFrame([asdict(row) for row in rows]).assign(scale=params.scale))
    record.write(manifest, outputs)


def tables_of(seed: int, shorten: int) -> Iterator[tuple[str, list[Any]]]:
    """Yield what one seed adds to each table: the table's name and its rows; all trainings are that much shorter."""
    steps = [checkpoint // shorten for checkpoint in CHECKPOINTS]
    yield "optimal", list(chain(*(approach(d, units, steps, seed) for d, units in product((1, 2), UNITS))))
    yield "path", [visit(t, PATH_UNITS, PATH_STEPS // shorten, seed) for t in PLACES]
    yield "descent", descend(seed, DESCENT_STEPS // shorten)
    yield "nets", train_networks(seed, ROUNDS // shorten, EVERY // shorten)


if __name__ == "__main__":
    main()
