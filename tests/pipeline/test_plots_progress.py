"""The figures of the course of training plot what is in the frames, and nothing else."""

import numpy as np
import pandas as pd
import pytest
from helpers import ROOT
from matplotlib import pyplot

from gan.statistics import summarise_seeds
from pipeline.config.params import load
from pipeline.reporting.plots import contact_sheet
from pipeline.reporting.plots_progress import Rule, progress, rules, seeds

PARAMS = load(ROOT / "params.yaml", "paper")
OURS, OTHER = (PARAMS.values["figures"][key] for key in ("ours", "other"))


@pytest.fixture(autouse=True)
def _close():
    yield
    pyplot.close("all")


def metrics(n: int) -> pd.DataFrame:
    """Scores of n seeds after 100 to 400 epochs, and of the generators kept at 400; the fine grid adds 5 nats."""
    places = [("last", length) for length in (100, 200, 300, 400)] + [("best", 400)]
    rows = [
        {
            "experiment": "mnist",
            "model": "adversarial-nets",
            "seed": float(seed),
            "scale": "paper",
            "generator": generator,
            "fold": np.nan,
            "grid": grid,
            "metric": "test_log_likelihood",
            "value": 180 + length / 10 + seed + 5 * (grid == "fine") + 0.5 * (generator == "best"),
            "length": length,
            "epoch": length - 10 * (generator == "best"),
        }
        for seed in range(n)
        for grid in ("authors", "fine")
        for generator, length in places
    ]
    return pd.DataFrame(rows)


def curves_in(axes, colour):
    """Points of the lines with a colour that are longer than a marker or a line across the panel."""
    lines = [line for line in axes.lines if line.get_color() == colour and len(line.get_xdata()) > 2]
    return [list(zip(line.get_xdata(), line.get_ydata(), strict=True)) for line in lines]


def texts(axes):
    return [text.get_text() for text in axes.texts]


def bars(axes):
    """Vertical extent of each error bar, by colour."""
    return {
        container[0].get_color(): container[2][0].get_segments()[0][:, 1].tolist()
        for container in axes.containers
        if container[2]
    }


def test_progress_plots_a_line_per_seed_and_grid():
    whole, half = progress(metrics(2).sample(frac=1, random_state=0), PARAMS, "mnist").axes
    points = [(100, 190), (200, 200), (300, 210), (400, 220)]
    assert curves_in(whole, OURS) == [points, [(x, y + 1) for x, y in points]]
    assert curves_in(whole, OTHER) == [[(x, y + 5) for x, y in points], [(x, y + 6) for x, y in points]]
    assert curves_in(half, OURS)[0] == points[1:]
    widths = {line.get_color(): line.get_linewidth() for line in whole.lines if len(line.get_xdata()) > 2}
    assert widths[OTHER] < widths[OURS]


def test_progress_ignores_other_rows():
    rows = metrics(2)
    others = [
        rows.assign(**change)
        for change in (
            {"scale": "cpu"},
            {"experiment": "tfd"},
            {"model": "k-means"},
            {"fold": 0.0},
            {"metric": "validation_log_likelihood"},
        )
    ]
    whole, _ = progress(pd.concat([rows, *others], ignore_index=True), PARAMS, "mnist").axes
    assert sorted(map(len, curves_in(whole, OURS) + curves_in(whole, OTHER))) == [4] * 4


def test_progress_shows_where_one_more_run_is_expected():
    rows = metrics(5)
    figure = progress(rows, PARAMS, "mnist")
    for axes in figure.axes:
        for colour, first in ((OURS, 220.5), (OTHER, 225.5)):
            interval = summarise_seeds([first + seed for seed in range(5)]).prediction_interval
            assert bars(axes)[colour] == pytest.approx(interval)
        assert texts(axes).count("n = 5") == 2
    names = [text.get_text() for text in figure.legends[0].texts]
    assert names[-1] == "mean of the generators kept at 400 epochs, 95% interval of one more run"


def test_progress_expects_nothing_from_few_seeds():
    figure = progress(metrics(4), PARAMS, "mnist")
    assert all(bars(axes) == {} for axes in figure.axes)
    means = [container[0].get_ydata()[0] for container in figure.axes[0].containers]
    assert means == [222.0, 227.0]
    assert figure.legends[0].texts[-1].get_text() == "mean of the generators kept at 400 epochs"


def test_progress_without_kept_generators_plots_the_lines_alone():
    rows = metrics(5)
    figure = progress(rows[rows.generator == "last"], PARAMS, "mnist")
    assert not figure.axes[0].containers
    assert [text.get_text() for text in figure.legends[0].texts] == ["authors' grid", "fine grid"]


def test_progress_of_one_length_names_points_and_no_line():
    rows = metrics(2)
    figure = progress(rows[rows.length == 400], PARAMS, "mnist")
    (axes,) = figure.axes
    assert (axes.get_title(), figure.get_suptitle()) == ("", "MNIST: one point per seed and grid, n = 2")
    handles = figure.legends[0].legend_handles
    assert [(handle.get_marker(), handle.get_linestyle()) for handle in handles] == [(".", "None")] * 2 + [
        ("D", "None")
    ]
    whole = progress(rows, PARAMS, "mnist")
    assert [handle.get_linestyle() for handle in whole.legends[0].legend_handles] == ["-", "-", "None"]


