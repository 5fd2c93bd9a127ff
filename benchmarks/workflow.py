"""How long Snakemake takes to find that there is nothing to do: a finished scale smoke, run again.

example:
  python -m benchmarks.workflow --output benchmarks/results/workflow-cpu.csv
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from pipeline.files.formats import write_csv
from pipeline.record.manifest import ROOT


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--output", type=Path, required=True, help="CSV file")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(ROOT / "params.yaml", folder)
        times = [snakemake(Path(folder)) for _ in tqdm(range(args.repeats + 1), unit="run")]
    again = pd.Series(times[1:])
    what = {"what": "second run, nothing to do", "seconds": again.median(), "seconds_low": again.min()}
    frame = pd.DataFrame([what | {"seconds_high": again.max(), "n_repeats": len(again)}]).round(2)
    write_csv(args.output, frame)
    print(frame.to_string(index=False))


def snakemake(folder: Path) -> float:
    """Seconds of `snakemake --config scale=smoke` in a folder."""
    place = ["--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
    started = time.perf_counter()
    command = [sys.executable, "-m", "snakemake", *place, "--cores", "all", "--config", "scale=smoke"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
