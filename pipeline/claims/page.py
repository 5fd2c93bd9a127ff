"""The claims as a part of a page."""

from pathlib import Path
from typing import Any

from pipeline.claims.sections import MORE, SECTIONS
from pipeline.claims.tables import shown
from pipeline.config.params import Params
from pipeline.files.formats import read_csv, read_json, reading
from pipeline.record.manifest import is_present_code
from pipeline.record.runs import differences, plain
from pipeline.reporting.page import embedded


def fit(folder: Path, params: Params) -> bool:
    """Whether the claims there were read with the present settings and code; says so where they were not."""
    path = folder / "claims.manifest.json"
    manifest = read_json(path)
    with reading(path):
        found = differences(manifest["settings"], plain(params.compared()))
        found += [] if is_present_code(manifest) else ["code"]
    if found:
        print(
            f"{folder}: read with other settings or code ({'; '.join(found)}); not shown. Delete {path} and run claims"
        )
    return not found


def part(folder: Path, params: Params) -> list[dict[str, Any]]:
    """What the claims' part of a page shows: sections with their tables and figures.

    Args:
        folder: of claims.csv and figures.
    """
    claims, confidence = read_csv(folder / "claims.csv").fillna({"unit": ""}), params.confidence
    sections = []
    for name, section in SECTIONS.items():
        pictures = [embedded(folder / "figures" / f"{section.figure}.svg", section.caption, section.alt)]
        for figure, (_, of, caption, alt) in MORE.items():
            if of == name:
                pictures.append(embedded(folder / "figures" / f"{figure}.svg", caption, alt))
        table = shown(claims, name, confidence)
        sections.append({"title": section.title, "source": section.source, "table": table, "figures": pictures})
    return sections
