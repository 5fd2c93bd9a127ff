"""Measure two advantages of section 6 on toys: sharp distributions, and samples without a Markov chain."""

import argparse
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from tqdm import tqdm

from gan.seeding import stream
from gan.theory import chain
from gan.theory.circle import Drawn, G, compare
from pipeline.claims.files import GIBBS
from pipeline.files.formats import write_csv
from pipeline.record.manifest import Record
from pipeline.runtime import cli

EPOCHS = 40
N_STEPS = 2_500  # of a chain, as many as samples of G
LAGS = (1, 2, 5, 10, 20, 50, 100)
N_SHOWN = 500  # points of the first seed, and steps of its chains
FILES = ("circle.csv", "circle_points.csv", "chains.csv", "machines.csv", "chain_steps.csv")
MEASURED = ("seed", "model", "bandwidth", "score", "radial_sd")  # of a Drawn, in circle.csv
Row = dict[str, Any]


def main() -> None:
    """Command line."""
    parser = cli.parser("claims.advantages", __doc__, "--scale quick --output results/quick/claims")
    cli.add_params(parser)
    parser.add_argument("--output", type=Path, required=True, help=f"folder of {', '.join(FILES)}")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.params(args)
    record, manifest = Record("claims.advantages", settings=params.toys()), args.output / "advantages.manifest.json"
    if record.holds(manifest):
        return
    torch.set_num_threads(1)  # one number of threads gives one result
    seeds, epochs = params.claims.toy_seeds, EPOCHS // params.claims.shorten
    with tqdm(total=epochs, desc="circle", unit="epoch") as bar:
        drawn = list(compare(seeds, epochs, bar.update))
    rows = [row for one in drawn if one.model == G for row in lagged(one.samples, one.seed, G, None)]
    machines, steps = list[Row](), list[Row]()
    for seed, blur in tqdm(list(product(seeds, chain.BLURS)), desc="chains", unit="chain"):
        machine, states = run_chain(seed, blur)
        machines.append(machine)
        rows += lagged(states, seed, GIBBS, blur)
        steps += _steps(states, blur) if seed == seeds[0] else []
    circle = [{column: getattr(one, column) for column in MEASURED} for one in drawn]
    frames = [pd.DataFrame(circle), _points(drawn), *map(pd.DataFrame, (rows, machines, steps))]
    files = [args.output / name for name in FILES]
    for path, frame in zip(files, frames, strict=True):
        write_csv(path, frame.assign(scale=params.scale))
    record.write(manifest, files)


def run_chain(seed: int, blur: float) -> tuple[Row, torch.Tensor]:
    """Fit a machine and run its chain; return its row of machines.csv, and the chain's states."""
    machine, divergence = chain.fit(blur, seed)
    states = chain.gibbs_chain(machine, N_STEPS, stream(seed, "Gibbs chain", round(1000 * blur)))
    exact, switches = chain.exact_correlation(machine), chain.switches(states)
    return {"seed": seed, "blur": blur, "divergence": divergence, "exact": exact, "switches": switches}, states


def lagged(samples: torch.Tensor, seed: int, sampler: str, blur: float | None) -> list[Row]:
    """Return rows of chains.csv: the correlation of samples at each lag, and its spread were they independent."""
    about = {"seed": seed, "sampler": sampler, "blur": blur, "n": len(samples), "null_sd": chain.null_sd(samples)}
    return [about | {"lag": lag, "correlation": chain.correlation(samples, lag)} for lag in LAGS]


def _steps(states: torch.Tensor, blur: float) -> Iterator[Row]:
    """Yield rows of chain_steps.csv: how many bits are 1 at each of the first steps."""
    for step, ones in enumerate(states[:N_SHOWN].sum(dim=1).tolist()):
        yield {"blur": blur, "step": step, "ones": int(ones)}


def _points(drawn: list[Drawn]) -> pd.DataFrame:
    """Return the first seed's points of each model: model, x, y."""
    return pd.concat(
        pd.DataFrame(one.samples[:N_SHOWN].numpy(), columns=["x", "y"]).assign(model=one.model)
        for one in drawn
        if one.seed == drawn[0].seed
    )[["model", "x", "y"]]


if __name__ == "__main__":
    main()
