"""A checkout that a group shares: what one user has made, the next one uses, or one line names file and owner."""

import os
import shutil
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.files.errors import UserError, reason
from pipeline.files.formats import read_json, write_text
from pipeline.files.lock import lock
from pipeline.files.output import recorded

FIRST, SECOND, GROUP = 42001, 42002, 43000


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder in which a group may write."""
    if os.geteuid():
        pytest.skip("needs root, to be two users")
    folder = Path(tempfile.mkdtemp())
    os.chown(folder, FIRST, GROUP)
    folder.chmod(0o2775)
    yield folder
    shutil.rmtree(folder)


def as_user(user: int, umask: int, work: Callable[[], object]) -> str:
    """Do something as another user of the group; return what is wrong, empty where nothing is."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(GROUP)
            os.setuid(user)
            os.umask(umask)
            work()
        except (UserError, OSError) as error:
            os.write(write, reason(error).encode())
        except BaseException:
            os.write(write, traceback.format_exc().encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as said:
        return said.read()


def locked(path: Path, inside: Callable[[], object] = lambda: None) -> Callable[[], None]:
    def work() -> None:
        with lock(path, "the run"):
            inside()

    return work


def logged(path: Path) -> Callable[[], None]:
    def work() -> None:
        with recorded(path):
            print("well")

    return work


WORK: dict[str, Callable[[Path], Callable[[], object]]] = {
    "a lock": lambda folder: locked(folder / ".snakemake.flock"),
    "a lock in a new folder": lambda folder: locked(folder / "work/seed0.lock"),
    "a result": lambda folder: lambda: write_text(folder / "table.csv", "a"),
}


@pytest.mark.parametrize("name", WORK)
def test_what_one_user_has_made_another_of_the_group_uses(shared, name):
    for user in (FIRST, SECOND, FIRST):
        assert as_user(user, 0o002, WORK[name](shared)) == ""


def test_a_log_of_another_user_is_written_anew_whatever_their_umask(shared):
    for user in (FIRST, SECOND):
        assert as_user(user, 0o077, logged(shared / "log")) == ""
        assert ((shared / "log").stat().st_uid, (shared / "log").read_text()) == (user, "well\n")


def test_a_lock_that_may_only_be_read_still_locks(shared):
    """As made under the usual umask: the second user's command runs, but not beside the first one's."""
    path = shared / "lock"
    assert as_user(FIRST, 0o022, locked(path)) == ""
    assert as_user(SECOND, 0o022, locked(path)) == ""
    with lock(path, "the run"):
        assert "the run is in progress in another process" in as_user(SECOND, 0o022, locked(path))


def test_what_may_not_be_used_is_one_line_with_file_and_owner(shared):
    path = shared / "lock"
    assert as_user(FIRST, 0o077, locked(path)) == ""
    said = as_user(SECOND, 0o022, locked(path))
    assert said == f"[Errno 13] Permission denied: '{path}'; {path} belongs to user {FIRST}"
    shared.chmod(0o2755)
    said = as_user(SECOND, 0o022, lambda: write_text(shared / "new/table.csv", "a"))
    assert said == f"[Errno 13] Permission denied: '{shared}/new'; {shared} belongs to user {FIRST}"


def test_a_file_that_may_not_be_read_is_not_called_damaged(shared):
    path = shared / "a.json"
    assert as_user(FIRST, 0o077, lambda: write_text(path, "{}")) == ""
    assert as_user(SECOND, 0o022, lambda: read_json(path)).endswith(f"; {path} belongs to user {FIRST}")
