"""Score perfect samples of known densities, to measure the error of the Parzen estimate itself."""

import argparse
from dataclasses import asdict
from itertools import product
from pathlib import Path

import pandas as pd
import torch
from tqdm import tqdm

from gan.evidence.oracle import FAMILIES, measure
from pipeline.files.formats import write_csv
from pipeline.record.manifest import Record
from pipeline.runtime import cli


def main() -> None:
    """Command line."""
    parser = cli.parser("oracle", __doc__, "--scale quick --output results/quick/oracle.csv")
    cli.add_params(parser)
    parser.add_argument("--output", type=Path, required=True, help="the csv file to write")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.params(args)
    settings, manifest = params.oracle, args.output.with_suffix(".manifest.json")
    record = Record("oracle", settings=settings)
    if record.holds(manifest):
        return
    torch.set_num_threads(1)  # one number of threads gives one result
    most = settings["n_samples"]
    todo = list(product(FAMILIES, settings["dimensions"], range(settings["repeats"])))
    rows = [
        {"family": family, "d": d, "seed": seed, **asdict(gap), "unit": "nats", "scale": params.scale}
        for family, d, seed in tqdm(todo, desc="oracle", unit="density")
        for gap in measure(family, d, [most // 10, most], settings["n_points"], seed)
    ]
    write_csv(args.output, pd.DataFrame(rows))
    record.write(manifest, [args.output])


if __name__ == "__main__":
    main()
