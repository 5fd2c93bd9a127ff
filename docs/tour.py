"""Run docs/tour.ipynb and write it back with its outputs: python -m docs.tour."""

import ast
import base64
import io
from collections.abc import Iterator, Sequence
from contextlib import chdir, redirect_stdout
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import nbformat
import numpy as np
from matplotlib.figure import Figure
from nbformat import NotebookNode
from nbformat.v4 import new_output
from PIL import Image

NOTEBOOK = Path(__file__).parent / "tour.ipynb"
COLOURS = 64  # of an animation; a plot of few lines has no more


class Animation:
    """Plots that follow each other, shown in a notebook as an animated PNG, which plays without a script.

    Args:
        figures: the plots, all of one size; closed here.
        milliseconds: how long each is shown.
    """

    def __init__(self, figures: Sequence[Figure], milliseconds: int) -> None:
        frames = [Image.open(io.BytesIO(png(figure, dpi=72))).convert("RGB") for figure in figures]
        # One palette for all: a third of the bytes.
        all_colours = Image.fromarray(np.concatenate([np.asarray(frame) for frame in frames]))
        palette = all_colours.quantize(COLOURS, Image.Quantize.MAXCOVERAGE)
        first, *rest = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
        file = io.BytesIO()
        first.save(file, "PNG", save_all=True, append_images=rest, duration=milliseconds, loop=0)
        self._png = file.getvalue()

    def _repr_png_(self) -> bytes:  # what Jupyter asks an object for
        return self._png


def png(figure: Figure, **options: Any) -> bytes:
    """Return a figure as a PNG file, the same bytes for the same figure, and close it."""
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None}, **options)
    plt.close(figure)
    return file.getvalue()


def run(notebook: NotebookNode, folder: Path) -> dict[str, Any]:
    """Run a notebook's cells as Jupyter would, without a kernel, and give each its outputs.

    Args:
        notebook: of format 4, in plain Python; changed in place.
        folder: where its first cell starts.
    Returns:
        the names that the cells have defined.
    Raises:
        whatever a cell raises.
    """
    plt.switch_backend("Agg")
    names: dict[str, Any] = {"__name__": "__main__"}
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    with chdir(folder), plt.rc_context():
        for number, cell in enumerate(cells, start=1):
            cell.execution_count = number
            cell.outputs = list(_outputs(cell.source, names, number))
    return names


def _outputs(source: str, names: dict[str, Any], number: int) -> Iterator[NotebookNode]:
    """Run a cell; yield what it printed, its last value if there is one, and its open figures."""
    printed, place, value = io.StringIO(), f"<cell {number}>", None
    *statements, last = ast.parse(source, place).body
    with redirect_stdout(printed):
        exec(compile(ast.Module(statements, []), place, "exec"), names)
        if isinstance(last, ast.Expr) and not source.endswith(";"):  # there Jupyter shows no value either
            value = eval(compile(ast.Expression(last.value), place, "eval"), names)
        else:
            exec(compile(ast.Module([last], []), place, "exec"), names)
    if printed.getvalue():
        yield new_output("stream", name="stdout", text=printed.getvalue())
    if value is not None:
        data = {"text/plain": repr(value)}
        if hasattr(value, "_repr_png_"):
            data = {"text/plain": f"<{type(value).__name__}>", "image/png": _text(value._repr_png_())}
        yield new_output("execute_result", data, execution_count=number)
    for figure in map(plt.figure, plt.get_fignums()):
        yield new_output("display_data", {"image/png": _text(png(figure, bbox_inches="tight"))})


def _text(picture: bytes) -> str:
    return base64.b64encode(picture).decode()


def main() -> None:
    """Run the notebook and write it back."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    run(notebook, NOTEBOOK.parent)
    nbformat.validate(notebook)
    nbformat.write(notebook, NOTEBOOK)


if __name__ == "__main__":
    main()
