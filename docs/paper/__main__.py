"""Write docs/paper/paper.md and paper.tex from template.md and the committed results: python -m docs.paper."""

from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from docs.paper.formats import latex, markdown
from docs.paper.results import facts
from pipeline.files.formats import write_text
from pipeline.files.yaml_core import parse_yaml

ROOT, HERE = Path(__file__).parents[2], Path(__file__).parent
TEMPLATE, CITATION = HERE / "template.md", ROOT / "CITATION.cff"


def pages(found: dict[str, Any]) -> dict[Path, str]:
    """Return the paper in both formats.

    Args:
        found: what the template names, as `facts` returns it.
    """
    citation = parse_yaml(CITATION.read_text(encoding="utf-8"), CITATION)
    title, authors = citation["title"], _capital(", ".join(author["name"] for author in citation["authors"]))
    text = environment().from_string(TEMPLATE.read_text(encoding="utf-8")).render(found)
    written = {"paper.md": markdown(title, authors, text), "paper.tex": latex(title, authors, text)}
    return {HERE / name: page for name, page in written.items()}


def environment() -> jinja2.Environment:
    """Return Jinja with the formats of numbers and tables that the template uses; a missing name is an error."""
    jinja = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    jinja.filters |= {
        "nats": lambda value: f"{value:.1f}",
        "thousands": lambda value: f"{value:,}",
        "digits": lambda value: f"{value:.10g}",
        "capital": _capital,
        "table": _table,
    }
    return jinja


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _table(frame: pd.DataFrame) -> str:
    """Return a frame of texts as a Markdown table."""
    return frame.replace(r"\|", "/", regex=True).to_markdown(index=False, disable_numparse=True)


if __name__ == "__main__":
    for path, page in pages(facts(ROOT)).items():
        write_text(path, page)
