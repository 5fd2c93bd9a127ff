"""Leaving in good order when a scheduler's time is up (SIGTERM) or a user presses Ctrl-C (SIGINT)."""

import atexit
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from pipeline.files.errors import Stopped


class Exit:
    """Whether leaving has been asked for, and whether it may happen in the middle of things.

    Attributes:
        asked: name of the signal that asked; empty before.
        at_once: nothing finished would be lost, so that the signal interrupts; else one looks at `asked` in time.
    """

    def __init__(self) -> None:
        self.asked, self.at_once = "", True

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        again, self.asked = bool(self.asked), signal.Signals(number).name
        if self.at_once or again:
            raise Stopped(self.asked)


def _ignore() -> None:
    """The work is done: a signal now would only interrupt Python's own tidying up, with a traceback."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def leaving_in_order() -> Iterator[Exit]:
    """Turn SIGTERM and SIGINT into Stopped; a second one interrupts whatever is going on."""
    atexit.register(_ignore)
    exit_ = Exit()
    before = {number: signal.signal(number, exit_._on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield exit_
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
