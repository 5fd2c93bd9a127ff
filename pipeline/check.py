"""Compare a scale's metrics with the values on record: exit 1 where one is missing, not a number, extra or off.

Experiments that are not on record are named and not checked.

The record is a JSON file, by default tests/regression/SCALE.json, with the expected value of each metric,
its tolerance, and how the tolerance was derived. Beside metrics.csv it may hold the losses and D's outputs of the first
epoch: seeds still agree there, so that a network that has not begun to learn shows.
"""

import argparse
import math
from pathlib import Path
from typing import Any

import pandas as pd

from gan.training import CURVES
from pipeline.config.params import Params
from pipeline.files.errors import RunError, UserError
from pipeline.files.formats import one_line_errors, read_csv, read_json
from pipeline.record.places import RESULTS
from pipeline.record.runs import OUR_MODEL
from pipeline.runtime import cli

RECORDS = Path("tests/regression")
KEYS = ("experiment", "model", "generator", "grid", "metric")
OTHERS = ("seed", "fold", "value", "standard_error", "bandwidth_on_edge", "diverged", "scale")

# Of metrics.csv; training's own measurement of the kept generator is not on record.
ON_RECORD = ("test_log_likelihood", "validation_log_likelihood")
TRAINING = "training"  # the "model" of what the first epoch's curves say

Expected = dict[tuple[str, ...], dict[str, Any]]  # value and tolerance, by KEYS


def main() -> None:
    """Command line."""
    parser = cli.parser("check", __doc__, "--scale quick")
    cli.add_selection(parser)
    parser.add_argument("--metrics", type=Path, help="default: results/SCALE/metrics.csv")
    parser.add_argument("--expected", type=Path, help="default: tests/regression/SCALE.json")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.selected_params(args)
    path = args.expected or RECORDS / f"{params.scale}.json"
    expected, seeds = _recorded(path, params)
    metrics = on_record(args.metrics or RESULTS / params.scale / "metrics.csv")
    if set(metrics.scale) != {params.scale}:
        raise UserError(f"{path} is of scale {params.scale}, the metrics are of {sorted(set(metrics.scale))}")
    models = {key[:2] for key in expected}
    rows = metrics[[pair in models for pair in zip(metrics.experiment, metrics.model, strict=True)]]
    rows = rows[rows.fold.isna()]
    found = failures(rows, expected, seeds) + divergences(rows) + (edges(metrics) if params.is_real else [])
    if found:
        raise RunError(f"{len(found)} of the metrics are off:\n  " + "\n  ".join(found))
    print(f"check: all {len(rows)} metrics of scale {params.scale} are as expected ({path})")
    others = sorted(set(metrics.experiment) - set(rows.experiment))
    if others:
        print(f"check: not on record, not checked: {', '.join(others)}")


def _recorded(path: Path, params: Params) -> tuple[Expected, list[int]]:
    """What is expected of the experiments asked for, by KEYS, and the seeds that must be there.

    Raises:
        UserError: there is no such record, or it is of another scale or of other numbers of epochs.
    """
    if not path.is_file():
        there = ", ".join(sorted(record.stem for record in RECORDS.glob("*.json")))
        raise UserError(f"no record of expected metrics for scale {params.scale}; there are: {there}")
    record = read_json(path)
    with one_line_errors(path):
        entries = {tuple(entry[key] for key in KEYS): entry for entry in record["metrics"]}
        scale, seeds, epochs = record["scale"], record["seeds"], record["epochs"]
    if scale != params.scale:
        raise UserError(f"{path} is of scale {scale}, not {params.scale}")
    expected = {key: entry for key, entry in entries.items() if key[0] in params.asked}
    for name in {key[0] for key in expected}:
        if epochs[name] != params.experiment(name).epochs:
            raise UserError(f"{path}: made from {epochs[name]} epochs of {name}; make it again (benchmarks.tolerances)")
    return expected, seeds


