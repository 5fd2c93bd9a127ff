"""Output of a command on the terminal and in its log; if one of them fails, the work continues without it."""

import io
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, TextIO

from pipeline.files.errors import reason


class Output:
    """A text stream, e.g. the terminal's, all of which goes into a log too; for the rest it is that stream."""

    def __init__(self, stream: TextIO | None, log: TextIO | None) -> None:
        self._stream, self._log = stream or io.StringIO(), log  # Python has None for one that was closed at the start

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write to both."""
        for stream in filter(None, (self._stream, self._log)):
            try:
                stream.write(text)
                stream.flush()
            except OSError as error:  # a closed terminal, a pipe into `head`, a full disk
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
                if stream is self._log:
                    self.write(f"\n{stream.name}: no longer written ({reason(error)}); the work continues without it\n")
        return len(text)


@contextmanager
def recorded(log: Path | None) -> Iterator[None]:
    """Also write the output of this context, unexpected errors included, to a new log."""
    file, refused = None, ""
    try:
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)
            if log.is_file():
                log.unlink()  # it may be another user's
            file = log.open("w", encoding="utf-8")
    except OSError as error:
        refused = f"{reason(error)}; the work continues without this log\n"
    out, err = Output(sys.stdout, file), Output(sys.stderr, file)
    with file or nullcontext(), redirect_stdout(out), redirect_stderr(err):
        err.write(refused)
        try:
            yield
        except Exception:
            Output(file, None).write(traceback.format_exc())
            raise
