"""File locks that end with the process, however it ends; also `python -m pipeline.files.lock FILE COMMAND...`.

Snakemake's own lock outlives a kill -9 and then asks for `--unlock`; these do not.
"""

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.files.errors import UserError, reason, warn

BUSY = 75  # sysexits.h: temporary failure


def take(path: Path, what: str) -> int:
    """Return the descriptor of a file whose lock is ours until it is closed.

    Raises:
        UserError: another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        file = os.open(path, os.O_CREAT | os.O_RDWR, 0o666)
    except PermissionError:
        file = os.open(path, os.O_RDONLY)  # another user's
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(file)
        raise UserError(f"{what} is in progress in another process; wait for it ({path} is locked)") from error
    except OSError as error:
        warn(f"{path}: no lock, the file system has none ({reason(error)}); start nothing twice: {what}")
    return file


@contextmanager
def lock(path: Path, what: str) -> Iterator[None]:
    """Hold a file's lock.

    Raises:
        UserError: another process holds it.
    """
    with os.fdopen(take(path, what)):
        yield


def main() -> None:
    """Take the lock, then become the command; the lock stays with it and its children."""
    if len(sys.argv) < 3 or sys.argv[1].startswith("-"):
        sys.exit(f"usage: {__doc__.splitlines()[0]}")
    path, *command = sys.argv[1:]
    try:
        file = take(Path(path), "Another run in this folder")
    except (UserError, OSError) as error:
        print(reason(error), file=sys.stderr)
        sys.exit(BUSY if isinstance(error, UserError) else 2)
    os.set_inheritable(file, True)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
