"""Check that the results on disk follow from the runs on disk, and these from the present parameters.

Snakemake and DVC trust their own records, which `snakemake --touch` or `dvc commit -f` can make wrong.
This trusts none: it reads the manifests, hashes the files and gathers the metrics again.
"""

import argparse
from pathlib import Path

from pipeline import cli
from pipeline.errors import UserError
from pipeline.io import read_csv
from pipeline.table import gather


def main() -> None:
    """Command line."""
    parser = cli.parser("verify", __doc__, "--scale quick")
    cli.add_params(parser)
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="folder of all runs; default: %(default)s")
    parser.add_argument("--results", type=Path, default=Path("results"), help="default: %(default)s")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.params(args)
    runs = [args.runs / params.scale / f"{e}/seed{s}" for e in params.experiments for s in params.seeds(e)]
    for name, frame in gather(runs, params).items():
        path = args.results / params.scale / name
        if not read_csv(path).equals(frame):
            raise UserError(f"{path}: does not follow from {len(runs)} runs in {args.runs / params.scale}; delete it")
    print(f"verify: the results of scale {params.scale} follow from {len(runs)} runs and the present parameters")


if __name__ == "__main__":
    main()
