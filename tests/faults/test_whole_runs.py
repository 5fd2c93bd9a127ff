"""A whole run is killed, the same command goes on: no hand work, the same numbers."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from helpers import copy_project, only_mnist, run_in

COMMAND = (
    "-m",
    "pipeline.files.lock",
    ".snakemake.flock",
    sys.executable,
    "-m",
    "pipeline.console",
    "--nolock",
    "--cores",
    "2",
)
FILES = ("metrics.csv", "table1.csv", "bandwidths.csv", "variance.csv", "growth.csv")


def test_a_killed_run_resumes_with_the_same_command(finished, tmp_path, cases, tally):
    folder = copy_project(tmp_path)
    only_mnist(folder)
    assert kill(folder, after_text="epoch 3/") is not None
    assert not (folder / "results/smoke/metrics.csv").exists()
    tally("whole run: SIGKILL of all its processes")
    dice = random.Random(0)
    for _ in range(cases(0, 12)):
        number = dice.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
        if kill(folder, seconds=dice.uniform(4, 25), number=number) is None:
            break
        tally(f"whole run: {number.name} of all its processes")
    done = run_in(folder, *COMMAND)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in FILES:
        killed, undisturbed = (place / "results/smoke" / name for place in (folder, finished))
        assert killed.read_bytes() == undisturbed.read_bytes()


def kill(
    folder: Path, after_text: str = "", seconds: float = 0, number: signal.Signals = signal.SIGKILL
) -> signal.Signals | None:
    """Start the run and signal its process group; None where it ended before."""
    environment = os.environ | {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    log = folder / "logs/snakemake.log"
    log.unlink(missing_ok=True)
    with (folder / "log").open("w") as told:
        process = subprocess.Popen(
            [sys.executable, *COMMAND], cwd=folder, env=environment, stdout=told, stderr=told, start_new_session=True
        )
        until = time.perf_counter() + seconds
        while process.poll() is None and (
            time.perf_counter() < until or not (log.is_file() and after_text in log.read_text())
        ):
            time.sleep(0.02)
        ended = process.poll() is not None
        if not ended:
            os.killpg(process.pid, number)
        process.wait()
    return None if ended else number
