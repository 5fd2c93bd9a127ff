"""Common parts of the stages' command lines: help, options, one-line errors."""

import argparse
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.config.params import SELECTION, Params, load
from pipeline.files.errors import RunError, UserError, reason
from pipeline.files.output import recorded

NO_MEMORY = "not enough memory; free some, or lower seeds_per_job, or a scale's n_samples, in params.yaml"


def parser(stage: str, doc: str, example: str) -> argparse.ArgumentParser:
    """Return the parser of `python -m pipeline.STAGE`; the help ends with an example that can be pasted."""
    result = argparse.ArgumentParser(
        prog=f"python -m pipeline.{stage}",
        description=doc,
        epilog=f"example:\n  python -m pipeline.{stage} {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument("--debug", action="store_true", help="show the traceback of an error")
    result.add_argument("--log", type=Path, help="file that also receives everything that is printed")
    return result


def add_params(parser: argparse.ArgumentParser) -> None:
    """Add --params and --scale."""
    parser.add_argument("--params", type=Path, default=Path("params.yaml"), help="default: %(default)s")
    parser.add_argument("--scale", help="one of the `scales` of params.yaml; default: its `scale`")


def add_experiment(parser: argparse.ArgumentParser) -> None:
    """Add --experiment."""
    parser.add_argument("--experiment", required=True, help="name in `catalogue` of params.yaml, e.g. mnist")


def add_seeds(parser: argparse.ArgumentParser) -> None:
    """Add --seeds."""
    parser.add_argument(
        "--seeds",
        type=_seed,
        nargs="+",
        action=_Distinct,
        required=True,
        help="integers >= 0; each owns all randomness of its run",
    )


class _Distinct(argparse.Action):
    """Store a list that names nothing twice."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, _: str | None = None
    ) -> None:
        if len(set(values)) < len(values):
            parser.error(f"argument {self.option_strings[0]}: {' '.join(map(str, values))}: duplicate seed")
        setattr(namespace, self.dest, values)


def add_runs(parser: argparse.ArgumentParser) -> None:
    """Add what a training writes to: --output, --work, --checkpoint-seconds and --finished."""
    parser.add_argument("--output", type=Path, required=True, help="folder of the finished runs: FOLDER/seedN")
    parser.add_argument("--work", type=Path, required=True, help="folder of checkpoints and locks")
    parser.add_argument(
        "--checkpoint-seconds",
        type=float,
        default=15,
        help="least time between checkpoints, in seconds; default: %(default)s",
    )
    parser.add_argument("--finished", type=Path, help="file in which the runs are listed once all have ended")


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected an integer >= 0, got {text!r}")
    return int(text)


def positive(text: str) -> int:
    """Convert the value of an option: an integer >= 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected an integer >= 1, got {text!r}")
    return int(text)


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Add --params, --scale, --experiments and --seeds, for commands that span runs."""
    add_params(parser)
    parser.add_argument("--experiments", nargs="+", help="a part of the scale's; default: as in params.yaml")
    parser.add_argument("--seeds", type=_seed, nargs="+", action=_Distinct, help="default: as in params.yaml")


def params(args: argparse.Namespace) -> Params:
    """Return the params that --params and --scale name."""
    return load(args.params, args.scale)


def selected_params(args: argparse.Namespace) -> Params:
    """Return the params that the options of `add_selection` name."""
    return load(args.params, args.scale, **{key: getattr(args, key) for key in SELECTION})


def run(parser: argparse.ArgumentParser, work: Callable[[argparse.Namespace], None]) -> None:
    """Parse the command line and work; an expected error, or Ctrl-C, becomes one line and an exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # a label or a folder's name may not be of the locale's characters
        sys.stdout.reconfigure(errors="backslashreplace")
    args = parser.parse_args()
    with recorded(args.log):
        _run(parser.prog.removeprefix("python -m pipeline."), args, work)


def _run(stage: str, args: argparse.Namespace, work: Callable[[argparse.Namespace], None]) -> None:
    try:
        work(args)
    except (UserError, RunError, FloatingPointError, OSError, MemoryError, RuntimeError) as error:
        memory = isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and _is_memory(str(error)))
        if args.debug or (isinstance(error, RuntimeError) and not memory):
            raise
        print(
            f"{stage}: error: {NO_MEMORY if memory else reason(error) if isinstance(error, OSError) else error}",
            file=sys.stderr,
        )
        sys.exit(1 if memory or isinstance(error, (RunError, FloatingPointError)) else 2)
    except KeyboardInterrupt:
        print(f"{stage}: stopped; the same command resumes from the last checkpoint, if it has any", file=sys.stderr)
        sys.exit(1)


def _is_memory(message: str) -> bool:
    """Whether torch says that memory ran out, on a CPU or a GPU."""
    return "out of memory" in message or "allocate memory" in message
