"""gan/ as others install it: the wheel in an environment of its own, and its page, whose examples run there."""

import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from helpers import ROOT

from docs.api import PAGE, page


def test_the_page_is_what_the_docstrings_say():
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m docs.api writes it anew"


@pytest.fixture(scope="module")
def python(tmp_path_factory) -> Path:
    """The interpreter of a fresh environment that has the wheel, and sees the torch that is installed here."""
    source, fresh = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("fresh")
    shutil.copytree(ROOT / "gan", source / "gan", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / name, source)
    venv.create(fresh)
    here = {"base": str(fresh), "platbase": str(fresh)}
    packages = Path(sysconfig.get_path("purelib", "venv", here))
    (packages / "ours.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    python = Path(sysconfig.get_path("scripts", "venv", here)) / "python"
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", *options, str(source)]
    done = subprocess.run(pip, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return python


def run(python: Path, code: str) -> str:
    """What some code prints in the environment, far from this checkout."""
    done = subprocess.run([python, "-I", "-c", code], cwd=python.parent, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_the_library_and_nothing_else(python):
    code = (
        "import gan; from importlib.metadata import files; print(gan.__file__, *files('adversarial-nets'), sep='\\n')"
    )
    where, *held = run(python, code).splitlines()
    assert Path(where).is_relative_to(python.parents[1])
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "gan").rglob("*.py")}
    ours = {name for name in held if ".dist-info/" not in name and not name.endswith(".pyc")}
    assert ours == modules | {"gan/py.typed"}
    assert any(name.endswith("licenses/LICENSE") for name in held)


def test_the_page_has_examples_that_score_samples_and_train_a_toy(python):
    examples = re.findall(r"^```python\n(import .*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    scored, trained = (re.findall(r"-?\d+\.?\d*", run(python, code)) for code in examples)
    nats, error, n, _, place, size = map(float, scored)
    assert (n, size) == (200, 10)
    assert 1 < place < 10
    # Uniform noise in 784 dimensions has an entropy of 0 nats, and a window of 1,000 samples is far from it.
    assert (nats, error) == (pytest.approx(-367.7, abs=0.1), pytest.approx(0.7, abs=0.05))
    mean, sd, *outputs = map(float, trained)
    assert (mean, sd) == (pytest.approx(3.0, abs=0.2), pytest.approx(0.6, abs=0.3))
    assert outputs == pytest.approx([0.5, 0.5], abs=0.1)
