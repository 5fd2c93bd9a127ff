"""docs/tour.ipynb: what is committed, and that it runs, with MNIST and without."""

import base64
import io
import re
import shutil
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pytest
from helpers import ROOT
from nbformat.v4 import new_code_cell, new_notebook
from PIL import Image

from docs.tour import NOTEBOOK, Animation, run


@pytest.fixture
def notebook() -> nbformat.NotebookNode:
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture
def folder(tmp_path, monkeypatch, one_thread) -> Path:
    """Where the notebook finds what a fresh clone has; sizes are divided by 10."""
    monkeypatch.setenv("TOUR_SHRINK", "10")
    monkeypatch.syspath_prepend(ROOT)  # restores what the first cell adds
    shutil.copy(ROOT / "params.yaml", tmp_path)
    shutil.copytree(ROOT / "weights", tmp_path / "weights")
    (tmp_path / "docs").mkdir()
    return tmp_path / "docs"


def pictures(cell: nbformat.NotebookNode) -> list[Image.Image]:
    """The pictures among a cell's outputs."""
    data = [output.get("data", {}).get("image/png") for output in cell.outputs]
    return [Image.open(io.BytesIO(base64.b64decode(text))) for text in data if text]


def printed(notebook: nbformat.NotebookNode) -> str:
    """What all cells print."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return "".join(output.get("text", "") for cell in cells for output in cell.outputs)


def test_the_committed_notebook_has_its_outputs(notebook):
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert "error" not in {output.output_type for cell in cells for output in cell.outputs}
    for cell in cells:
        plots = re.search(r"^(figure, .*subplots|show|Animation)", cell.source, flags=re.MULTILINE)
        assert len(pictures(cell)) == bool(plots), cell.source
    assert sum(picture.n_frames > 40 for cell in cells for picture in pictures(cell) if picture.is_animated) == 1
    assert "images: MNIST; 10000 to train" in printed(notebook)
    assert NOTEBOOK.stat().st_size < 1e6


def test_every_link_leads_somewhere(notebook):
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if not link.startswith("https:")]
    assert len(links) > 5
    assert [link for link in links if not (NOTEBOOK.parent / link).exists()] == []


def test_the_text_repeats_the_printed_numbers(notebook):
    text = " ".join(" ".join(cell.source.split()) for cell in notebook.cells if cell.cell_type == "markdown")
    nats = [float(number) for number in re.findall(r"(\S+) ± \S+ nats", printed(notebook))]
    squared = re.findall(r"to the nearest: (\S+)", printed(notebook))
    few, gan, k_means, all_images = nats
    assert f"score {k_means - few:.0f} nats above 1,000 real digits" in text
    assert f"shrinks to {k_means - all_images:.1f} nats" in text
    assert f"after {gan} with 1,000" in text
    assert f"to the nearest centroid is {squared[2]}, to the nearest of all 10,000 images {squared[3]}" in text
    assert f"to the nearest of 1,000 images {squared[0]}." in text
    saturating, other = re.search(r"(\S+) with log\(1 - D\), (\S+) with -log D", printed(notebook)).groups()
    d = float(re.search(r"mean D\(G\(z\)\) = (\d\.\d+)", printed(notebook)).group(1))
    assert f"norms: ${saturating} / {other} = {float(saturating) / float(other):.3f}$" in text
    assert f"Slopes: ${d} / {1 - d:.3f} = {d / (1 - d):.3f}$" in text


def test_each_exercise_has_an_answer(notebook):
    texts = {cell.id: cell.source for cell in notebook.cells if cell.cell_type == "markdown"}
    asked = {name: text for name, text in texts.items() if "**Exercises**" in text}
    answers = re.split(r"^\*\*\d\. ", texts["answers"], flags=re.MULTILINE)[1:]
    counts = [len(re.findall(r"^\d\. ", text.partition("**Exercises**")[2], re.MULTILINE)) for text in asked.values()]
    assert counts == [len(re.findall(r"^\d\. ", text, re.MULTILINE)) for text in answers] and len(counts) == 5


def test_it_runs_without_mnist_and_says_so(notebook, folder):
    names = run(notebook, folder)
    assert "images: draws of the generator in place of MNIST; 1000 to train" in printed(notebook)
    _check(names)


def test_it_runs_with_mnist(notebook, folder, mnist):
    prepared = folder.parent / "data/prepared"
    prepared.mkdir(parents=True)
    (prepared / "mnist.npz").symlink_to(mnist)
    names = run(notebook, folder)
    assert "images: MNIST; 1000 to train" in printed(notebook)
    _check(names)


def _check(names: dict) -> None:
    """What the text says of the numbers."""
    few, gan, k_means, all_images = (found.test for found in names["scores"].values())
    assert k_means > max(few, gan) + 30
    assert all_images > few + 30  # most of the lead of k-means comes from the number of images behind it
    first = names["measured"][0]
    assert first.saturating / first.non_saturating == pytest.approx(1, abs=0.05)
    assert not plt.get_fignums()


def test_a_cell_is_run_as_jupyter_runs_it(tmp_path):
    sources = (
        "print(1)\nx = 2\nx",
        "x;",
        "import matplotlib.pyplot as plt\nplt.plot([0, x]);",
        "from docs.tour import Animation\nAnimation([plt.figure(figsize=(1, 1 )) for _ in range(2)], 10)",
    )
    cells = [new_code_cell(source) for source in sources]
    run(new_notebook(cells=cells), tmp_path)
    shown = [[output.get("text") or sorted(output["data"]) for output in cell.outputs] for cell in cells]
    assert shown == [["1\n", ["text/plain"]], [], [["image/png"]], [["image/png", "text/plain"]]]
    with pytest.raises(ZeroDivisionError):
        run(new_notebook(cells=[new_code_cell("1 / 0")]), tmp_path)


def test_an_animation_holds_each_figure():
    figures = [plt.figure(figsize=(1, 1), facecolor=str(grey)) for grey in (0, 0.5, 1)]
    moving = Image.open(io.BytesIO(Animation(figures, 40)._repr_png_()))
    greys = []
    for frame in range(moving.n_frames):
        moving.seek(frame)
        greys.append(moving.convert("L").getpixel((5, 5)))
    assert greys == pytest.approx([0, 128, 255], abs=2)
    assert moving.info["duration"] == 40
    assert not plt.get_fignums()
