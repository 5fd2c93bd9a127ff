"""The record of a scale's metrics: made from a run over many seeds, it finds deviations of another run.

On another machine rounding makes a seed differ as much as another seed does here (docs/runs.md), so each metric must
lie in the prediction interval of one more seed. A seed of the GAN that began to learn late is outside it: its scores
show when it began, not how well anything works. Scores without random draws must agree within ROUNDING_NATS; counts,
grids and positions in them must be equal.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from gan.evidence.baselines import FIXED
from gan.statistics import summarise_seeds
from gan.training import CURVES
from pipeline.config.params import Params
from pipeline.files.formats import one_line_errors, read_csv
from pipeline.record.runs import OUR_MODEL

KEYS = ["experiment", "model", "generator", "grid", "metric"]
COUNTS = {"n_samples": "samples", "n_eval": "images", "grid_size": "bandwidths in the grid"}
OTHERS = ["seed", "fold", "value", "standard_error", "bandwidth", "bandwidth_place", "bandwidth_on_edge", "diverged"]
ON_RECORD = (
    "test_log_likelihood",
    "validation_log_likelihood",
)  # training's own measurement and the two-sample test are not
TRAINING = "training"  # the "model" of what the first epoch's curves say
ROUNDING_NATS = 0.05  # where nothing is drawn
MOST_TELLING, ODD_BANDWIDTH, LEAST_TELLING = (
    math.inf,
    10.0,
    0.0,
)  # of findings; a value that is off: by how many tolerances

SAME = 1e-6  # bandwidths whose ratio is so close to 1 are one

Key = tuple[str, ...]  # one of each of KEYS
Finding = tuple[float, str]  # how telling it is, and a line that says what is off


def read_rows(path: Path, of_curves: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read rows of metrics.csv that are on record, with those of the first epoch; and the curves, empty if missing.

    Args:
        path, of_curves: of metrics.csv and curves.csv; the latter may be missing.
    """
    metrics = read_csv(path)
    with one_line_errors(path):
        metrics = metrics[metrics.metric.isin(ON_RECORD) & metrics.fold.isna()]
        longest = metrics.groupby("experiment").length.transform("max")
        metrics = metrics[metrics.length.isna() | metrics.length.eq(longest)]  # of the ended runs
        metrics = metrics.astype({"value": float, "standard_error": float, "seed": int})
        places = metrics[[*COUNTS, "bandwidth_place"]].astype(int)
        if places.lt(1).any(axis=None):
            raise ValueError("a count or a position in a grid is less than 1")
        metrics = metrics.assign(**places)[[*KEYS, *COUNTS, *OTHERS, "scale"]]
        scale = metrics.scale.iloc[0]
    if not of_curves.is_file():
        return metrics, pd.DataFrame({"experiment": [], "seed": [], "epoch": [], "D(G(z))": []})
    with one_line_errors(of_curves):
        curves = read_csv(of_curves)
        return pd.concat([metrics, first_epoch(curves).assign(scale=scale)], ignore_index=True), curves


def first_epoch(curves: pd.DataFrame) -> pd.DataFrame:
    """Return losses and outputs of D, means over the first epoch, in the form of metrics.csv."""
    rows = curves[curves["epoch"] == 1].melt(["experiment", "seed"], list(CURVES), "metric")
    rows["metric"] += " in epoch 1"
    rows = rows.assign(model=TRAINING, generator="none", grid="none", standard_error=0.0)
    return rows.assign(bandwidth_on_edge=False, diverged=False)


def mark_late(rows: pd.DataFrame, curves: pd.DataFrame, below: float | None) -> pd.DataFrame:
    """Return the rows with a column `late`: scores of our GAN from seeds that began late.

    A seed began late where the mean of D(G(z)) over the epoch at half of its length is below a bound (docs/runs.md).

    Args:
        rows, curves: of `read_rows`.
        below: the bound; None: no seed is called late.
    """
    half = curves.groupby("experiment").epoch.transform("max") // 2
    found = curves[curves.epoch.eq(half) & curves["D(G(z))"].lt(-math.inf if below is None else below)]
    late = rows[["experiment", "seed"]].apply(tuple, axis=1).isin(zip(found.experiment, found.seed, strict=True))
    return rows.assign(late=late & rows.model.eq(OUR_MODEL))


def known(rows: pd.DataFrame, record: Mapping[str, Any]) -> pd.DataFrame:
    """Return the rows of experiments and models that are on record."""
    models = {(entry["experiment"], entry["model"]) for entry in record["metrics"]}
    return rows[[pair in models for pair in zip(rows.experiment, rows.model, strict=True)]]


