"""The report's tables: each number leads to the manifest of the stage that made it, or to its source."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import pandas as pd

from pipeline.config.params import Params
from pipeline.reporting.cells import columns, quoted
from pipeline.reporting.claimed import CLAIMS_PAGE, FIGURES_AT
from pipeline.reporting.paper import Result
from pipeline.reporting.provenance import Link, Manifests
from pipeline.reporting.tables import AUDIT_CAPTION, LATER_CAPTION, OURS, every_seed, parts

QUOTED_NUMBERS = Link("", "#quoted", "quoted", "quoted; its source is listed under Quoted numbers")
SECTIONS = ("table 1", "later", "audit")  # of quoted.csv
OF_SEEDS = ("nats", "SE", "bandwidth")  # columns of `every_seed` that are measurements
STAGES = {name: name for name in ("audit", "growth", "oracle")}  # what sentences are about, where not the table's
TABLE_PAGE, GAME = "docs/evidence.md", "figure-toy"  # where the scorecard finds Table 1; Figure 1, read off claims
Target = Callable[[pd.Series, str], Link | None]  # of a row and a column


def sourced(said: Mapping[str, list[str]], made: Manifests) -> dict[str, list[tuple[str, list[Link]]]]:
    """Return sentences by what they are about, those with numbers with the ways to what measured them."""
    return {
        about: [(text, made.links(STAGES.get(about, "table")) if _has_number(text) else []) for text in sentences]
        for about, sentences in said.items()
    }


def linked(frame: pd.DataFrame, target: Target) -> pd.DataFrame:
    """Return a table whose cells with digits are links, the first column apart, which names the rows."""
    cells = frame.astype(object)
    for column in frame.columns[1:]:
        links = [target(row, column) for _, row in frame.iterrows()]
        cells[column] = [_cell(value, link) for value, link in zip(frame[column], links, strict=True)]
    return cells


def _cell(value: object, link: Link | None) -> object:
    text = str(value)
    return link.showing(text) if link and _has_number(text) else value


def _has_number(text: str) -> bool:
    return any(letter.isdigit() for letter in text)


@dataclass(frozen=True)
class Line:
    """A line of the scorecard: a result, its place on this page or else the file that shows it, what was found, and
    the way to what made its number."""

    result: Result
    place: str
    file: str
    found: str
    made_by: list[Link]


def lines(results: list[Result], places: set[str], made: Manifests) -> list[Line]:
    """Return the scorecard as the report shows it; claims that were not run are named so.

    Args:
        places: ids of figures and of the claims' sections on the page.
    """
    return [_line(result, places, made) for result in results]


def _line(result: Result, places: set[str], made: Manifests) -> Line:
    page, _, heading = result.link.partition("#")
    figure = f"figure-{PurePosixPath(page).stem}" if page.startswith(FIGURES_AT) else heading
    place = "table-1" if page == TABLE_PAGE else figure if figure in places else ""
    is_claim, found = page == CLAIMS_PAGE or figure == GAME, result.found
    if is_claim and result.outcome == "not attempted":
        found = "the claims were not run at this scale; the target `claims` runs them"
    made_by = made.links("claims", "/claims") if is_claim else made.links("table")
    return Line(result, place, page, found, made_by if result.scale else [])


@dataclass(frozen=True)
class Table1:
    """Table 1: the paper's rows with ours, what is known of ours, and the other parts by caption."""

    rows: pd.DataFrame
    details: pd.DataFrame
    others: dict[str, pd.DataFrame]


def table1(table: pd.DataFrame, params: Params, made: Manifests) -> Table1:
    """Split table1.csv and link its numbers: quoted ones to their sources, scores of baselines to their audit."""
    first, *rest = parts(table).items()
    names = {title: name for name, title in columns(params).items()}
    gathered = _only(made.links("table"))

    def papers(row: pd.Series, _: str) -> Link | None:
        return gathered if row.Model == OURS else QUOTED_NUMBERS

    def audited(_: pd.Series, title: str) -> Link | None:
        return _only(made.links("audit", f"/{names[title]}/audit")) or gathered

    targets: dict[str, Target] = {AUDIT_CAPTION: audited, LATER_CAPTION: lambda *_: QUOTED_NUMBERS}
    is_detail = first[1].Model.str.startswith("ours:")
    details = first[1][is_detail].assign(Model=lambda rows: rows.Model.str.removeprefix("ours: "))
    return Table1(
        linked(first[1][~is_detail], papers),
        linked(_without_empty(details), lambda *_: gathered),
        {title: linked(part, targets.get(title, lambda *_: gathered)) for title, part in rest},
    )


def linked_to(links: list[Link], frame: pd.DataFrame, columns: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return a table whose numbers, or those of some columns, lead to the first of the links, where there is one."""
    link = _only(links)
    return linked(frame, lambda _, column: link if not columns or column in columns else None)


def _only(links: list[Link]) -> Link | None:
    return links[0] if links else None


def _without_empty(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.loc[:, (frame != "").any()]


def seeds_table(metrics: pd.DataFrame, made: Manifests) -> pd.DataFrame:
    """Return every seed's scores, each with the way to the manifest of its run."""

    def of_run(row: pd.Series, column: str) -> Link | None:
        return made.of_run(f"{row.scale}/{row.experiment}/seed{row.seed}") if column in OF_SEEDS else None

    return linked(_without_empty(every_seed(metrics)), of_run)


def quoted_table() -> pd.DataFrame:
    """Return the numbers of others with their errors and sources."""
    rows = pd.concat([quoted(section) for section in SECTIONS])
    error = [f"{row.error:g} over {row.error_over}" if row.error == row.error else "" for row in rows.itertuples()]
    return pd.DataFrame(
        {
            "model": rows.model,
            "data": rows.dataset,
            "value": rows.value.map("{:g}".format) + " " + rows.unit,
            "±": error,
            "source": rows.source,
        }
    )
