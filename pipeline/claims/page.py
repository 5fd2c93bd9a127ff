"""The claims as a part of a page."""

from pathlib import Path
from typing import Any

from pipeline.claims.sections import MORE, SECTIONS
from pipeline.claims.tables import shown
from pipeline.config.params import Params
from pipeline.files.formats import read_csv
from pipeline.record.manifest import Manifest
from pipeline.reporting.page import embedded


def fit(folder: Path, params: Params) -> bool:
    """Whether the claims there were read with the present settings and code; says so where they were not."""
    manifest = Manifest(folder / "claims.manifest.json")
    if found := manifest.reasons_stale(params.compared()):
        print(f"{folder}: not shown ({'; '.join(found)}); delete {manifest.path} and run claims")
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
