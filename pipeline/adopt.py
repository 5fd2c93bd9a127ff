"""Take finished runs that another machine trained and scored into results/published/, beside what is there.

For runs that a script trained with this project's own stages and scored with its own functions, but whose weights were
not kept, so that `evaluate` cannot make their metrics. The folder holds

    test.csv      seed, generator (`at`: that of the epoch; `kept`: the best by the plan's rule), epoch, grid,
                  test, standard_error, validation (nats), bandwidth, place in the grid
    looks.csv     seed, epoch, validation_10000 (nats, all validation images), place in the authors' grid
    seedN/        curve.csv, manifest.json, samples.manifest.json and sheet.npz, as `train` and `sample` left them

What the folder lacks is not made up: no manifest, no score by image, no further draw. Afterwards
`snakemake --cores all published` and `python -m pipeline.publish --regenerated` make tables, figures and pages.
"""

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from gan.scoring import Selection
from pipeline.config.experiments import Experiment
from pipeline.files.errors import UserError
from pipeline.files.formats import read_csv, read_json, sha256, write_csv, write_json
from pipeline.publish import commits
from pipeline.record.places import PUBLISHED
from pipeline.record.runs import CURVE, MANIFESTS, OUR_MODEL, SHEET, VALIDATION_CURVE, plain, precision_of
from pipeline.reporting.gather import tidy
from pipeline.reporting.plan import deviations
from pipeline.runtime import cli
from pipeline.runtime.scores import Rows, one_split, place_in_grid

N_TEST = 10_000  # images of the only data set that such runs are of, MNIST
GENERATORS = {"kept": "best", "at": "last"}
# Settings that runs may have otherwise than the plan: docs/runs.md says what that changed.
MEASURED = ("epochs: ", "patience_epochs: ", "validation_images: ")
COPIED = (MANIFESTS["train"], MANIFESTS["sample"], SHEET)


def main() -> None:
    """Command line."""
    parser = cli.parser("adopt", __doc__, "--scale paper --experiment mnist --runs runs-of-a-gpu --seeds 0 1 2 3 4")
    cli.add_params(parser)
    cli.add_experiment(parser)
    cli.add_seeds(parser)
    parser.add_argument("--runs", type=Path, required=True, help="the folder described above")
    parser.add_argument("--published", type=Path, default=PUBLISHED, help="default: %(default)s")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.params(args)
    experiment = params.experiment(args.experiment)
    manifests = {seed: read_json(args.runs / f"seed{seed}" / MANIFESTS["train"]) for seed in args.seeds}
    for seed, manifest in manifests.items():
        check(args.runs / f"seed{seed}", manifest, experiment)
    about = {"experiment": experiment.name, "scale": params.scale}
    frames = {
        "metrics.csv": metrics(read_csv(args.runs / "test.csv"), manifests, experiment).assign(
            model=OUR_MODEL, **about
        ),
        "curves.csv": _curves(args.runs, args.seeds).assign(**about),
        VALIDATION_CURVE: _validation(read_csv(args.runs / "looks.csv"), experiment).assign(**about),
    }
    for name, frame in frames.items():
        path = args.published / name
        before = read_csv(path) if path.is_file() else pd.DataFrame()
        write_csv(path, tidy(merged(before, frame)))
    for seed in args.seeds:
        folder = args.published / "runs" / params.scale / experiment.name / f"seed{seed}"
        folder.mkdir(parents=True, exist_ok=True)
        for name in COPIED:
            shutil.copyfile(args.runs / f"seed{seed}" / name, folder / name)
    folders = sorted((args.published / "runs" / params.scale / experiment.name).glob("seed*"))
    there = [read_json(folder / MANIFESTS["train"]) for folder in folders]
    seeds = sorted(manifest["seed"] for manifest in there)
    chosen = {"scale": params.scale, "experiments": [experiment.name], "seeds": seeds}
    about = {"commits": commits(args.published), "made": _made(there)}
    write_json(args.published / "published.json", chosen | about)
    print(f"{len(args.seeds)} runs of {experiment.name} in {args.published}; next: snakemake --cores all published")


