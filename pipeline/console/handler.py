"""Snakemake's logger plugin: it passes each record to the console, and prints it into a log."""

import sys
import threading
import time
from logging import LogRecord

from snakemake_interface_logger_plugins.base import LogHandlerBase

from pipeline.console.console import Console

SECONDS = 0.5  # between two measurements of how far the jobs are


class LogHandler(LogHandlerBase):
    """The plugin; Snakemake's interface asks for these names.

    Attributes:
        console: of the run that is about to start.
    """

    console: Console
    # Every record comes here, whatever --quiet says, and is formatted by Snakemake.
    writes_to_stream, writes_to_file, needs_rulegraph, has_filter, has_formatter = True, False, False, True, False

    def __post_init__(self) -> None:
        self.over = threading.Event()
        self.ticker = threading.Thread(target=self._tick, daemon=True)
        if not self.common_settings.dryrun:
            self.ticker.start()

    def emit(self, record: LogRecord) -> None:
        """Print a record, and pass it to the console."""
        try:
            if (text := self.format(record)) not in ("", "None"):
                print(text, file=sys.stderr, flush=True)
            if self.ticker.is_alive():
                self.console.tell(record)
        except Exception:
            self.handleError(record)  # by the rules of logging: no run ends for it

    def _tick(self) -> None:
        while not self.over.wait(SECONDS):
            with self.lock:  # type: ignore[union-attr]
                self.console.refresh(time.time())

    def close(self) -> None:
        """End the thread."""
        self.over.set()
        if self.ticker.is_alive():
            self.ticker.join()
        super().close()
