"""What the command lines of all stages share: help, common options, one-line errors."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from pipeline.errors import RunError, UserError
from pipeline.params import Params, load


def parser(stage: str, doc: str, example: str) -> argparse.ArgumentParser:
    """Parser of `python -m pipeline.STAGE`; the help ends with an example that can be pasted."""
    result = argparse.ArgumentParser(
        prog=f"python -m pipeline.{stage}",
        description=doc,
        epilog=f"example:\n  python -m pipeline.{stage} {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return result


def add_params(parser: argparse.ArgumentParser) -> None:
    """--params and --scale."""
    parser.add_argument("--params", type=Path, default=Path("params.yaml"), help="default: %(default)s")
    parser.add_argument("--scale", help="one of the scales in the params; default: the params' own")


def add_run(parser: argparse.ArgumentParser) -> None:
    """--experiment and --seed."""
    parser.add_argument("--experiment", required=True, help="name in the params' catalogue, e.g. mnist")
    parser.add_argument("--seed", type=_seed, required=True, help="integer >= 0; owns all randomness of the run")


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"want an integer >= 0, got {text!r}")
    return int(text)


def positive(text: str) -> int:
    """Type of an option: an integer >= 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"want an integer >= 1, got {text!r}")
    return int(text)


def params(args: argparse.Namespace) -> Params:
    """The params that --params and --scale name."""
    return load(args.params, args.scale)


def run(parser: argparse.ArgumentParser, work: Callable[[argparse.Namespace], None]) -> None:
    """Parse the command line and work; an expected error becomes one line and an exit code."""
    args = parser.parse_args()
    try:
        work(args)
    except (UserError, RunError, OSError) as error:
        if args.debug:
            raise
        print(f"{parser.prog.split('.')[-1]}: error: {error}", file=sys.stderr)
        sys.exit(1 if isinstance(error, RunError) else 2)
