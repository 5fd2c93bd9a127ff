"""The sample sheet pixel by pixel; saving the same figure twice gives the same bytes."""

import numpy as np
import pandas as pd
import pytest
from helpers import ROOT
from matplotlib import pyplot

from pipeline.config.params import load
from pipeline.reporting.plots import (
    GREY,
    PADDING,
    YELLOW,
    bandwidth_curve,
    contact_sheet,
    learning_curves,
    save,
    style,
)

PARAMS = load(ROOT / "params.yaml", "quick")


def test_contact_sheet_follows_the_2014_script():
    draws, neighbours = np.zeros((4, 5, 6)), np.ones((4, 6))
    sheet = contact_sheet(draws, neighbours, (2, 3))
    assert sheet.shape == (4 * (2 + PADDING) + PADDING, 6 * (3 + PADDING) + PADDING, 3)
    assert (sheet[: PADDING - 1] == GREY).all()
    assert (sheet[PADDING, PADDING] == 0).all()
    left = 5 * (3 + PADDING) + PADDING
    assert (sheet[PADDING, left] == 1).all()
    assert tuple(sheet[PADDING - 1, left - 1]) == YELLOW
    assert (sheet[..., 2] == 0).sum() == 20 * 6 + 4 * (4 * 5 - 6)  # black pixels and yellow frames


def test_contact_sheet_keeps_rows_and_row_major_pixels():
    draws = np.arange(2 * 1 * 6).reshape(2, 1, 6) / 100
    sheet = contact_sheet(draws, np.zeros((2, 6)), (2, 3))
    assert sheet[PADDING + 1, PADDING, 0] == 0.03
    assert sheet[PADDING + 2 + PADDING, PADDING + 2, 0] == 0.08


def test_save_repeats_bit_for_bit(tmp_path):
    style()
    contents = []
    for name in ("first", "second"):
        figure, axes = pyplot.subplots()
        axes.plot([1, 2], [3, 4])
        contents.append([path.read_bytes() for path in save(figure, tmp_path / name)])
    assert contents[0] == contents[1]


NOTHING = ["nothing to show:\nno run is here that lasted until this was measured"]


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_save_marks_points_that_no_line_reaches(tmp_path):
    figure, axes = pyplot.subplots()
    missing = np.nan
    lines = [
        axes.plot(*points, **look)[0]
        for points, look in (
            (([1], [2]), {}),
            (([1, 2, 3, 4, 5], [1, missing, 3, missing, missing]), {}),
            (([1, 2, 3, 4], [1, 2, missing, 4]), {}),
            (([1, 2], [3, 4]), {}),
            (([1], [2]), {"marker": "s"}),
        )
    ]
    level = axes.axhline(1)
    save(figure, tmp_path / "figure")
    found = [(line.get_marker(), line.get_markevery()) for line in (*lines, level)]
    assert found == [("o", [0]), ("o", [0, 2]), ("o", [3]), ("None", None), ("s", None), ("None", None)]
    assert texts(axes) == []


@pytest.mark.parametrize("points", [([], []), ([1, 2], [np.nan, np.nan]), ([1], [np.inf])])
def test_save_states_why_a_panel_is_empty(tmp_path, points):
    figure, (empty, level, full, said) = pyplot.subplots(1, 4)
    empty.plot(*points)
    level.axhline(0.5)
    full.plot([1, 2], [3, 4])
    said.annotate("not looked at", (0.5, 0.5))
    save(figure, tmp_path / "figure")
    assert list(map(texts, figure.axes)) == [NOTHING, NOTHING, [], ["not looked at"]]


def curves(epochs: int, measured: bool) -> pd.DataFrame:
    """Two seeds of so many epochs."""
    columns = ["experiment", "seed", "epoch", "loss_D", "loss_G", "D(x)", "D(G(z))", "validation_log_likelihood"]
    rows = [
        ["mnist", seed, epoch, 0.6, 0.8, 0.6, 0.4, 100.0 + seed if measured else np.nan]
        for seed in (0, 1)
        for epoch in range(1, epochs + 1)
    ]
    return pd.DataFrame(rows, columns=columns)


@pytest.mark.parametrize(
    ("epochs", "measured", "empty"),
    [(0, False, [True, True, True]), (1, False, [False, False, True]), (1, True, [False] * 3), (3, True, [False] * 3)],
)
def test_learning_curves_of_few_epochs_or_none(tmp_path, epochs, measured, empty):
    """As when every seed diverges in its first epoch, or in its second."""
    figure = learning_curves(curves(epochs, measured), PARAMS, "mnist")
    save(figure, tmp_path / "learning")
    assert [texts(axes) == NOTHING for axes in figure.axes] == empty
    assert [axes.get_legend() is not None for axes in figure.axes[:2]] == [epochs > 0] * 2
    if epochs == 1:
        assert {line.get_marker() for line in figure.axes[0].lines[:-1]} == {"o"}


@pytest.mark.parametrize("below", [0.0, 5.0, 3000.0])
def test_bandwidth_curve_shows_what_was_chosen_from_each_grid(below):
    """The authors' grid ends at 1, and its best may be far below that of a fine grid that goes further."""
    grids = {"authors": np.linspace(0.1, 1, 10), "fine": np.linspace(0.1, 2, 20)}
    rows = [
        {"experiment": "mnist", "seed": 0, "fold": np.nan, "generator": "best", "scale": "quick", "grid": grid}
        | {"bandwidth": place, "validation_log_likelihood": -below * (2 - place), "chosen": place == places[-1]}
        for grid, places in grids.items()
        for place in places
    ]
    frame = pd.DataFrame(rows).assign(fold=0)
    axes = bandwidth_curve(frame, PARAMS, "mnist").axes[0]
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    for row in frame[frame.chosen].itertuples():
        assert left < row.bandwidth < right
        assert low < row.validation_log_likelihood < high


@pytest.mark.parametrize(
    "users",
    [
        {"axes.facecolor": "yellow", "lines.linewidth": 9, "savefig.bbox": "tight"},
        {"font.sans-serif": ["DejaVu Serif"], "font.family": "sans-serif", "svg.fonttype": "none"},
        {"axes.formatter.use_locale": True, "figure.dpi": 30, "savefig.transparent": True},
    ],
)
def test_a_users_style_changes_no_byte(users, tmp_path):
    from matplotlib import pyplot

    contents = []
    for name, settings in (("plain", {}), ("users", users)):
        with pyplot.rc_context(settings):
            style()
            figure, axes = pyplot.subplots()
            axes.plot([1, 2000], [3, 4])
            axes.set_title("a title")
            contents.append([path.read_bytes() for path in save(figure, tmp_path / name)])
    assert contents[0] == contents[1]


def test_the_font_is_one_that_every_machine_has():
    from matplotlib import pyplot

    style()
    assert pyplot.rcParams["font.sans-serif"] == ["DejaVu Sans"]
