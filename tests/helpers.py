"""What tests share: copies of the project, commands run there and here, edits, planned jobs, synthetic metrics."""

import io
import os
import re
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import pandas as pd
import torch
from pandas.api.types import is_bool_dtype, is_numeric_dtype, is_string_dtype

from gan.layers import Layer

ROOT = Path(__file__).parent.parent
PROJECT = (
    "Snakefile",
    "params.yaml",
    "gan",
    "pipeline",
    "profiles",
    "envs",
    "dvc.yaml",
    ".dvc",
    ".dvcignore",
    ".gitignore",
)
# Small networks: noise of 4, images of 12 pixels.
GENERATOR = (Layer(7, "relu", 0.5), Layer(12, "sigmoid", 0.5))
DISCRIMINATOR = (Layer(5, "maxout", 0.5, pieces=3, keep=0.8), Layer(1, "linear", 0.5, keep=0.5))


def copy_project(folder: Path) -> Path:
    """What a clone has to run the workflow."""
    for name in PROJECT:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "tmp", "cache"))
        else:
            shutil.copy(source, folder / name)
    return folder


def run_in(folder: Path, *command: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run `python COMMAND` in a folder with this environment, but without this checkout on the module path."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        [sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True, timeout=300, **options
    )


def call(command: ModuleType, *options: object) -> subprocess.CompletedProcess[str]:
    """Run a command in this process, as from the command line; return what `run_in` would, in a fraction of its time.

    The number of torch's threads, which --threads sets, is as before afterwards.
    """
    argv, threads, code = [command.__name__, *map(str, options)], torch.get_num_threads(), 0
    out, err = io.StringIO(), io.StringIO()
    try:
        with patch.object(sys, "argv", argv), redirect_stdout(out), redirect_stderr(err):
            command.main()
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        torch.set_num_threads(threads)
    return subprocess.CompletedProcess(argv, code, out.getvalue(), err.getvalue())


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that stands in the file once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (old, text.count(old))
    path.write_text(text.replace(old, new), encoding="utf-8")


def only_mnist(folder: Path) -> None:
    """Set a copy of the project to scale smoke, MNIST alone, on the CPU: a job a seed."""
    edit(folder / "params.yaml", "  device: auto ", "  device: cpu ")
    edit(folder / "params.yaml", "\nscale: paper ", "\nscale: smoke ")
    edit(folder / "params.yaml", "\nexperiments: null ", "\nexperiments: [mnist] ")


def jobs(text: str) -> dict[str, int]:
    """Jobs by rule, from Snakemake's job tables, of which a dry run prints two, or from our console's lines."""
    counts: dict[str, int] = {}
    for rule, count in re.findall(r"^(\w+) +(\d+)$", text, flags=re.MULTILINE):
        if rule not in ("total", "all", "all_data", "all_runs"):
            counts[rule] = max(counts.get(rule, 0), int(count))
    for rule in re.findall(r"^\[ *\d+/\d+\] (\w+)", text, flags=re.MULTILINE):
        counts[rule] = counts.get(rule, 0) + 1
    return counts


def planned(folder: Path, *options: str) -> dict[str, int]:
    """Jobs by rule that a dry run plans."""
    done = run_in(folder, "-m", "snakemake", "--cores", "2", *options, "-n", "--quiet", "host", "reason", "rules")
    assert done.returncode == 0, done.stdout + done.stderr
    return jobs(done.stdout + done.stderr)


def misfits(folder: Path) -> list[str]:
    """Return what docs/data.md does not say of a folder's CSV files, or says otherwise, as pandas reads them."""
    kinds = {
        "number": lambda column: (is_numeric_dtype(column) and not is_bool_dtype(column)) or column.empty,
        "boolean": lambda column: is_bool_dtype(column) or column.empty,
        "text": lambda column: is_string_dtype(column) or column.isna().all(),
    }
    sections = re.split(r"^## (.+)\n", (ROOT / "docs/data.md").read_text(), flags=re.MULTILINE)[1:]
    found = []
    for name, section in zip(sections[::2], sections[1::2], strict=True):
        documented = dict(re.findall(r"^\| `(.+?)` \| (\w+) \|.*\|$", section, flags=re.MULTILINE))
        recent = re.findall(r"^\| `(.+?)` \|.*older runs lack th(?:is|ese) columns? \|$", section, flags=re.MULTILINE)
        if not (folder / name).is_file():
            continue
        frame = pd.read_csv(folder / name).rename(columns=lambda column: re.sub(r"^block_\d+$", "block_N", column))
        for column, values in frame.loc[:, ~frame.columns.duplicated()].items():
            kind = documented.pop(column, "")
            if not kind or not kinds[kind](values):
                found.append(f"{name}: {column} is {values.dtype}, documented as {kind or 'nothing'}")
        found += [f"{name}: has no {column}" for column in documented if column not in recent]
    paths = {path.relative_to(folder).as_posix() for path in (*folder.glob("*.csv"), *folder.glob("*/*.csv"))}
    return found + [f"{name}: not documented" for name in sorted(paths - set(sections[::2]))]


EPOCHS = {"paper": 2000, "quick": 20, "smoke": 10}  # of MNIST
SEEDS = [211.0, 213, 214, 215, 212]  # a score each, nats


def metrics(values: list[float], scale: str = "paper", length: int | None = None, fine: float = 5) -> pd.DataFrame:
    """Rows as `evaluate` writes them; the fine grid adds some nats, the last generator has 100 less."""
    rows = [
        {
            "experiment": "mnist",
            "model": "adversarial-nets",
            "seed": seed,
            "fold": None,
            "generator": generator,
            "metric": f"{part}_log_likelihood",
            "value": value + fine * (grid == "fine") - 100 * (generator == "last") + 1000 * (part == "validation"),
            "unit": "nats",
            "standard_error": 2.0,
            "error_over": f"{part} images",
            "bandwidth": 0.2154,
            "bandwidth_place": 4,
            "grid_size": 10,
            "bandwidth_on_edge": False,
            "grid": grid,
            "n_samples": 10000,
            "n_eval": 10000,
            "length": length or EPOCHS[scale],
            "epoch": length or EPOCHS[scale],
            "precision": "float32",
            "diverged": False,
            "scale": scale,
        }
        for seed, value in enumerate(values)
        for generator in ("best", "last")
        for grid in ("authors", "fine")
        for part in ("validation", "test")
    ]
    return pd.DataFrame(rows)
