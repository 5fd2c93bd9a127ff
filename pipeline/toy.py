"""Play the one-dimensional game of Figure 1 and write its four moments as a table."""

import argparse
from dataclasses import fields
from pathlib import Path

import pandas as pd
import torch

from gan.theory.toy import Panel, play
from pipeline.files.formats import write_csv
from pipeline.record.manifest import Record
from pipeline.runtime import cli

GRID = torch.linspace(0, 6, 301)
SEED = 0


def main() -> None:
    """Command line."""
    parser = cli.parser("toy", __doc__, "--output results/quick/toy.csv")
    cli.add_params(parser)
    parser.add_argument("--output", type=Path, required=True, help="the csv file to write")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    record, manifest = Record("toy"), args.output.with_suffix(".manifest.json")
    if record.holds(manifest):
        return
    torch.set_num_threads(1)  # small arrays; and one number of threads gives one result
    frame = pd.concat([rows(panel) for panel in play(SEED, GRID)], ignore_index=True)
    write_csv(args.output, frame)
    record.write(manifest, [args.output], seed=SEED)


def rows(panel: Panel) -> pd.DataFrame:
    """Return a row for each x of the grid, then one for each z and the x that G maps it to."""
    curves = [field.name for field in fields(Panel) if field.name not in ("title", "z", "x")]
    grid = pd.DataFrame({"x": GRID, **{name: getattr(panel, name) for name in curves}})
    arrows = pd.DataFrame({"x": panel.x, "z": panel.z})
    return pd.concat([grid, arrows]).assign(panel=panel.title)


if __name__ == "__main__":
    main()
