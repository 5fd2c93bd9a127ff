"""Draw the figures of a scale from its tables and sample sheets; no model is read."""

import argparse
from pathlib import Path

from matplotlib import pyplot
from matplotlib.figure import Figure

from pipeline import cli, drawing
from pipeline.errors import UserError
from pipeline.io import read_arrays, read_csv, replacing
from pipeline.provenance import Record
from pipeline.summary import read_metrics

EXAMPLE = (
    "--scale quick --results results/quick --toy results/quick/toy.csv \\\n"
    "    --sheets runs/quick/mnist/seed0/sheet.npz --output results/quick/figures"
)


def main() -> None:
    """Command line."""
    parser = cli.parser("figures", __doc__, EXAMPLE)
    cli.add_selection(parser)
    parser.add_argument("--results", type=Path, required=True, help="folder that `table` filled")
    parser.add_argument("--toy", type=Path, required=True, help="csv file of `toy`")
    parser.add_argument("--sheets", type=Path, nargs="+", required=True, help="EXPERIMENT/seedN/sheet.npz of `sample`")
    parser.add_argument("--output", type=Path, required=True, help="folder of the svg and png files")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    record = Record("figures")
    params = cli.selected_params(args)
    drawing.style()
    names = ("metrics.csv", "curves.csv", "bandwidths.csv")
    metrics = read_metrics(args.results / names[0], params)
    curves, bandwidths = (read_csv(args.results / name) for name in names[1:])
    outputs = save(drawing.table_plot(metrics, params), args.output / "table1")
    outputs += save(drawing.toy(read_csv(args.toy), params), args.output / "toy")
    for path in args.sheets:
        experiment, seed = _place(path)
        sheet = read_arrays(path)
        drawn = {
            "samples": drawing.samples(sheet, params, experiment, seed),
            "interpolation": drawing.interpolation(sheet, params, experiment, seed),
            "bandwidth": drawing.bandwidth_curve(bandwidths, params, experiment),
            "learning": drawing.learning_curves(curves, params, experiment),
        }
        for kind, figure in drawn.items():
            outputs += save(figure, args.output / f"{kind}-{experiment}")
    for stale in {*args.output.glob("*.svg"), *args.output.glob("*.png")} - set(outputs):
        stale.unlink()  # of another selection of experiments
    inputs = [*(args.results / name for name in names), args.toy, *args.sheets]
    record.write(args.output / "manifest.json", inputs, outputs, settings=params.presentation())


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
