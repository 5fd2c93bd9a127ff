"""What a run prints at its end: the table, two sentences, where the page is; as wide as the terminal."""

import pandas as pd
import pytest
from helpers import ROOT, call

from pipeline import show
from pipeline.files.formats import read_json


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A folder of results in which the published ones are those of their scales."""
    monkeypatch.chdir(ROOT)
    for name in (read_json(ROOT / "results/published" / path)["scale"] for path in ENTRIES):
        if not (tmp_path / name).exists():
            (tmp_path / name).symlink_to(ROOT / "results/published")
    return tmp_path


ENTRIES = ("published.json", "claims/published.json")


@pytest.mark.parametrize("columns", [60, 80, 300])
@pytest.mark.parametrize("entry", ENTRIES)
def test_results_are_shown_as_wide_as_the_terminal(published, monkeypatch, columns, entry):
    monkeypatch.setenv("COLUMNS", str(columns))
    scale, claims = read_json(ROOT / "results/published" / entry)["scale"], "claims" in entry
    done = call(show, "--scale", scale, "--results", published, *["--claims"] * claims)
    assert done.returncode == 0, done.stderr
    *lines, _, page = done.stdout.splitlines()
    assert page == (
        f"Page: {published}/{scale}/claims/claims.html" if claims else f"Report: {published / scale}/report.html"
    )
    assert max(map(len, lines)) <= min(columns, show.MOST_COLUMNS)
    text = " ".join(done.stdout.split())
    assert ("numbers compared with them" if claims else "over 5 training seeds") in text
    assert ("early on D rejects" if claims else "under this estimate k-means centroids") in text


def test_cells_break_into_lines_and_columns_without_a_word_are_left_out(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    table = pd.DataFrame({"Model": ["a " * 30, "ours"], "MNIST": ["213.0 ± 1.8", "not judged: scale quick"], "TFD": ""})
    text = show.fitted(table)
    assert max(map(len, text.splitlines())) <= 40
    assert "213.0 ± 1.8" in text
    assert "TFD" not in text
