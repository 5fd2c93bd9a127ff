"""Run Snakemake with a console that a person can follow; its own output goes into a log.

It takes Snakemake's options and targets. Where no workflow is run, e.g. with --help or -n, the log is printed.

example:
  python -m pipeline.console --cores all --config scale=quick
"""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from snakemake import cli
from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry

from pipeline.console import handler
from pipeline.console.console import Console
from pipeline.console.screen import Screen

LOG = Path("logs/snakemake.log")
PLUGIN = "console"


def main() -> None:
    """Run Snakemake with the command line's options, and end as it ends."""
    sys.exit(run(sys.argv[1:], LOG))


def run(options: Sequence[str], log: Path) -> int:
    """Run Snakemake; its plugin tells of the run.

    Args:
        log: file for all that Snakemake and its jobs print, written anew.
    Returns:
        exit code.
    """
    LoggerPluginRegistry().register_plugin(f"snakemake_logger_plugin_{PLUGIN}", handler)
    with printing_into(log) as terminal:
        console = handler.LogHandler.console = Console(Screen(terminal), str(log))
        try:
            cli.main(["--logger", PLUGIN, *options])
        except (SystemExit, KeyboardInterrupt) as end:
            code = int(end.code or 0) if isinstance(end, SystemExit) else 1
        if console.has_told:
            console.finish(time.time())
    if not console.has_told:
        print(log.read_text(encoding="utf-8", errors="replace"), end="", file=sys.stderr if code else sys.stdout)
    return code


@contextmanager
def printing_into(log: Path) -> Iterator[TextIO]:
    """Let this process and its children print into a file; the stream is where they printed before."""
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)  # it may be another user's
    before = {number: os.dup(number) for number in (1, 2)}
    with (
        log.open("a", encoding="utf-8") as file,
        open(before[1], "w", encoding=sys.stdout.encoding, errors="backslashreplace") as terminal,  # noqa: PTH123
    ):
        for number in before:
            os.dup2(file.fileno(), number)
        try:
            yield terminal
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for number, output in before.items():
                os.dup2(output, number)
    os.close(before[2])


if __name__ == "__main__":
    main()
