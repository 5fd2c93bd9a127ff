"""kill -9 of the whole process group, the same command again: no hand work, the same metrics."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from helpers import copy_project, only_mnist, run_in

COMMAND = ("-m", "pipeline.lock", ".snakemake.flock", sys.executable, "-m", "snakemake", "--nolock", "--cores", "2")


def test_a_killed_run_resumes_with_the_same_command(finished, tmp_path):
    folder = copy_project(tmp_path)
    only_mnist(folder)
    environment = os.environ | {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, *COMMAND], cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        while "epoch 3/" not in (folder / "log").read_text() and process.poll() is None:
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert not (folder / "results/smoke/metrics.csv").exists()
    done = run_in(folder, *COMMAND)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("metrics.csv", "table1.csv", "bandwidths.csv"):
        killed, undisturbed = (place / "results/smoke" / name for place in (folder, finished))
        assert killed.read_bytes() == undisturbed.read_bytes()
