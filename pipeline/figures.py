"""Plot the figures of a scale from its tables and sheets of images; no model is loaded."""

import argparse
from pathlib import Path

from pipeline.files.errors import UserError
from pipeline.files.formats import one_line_errors, read_arrays, read_csv, read_json
from pipeline.record.manifest import Record
from pipeline.record.runs import MANIFESTS
from pipeline.reporting import plots, plots_evidence, plots_progress
from pipeline.reporting.cells import QUOTED, read_metrics
from pipeline.reporting.extrapolation import extrapolation_plot, outlook
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
    parser.add_argument("--output", type=Path, required=True, help="folder of the svg and png files")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.selected_params(args)
    inputs = [*(args.results / name for name in FRAMES), args.toy, args.oracle, *args.sheets, *args.audits, QUOTED]
    record = Record("figures", inputs, params.presentation())
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
        if found := outlook(validation, params, name):
            plotted[f"extrapolation-{name}"] = extrapolation_plot(found, params, name)
        outputs += _save(plotted, args.output)
    for path in args.audits:
        name = path.parent.parent.name
        plotted = {
            f"variance-{name}": plots_evidence.variance(variance, params, name),
            f"audit-{name}": plots_evidence.audit(read_arrays(path), metrics, params, name),
            f"growth-{name}": plots_evidence.growth(growth, params, name),
        }
        outputs += _save(plotted, args.output)
    for stale in {*args.output.glob("*.svg"), *args.output.glob("*.png")} - set(outputs):
        stale.unlink()  # of another selection of experiments
    record.write(args.output / "manifest.json", outputs)


def _save(figures: dict[str, plots.Figure], folder: Path) -> list[Path]:
    """Write figures under their names, and close them."""
    return [path for name, figure in figures.items() for path in plots.save(figure, folder / name)]


def _by_experiment(paths: list[Path]) -> dict[str, dict[int, tuple[plots.Sheet, int]]]:
    """Read EXPERIMENT/seedN/sheet.npz, each with the epoch of the generator it is from, by experiment and seed."""
    found: dict[str, dict[int, tuple[plots.Sheet, int]]] = {}
    for path in paths:
        seed = path.parent.name.removeprefix("seed")
        if not seed.isdecimal():
            raise UserError(f"{path}: expected a path EXPERIMENT/seedN/sheet.npz")
        manifest = path.parent / MANIFESTS["train"]
        content = read_json(manifest)
        with one_line_errors(manifest):
            epoch = int(content["best_epoch"])
        found.setdefault(path.parent.parent.name, {})[int(seed)] = read_arrays(path), epoch
    return found


if __name__ == "__main__":
    main()
