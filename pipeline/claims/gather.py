"""The runs that are compared, as one frame of each kind; and whether what was read off them is up to date."""

from collections import Counter
from pathlib import Path

import pandas as pd

from pipeline.claims.files import CLASSIFIER, READ
from pipeline.config.params import Params
from pipeline.files.errors import UserError
from pipeline.files.formats import read_csv, read_json
from pipeline.record.manifest import Manifest, remedy
from pipeline.record.places import PUBLISHED
from pipeline.record.runs import AUDIT, AUDITS, CURVE, GROWTH, MANIFESTS, MEASURED, MEASURES, Run, precision_of
from pipeline.reporting.cells import count
from pipeline.reporting.gather import Frames


def gather_claims(folders: list[Path], params: Params, toys: Path) -> Frames:
    """Gather measures and curves of all runs, and what the scale's results say of the estimate.

    `toys` is the folder of what is no run, as the classifier; it lies in the folder of the scale's results.

    Runs that were computed in another precision than asked for are left out: a machine without bfloat16 arithmetic
    falls back to float32.

    Raises:
        UserError: a run was made or measured with other settings than the present ones, or with other data than the
            first, or with another classifier, or is damaged; or `_report` refuses.
    """
    measures, curves, left_out = {}, {}, Counter[tuple[str, str, str]]()
    used = {CLASSIFIER: Manifest(toys / "classifier.manifest.json").outputs.get(CLASSIFIER, "")}
    for folder in folders:
        experiment = params.experiment(folder.parent.name)
        run = Run(folder, experiment, "train")
        run.require(MEASURED, params.measuring(experiment.name))
        for name in (f"{experiment.dataset}.npz", CLASSIFIER):
            if used.setdefault(name, run.known[name]) != run.known[name]:
                other = toys if name == CLASSIFIER else folders[0]
                again = remedy(folder / (MEASURED if name == CLASSIFIER else MANIFESTS["train"]))
                raise UserError(f"{folder}: used another {name} than {other} did; {again}")
        computed = precision_of(read_json(folder / MANIFESTS["train"]))
        if computed != experiment.precision:
            left_out[experiment.name, experiment.precision, computed] += 1
            continue
        about = {"experiment": experiment.name, "seed": run.seed, "scale": params.scale}
        measures[experiment.name, run.seed] = read_csv(folder / MEASURES)
        curves[experiment.name, run.seed] = read_csv(folder / CURVE).assign(**about)
    _report(left_out, {name for name, _ in measures}, params)
    gathered = {"measures.csv": pd.concat(measures.values()), "curves.csv": pd.concat(curves.values())}
    return gathered | _estimates(folders[0].parents[1] / params.claims.main / AUDIT, toys.parent, params)


def _estimates(audit: Path, results: Path, params: Params) -> Frames:
    """Return what growth and oracle measured of the estimate; those of the scale must fit the present settings."""
    Manifest(results / "oracle.manifest.json").require(params.oracle, code=False)
    if params.claims.is_whole:
        Manifest(audit / AUDITS["growth"]).require(params.experiment(params.claims.main).settings("growth"), code=False)
    grown = (audit if params.claims.is_whole else PUBLISHED) / GROWTH
    return {GROWTH: read_csv(grown), "oracle.csv": read_csv(results / "oracle.csv")}


def _report(left_out: Counter[tuple[str, str, str]], known: set[str], params: Params) -> None:
    """Print a line per experiment with runs left out; refuse where none is left that all comparisons need."""
    for (name, asked, computed), n in left_out.items():
        if name not in known and name not in params.claims.alone:
            raise UserError(
                f"{name}: requires {asked}, but all runs were computed in {computed}; train it on another machine"
            )
        print(f"{name}: requires {asked}; {count(n, 'run')} computed in {computed} left out", flush=True)


def as_read(folder: Path, params: Params) -> Params:
    """Return the params with the variants that the claims there were read from.

    Raises:
        UserError: their manifest is missing or damaged.
    """
    settings = Manifest(folder / READ).settings or {}
    return Params(params.values | {"variants": settings.get("claims", {}).get("variants")}, params.scale)


def fit(folder: Path, params: Params) -> bool:
    """Check that the claims there were read with the present settings and code; report where they were not."""
    manifest = Manifest(folder / READ)
    if found := manifest.reasons_stale(as_read(folder, params).compared()):
        print(f"{folder}: not shown ({'; '.join(found)}); delete {manifest.path} and run claims")
    return not found
