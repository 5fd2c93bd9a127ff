"""The lines of a console: some stay, those at the bottom of a terminal are rewritten in place."""

import os
from collections.abc import Sequence
from typing import TextIO

from pipeline.files.output import Output

FALLBACK = os.terminal_size((80, 24))
UP_AND_CLEAR = "\r\x1b[{}A\x1b[J"  # also known to consoles that know no colours


class Screen:
    """A stream of text, e.g. a terminal's. A process that is killed leaves the terminal usable: nothing is hidden.

    Args:
        stream: whose end does not end the work (see Output).
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream, self.height = stream, 0
        self.is_live = stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"

    def keep(self, *lines: str) -> None:
        """Print lines that stay; what is at the bottom vanishes until the next `show`."""
        self._write("".join(f"{line}\n" for line in lines))

    def show(self, lines: Sequence[str]) -> None:
        """Rewrite the bottom of a terminal; long lines are cut, surplus lines are left out."""
        if not self.is_live:
            return
        columns, rows = self._size()
        fitting = list(lines)[-max(rows - 1, 1) :]
        self._write("".join(f"{line[: columns - 1]}\n" for line in fitting))
        self.height = len(fitting)

    def _write(self, text: str) -> None:
        erase = UP_AND_CLEAR.format(self.height) if self.height else ""
        self.height = 0
        if erase or text:
            Output(self.stream, None).write(erase + text)

    def _size(self) -> os.terminal_size:
        try:
            size = os.get_terminal_size(self.stream.fileno())
        except OSError:
            return FALLBACK
        return size if size.columns > 1 and size.lines else FALLBACK  # 0 x 0: a terminal that nobody has measured
