"""Pages: HTML that opens offline, from templates and figures; Markdown with passages written anew."""

import base64
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2

from pipeline.files.errors import UserError

EMBEDDED = (".svg", ".gif")  # of a figure's files, those that a page shows; the others are for elsewhere


def render(template: str, **values: Any) -> str:
    """Return a page from a template; a missing value is an error."""
    jinja = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return jinja.get_template(template).render(**values)


def with_passages(text: str, found: dict[str, str], path: Path) -> str:
    """Return a text with what is between each passage's markers replaced.

    Args:
        text: with the markers <!-- NAME:begin --> and <!-- NAME:end -->.
        found: contents by name.
        path: of the text, for the error.
    Raises:
        UserError: a name's markers are missing.
    """
    for name, content in found.items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        before, _, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not closed:
            raise UserError(f"{path}: the markers {begin} and {end} are missing")
        text = f"{before}{begin}\n{content.rstrip()}\n{end}{after}"
    return text


def embedded(path: Path, caption: str, alt: str) -> dict[str, str]:
    """Return an SVG or GIF file as a data address, with id, caption and alternative text."""
    if path.suffix == ".svg":
        address = _svg_address(path)
    else:
        address = f"data:image/gif;base64,{base64.b64encode(path.read_bytes()).decode()}"
    return {"id": f"figure-{path.stem}", "source": address, "caption": caption, "alt": alt}


def _svg_address(path: Path) -> str:
    """Return the file's own text, a quarter shorter than in base64, without comments and metadata.

    It has double quotes, but nothing else that HTML would have to escape: it fits an attribute in single quotes.
    """
    text = re.sub(r"<\?.*?\?>|<!.*?>|<metadata>.*?</metadata>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"\s+", " ", re.sub(r">\s+<", "><", text)).strip()
    return "data:image/svg+xml," + quote(text, safe=' /:=,;."()!*@+?_~-')
