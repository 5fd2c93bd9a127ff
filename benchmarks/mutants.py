"""Break the scorer in one way at a time, score the two runs of scale quick with it, and save the metrics.

Each mutant is an edit of the sources, made in a copy of the project; the stages sample, evaluate, audit and table then
run there as always. `check` must fail on each (tests/pipeline/test_mutants.py), and passes the survivors.

    make quick
    python -m benchmarks.mutants --output tests/regression/mutants
    python -m benchmarks.mutants --page docs/contributing.md    # the table there, from the saved metrics
"""

import argparse
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tqdm import tqdm

from pipeline.config.params import load
from pipeline.files.formats import read_json, write_text
from pipeline.reporting.page import with_passages
from pipeline.reporting.regression import findings, known, mark_late, read_rows

ROOT = Path(__file__).parents[1]
RECORDS = ROOT / "tests/regression"
SOURCES = ("gan", "pipeline", "params.yaml")
SEEDS = (0, 1)
SOUND = "sound"  # no edit at all


@dataclass(frozen=True)
class Mutant:
    """One way to be wrong.

    Attributes:
        what: in words.
        path: of the source.
        old, new: text that occurs there once, and its replacement.
    """

    what: str
    path: str
    old: str
    new: str


SCORES, SCORING, PARZEN, EVALUATE = (
    "pipeline/runtime/scores.py",
    "gan/scoring.py",
    "gan/parzen.py",
    "pipeline/evaluate.py",
)
CHOICE = "return Selection(bandwidths[best], best + 1"
ON_TEST = "[selection.bandwidth for selection in chosen.values()]"
READ = "torch.from_numpy(read_array(args.run / file))"

MUTANTS = {
    "grid": Mutant(
        "wrong grid: all bandwidths 20% wider",
        SCORES,
        "part.test, experiment.grids)",
        "part.test, {name: [1.2 * bandwidth for bandwidth in grid] for name, grid in experiment.grids.items()})",
    ),
    "norm": Mutant("log-norm without the 2 of 2 pi", PARZEN, "math.sqrt(2 * math.pi)", "math.sqrt(math.pi)"),
    "swapped": Mutant("validation and test images swapped", SCORES, "(VALIDATION, TEST)", "(TEST, VALIDATION)"),
    "scale": Mutant("images from 0 to 255, not scaled", "pipeline/data/arrays.py", "else rows / 255", "else rows"),
    "threshold": Mutant("samples rounded to black and white", EVALUATE, READ, f"{READ}.round()"),
    "image": Mutant("one test image dropped", SCORES, "or len(validation), test)", "or len(validation), test[1:])"),
    "bandwidth": Mutant(
        "bandwidth 5% too wide", SCORING, CHOICE, CHOICE.replace("bandwidths[best]", "1.05 * bandwidths[best]")
    ),
    "silent": Mutant(
        "test images scored with a bandwidth 5% wider than reported",
        SCORING,
        ON_TEST,
        ON_TEST.replace("[", "[1.05 * ", 1),
    ),
    "half": Mutant("half of the samples", EVALUATE, READ, f"{READ}[::2]"),
    "median": Mutant(
        "median over images instead of the mean", SCORING, "self.test_images.mean()", "np.median(self.test_images)"
    ),
    "untrained": Mutant(
        "samples of an untrained generator",
        "pipeline/runtime/networks.py",
        "return generator_with(tensors, experiment, device)",
        "return new_generator(experiment, 0, device)",
    ),
    "twice": Mutant(
        "seed 0's samples scored for every seed",
        EVALUATE,
        "read_array(args.run / file)",
        'read_array(args.run.parent / "seed0" / file)',
    ),
    "float16": Mutant(
        "means over test images in float16",
        SCORING,
        "self.test_images.mean()",
        "self.test_images.astype(np.float16).mean()",
    ),
    "peeking": Mutant(
        "bandwidth chosen on test images",
        SCORING,
        "log_density(validation, samples, [bandwidth for grid",
        "log_density(test[:1000], samples, [bandwidth for grid",
    ),
    "density": Mutant("kernels summed, not averaged", PARZEN, "(self._sums / self.n).log()", "self._sums.log()"),
    "sums": Mutant(
        "kernels summed in float16 within a chunk of centers",
        PARZEN,
        ".exp_().sum(dim=1)",
        ".exp_().half().sum(dim=1, dtype=torch.float16)",
    ),
    "product": Mutant(
        "distances by a float16 product, with those of near pairs computed again",
        PARZEN,
        "distances.addmm_(queries.single, centers.single.T, alpha=-2)",
        "distances = distances.half().addmm_(queries.single.half(), centers.single.T.half(), alpha=-2).float()",
    ),
    "error": Mutant("standard error without the root of n", SCORING, "/ math.sqrt(len(values))", "/ len(values)"),
}
SURVIVORS = ("sums", "product")  # too small an error to be detected


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--project", type=Path, default=ROOT, help="with finished runs of scale quick; default: this one"
    )
    parser.add_argument("--output", type=Path, help="score again; folder of a NAME.csv for each")
    parser.add_argument("--page", type=Path, help="page whose table is replaced")
    parser.add_argument("--only", nargs="+", choices=[SOUND, *MUTANTS], default=[SOUND, *MUTANTS])
    args = parser.parse_args()
    if args.output:
        args.output.mkdir(parents=True, exist_ok=True)
        for name in tqdm(args.only, unit="mutant"):
            with TemporaryDirectory() as folder:
                results = measure(MUTANTS.get(name), args.project, Path(folder))
                shutil.copy(results / "metrics.csv", args.output / f"{name}.csv")
    if args.page:
        text = args.page.read_text(encoding="utf-8")
        write_text(args.page, with_passages(text, {"mutants": table()}, args.page))


