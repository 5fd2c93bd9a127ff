"""Compare a scale's metrics with the record; exit with 1 and name deviations. Or make a new record.

The record is a JSON file, by default tests/regression/SCALE.json. It contains the scores of the GAN and of the
baselines, with their numbers of images and samples and their bandwidths, and the first epoch's losses and outputs of D.
Experiments and models that are not on record are named but not checked.
"""

import argparse
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.config.params import Params
from pipeline.files.errors import RunError, UserError
from pipeline.files.formats import one_line_errors, read_json, write_json
from pipeline.record.places import RESULTS
from pipeline.reporting import regression
from pipeline.runtime import cli

RECORDS = Path("tests/regression")
MAKE_AGAIN = "make it again (docs/contributing.md)"
EXAMPLE = """--scale quick
  python -m pipeline.check --scale quick --seeds 2 3
  python -m pipeline.check --scale quick --record --late-below 0.1"""


def main() -> None:
    """Command line."""
    parser = cli.parser("check", __doc__, EXAMPLE)
    cli.add_selection(parser)
    parser.add_argument(
        "--metrics", type=Path, help="metrics.csv, beside its curves.csv; default: results/SCALE/metrics.csv"
    )
    parser.add_argument("--expected", type=Path, help="the record; default: tests/regression/SCALE.json")
    parser.add_argument("--record", action="store_true", help="write the record of these metrics, of all their seeds")
    parser.add_argument(
        "--confidence", type=float, default=0.999, help="confidence of a record's intervals; default: %(default)s"
    )
    parser.add_argument(
        "--late-below",
        type=float,
        help="with --record: a seed whose D(G(z)) is below this at half of its epochs began late; default: none did",
    )
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.selected_params(args)
    path = args.expected or RECORDS / f"{params.scale}.json"
    metrics = args.metrics or RESULTS / params.scale / "metrics.csv"
    rows, curves = regression.read_rows(metrics, metrics.with_name("curves.csv"))
    if set(rows.scale) != {params.scale}:
        raise UserError(f"{metrics}: metrics of scale {', '.join(sorted(set(rows.scale)))}, not {params.scale}")
    if args.record:
        _record(path, regression.mark_late(rows, curves, args.late_below), params, args)
        return
    record = _recorded(path, params)
    _compare(path, regression.mark_late(rows, curves, record["late_below"]), record, params)


def _record(path: Path, rows: pd.DataFrame, params: Params, args: argparse.Namespace) -> None:
    """Write the record of these metrics."""
    try:
        record = regression.new_record(rows, params, args.confidence, args.late_below)
    except ValueError as error:
        raise UserError(f"no record: {error}") from error
    write_json(path, record)
    print(f"check: {path}: {len(record['metrics'])} metrics on record; began late: {record['late'] or 'none'}")


def _compare(path: Path, rows: pd.DataFrame, record: dict[str, Any], params: Params) -> None:
    """Compare the metrics with the record.

    Raises:
        RunError: a metric deviates.
    """
    known = regression.known(rows, record)
    if known.late.any():
        print(f"check: began late, so its score has no lower limit: {regression.named_seeds(known[known.late])}")
    if found := regression.findings(known, record, params):
        raise RunError("\n  ".join(found))
    print(f"check: all {len(known)} metrics of scale {params.scale} are as expected ({path})")
    pairs = [{*zip(frame.experiment, frame.model, strict=True)} for frame in (rows, known)]
    if others := sorted(pairs[0] - pairs[1]):
        print(f"check: not on record, not checked: {', '.join(f'{name} {model}' for name, model in others)}")


def _recorded(path: Path, params: Params) -> dict[str, Any]:
    """The record, as far as it is of experiments asked for.

    Raises:
        UserError: there is no such record, it is of another scale, of none of the experiments asked for, or of other
            numbers of epochs.
    """
    if not path.is_file():
        there = ", ".join(sorted(record.stem for record in RECORDS.glob("*.json")))
        raise UserError(f"no record of expected metrics for scale {params.scale}; records: {there}")
    record = read_json(path)
    with one_line_errors(path):
        scale, epochs, metrics = record["scale"], record["epochs"], record["metrics"]
        asked = [entry for entry in metrics if entry["experiment"] in params.asked]
    if scale != params.scale:
        raise UserError(f"{path} is of scale {scale}, not {params.scale}")
    if not asked:
        raise UserError(f"{path}: nothing of {', '.join(params.asked)} is on record, only {', '.join(epochs)}")
    for name in {entry["experiment"] for entry in asked}:
        if epochs[name] != params.experiment(name).epochs:
            raise UserError(f"{path}: made from {epochs[name]} epochs of {name}; {MAKE_AGAIN}")
    return record | {"metrics": asked}


if __name__ == "__main__":
    main()