def on_record(path: Path) -> pd.DataFrame:
    """Rows of metrics.csv that are on record, and of the first epoch in the curves.csv beside it."""
    metrics, curves = read_csv(path), path.with_name("curves.csv")
    with one_line_errors(path):
        metrics = metrics[metrics.metric.isin(ON_RECORD)]
        longest = metrics.groupby("experiment").length.transform("max")
        metrics = metrics[metrics.length.isna() | metrics.length.eq(longest)]  # of the ended runs
        metrics = metrics.astype({"value": float, "standard_error": float, "seed": int})[[*KEYS, *OTHERS]]
        scale = metrics.scale.iloc[0]
    if not curves.is_file():
        return metrics
    with one_line_errors(curves):
        return pd.concat([metrics, first_epoch(read_csv(curves)).assign(scale=scale)])


def first_epoch(curves: pd.DataFrame) -> pd.DataFrame:
    """Losses and outputs of D, means over the first epoch, in the form of metrics.csv."""
    rows = curves[curves["epoch"] == 1].melt(["experiment", "seed"], list(CURVES), "metric")
    rows["metric"] += " in epoch 1"
    rows = rows.assign(model=TRAINING, generator="", grid="", fold=math.nan, standard_error=0.0)
    return rows.assign(bandwidth_on_edge=False, diverged=False)


def failures(metrics: pd.DataFrame, expected: Expected, seeds: list[int]) -> list[str]:
    """A line for each metric that is missing, not a number, extra, or outside its interval.

    Args:
        metrics: rows of metrics.csv; every seed is held to the same interval.
        expected: value and tolerance by KEYS.
        seeds: those that each metric must have, once each, where its entry names no others.
    """
    lines = []
    groups = {tuple(map(str, key)): rows for key, rows in metrics.groupby(list(KEYS), dropna=False)}
    for key in groups.keys() - expected.keys():
        lines.append(f"{_name(key)}: extra: no expected value on record")
    for key, entry in expected.items():
        if key not in groups:
            lines.append(f"{_name(key)}: missing")
            continue
        wanted = sorted(entry.get("seeds", seeds))
        if sorted(groups[key].seed) != wanted:
            lines.append(f"{_name(key)}: has seeds {sorted(groups[key].seed)}, expected {wanted}")
        low, high = entry["value"] - entry["tolerance"], entry["value"] + entry["tolerance"]
        columns = (groups[key].seed, groups[key].value, groups[key].standard_error)
        for seed, value, error in zip(*columns, strict=True):
            if not math.isfinite(error):
                lines.append(f"{_name(key)}, seed {seed}: standard error {error}")
            if not math.isfinite(value) or not low <= value <= high:
                lines.append(f"{_name(key)}, seed {seed}: {value:.6g}, expected {low:.6g} to {high:.6g}")
    return sorted(lines)


def divergences(metrics: pd.DataFrame) -> list[str]:
    """A line for each seed that diverged."""
    rows = metrics[metrics.diverged].drop_duplicates(["experiment", "seed"])
    return [f"{row.experiment}, a seed diverged: seed {row.seed}" for row in rows.itertuples()]


def edges(metrics: pd.DataFrame) -> list[str]:
    """A line for each seed of MNIST whose bandwidth lies on an edge of its grid: the paper's number did not come so."""
    chosen = metrics.bandwidth_on_edge & metrics.metric.eq("test_log_likelihood")
    rows = metrics[chosen & metrics.experiment.eq("mnist") & metrics.model.eq(OUR_MODEL)]
    return [
        f"mnist, seed {row.seed}: bandwidth on the edge of the {row.grid} grid ({row.generator} generator)"
        for row in rows.itertuples()
    ]


def _name(key: tuple[str, ...]) -> str:
    experiment, model, generator, grid, metric = key
    if model == TRAINING:
        return f"{experiment}, {metric}"
    of = f"the {generator} generator" if model == OUR_MODEL else model
    return f"{experiment}, {metric} of {of}, {grid} grid"


if __name__ == "__main__":
    main()
