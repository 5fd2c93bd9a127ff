"""HTML pages that open offline: templates of this folder, figures as data addresses."""

import base64
from pathlib import Path
from typing import Any

import jinja2


def render(template: str, **values: Any) -> str:
    """A page from a template of this folder; a value that is missing is an error."""
    jinja = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return jinja.get_template(template).render(**values)


def embedded(path: Path, caption: str, alt: str) -> dict[str, str]:
    """An SVG file as data address, with caption and alternative text."""
    data = base64.b64encode(path.read_bytes()).decode()
    return {"source": f"data:image/svg+xml;base64,{data}", "caption": caption, "alt": alt}
