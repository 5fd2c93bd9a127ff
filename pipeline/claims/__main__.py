"""Judge the paper's claims from their experiments: tables, figures and a page.

The toys' tables must already be in the output folder; measures and curves are gathered from the runs.
"""

import argparse
from pathlib import Path

from pipeline.claims.files import OF_MNIST, OF_RUNS, OF_TOYS, READ
from pipeline.claims.gather import gather_claims
from pipeline.claims.sections import PLOTS, read_all, scale_of
from pipeline.claims.tables import markdown, part, scale_in_words
from pipeline.config.params import Params, load
from pipeline.files.errors import UserError
from pipeline.files.formats import read_csv, write_csv, write_text
from pipeline.record.manifest import Record
from pipeline.reporting.gather import Frames
from pipeline.reporting.page import render
from pipeline.reporting.plots import label_scale, save, style
from pipeline.runtime import cli

EXAMPLE = """--scale quick --runs runs/quick/mnist-code/seed0 runs/quick/mnist-code/seed1 ... \\
    --output results/quick/claims"""


def main() -> None:
    """Command line."""
    parser = cli.parser("claims", __doc__, EXAMPLE)
    cli.add_params(parser)
    parser.add_argument("--variants", nargs="*", help="those that were trained; default: as in params.yaml")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--runs", type=Path, nargs="+", help="folders EXPERIMENT/seedN of measured runs")
    source.add_argument("--gathered", type=Path, help="folder of published csv files, instead of runs and toys")
    parser.add_argument("--output", type=Path, required=True, help="folder of the toys' tables, and of the results")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = load(args.params, args.scale, variants=args.variants)
    folder = args.gathered or args.output
    names = [f"{name}.csv" for name in (*OF_TOYS, *OF_MNIST, *(OF_RUNS if args.gathered else ()))]
    frames = {name: read_csv(folder / name) for name in names}
    if args.runs:
        frames |= gather_claims(args.runs, params, args.output)
    _check_scale(frames, params, folder)
    claims = read_all(frames, params)
    for name in [f"{name}.csv" for name in OF_RUNS]:
        write_csv(args.output / name, frames[name])
    write_csv(args.output / "claims.csv", claims)
    write_text(args.output / "claims.md", markdown(claims, params))
    drawn = plot_all(frames, params, args.output / "figures")
    about = {"scale": scale_in_words(frames["measures.csv"], params), "is_real": params.is_real}
    sections = part(args.output, params)
    titles = {section["id"]: section["title"] for section in sections}
    write_text(args.output / "claims.html", render("claims.html.j2", claims=sections, titles=titles, **about))
    record = Record("claims", [folder / name for name in names], params.compared())
    made = ("claims.csv", "claims.md", "claims.html", *(f"{name}.csv" for name in OF_RUNS))
    record.write(args.output / READ, [args.output / name for name in made])
    record.write(args.output / "figures" / "manifest.json", drawn)


def _check_scale(frames: Frames, params: Params, folder: Path) -> None:
    of_others = () if params.claims.is_whole else ("memorised.csv", "growth.csv")  # beside some variants: published
    for name, frame in frames.items():
        if name not in of_others and "scale" in frame and set(frame.scale) != {params.scale}:
            raise UserError(f"{folder / name}: of scale {', '.join(sorted(set(frame.scale)))}, not {params.scale}")


def plot_all(frames: Frames, params: Params, folder: Path) -> list[Path]:
    """Plot every figure and write its files."""
    style()
    paths = []
    for name, picture in PLOTS.items():
        paths += save(label_scale(picture.plot(frames, params), params, scale_of(name, frames, params)), folder / name)
    return paths


if __name__ == "__main__":
    main()
