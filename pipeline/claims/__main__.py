"""Read what the paper claims off its experiments: tables, figures and a page.

The toys' tables lie in the output folder already; measures and curves are gathered from the runs.
"""

import argparse
from pathlib import Path

import pandas as pd

from pipeline.claims.claim import Frames
from pipeline.claims.files import OF_MNIST, OF_RUNS, OF_TOYS
from pipeline.claims.gather import gather_claims
from pipeline.claims.page import part
from pipeline.claims.read import read_all
from pipeline.claims.sections import MORE, SECTIONS
from pipeline.claims.tables import shown
from pipeline.claims.trained import seeds_of
from pipeline.config.params import Params
from pipeline.files.errors import UserError
from pipeline.files.formats import read_csv, write_csv, write_text
from pipeline.record.manifest import Record
from pipeline.reporting.page import render
from pipeline.reporting.plots import save, style
from pipeline.runtime import cli

EXAMPLE = """--scale quick --runs runs/quick/mnist-code/seed0 runs/quick/mnist-code/seed1 ... \\
    --output results/quick/claims"""


def main() -> None:
    """Command line."""
    parser = cli.parser("claims", __doc__, EXAMPLE)
    cli.add_params(parser)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--runs", type=Path, nargs="+", help="folders EXPERIMENT/seedN of measured runs")
    source.add_argument("--gathered", type=Path, help="folder of published csv files, in place of runs and toys")
    parser.add_argument("--output", type=Path, required=True, help="folder of the toys' tables, and of what is made")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    record = Record("claims")
    params = cli.params(args)
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
    drawn = figures(frames, params, args.output / "figures")
    text = render(
        "claims.html.j2",
        scale=params.scale,
        entry=params.claims,
        n_seeds=seeds_of(frames),
        is_real=params.is_real,
        claims=part(args.output, params),
    )
    write_text(args.output / "claims.html", text)
    made = ("claims.csv", "claims.md", "claims.html", *(f"{name}.csv" for name in OF_RUNS))
    record.write(
        args.output / "claims.manifest.json",
        inputs=[folder / name for name in names],
        outputs=[args.output / name for name in made],
        settings=params.compared(),
    )
    manifest = args.output / "figures" / "manifest.json"
    record.write(manifest, inputs=[folder / name for name in names], outputs=drawn, settings=params.compared())


def _check_scale(frames: Frames, params: Params, folder: Path) -> None:
    for name, frame in frames.items():
        if "scale" in frame and set(frame.scale) != {params.scale}:
            raise UserError(f"{folder / name}: of scale {', '.join(sorted(set(frame.scale)))}, not {params.scale}")


def markdown(claims: pd.DataFrame, params: Params) -> str:
    """All claims as Markdown."""
    confidence = params.confidence
    parts = [f"Scale `{params.scale}`."]
    for name, section in SECTIONS.items():
        table = shown(claims, name, confidence).to_markdown(index=False)
        parts.append(f"## {section.title} ({section.source})\n\n{table}")
    return "\n\n".join(parts) + "\n"


def figures(frames: Frames, params: Params, folder: Path) -> list[Path]:
    """Draw and write every figure."""
    style()
    drawn = {section.figure: section.draw for section in SECTIONS.values()}
    drawn |= {name: draw for name, (draw, *_) in MORE.items()}
    return [path for name, draw in drawn.items() for path in save(draw(frames, params), folder / name)]


if __name__ == "__main__":
    main()