def check(folder: Path, manifest: dict[str, Any], experiment: Experiment) -> None:
    """Refuse a run that departs from the experiment in what was not measured, or whose files are not its own.

    Raises:
        UserError: a setting differs beyond the MEASURED ones, or a file is not what a manifest records.
    """
    found = deviations({"training": plain(experiment.settings("train"))}, manifest)
    if unmeasured := [line for line in found if not line.startswith(MEASURED)]:
        raise UserError(f"{folder}: departs from {experiment.name} ({'; '.join(unmeasured)}); such runs are not judged")
    recorded = manifest["outputs"] | read_json(folder / MANIFESTS["sample"])["outputs"]
    for name in (CURVE, SHEET):
        if sha256(folder / name) != recorded[name]:
            raise UserError(f"{folder / name}: not the bytes that its manifest records")


def _made(manifests: list[dict[str, Any]]) -> str:
    """Where the runs come from, in words."""
    epochs = ", ".join(sorted({f"{manifest['epochs_trained']:,}" for manifest in manifests}))
    machines = ", ".join(sorted({str(manifest["environment"]["gpu"]) for manifest in manifests}))
    at = ", ".join(sorted({manifest["commit"][:7] for manifest in manifests}))
    runs = f"{len(manifests)} runs of {epochs} epochs"
    return (
        f"{runs}, trained and scored at commit {at} on {machines}, taken in by `python -m pipeline.adopt`. The samples "
        "are of the generators whose epochs they name, the scores of those that docs/runs.md names"
    )


def metrics(test: pd.DataFrame, manifests: dict[int, dict[str, Any]], experiment: Experiment) -> pd.DataFrame:
    """Rows of metrics.csv from those of test.csv.

    Raises:
        UserError: a seed is missing, or a bandwidth is not at its place in the grid.
    """
    if set(test.seed) != set(manifests):
        raise UserError(f"test.csv has seeds {sorted(set(test.seed))}, expected {sorted(manifests)}")
    rows = [row for one in test.to_dict("records") for row in _rows(one, manifests[one["seed"]], experiment)]
    return pd.DataFrame(one_split(rows))


def _rows(one: dict[str, Any], manifest: dict[str, Any], experiment: Experiment) -> Rows:
    """The mean of the validation images and of the test images, from a row of test.csv."""
    grid = experiment.grids[one["grid"]]
    if abs(grid[one["place"] - 1] / one["bandwidth"] - 1) > 1e-6:
        raise UserError(f"test.csv: {one['bandwidth']} is not bandwidth {one['place']} of the {one['grid']} grid")
    common = {
        "seed": one["seed"],
        "generator": GENERATORS[one["generator"]],
        "length": one["epoch"] if one["generator"] == "at" else manifest["epochs_trained"],
        "epoch": one["epoch"],
        "precision": precision_of(manifest),
        "grid": one["grid"],
        "n_samples": manifest["settings"]["n_samples"],
        "unit": "nats",
        **place_in_grid(Selection(one["bandwidth"], one["place"], len(grid), one["validation"])),
    }
    found = {
        "validation": (one["validation"], None, experiment.n_validation),
        "test": (one["test"], one["standard_error"], N_TEST),
    }
    return [
        common
        | {"metric": f"{name}_log_likelihood", "value": value, "standard_error": error}
        | {"error_over": f"{name} images", "n_eval": n}
        for name, (value, error, n) in found.items()
    ]


def _curves(runs: Path, seeds: Sequence[int]) -> pd.DataFrame:
    return pd.concat([read_csv(runs / f"seed{seed}" / CURVE).assign(seed=seed) for seed in seeds], ignore_index=True)


def _validation(looks: pd.DataFrame, experiment: Experiment) -> pd.DataFrame:
    """Rows of validation.csv: the best bandwidth of each measurement; means over blocks of images were not kept."""
    grid = experiment.grids["authors"]
    bandwidths = [grid[place - 1] for place in looks.place]
    return looks.rename(columns={"validation_10000": "log_likelihood"}).assign(bandwidth=bandwidths)


def merged(before: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """What is published with our rows of these seeds replaced; sums over seeds are made anew."""
    if before.empty:
        return new
    if "verdict" in before:
        before = before[before.seed.notna()].drop(columns="verdict")
    is_ours = before.model.eq(OUR_MODEL) if "model" in before else True
    keys = [frame[["experiment", "scale", "seed"]].apply(tuple, axis=1) for frame in (before, new)]
    replaced = is_ours & keys[0].isin(set(keys[1]))
    order = dict.fromkeys([*before.columns, *new.columns])
    return pd.concat([new, before[~replaced]], ignore_index=True)[list(order)]


if __name__ == "__main__":
    main()
