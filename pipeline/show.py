"""Print a scale's results for a terminal: the table, two sentences, the path of the page."""

import argparse
import shutil
import textwrap
from pathlib import Path

import pandas as pd
import tabulate

from pipeline.claims.tables import scoreboard, summary
from pipeline.config.params import Params
from pipeline.files.formats import read_csv
from pipeline.record.places import RESULTS
from pipeline.reporting.cells import read_metrics
from pipeline.reporting.evidence import audit_sentences
from pipeline.reporting.tables import caption, parts
from pipeline.reporting.verdicts import sentences
from pipeline.runtime import cli

MOST_COLUMNS = 100  # of text: longer lines are hard to read
LEAST_COLUMNS = 40


def main() -> None:
    """Command line."""
    parser = cli.parser("show", __doc__, "--scale quick")
    cli.add_selection(parser)
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of all results; default: %(default)s")
    parser.add_argument("--claims", action="store_true", help="show the claims instead of Table 1")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.selected_params(args)
    folder = args.results / params.scale
    print(f"\n{claims(folder / 'claims') if args.claims else results(folder, params)}")


def results(folder: Path, params: Params) -> str:
    """Return Table 1, the first sentence of our score and of its baselines, and where the report is."""
    metrics, table = read_metrics(folder / "metrics.csv", params), read_csv(folder / "table1.csv").fillna("")
    said = [*sentences(metrics, params)[:1], *audit_sentences(metrics, params)[:1]]
    title, ours = caption(params).replace("`", ""), next(iter(parts(table).values()))
    return "\n\n".join([wrapped(title), fitted(ours), *map(wrapped, said), f"Report: {folder}/report.html"])


def claims(folder: Path) -> str:
    """Return how many claims are read how, in a table and a sentence, the claims that do not hold, and the page."""
    read = read_csv(folder / "claims.csv")
    papers = read[read.kind == "paper"][["says", "reading"]].rename(columns={"says": "the paper's claim"})
    counted = fitted(scoreboard(read))
    return "\n\n".join([fitted(papers), counted, wrapped(summary(read)), f"Page: {folder}/claims.html"])


def _width() -> int:
    return max(min(shutil.get_terminal_size().columns, MOST_COLUMNS), LEAST_COLUMNS)


def wrapped(text: str) -> str:
    """Return a paragraph in lines as wide as the terminal."""
    return textwrap.fill(text, _width())


def fitted(table: pd.DataFrame) -> str:
    """Return a table as wide as the terminal: cells break into lines, the first column takes half at most."""
    used = table.loc[:, table.astype(str).ne("").any()]
    natural = [max(map(len, [name, *used[name].astype(str)])) for name in used]
    room = _width() - 2 * (len(natural) - 1)
    widths = [min(natural[0], room // 2)]
    for place, width in enumerate(natural[1:], start=1):
        widths.append(max(min(width, (room - sum(widths)) // (len(natural) - place)), 8))
    limits = {"maxcolwidths": widths, "maxheadercolwidths": widths}
    before, tabulate.MIN_PADDING = tabulate.MIN_PADDING, 0  # of headers: they would be wider than their columns
    try:
        return tabulate.tabulate(used.to_numpy().tolist(), list(used), "simple", disable_numparse=True, **limits)
    finally:
        tabulate.MIN_PADDING = before


if __name__ == "__main__":
    main()
