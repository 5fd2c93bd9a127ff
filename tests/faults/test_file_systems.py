"""File systems of clusters: no flock, no hard links, no fsync, short names. One line, and the work continues."""

import errno
import fcntl
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from helpers import ROOT, call, run_in
from training_runs import altered, arguments

from pipeline import prepare, train
from pipeline.files import errors
from pipeline.files.errors import UserError
from pipeline.files.formats import temporary_name, write_arrays, write_same, write_text
from pipeline.files.lock import lock


def fails(number: int):
    def call(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return call


@pytest.fixture(autouse=True)
def warned_of_nothing():
    errors.warn.cache_clear()


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL, errno.EBADF])
def test_without_locks_a_line_says_so_and_the_work_goes_on(tmp_path, monkeypatch, capsys, number):
    monkeypatch.setattr(fcntl, "flock", fails(number))
    for _ in range(2):
        with lock(tmp_path / "lock", "the run"):
            pass
    line = f"warning: {tmp_path}/lock: no lock, the file system has none ([Errno {number}] {os.strerror(number)}); "
    assert capsys.readouterr().err == f"{line}start nothing twice: the run\n"


def test_a_lock_that_is_held_is_no_missing_lock(tmp_path, capsys):
    with lock(tmp_path / "lock", "the run"), pytest.raises(UserError), lock(tmp_path / "lock", "the run"):
        pass
    assert capsys.readouterr().err == ""


def test_a_command_behind_the_lock_runs_without_it(tmp_path):
    done = run_in(ROOT, "-c", WITHOUT_FLOCK, str(tmp_path / "flock"), "true")
    assert done.returncode == 0
    assert (done.stderr.count("\n"), "Function not implemented" in done.stderr) == (1, True)


WITHOUT_FLOCK = """
import errno, fcntl, runpy

def flock(*_):
    raise OSError(errno.ENOSYS, "Function not implemented")

fcntl.flock = flock
runpy.run_module("pipeline.files.lock", run_name="__main__")
"""


def test_training_goes_on_where_there_is_no_flock_no_link_and_no_fsync(tmp_path, monkeypatch):
    for module, name in ((fcntl, "flock"), (os, "link"), (os, "fsync")):
        monkeypatch.setattr(module, name, fails(errno.ENOSYS))
    params = altered(tmp_path, "params", 2)
    done = call(prepare, "--params", params, "--dataset", "synthetic-mnist", "--output", tmp_path / "data.npz")
    assert done.returncode == 0, done.stderr
    done = call(train, *arguments(tmp_path, "run"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run/seed0/manifest.json").is_file()
    assert sorted(line.split(":")[0] for line in done.stderr.splitlines()) == ["warning"]


@pytest.mark.parametrize("number", [errno.EPERM, errno.EMLINK, errno.EXDEV, errno.EOPNOTSUPP])
def test_where_there_are_no_links_a_copy_is_made(tmp_path, monkeypatch, number):
    monkeypatch.setattr(os, "link", fails(number))
    (tmp_path / "first").write_text("content")
    for _ in range(2):
        write_same(tmp_path / "second", tmp_path / "first")
    assert (tmp_path / "second").read_text() == "content"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "second"]


def test_a_second_name_given_twice_or_in_vain_leaves_nothing_behind(tmp_path, monkeypatch):
    (tmp_path / "first").write_text("content")
    for _ in range(2):
        write_same(tmp_path / "second", tmp_path / "first")
    monkeypatch.setattr(os, "link", fails(errno.EPERM))
    monkeypatch.setattr(shutil, "copyfile", lambda _, target: target.write_text("half") and fails(errno.ENOSPC)())
    with pytest.raises(OSError, match="No space"):
        write_same(tmp_path / "second", tmp_path / "first")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "second"]


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP])
def test_without_fsync_a_line_says_so_once(tmp_path, monkeypatch, capsys, number):
    monkeypatch.setattr(os, "fsync", fails(number))
    for name in ("one", "two"):
        write_text(tmp_path / name, name)
    assert (tmp_path / "two").read_text() == "two"
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EDQUOT])
def test_an_fsync_that_fails_is_an_error(tmp_path, monkeypatch, number):
    write_text(tmp_path / "file", "old")
    monkeypatch.setattr(os, "fsync", fails(number))
    with pytest.raises(OSError, match=os.strerror(number)):
        write_text(tmp_path / "file", "new")
    assert {path: path.read_text() for path in tmp_path.iterdir()} == {tmp_path / "file": "old"}


@pytest.mark.parametrize("length", [250, 255])
def test_the_longest_names_can_be_written(tmp_path, length):
    write_arrays(tmp_path / ("n" * length), images=np.arange(3))
    assert [len(path.name) for path in tmp_path.iterdir()] == [length]


def test_temporary_names_differ_in_one_process_and_between_machines(tmp_path):
    """A number of a process is not unique where machines share a file system."""
    path = tmp_path / "file"
    assert len({temporary_name(path) for _ in range(9)}) == 9
    assert all(
        Path(name).match(temporary_name(path, "*").name) for name in (temporary_name(path), temporary_name(path))
    )
