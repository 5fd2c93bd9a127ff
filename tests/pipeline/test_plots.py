"""The sample sheet pixel by pixel; saving the same figure twice gives the same bytes."""

import numpy as np
import pytest

from pipeline.reporting.plots import GREY, PADDING, YELLOW, contact_sheet, save, style


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
    from matplotlib import pyplot

    style()
    contents = []
    for name in ("first", "second"):
        figure, axes = pyplot.subplots()
        axes.plot([1, 2], [3, 4])
        contents.append([path.read_bytes() for path in save(figure, tmp_path / name)])
    assert contents[0] == contents[1]


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
