"""`make setup` installs only other packages, never into another checkout's environment; here it installs nothing."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from helpers import ROOT, edit

# Instead of Python: it writes down what it is asked, and `-m venv` copies it into the environment.
PYTHON = """#!/bin/sh
echo "$*" >> "$LOG"
case "$2" in venv) rm -rf .venv && mkdir -p .venv/bin && cp "$0" .venv/bin/python ;; esac
"""
LOCK = "envs/requirements.lock"


@pytest.fixture
def checkout(tmp_path, monkeypatch) -> Path:
    """A checkout with a Makefile, a list of packages, and a Python that installs nothing."""
    (tmp_path / "envs").mkdir()
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / LOCK).write_text("# From requirements.in.\nnumpy==2.0\n", encoding="utf-8")
    (tmp_path / "python").write_text(PYTHON, encoding="utf-8")
    (tmp_path / "python").chmod(0o755)
    for name in ("MAKEFLAGS", "MAKELEVEL"):  # of `make test`
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LOG", str(tmp_path / "log"))
    return tmp_path


def setup(checkout: Path) -> list[str]:
    """What Python is asked by `make setup`; it must succeed."""
    (checkout / "log").write_text("", encoding="utf-8")
    done = make(checkout)
    assert done.returncode == 0, done.stderr
    return [line.split()[1] for line in (checkout / "log").read_text(encoding="utf-8").splitlines()]


def make(checkout: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "setup", f"PYTHON={checkout / 'python'}"], cwd=checkout, capture_output=True, text=True, timeout=60
    )


def test_only_other_packages_are_installed_and_what_works_is_kept(checkout):
    assert setup(checkout) == ["venv", "pip", "pip"]
    (checkout / ".venv/mine").touch()
    assert setup(checkout) == []
    edit(checkout / LOCK, "# From requirements.in.", "# Made from requirements.in.")
    os.utime(checkout / LOCK, (2e9, 2e9))
    assert setup(checkout) == [], "another comment and a newer file are no other packages"
    edit(checkout / LOCK, "numpy==2.0", "numpy==2.1")
    assert setup(checkout) == ["pip", "pip", "pip"], "the first asks whether the environment works"
    edit(checkout / LOCK, "numpy==2.1", "numpy==2.0")
    assert setup(checkout) == ["pip", "pip", "pip"], "what was installed before the last packages does not count"
    assert (checkout / ".venv/mine").exists()


def test_an_environment_that_does_not_work_is_made_anew(checkout):
    setup(checkout)
    (checkout / ".venv/bin/python").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    edit(checkout / LOCK, "numpy==2.0", "numpy==2.1")
    assert setup(checkout) == ["venv", "pip", "pip"]


def test_an_interrupted_installation_is_repeated(checkout):
    setup(checkout)
    edit(checkout / LOCK, "numpy==2.0", "numpy==2.1")
    edit(checkout / ".venv/bin/python", "case", 'test "$2 $3" != "pip install" || exit 1\ncase')
    assert make(checkout).returncode != 0
    shutil.copy(checkout / "python", checkout / ".venv/bin/python")
    assert setup(checkout) == ["pip", "pip", "pip"]


def test_the_environment_of_another_checkout_is_used_but_not_changed(checkout):
    setup(checkout)
    (checkout / ".venv").rename(checkout / "theirs")
    (checkout / ".venv").symlink_to("theirs")
    assert setup(checkout) == []
    edit(checkout / LOCK, "numpy==2.0", "numpy==2.1")
    (checkout / "log").unlink()
    done = make(checkout)
    assert done.returncode != 0
    assert done.stderr.startswith(
        "make: .venv is a link to an environment with other packages than envs/requirements.lo"
    )
    assert len(done.stderr.splitlines()) == 2, "one line, and make's own"
    assert not (checkout / "log").exists(), "Python was asked nothing"
    assert (checkout / "theirs/bin/python").is_file()
