"""Write the report of a scale: table, figures and provenance in one HTML file that opens offline."""

import argparse
from pathlib import Path
from typing import Any

from pipeline.claims.gather import fit
from pipeline.claims.tables import part
from pipeline.config.params import Params
from pipeline.files.formats import read_csv, read_json, write_text
from pipeline.record.manifest import Record
from pipeline.reporting.captions import CAPTIONS
from pipeline.reporting.cells import QUOTED, read_metrics
from pipeline.reporting.evidence import evidence, read_evidence
from pipeline.reporting.linked import lines, linked_to, quoted_table, seeds_table, sourced, table1
from pipeline.reporting.page import EMBEDDED, embedded, render
from pipeline.reporting.provenance import Manifests, facts, read_manifests, recipes
from pipeline.reporting.scorecard import read_frames, scorecard, sentence
from pipeline.reporting.sources import variance_table
from pipeline.reporting.tables import caption
from pipeline.runtime import cli

EXAMPLE = """--scale quick --results results/quick --runs runs/quick/mnist/seed0 runs/quick/mnist/seed1 \\
    --data data/raw/mnist/manifest.json data/prepared/mnist.manifest.json --output results/quick/report.html"""


def main() -> None:
    """Command line."""
    parser = cli.parser("report", __doc__, EXAMPLE)
    cli.add_selection(parser)
    parser.add_argument("--results", type=Path, required=True, help="folder that `table` and `figures` filled")
    parser.add_argument("--runs", type=Path, nargs="+", required=True, help="folders of the runs in the table")
    parser.add_argument("--data", type=Path, nargs="+", default=[], help="manifests of `download` and `prepare`")
    parser.add_argument(
        "--published",
        type=Path,
        help="folder of published results, to find toys, oracle and what the claims were read from there",
    )
    parser.add_argument("--claims", type=Path, help="folder that `claims` filled, to be shown too")
    parser.add_argument("--command", default="python -m pipeline.report", help="what made the results, to be printed")
    parser.add_argument("--output", type=Path, required=True, help="the html file to write")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.selected_params(args)
    made_from = [args.results / "table.manifest.json", args.results / "figures" / "manifest.json", QUOTED]
    record, manifest = Record("report", made_from, params.presentation()), args.output.with_suffix(".manifest.json")
    claims = args.claims if args.claims and fit(args.claims, params) else None
    scored = [claims] if claims else []
    if args.published:  # there claims may be of another scale; what was made of them again is beside the tables
        scored = [args.published / "claims", args.results / "claims"]
    found = read_manifests(args.results, args.published or args.results, args.runs, args.data, scored)
    made = Manifests(found | {manifest: record.content([])})
    page = render(
        "report.html.j2",
        scale=params.scale,
        is_real=params.is_real,
        caption=caption(params),
        **_numbers(args, params, made),
        **_results(args, params, claims, made),
        recipes=recipes(args.runs),
        facts=facts(params, made),
        made=made,
        quoted=quoted_table(),
        command=args.command,
    )
    write_text(args.output, page)
    record.write(manifest, [args.output])


def _numbers(args: argparse.Namespace, params: Params, made: Manifests) -> dict[str, Any]:
    """Return tables and sentences."""
    frames = read_evidence(args.results, (args.published or args.results) / "oracle.csv")
    variance = variance_table(frames["variance.csv"], params).rename(columns={"": "data"})
    return {
        "table1": table1(read_csv(args.results / "table1.csv").fillna(""), params, made),
        "said": sourced(evidence(frames, params), made),
        "variance": linked_to(made.links("table"), variance),
        "seeds": seeds_table(read_metrics(args.results / "metrics.csv", params), made),
    }


def _results(args: argparse.Namespace, params: Params, claims: Path | None, made: Manifests) -> dict[str, Any]:
    """Return the scorecard, the figures and the claims that it leads to."""
    pictures, sections = figures(args.results / "figures", params), claimed(claims, params, made) if claims else []
    places = {picture["id"] for found in pictures.values() for picture in found} | {one["id"] for one in sections}
    if args.published:
        frames = read_frames(args.published, args.results / "claims")
    else:  # nothing that is of no scale, or does not fit
        left_out = {"cifar10"} if claims else {"cifar10", "claims.csv"}
        frames = read_frames(args.results, args.results / "claims")
        frames = {name: frame for name, frame in frames.items() if name not in left_out}
    results = scorecard(frames, params)
    shown = {"counted": sentence(results), "scorecard": lines(results, places, made)}
    return shown | {"figures": pictures, "claims": sections}


def claimed(folder: Path, params: Params, made: Manifests) -> list[dict[str, Any]]:
    """Return the sections of the claims; their numbers lead to the manifest of what read them."""
    read, numbers = made.links("claims", "/claims"), ("number", f"{params.confidence:.0%} interval")
    plotted = made.links("claims", "/figures")
    return [
        section | {"table": linked_to(read, section["table"], numbers), "plotted": plotted}
        for section in part(folder, params)
    ]


def figures(folder: Path, params: Params) -> dict[str, list[dict[str, str]]]:
    """Return the SVG and GIF files that `figures` wrote, with captions, by section, in the order of CAPTIONS."""
    found: dict[str, list[dict[str, str]]] = {kind: [] for kind in CAPTIONS}
    for path in map(Path, read_json(folder / "manifest.json")["outputs"]):
        if path.suffix in EMBEDDED:
            kind, _, experiment = path.stem.partition("-")
            title = f"{params.experiment(experiment).label}. " if experiment else ""
            found[kind].append(embedded(folder / path, title + CAPTIONS[kind].text, title + CAPTIONS[kind].alt))
    sections: dict[str, list[dict[str, str]]] = {about.section: [] for about in CAPTIONS.values()}
    for kind, pictures in found.items():
        sections[CAPTIONS[kind].section] += pictures
    return sections


if __name__ == "__main__":
    main()