def named_seeds(rows: pd.DataFrame) -> str:
    """Name the experiments and seeds of rows, in words."""
    return ", ".join(f"{name} seed {seed}" for name, seed in sorted({*zip(rows.experiment, rows.seed, strict=True)}))


def new_record(rows: pd.DataFrame, params: Params, confidence: float, below: float | None) -> dict[str, Any]:
    """Return the record of a run, to be written as JSON.

    Args:
        rows: of `mark_late`.
        params: the scale's.
        confidence: of each interval.
        below: the bound of `mark_late`.
    Raises:
        ValueError: a metric has one value only, and is not scored without chance; a seed diverged; all began late.
    """
    if rows.diverged.any():
        raise ValueError(f"diverged: {named_seeds(rows[rows.diverged])}")
    if rows[rows.model.eq(OUR_MODEL)].groupby("experiment").late.all().any():
        raise ValueError("every seed of an experiment began late")
    entries = rows[~rows.late].groupby(KEYS)
    names = list(rows.experiment.unique())
    derivation = (
        f"value: mean over n seeds, or draws of a baseline; tolerance: half of the {confidence:.1%} prediction "
        f"interval of one more, t(n-1) sd sqrt(1 + 1/n), and {ROUNDING_NATS} nats where nothing is drawn"
    )
    return {
        "scale": params.scale,
        "epochs": {name: params.experiment(name).epochs for name in names},
        "late_below": below,
        "late": named_seeds(rows[rows.late]),
        "derivation": derivation,
        "metrics": [dict(zip(KEYS, key, strict=True)) | _entry(key, rows, params, confidence) for key, rows in entries],
    }


def _entry(key: Key, rows: pd.DataFrame, params: Params, confidence: float) -> dict[str, Any]:
    """What is on record of one metric; a place in the grid may be one beyond those seen, where there is chance."""
    experiment, model, _, grid, _ = key
    if len(rows) == 1 and model not in FIXED:
        raise ValueError(f"{model} has one value; expected several seeds, and n_audits of 2 or more in the scale")
    summary = summarise_seeds(rows.value.tolist(), confidence)
    half_width = ROUNDING_NATS if model in FIXED else summary.prediction_interval[1] - summary.mean
    entry: dict[str, Any] = {"value": round(summary.mean, 4), "tolerance": round(half_width, 4), "n": summary.n}
    entry["sd"] = round(summary.sd, 4) if summary.n > 1 else None
    if model == TRAINING:
        return entry
    places, slack = rows.bandwidth_place.astype(int), 0 if model in FIXED else 1
    bandwidths = params.experiment(experiment).grids[grid]
    if model in FIXED:
        entry["standard_error"] = round(rows.standard_error.iloc[0], 4)
    ends = [max(places.min() - slack, 1), min(places.max() + slack, len(bandwidths))]
    counts = {name: int(rows[name].iloc[0]) for name in COUNTS}
    return entry | counts | {"bandwidths": [bandwidths[place - 1] for place in ends]}


def findings(rows: pd.DataFrame, record: Mapping[str, Any], params: Params) -> list[str]:
    """Return a line for each deviation, the most informative first.

    Args:
        rows: of `mark_late` and `known`.
        record: of `new_record`; only experiments that are asked for.
        params: with the seeds that each metric must have, once each.
    """
    entries = {tuple(entry[key] for key in KEYS): entry for entry in record["metrics"]}
    groups = {key: group for key, group in rows.groupby(KEYS)}  # noqa: C416 (mypy)
    found = [(MOST_TELLING, f"{_name(key)}: extra, not on record") for key in groups.keys() - entries.keys()]
    found += [(MOST_TELLING, f"{_name(key)}: missing") for key in entries.keys() - groups.keys()]
    for key in entries.keys() & groups.keys():
        group, entry = groups[key], entries[key]
        found += _seeds(key, group, params) + _values(key, group, entry)
        if key[1] != TRAINING:
            found += _counts(key, group, entry) + _bandwidths(key, group, entry, params)
    ours = rows[rows.model.eq(OUR_MODEL)].groupby("experiment").late.all()
    for name in ours.index[ours]:
        why = f"D(G(z)) below {record['late_below']} at half of the epochs"
        found.append((MOST_TELLING, f"{name}: every seed began late ({why}): no score is checked"))
    found += [(LEAST_TELLING, line) for line in divergences(rows)]
    found += [(LEAST_TELLING, line) for line in edges(rows[~rows.late])] if params.is_real else []
    return [line for _, line in sorted(found, key=lambda finding: (-finding[0], finding[1]))]


