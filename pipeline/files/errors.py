"""The two kinds of failure of a stage; each is one line for the user and one exit code."""

import os
import pwd
import sys
from functools import cache
from pathlib import Path


class UserError(Exception):
    """A bad parameter, or a missing or damaged file: exit code 2."""


class RunError(Exception):
    """The run itself failed, e.g. it diverged: exit code 1."""


def reason(error: BaseException) -> str:
    """Return what an error says, on one line, and whose file may not be used; its kind where it says nothing."""
    text = " ".join(str(error).split()) or type(error).__name__
    if not isinstance(error, PermissionError) or not error.filename:
        return text
    path, names = Path(error.filename).absolute(), {entry.pw_uid: entry.pw_name for entry in pwd.getpwall()}
    place = next(there for there in (path, *path.parents) if os.path.lexists(there))
    return f"{text}; {place} belongs to {names.get(place.lstat().st_uid, f'user {place.lstat().st_uid}')}"


@cache
def warn(text: str) -> None:
    """Print a line, once."""
    print(f"warning: {text}", file=sys.stderr, flush=True)