def test_progress_labels_what_is_published_for_the_experiment():
    for axes in progress(metrics(2), PARAMS, "mnist").axes:
        flat = [line.get_ydata()[0] for line in axes.lines if list(line.get_xdata()) == [0, 1]]
        assert flat == [225, 214]
        assert {"the paper: 225", "Deep GSN: 214"} <= set(texts(axes))
        low, high = axes.get_ylim()
        assert low < 214 < 225 < high
    other = progress(metrics(2).assign(experiment="fashion-mnist"), PARAMS, "fashion-mnist")
    assert texts(other.axes[0]) == ["n = 2", "n = 2"]


def sheet(value: float) -> dict[str, np.ndarray]:
    """A sample sheet of one grey."""
    return {"draws": np.full((4, 5, 784), value), "neighbours": np.ones((4, 784)), "walk": np.zeros((20, 784))}


@pytest.mark.parametrize(("n", "rows", "columns"), [(1, 1, 1), (5, 1, 5), (7, 2, 5), (20, 4, 5)])
def test_seeds_appear_in_order_in_rows_of_five(n, rows, columns):
    sheets = {seed: (sheet(seed / 20), 1000 - seed) for seed in reversed(range(n))}
    figure = seeds(sheets, PARAMS, "mnist")
    assert [axes.get_title() for axes in figure.axes] == [f"seed {seed}, epoch {1000 - seed}" for seed in range(n)]
    grid = figure.axes[0].get_gridspec()
    assert (grid.nrows, grid.ncols) == (rows, columns)
    for seed, axes in enumerate(figure.axes):
        shown = axes.images[0].get_array()
        assert (shown == contact_sheet(sheet(seed / 20)["draws"], np.ones((4, 784)), (28, 28))).all()


FORMER = Rule(images=1000, noise="fresh", patience=20)
PRESENT = Rule(images=10000, noise="same", patience=30)
EPOCHS = range(10, 101, 10)


def measurements(values: dict[int, list[float]], column: str) -> pd.DataFrame:
    """A row per seed and epoch, and rows of another experiment."""
    rows = [
        {"experiment": "mnist", "seed": seed, "epoch": epoch, column: value}
        for seed, series in values.items()
        for epoch, value in zip(EPOCHS, series, strict=True)
    ]
    frame = pd.DataFrame(rows)
    return pd.concat([frame, frame.assign(experiment="tfd", **{column: 1e6})], ignore_index=True)


def replayed():
    """Two seeds: the former rule stops seed 0 at 60 after its best at 40, and nothing else stops."""
    noisy = {0: [1, 2, 3, 9, 5, 6, 7, 8, 10, 11], 1: [1, 2, 3, 4, 5, 6, 7, 8, 9, 9]}
    smooth = {seed: [20 + 2 * epoch / 10 for epoch in EPOCHS] for seed in (0, 1)}
    curves = measurements(noisy, "validation_log_likelihood")
    unmeasured = pd.DataFrame({"experiment": ["mnist"], "seed": [0], "epoch": [15]})
    validation = measurements(smooth, "log_likelihood")
    worse = validation.assign(log_likelihood=validation.log_likelihood - 50)  # another bandwidth's
    frames = pd.concat([curves, unmeasured]), pd.concat([worse.assign(place=2), validation.assign(place=3)])
    return noisy, smooth, rules(*frames, PARAMS, "mnist", (FORMER, PRESENT))


def test_rules_plots_both_measurements_of_every_seed():
    noisy, smooth, figure = replayed()
    assert [axes.get_title() for axes in figure.axes] == ["seed 0", "seed 1"]
    for seed, axes in enumerate(figure.axes):
        assert curves_in(axes, OURS) == [list(zip(EPOCHS, smooth[seed], strict=True))]
        assert curves_in(axes, OTHER) == [list(zip(EPOCHS, noisy[seed], strict=True))]


def test_rules_marks_what_each_keeps_and_where_it_stops():
    _, _, figure = replayed()
    kept = [
        {
            line.get_color(): (line.get_xdata()[0], line.get_ydata()[0])
            for line in axes.lines
            if line.get_marker() == "D"
        }
        for axes in figure.axes
    ]
    assert kept == [{OURS: (100, 40), OTHER: (40, 9)}, {OURS: (100, 40), OTHER: (90, 9)}]
    stops = [
        [(line.get_color(), line.get_xdata()[0]) for line in axes.lines if line.get_linestyle() == "--"]
        for axes in figure.axes
    ]
    assert stops == [[(OTHER, 60)], []]
    assert texts(figure.axes[0]) == ["keeps 100, does not stop", "keeps 40, stops at 60"]
    assert texts(figure.axes[1]) == ["keeps 100, does not stop", "keeps 90, does not stop"]


def test_rules_leaves_out_the_early_rise_unless_a_generator_is_kept_there():
    _, _, figure = replayed()
    for axes in figure.axes:
        assert axes.get_xlim()[0] == 20
        assert axes.get_ylim() == pytest.approx((2 - 0.08 * 38, 40 + 0.08 * 38))
    early = measurements({0: [9, *range(1, 10)]}, "validation_log_likelihood")
    steady = measurements({0: list(range(10))}, "log_likelihood")
    (axes,) = rules(early, steady, PARAMS, "mnist", (FORMER, PRESENT)).axes
    assert axes.get_xlim()[0] == 10
    assert texts(axes)[1] == "keeps 10, stops at 30"


def test_rules_names_the_rules_in_the_legend():
    _, _, figure = replayed()
    names = [text.get_text() for text in figure.legends[0].texts]
    assert names == [
        "1,000 images, fresh noise, patience 20",
        "10,000 images, same noise, patience 30",
        "kept",
        "stops",
    ]
