"""Trainings of scale smoke for tests: params with other values, and runs in this process or in one to be killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import yaml
from helpers import ROOT, call

from pipeline import train
from pipeline.files.formats import read_csv, sha256

EPOCHS = 20
FILES = ("generator.safetensors", "last.safetensors")


def altered(folder: Path, name: str, epochs: int = EPOCHS, **sections: dict) -> Path:
    """Write params with other values in these sections; `mnist` and `recipe` are of the experiment."""
    values = yaml.safe_load((ROOT / "params.yaml").read_text())
    values["scales"]["smoke"]["experiments"]["mnist"]["epochs"] = epochs
    mnist = values["catalogue"]["mnist"]
    for section, changes in sections.items():
        {"mnist": mnist, "recipe": mnist["recipe"]}.get(section, values.get(section)).update(changes)
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


def arguments(folder: Path, name: str, *seeds: int, **options: object) -> list[str]:
    pairs = {
        "--params": folder / "params.yaml",
        "--scale": "smoke",
        "--experiment": "mnist",
        "--data": folder / "data.npz",
        "--output": folder / name,
        "--work": folder / "work" / name,
        "--checkpoint-seconds": 0,
        "--threads": 1,
    } | {f"--{key}": value for key, value in options.items()}
    return ["--lines", "--seeds", *map(str, seeds or [0]), *(str(part) for pair in pairs.items() for part in pair)]


def trained(folder: Path, name: str, *seeds: int, **options: object) -> str:
    """Train in this process; return what is printed."""
    done = call(train, *arguments(folder, name, *seeds, **options))
    assert done.returncode == 0, done.stderr
    return done.stdout


def start(folder: Path, name: str, *seeds: int, **options: object) -> subprocess.Popen[str]:
    """Start training as a process of its own, to be killed."""
    command = [sys.executable, "-m", "pipeline.train", *arguments(folder, name, *seeds, **options)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def killed(folder: Path, name: str, *seeds: int, epoch: int, **options: object) -> None:
    """Train in a process of its own and kill it after an epoch."""
    with start(folder, name, *seeds, **options) as process:
        assert process.stdout is not None
        assert any(f"epoch {epoch}/" in line for line in process.stdout)
        os.kill(process.pid, signal.SIGKILL)


def hashes(run: Path, names: tuple[str, ...] = FILES) -> list[str]:
    return [sha256(run / name) for name in names]


def curve_of(run: Path) -> pd.DataFrame:
    """All that a run's curve holds beside the time."""
    return read_csv(run / "curve.csv").drop(columns="seconds")