def _seeds(key: Key, rows: pd.DataFrame, params: Params) -> list[Finding]:
    """Seeds that are missing or too many, and such whose values are the same to the last digit."""
    found, there = list[Finding](), sorted(rows.seed)
    wanted, what = sorted(params.seeds(key[0])), "seeds"
    if key[1] not in (OUR_MODEL, TRAINING):
        draws = 1 if key[1] in FIXED else params.experiment(key[0]).n_audits
        wanted, what = list(range(draws)), "draws"
    if there != wanted:
        found.append((MOST_TELLING, f"{_name(key)}: has {what} {there}, expected {wanted}"))
    same = rows[rows.value.duplicated(keep=False)]
    if not same.empty:
        line = f"{_name(key)}: {what} {sorted(same.seed)} have the very same value, {same.value.iloc[0]:.6g}"
        found.append((MOST_TELLING, line))
    return found


def _values(key: Key, rows: pd.DataFrame, entry: Mapping[str, Any]) -> list[Finding]:
    """Values outside the interval, where a late seed's may lie below it; standard errors that are others."""
    found, (middle, tolerance) = list[Finding](), (entry["value"], entry["tolerance"])
    for row in rows.itertuples():
        off, error = row.value - middle, entry.get("standard_error", row.standard_error)
        if not (math.isfinite(row.standard_error) and math.isfinite(off)):
            line = f"{_name(key)}, seed {row.seed}: {row.value:.6g}, standard error {row.standard_error:.6g}"
            found.append((MOST_TELLING, line))
        elif not math.isclose(row.standard_error, error, rel_tol=0.01):
            by = f"{row.standard_error / error - 1:+.1%}"
            found.append(
                (MOST_TELLING, f"{_name(key)}: standard error {row.standard_error:.4g}, expected {error:.4g} ({by})")
            )
        elif abs(off) > tolerance and not (row.late and off < 0):
            by = f"{abs(off):.4g} {'above' if off > 0 else 'below'}"
            line = f"{_name(key)}, seed {row.seed}: {row.value:.6g}, expected {middle:.6g} +- {tolerance:.3g} ({by})"
            found.append((abs(off) / tolerance, line))
    return found


def _counts(key: Key, rows: pd.DataFrame, entry: Mapping[str, Any]) -> list[Finding]:
    """Numbers of samples, images and bandwidths that are others."""
    return [
        (MOST_TELLING, f"{_name(key)}: {there} {what}, expected {entry[column]} ({there - entry[column]:+d})")
        for column, what in COUNTS.items()
        for there in rows[column].astype(int).unique()
        if there != entry[column]
    ]


def _bandwidths(key: Key, rows: pd.DataFrame, entry: Mapping[str, Any], params: Params) -> list[Finding]:
    """Bandwidths that are not those of their places in the grid, and such as were never chosen."""
    found, grid, (least, greatest) = list[Finding](), params.experiment(key[0]).grids[key[3]], entry["bandwidths"]
    for row in rows.itertuples():
        name, place = f"{_name(key)}, seed {row.seed}: bandwidth {row.bandwidth:.6g}", int(row.bandwidth_place)
        of_place = grid[min(place, len(grid)) - 1]
        if not math.isclose(row.bandwidth, of_place, rel_tol=SAME):
            by = f"{row.bandwidth / of_place - 1:+.1%}"
            found.append((MOST_TELLING, f"{name}, expected {of_place:.6g} at place {place} of the grid ({by})"))
        elif not least * (1 - SAME) <= row.bandwidth <= greatest * (1 + SAME) and not row.late:
            by = f"{row.bandwidth / min(max(row.bandwidth, least), greatest) - 1:+.1%}"
            wanted = f"{least:.6g}" if least == greatest else f"{least:.6g} to {greatest:.6g}"
            found.append((ODD_BANDWIDTH, f"{name}, expected {wanted} ({by})"))
    return found


def divergences(rows: pd.DataFrame) -> list[str]:
    """Return a line for each seed that diverged."""
    diverged = rows[rows.diverged].drop_duplicates(["experiment", "seed"])
    return [f"{row.experiment}, a seed diverged: seed {row.seed}" for row in diverged.itertuples()]


def edges(rows: pd.DataFrame) -> list[str]:
    """Return a line for each seed of MNIST whose bandwidth lies on an edge of its grid."""
    chosen = rows.bandwidth_on_edge & rows.metric.eq("test_log_likelihood")
    rows = rows[chosen & rows.experiment.eq("mnist") & rows.model.eq(OUR_MODEL)]
    return [
        f"mnist, seed {row.seed}: bandwidth on the edge of the {row.grid} grid ({row.generator} generator)"
        for row in rows.itertuples()
    ]


def _name(key: Key) -> str:
    experiment, model, generator, grid, metric = key
    if model == TRAINING:
        return f"{experiment}, {metric}"
    of = f"the {generator} generator" if model == OUR_MODEL else model
    return f"{experiment}, {metric} of {of}, {grid} grid"
