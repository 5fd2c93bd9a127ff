"""Draw the figures of a scale from its tables and sheets of images; no model is read."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot
from matplotlib.figure import Figure

from pipeline.files.errors import UserError
from pipeline.files.formats import read_arrays, read_csv, read_json, reading, replacing
from pipeline.record.manifest import Record
from pipeline.record.runs import MANIFESTS
from pipeline.reporting import plots as drawing
from pipeline.reporting import plots_evidence as drawing_evidence
from pipeline.reporting import plots_progress as drawing_progress
from pipeline.reporting.cells import read_metrics
from pipeline.runtime import cli

FRAMES = ("metrics.csv", "curves.csv", "validation.csv", "bandwidths.csv", "variance.csv", "growth.csv")
SAME_NATS = 1e-3  # validation.csv is rounded

EXAMPLE = (
    "--scale quick --results results/quick --toy results/quick/toy.csv --oracle results/quick/oracle.csv \\\n"
    "    --sheets runs/quick/mnist/seed0/sheet.npz --audits runs/quick/mnist/audit/sheet.npz \\\n"
    "    --output results/quick/figures"
)


def main() -> None:
    """Command line."""
    parser = cli.parser("figures", __doc__, EXAMPLE)
    cli.add_selection(parser)
    parser.add_argument("--results", type=Path, required=True, help="folder that `table` filled")
    parser.add_argument("--toy", type=Path, required=True, help="csv file of `toy`")
    parser.add_argument("--oracle", type=Path, required=True, help="csv file of `oracle`")
    parser.add_argument("--sheets", type=Path, nargs="+", required=True, help="EXPERIMENT/seedN/sheet.npz of `sample`")
    parser.add_argument("--audits", type=Path, nargs="+", required=True, help="EXPERIMENT/audit/sheet.npz of `audit`")
    parser.add_argument("--output", type=Path, required=True, help="folder of the svg and png files")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.selected_params(args)
    inputs = [*(args.results / name for name in FRAMES), args.toy, args.oracle, *args.sheets, *args.audits]
    record = Record("figures", inputs, params.presentation())
    drawing.style()
    metrics = read_metrics(args.results / FRAMES[0], params)
    curves, validation, bandwidths, variance, growth = (read_csv(args.results / name) for name in FRAMES[1:])
    curves, validation = (frame[frame.scale == params.scale] for frame in (curves, validation))
    outputs = save(drawing.table_plot(metrics, params), args.output / "table1")
    outputs += save(drawing.toy(read_csv(args.toy), params), args.output / "toy")
    outputs += save(drawing_evidence.oracle(read_csv(args.oracle), params), args.output / "oracle")
    for experiment, sheets in _by_experiment(args.sheets).items():
        first = min(sheets)
        sheet, epoch = sheets[first]
        drawn = {
            "samples": drawing.samples(sheet, params, experiment, first, epoch),
            "seeds": drawing_progress.seeds(sheets, params, experiment),
            "interpolation": drawing.interpolation(sheet, params, experiment, first, epoch),
            "bandwidth": drawing.bandwidth_curve(bandwidths, params, experiment),
            "learning": drawing.learning_curves(curves, params, experiment),
            "progress": drawing_progress.progress(metrics, params, experiment),
        }
        if has_two_rules(curves, validation, experiment):
            drawn["rules"] = drawing_progress.rules(curves, validation, params, experiment)
        outputs += _save_all(drawn, args.output, experiment)
    for path in args.audits:
        experiment = path.parent.parent.name
        drawn = {
            "variance": drawing_evidence.variance(variance, params, experiment),
            "audit": drawing_evidence.audit(read_arrays(path), metrics, params, experiment),
            "growth": drawing_evidence.growth(growth, params, experiment),
        }
        outputs += _save_all(drawn, args.output, experiment)
    for stale in {*args.output.glob("*.svg"), *args.output.glob("*.png")} - set(outputs):
        stale.unlink()  # of another selection of experiments
    record.write(args.output / "manifest.json", outputs)


def _by_experiment(sheets: list[Path]) -> dict[str, dict[int, tuple[dict[str, np.ndarray], int]]]:
    """By experiment and seed, the arrays of a sheet and the epoch of the generator that drew it."""
    found: dict[str, dict[int, tuple[dict[str, np.ndarray], int]]] = {}
    for path in sheets:
        experiment, seed = _place(path)
        manifest = path.parent / MANIFESTS["train"]
        content = read_json(manifest)
        with reading(manifest):
            found.setdefault(experiment, {})[seed] = (read_arrays(path), int(content["best_epoch"]))
    return found


def has_two_rules(curves: pd.DataFrame, validation: pd.DataFrame, experiment: str) -> bool:
    """Whether training followed other measurements (curves.csv) than those of the plan's rule (validation.csv)."""
    followed = curves[curves.experiment == experiment].set_index(["seed", "epoch"]).validation_log_likelihood.dropna()
    best = validation[validation.experiment == experiment].groupby(["seed", "epoch"]).log_likelihood.max()
    both = pd.concat([followed.rename("one"), best.rename("other")], axis=1).dropna()
    return len(both) > 0 and float((both.one - both.other).abs().max()) > SAME_NATS


def _save_all(figures: dict[str, Figure], folder: Path, experiment: str) -> list[Path]:
    """Write an experiment's figures under the names of their kinds."""
    return [path for kind, figure in figures.items() for path in save(figure, folder / f"{kind}-{experiment}")]


def _place(sheet: Path) -> tuple[str, int]:
    """Experiment and seed from EXPERIMENT/seedN/sheet.npz."""
    seed = sheet.parent.name.removeprefix("seed")
    if not seed.isdecimal():
        raise UserError(f"{sheet}: want a path EXPERIMENT/seedN/sheet.npz")
    return sheet.parent.parent.name, int(seed)


def save(figure: Figure, path: Path) -> list[Path]:
    """Write svg and png; the same figure gives the same bytes."""
    paths = [path.with_suffix(".svg"), path.with_suffix(".png")]
    for target, metadata in zip(paths, ({"Date": None}, {"Software": None}), strict=True):
        with replacing(target) as temporary:
            figure.savefig(temporary, format=target.suffix[1:], dpi=200, metadata=metadata)
    pyplot.close(figure)
    return paths


if __name__ == "__main__":
    main()
