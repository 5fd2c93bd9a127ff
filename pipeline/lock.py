"""Run a command under a file lock that dies with the process: `python -m pipeline.lock FILE COMMAND...`.

Snakemake's own lock outlives a kill -9 and then asks for `--unlock`; this one does not.
"""

import fcntl
import os
import sys

BUSY = 75  # sysexits.h: temporary failure


def main() -> None:
    """Take the lock, then become the command; the lock stays with it and its children."""
    path, *command = sys.argv[1:]
    file = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(_busy(path))
    os.set_inheritable(file, True)
    os.execvp(command[0], command)


def _busy(path: str) -> int:
    print(f"Another run is in progress in this folder ({path} is locked); wait for it or stop it.", file=sys.stderr)
    return BUSY


if __name__ == "__main__":
    main()
