"""Gather the metrics of all runs and audits, and make Table 1 of the paper with our rows beneath."""

import argparse
from pathlib import Path

from pipeline.files.formats import read_csv, write_text
from pipeline.record.manifest import Manifest, Record
from pipeline.record.runs import GATHERED, IMAGES, MANIFESTS, REDRAWN
from pipeline.reporting.cells import QUOTED, read_metrics
from pipeline.reporting.gather import RUN_TABLES, gather, tidy
from pipeline.reporting.tables import render
from pipeline.reporting.variance import variance_again
from pipeline.runtime import cli

EXAMPLE = "--scale quick --runs runs/quick/mnist/seed0 runs/quick/mnist/seed1 --output results/quick"


def main() -> None:
    """Command line."""
    parser = cli.parser("table", __doc__, EXAMPLE)
    cli.add_selection(parser)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--runs", type=Path, nargs="+", help="folders EXPERIMENT/seedN of scored runs")
    source.add_argument("--gathered", type=Path, help="folder of published csv files, instead of runs")
    parser.add_argument("--output", type=Path, required=True, help="folder of the tables")
    parser.add_argument(
        "--redrawn", type=Path, nargs="*", default=[], help="published runs EXPERIMENT/seedN with redrawn.csv"
    )
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.selected_params(args)
    if args.runs:
        inputs = [run / name for run in args.runs for name in RUN_TABLES]
        frames = gather(args.runs, params)
    else:
        inputs = [args.gathered / name for name in GATHERED]
        Manifest(args.gathered / "table.manifest.json").require(code=False)
        read_metrics(inputs[0], params)
        frames = {path.name: tidy(read_csv(path)) for path in inputs}
        frames |= {name: tidy(frame) for name, frame in variance_again(frames, args.redrawn, params).items()}
        inputs += [run / name for run in args.redrawn for name in (REDRAWN, IMAGES, MANIFESTS["train"])]
    record, texts = Record("table", [*inputs, QUOTED], params.tabulation()), render(frames, params)
    for name, text in texts.items():
        write_text(args.output / name, text)
    outputs = [args.output / name for name in texts]
    record.write(args.output / "table.manifest.json", outputs)


if __name__ == "__main__":
    main()
