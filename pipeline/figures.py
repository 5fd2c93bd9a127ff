"""Plot the figures of a scale from its tables and sheets of images; no model is loaded."""

import argparse
from pathlib import Path

import pandas as pd

from pipeline.config.params import Params
from pipeline.files.errors import UserError
from pipeline.files.formats import one_line_errors, read_arrays, read_csv, read_json
from pipeline.record.manifest import Record
from pipeline.record.runs import MANIFESTS, PICTURES
from pipeline.reporting import plots, plots_evidence, plots_progress
from pipeline.reporting.cells import QUOTED, read_metrics
from pipeline.reporting.extrapolation import extrapolation_plot, outlook
from pipeline.reporting.plots_training import Course, save_course
from pipeline.runtime import cli

EXAMPLE = (
    "--scale quick --results results/quick --toy results/quick/toy.csv --oracle results/quick/oracle.csv \\\n"
    "    --sheets runs/quick/mnist/seed0/sheet.npz --audits runs/quick/mnist/audit/sheet.npz \\\n"
    "    --output results/quick/figures"
)

FRAMES = ("metrics.csv", "curves.csv", "validation.csv", "bandwidths.csv", "variance.csv", "growth.csv")


def main() -> None:
    """Command line."""
    parser = cli.parser("figures", __doc__, EXAMPLE)
    cli.add_selection(parser)
    parser.add_argument("--results", type=Path, required=True, help="folder that `table` filled")
    parser.add_argument("--toy", type=Path, required=True, help="csv file of `toy`")
    parser.add_argument("--oracle", type=Path, required=True, help="csv file of `oracle`")
    parser.add_argument("--sheets", type=Path, nargs="+", required=True, help="EXPERIMENT/seedN/sheet.npz of `sample`")
    parser.add_argument("--audits", type=Path, nargs="+", required=True, help="EXPERIMENT/audit/sheet.npz of `audit`")
    parser.add_argument("--output", type=Path, required=True, help="folder of the svg, png and gif files")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params, pictures = cli.selected_params(args), _pictures(args.sheets)
    inputs = [*(args.results / name for name in FRAMES), args.toy, args.oracle, *args.sheets, *args.audits, QUOTED]
    record = Record("figures", [*inputs, *pictures.values()], params.presentation())
    plots.style()
    metrics = read_metrics(args.results / FRAMES[0], params)
    curves, validation, bandwidths, variance, growth = (read_csv(args.results / name) for name in FRAMES[1:])
    curves, validation = (frame[frame.scale == params.scale] for frame in (curves, validation))
    general = {
        "table1": plots.table_plot(metrics, params),
        "toy": plots.toy(read_csv(args.toy), params),
        "oracle": plots_evidence.oracle(read_csv(args.oracle), params),
    }
    outputs = _save(general, args.output)
    for name, sheets in _by_experiment(args.sheets).items():
        first = min(sheets)
        sheet, epoch = sheets[first]
        plotted = {
            f"samples-{name}": plots.samples(sheet, params, name, first, epoch),
            f"seeds-{name}": plots_progress.seeds(sheets, params, name),
            f"interpolation-{name}": plots.interpolation(sheet, params, name, first, epoch),
            f"bandwidth-{name}": plots.bandwidth_curve(bandwidths, params, name),
            f"learning-{name}": plots.learning_curves(curves, params, name),
            f"progress-{name}": plots_progress.progress(metrics, params, name),
        }
        if plots_progress.has_two_rules(curves, validation, name):
            plotted[f"rules-{name}"] = plots_progress.rules(curves, validation, params, name)
        if found := outlook(validation, metrics, params, name):
            plotted[f"extrapolation-{name}"] = extrapolation_plot(found, params, name)
        outputs += _save(plotted, args.output)
    for name, path in pictures.items():
        outputs += save_course(_course(path, params, name), args.output, name)
    for path in args.audits:
        outputs += _save(_evidence(path, metrics, variance, growth, params), args.output)
    for stale in {path for kind in ("svg", "png", "gif") for path in args.output.glob(f"*.{kind}")} - set(outputs):
        stale.unlink()  # of another selection of experiments
    record.write(args.output / "manifest.json", outputs)


def _evidence(
    path: Path, metrics: pd.DataFrame, variance: pd.DataFrame, growth: pd.DataFrame, params: Params
) -> dict[str, plots.Figure]:
    """Return the figures of what the score of an experiment is worth, whose audit's sheet.npz is at a path."""
    name = path.parent.parent.name
    return {
        f"variance-{name}": plots_evidence.variance(variance, params, name),
        f"audit-{name}": plots_evidence.audit(read_arrays(path), metrics, params, name),
        f"growth-{name}": plots_evidence.growth(growth, params, name),
    }


def _save(figures: dict[str, plots.Figure], folder: Path) -> list[Path]:
    """Write figures under their names, and close them."""
    return [path for name, figure in figures.items() for path in plots.save(figure, folder / name)]


def _course(path: Path, params: Params, experiment: str) -> Course:
    """Return what a run's pictures.npz shows of its training."""
    entry = params.experiment(experiment)
    shape, title = params.dataset(entry.dataset).shape, f"{entry.label}, seed {_seed(path)}"
    return Course(read_arrays(path), shape, title, plots.scale_text(params))


def _pictures(sheets: list[Path]) -> dict[str, Path]:
    """Return, by experiment, the pictures that its first seed recorded in training, where they are beside its sheet."""
    first: dict[str, Path] = {}
    for path in sorted(sheets, key=_seed):
        first.setdefault(path.parent.parent.name, path.with_name(PICTURES))
    return {name: path for name, path in first.items() if path.is_file()}


def _seed(path: Path) -> int:
    """Return the seed of a file of a run, from its folder."""
    seed = path.parent.name.removeprefix("seed")
    if not seed.isdecimal():
        raise UserError(f"{path}: expected a path EXPERIMENT/seedN/{path.name}")
    return int(seed)


def _by_experiment(paths: list[Path]) -> dict[str, dict[int, tuple[plots.Sheet, int]]]:
    """Read EXPERIMENT/seedN/sheet.npz, each with the epoch of the generator it is from, by experiment and seed."""
    found: dict[str, dict[int, tuple[plots.Sheet, int]]] = {}
    for path in paths:
        manifest = path.parent / MANIFESTS["train"]
        content = read_json(manifest)
        with one_line_errors(manifest):
            epoch = int(content["best_epoch"])
        found.setdefault(path.parent.parent.name, {})[_seed(path)] = read_arrays(path), epoch
    return found


if __name__ == "__main__":
    main()
