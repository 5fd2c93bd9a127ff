"""Compare the GAN with other models under the Parzen estimate and annealed importance sampling: tables, figures."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.files.errors import UserError
from pipeline.files.formats import read_arrays, read_csv, write_compressed, write_csv, write_text
from pipeline.record.manifest import Record
from pipeline.record.runs import AIS, AIS_IMAGES, METRICS, SHEET, Run
from pipeline.reporting import plots, plots_comparison
from pipeline.reporting.cells import QUOTED
from pipeline.reporting.comparison import FILES, comparison_markdown
from pipeline.reporting.evidence import REAL
from pipeline.reporting.gather import Frames, tidy
from pipeline.reporting.page import with_passages
from pipeline.reporting.told_apart import tests_of
from pipeline.runtime import cli

SHEETS, SHOWN = "sheets.npz", 8  # images of each model, and how many

EXAMPLE = """--scale cpu --ais runs/cpu/mnist/seed0 runs/cpu/mnist/audit runs/cpu/vae-1x500/seed0 \\
    --runs runs/cpu/vae-1x500/seed0 --output results/cpu/comparison"""


def main() -> None:
    """Command line."""
    parser = cli.parser("compare", __doc__, EXAMPLE)
    cli.add_params(parser)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--ais", type=Path, nargs="+", help="folders that `ais` filled, in the order of the tables")
    source.add_argument(
        "--gathered", type=Path, help="folder of csv files and sheets.npz that this command wrote, instead of --ais"
    )
    parser.add_argument("--runs", type=Path, nargs="*", default=[], help="folders RIVAL/seedN of scored runs")
    parser.add_argument("--output", type=Path, required=True, help="folder of tables and figures")
    parser.add_argument("--page", type=Path, help="page whose passage `comparison` is replaced")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.params(args)
    for run in args.runs:
        Run(run, params.model(run.parent.name), "evaluate")  # whole, and of the present settings
    frames = _frames(args)
    _check(frames, params.scale)
    sheets = read_arrays(args.gathered / SHEETS) if args.gathered else _sheets(args.ais)
    inputs = [args.gathered / name for name in (*FILES, SHEETS)] if args.gathered else _measured(args.ais, args.runs)
    record = Record("compare", [*inputs, QUOTED], params.compared_models())
    for name, frame in frames.items():
        write_csv(args.output / name, frame)
    write_compressed(args.output / SHEETS, **sheets)
    text = comparison_markdown(frames, params)
    write_text(args.output / "comparison.md", text + "\n")
    plots.style()
    drawn = plots.save(plots_comparison.comparison(frames["ais.csv"], params), args.output / "comparison")
    drawn += plots.save(plots_comparison.samples(sheets, frames["ais.csv"], params), args.output / "samples")
    outputs = [*(args.output / name for name in (*FILES, SHEETS)), args.output / "comparison.md", *drawn]
    record.write(args.output / "comparison.manifest.json", outputs)
    if args.page is not None:
        page = args.page.read_text(encoding="utf-8")
        write_text(args.page, with_passages(page, {"comparison": text}, args.page))


def _frames(args: argparse.Namespace) -> Frames:
    """Read the tables of --gathered, or put them together from the folders of --ais and --runs."""
    if args.gathered:
        return {name: tidy(read_csv(args.gathered / name)) for name in FILES}
    ais, images = (pd.concat([read_csv(folder / name) for folder in args.ais]) for name in (AIS, AIS_IMAGES))
    metrics = [read_csv(run / METRICS) for run in args.runs] or [pd.DataFrame()]
    told = tests_of(read_csv(path) for path in _scored(args.ais, args.runs))
    return dict(zip(FILES, map(tidy, (ais, images, pd.concat(metrics), told)), strict=True))


def _scored(folders: list[Path], runs: list[Path]) -> list[Path]:
    """Return the scores of runs and of audits; a generator that was measured alone has none."""
    return [path for folder in dict.fromkeys((*folders, *runs)) if (path := folder / METRICS).is_file()]


def _measured(folders: list[Path], runs: list[Path]) -> list[Path]:
    """Return the files that are read of measured folders and scored runs."""
    files = [folder / name for folder in folders for name in (AIS, AIS_IMAGES)]
    sheets = [folder / SHEET for folder in folders if (folder / SHEET).is_file()]
    return files + sheets + _scored(folders, runs)


def _sheets(folders: list[Path]) -> dict[str, np.ndarray]:
    """Return the first images of each model, and training images, as bytes; a model without a sheet is left out."""
    sheets: dict[str, np.ndarray] = {}
    for folder in folders:
        if (folder / SHEET).is_file():
            model, sheet = read_csv(folder / AIS).model[0], read_arrays(folder / SHEET)
            if model in sheet:  # an audit's, of many models
                sheets |= {name: sheet[name][:SHOWN] for name in (model, REAL)}
            else:  # a run's
                draws = sheet["draws"].reshape(-1, sheet["draws"].shape[-1])
                sheets[model] = (255 * draws[:SHOWN].clip(0, 1)).round().astype(np.uint8)
    return sheets


def _check(frames: Frames, scale: str) -> None:
    """Raise a UserError where rows are of another scale, or models were measured twice or on different images."""
    for name, frame in frames.items():
        others = set(frame.scale) - {scale} if len(frame) else set()
        if others:
            raise UserError(
                f"{name}: of scale {', '.join(sorted(others))}, not {scale}; name the right one with --scale"
            )
    images = frames["ais_images.csv"]
    twice = images[images.duplicated(["model", "chosen_by", "image"])].model.unique()
    if len(twice):
        raise UserError(f"{', '.join(twice)}: measured more than once; name one folder per model with --ais")
    if frames["rivals.csv"].duplicated().any():
        raise UserError("--runs names a run more than once; name each once")
    measured = images.groupby(["model", "chosen_by"]).image.agg(frozenset)
    if measured.nunique() > 1:
        sizes = {f"{model}: {len(found)}" for (model, _), found in measured.items()}
        raise UserError(
            f"models measured on different test images ({', '.join(sorted(sizes))}); run `ais` again for all"
        )


if __name__ == "__main__":
    main()
