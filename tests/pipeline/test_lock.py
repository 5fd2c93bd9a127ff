"""One process at a time; the lock is free again when its holder is gone."""

import pytest
from helpers import ROOT, run_in

from pipeline.files.errors import UserError
from pipeline.files.lock import lock


def test_lock_is_exclusive_and_freed(tmp_path):
    path, refused = tmp_path / "lock", pytest.raises(UserError, match="the run is in progress")
    with lock(path, "the run"), refused, lock(path, "the run"):
        pass
    with lock(path, "the run"):
        pass


def test_lock_lets_one_command_in_and_dies_with_it(tmp_path):
    inner = ("python", "-m", "pipeline.files.lock", str(tmp_path / "flock"), "true")
    refused = run_in(ROOT, "-m", "pipeline.files.lock", str(tmp_path / "flock"), *inner)
    assert refused.returncode == 75
    assert "Another run in this folder is in progress" in refused.stderr
    assert run_in(ROOT, "-m", "pipeline.files.lock", str(tmp_path / "flock"), "true").returncode == 0