def found(name: str) -> list[str]:
    """What `check` says of a mutant whose metrics are kept."""
    return findings_of(RECORDS / "mutants" / f"{name}.csv", RECORDS / "seeds0-1/curves.csv")


def findings_of(metrics: Path, curves: Path) -> list[str]:
    """What `check` says of a run's files."""
    params, record = load(ROOT / "params.yaml", "quick"), read_json(RECORDS / "quick.json")
    rows, curve = read_rows(metrics, curves)
    return findings(known(mark_late(rows, curve, record["late_below"]), record), record, params)


def table() -> str:
    """The mutants in Markdown, each with how many lines name it, and the first of them."""
    head = "| mutant | what is wrong | lines | the first |\n|---|---|---|---|\n"
    rows = [(name, mutant.what, found(name)) for name, mutant in MUTANTS.items()]
    return head + "".join(
        f"| `{name}` | {what} | {len(lines)} | {lines[0] if lines else 'none: it passes'} |\n"
        for name, what, lines in rows
    )


def measure(mutant: Mutant | None, project: Path, folder: Path) -> Path:
    """Score the runs of scale quick with one edit; return the folder of metrics.csv and curves.csv.

    Args:
        mutant: None: no edit.
        project: where the runs and the data are.
        folder: an empty one, for the copy.
    Raises:
        ValueError: the text to be edited does not stand there once.
        CalledProcessError: a stage failed.
    """
    for name in SOURCES:
        (shutil.copytree if (project / name).is_dir() else shutil.copy)(project / name, folder / name)
    (folder / "data").symlink_to(project.resolve() / "data")
    for run in ("audit", *(f"seed{seed}" for seed in SEEDS)):
        shutil.copytree(project / "runs/quick/mnist" / run, folder / "runs/quick/mnist" / run)
    if mutant:
        source = folder / mutant.path
        if source.read_text(encoding="utf-8").count(mutant.old) != 1:
            raise ValueError(f"{mutant.path}: expected {mutant.old!r} once")
        source.write_text(source.read_text(encoding="utf-8").replace(mutant.old, mutant.new), encoding="utf-8")
    common = ("--scale", "quick", "--experiment", "mnist", "--data", "data/prepared/mnist.npz")
    runs = [f"runs/quick/mnist/seed{seed}" for seed in SEEDS]
    for run in runs:
        _stage(folder, "sample", *common, "--run", run)
        _stage(folder, "evaluate", *common, "--run", run)
    _stage(folder, "audit", *common, "--output", "runs/quick/mnist/audit")
    _stage(folder, "table", "--scale", "quick", "--runs", *runs, "--output", "results/quick")
    return folder / "results/quick"


def _stage(folder: Path, name: str, *options: str) -> None:
    environment = os.environ | {"PYTHONPATH": str(folder)}
    command = [sys.executable, "-m", f"pipeline.{name}", *options]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)


if __name__ == "__main__":
    main()
