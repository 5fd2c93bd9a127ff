"""The figures of the course of training: scores by its length, samples of every seed, rules of keeping and stopping."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from gan.keeping import replay
from gan.statistics import MIN_SEEDS, summarise_seeds
from pipeline.config.params import Params
from pipeline.record.runs import OUR_MODEL
from pipeline.reporting.cells import PAPER, count, model_rows, quoted, seed_rows
from pipeline.reporting.plots import contact_sheet, label_scale

Sheet = dict[str, np.ndarray]
PER_ROW = 5  # panels beside each other
# Of each grid of bandwidths: its name in a legend, colour, width of its lines, and where its interval appears beyond
# the longest training, as a share of the x axis, so that two intervals do not overlap.
GRIDS = {
    "authors": ("authors' grid", "ours", 1.5, 0.05),
    "fine": ("fine grid", "other", 0.8, 0.14),
}
PUBLISHED = {PAPER: ("the paper:", "-"), "Deep GSN": ("Deep GSN:", "--")}  # rows of Table 1: label and kind of line
BLANK = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}  # keeps lines off a text
SKIPPED = 0.2  # share of the training that the figure of rules leaves out: the early rise dwarfs what follows


@dataclass(frozen=True)
class Rule:
    """A way to keep a generator and to stop: keep the best measurement, stop after `patience` epochs without one.

    Attributes:
        images: validation images of each measurement.
        noise: whether each measurement draws "fresh" noise or takes the "same".
        patience: epochs.
    """

    images: int
    noise: str
    patience: int

    def __str__(self) -> str:
        """Name the rule in a legend."""
        return f"{self.images:,} images, {self.noise} noise, patience {self.patience}"


FORMER = Rule(images=1_000, noise="fresh", patience=100)
PRESENT = Rule(images=10_000, noise="same", patience=200)


def progress(metrics: pd.DataFrame, params: Params, experiment: str) -> Figure:
    """Plot test log-likelihood against the length of training: the whole, and its last half closer.

    Args:
        metrics: columns of metrics.csv, and `length`: the epochs of training that a row stands for.
        params: of the scale whose rows are shown.
        experiment: has rows of both generators, "last" at several lengths and "best" at the greatest.
    """
    lasts = model_rows(metrics[metrics.scale == params.scale], experiment, "authors", OUR_MODEL, "last")
    greatest = lasts.length.max()
    parts = {"whole training": 0, "its last half": greatest / 2} if lasts.length.nunique() > 1 else {"its end": 0}
    figure, panels = plt.subplots(1, len(parts), figsize=(3 + 4 * len(parts), 4.8), layout="constrained", squeeze=False)
    for axes, (title, least) in zip(panels[0], parts.items(), strict=True):
        _scores(axes, metrics, params, experiment, (least, greatest))
        _published_lines(axes, experiment, params.values["figures"]["data"])
        axes.set_xlabel("epochs of training")
        axes.set_title(title, fontsize=10)
        axes.margins(y=0.08)  # room for the label of the highest line
    if len(parts) == 1:
        panels[0, 0].set_xlim(0, 1.3 * greatest)
    panels[0, 0].set_ylabel("mean test log-likelihood (nats)")
    title = f"{params.experiment(experiment).label}: one line per seed and grid, n = {lasts.seed.nunique()}"
    figure.suptitle(title, fontsize=11)
    kept = seed_rows(metrics, experiment, "authors", params.scale)
    _name_lines(figure, params, len(kept), int(kept.length.max()) if len(kept) else 0)
    return label_scale(figure, params)


def _scores(axes: Axes, metrics: pd.DataFrame, params: Params, experiment: str, lengths: tuple[float, float]) -> None:
    """Plot the last generators' scores between two lengths, and beyond the greater one the kept generators'."""
    least, greatest = lengths
    mine = metrics[(metrics.scale == params.scale) & (metrics.length >= least)]
    for grid, (_, name, width, beyond) in GRIDS.items():
        colour = params.values["figures"][name]
        lasts = model_rows(mine, experiment, grid, OUR_MODEL, "last").sort_values("length")
        for _, run in lasts.groupby("seed"):
            axes.plot(run.length, run.value, ".-", color=colour, linewidth=width, markersize=4 * width, alpha=0.7)
        bests = seed_rows(metrics, experiment, grid, params.scale).value.tolist()
        _one_more_run(axes, greatest + beyond * (greatest - least), bests, params.confidence, colour)


def _one_more_run(axes: Axes, place: float, values: Sequence[float], confidence: float, colour: str) -> None:
    """Mark the mean of the kept generators and, from MIN_SEEDS on, where one more run is expected."""
    if not values:
        return
    summary = summarise_seeds(values, confidence)
    low, error = summary.mean, None
    if summary.n >= MIN_SEEDS:
        low, high = summary.prediction_interval
        error = [[summary.mean - low], [high - summary.mean]]
    axes.errorbar(place, summary.mean, yerr=error, fmt="D", color=colour, capsize=3, markersize=5)
    look: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "va": "top", "fontsize": 8, "bbox": BLANK}
    axes.annotate(f"n = {summary.n}", (place, low), (0, -5), color=colour, **look)


def _published_lines(axes: Axes, experiment: str, colour: str) -> None:
    """Add a labelled line for the paper's value and for the best of those that it compares with."""
    rows = quoted("table 1").query("dataset == @experiment").set_index("model")
    for model, (label, line) in PUBLISHED.items():
        if model in rows.index:
            value = rows.value[model]
            axes.axhline(value, color=colour, linestyle=line, linewidth=1, zorder=0)
            look: dict[str, Any] = {"textcoords": "offset points", "color": colour, "fontsize": 9}
            axes.annotate(f"{label} {value:g}", (0.02, value), (0, 3), xycoords=axes.get_yaxis_transform(), **look)


def _name_lines(figure: Figure, params: Params, n: int, length: int) -> None:
    """Name the lines, and what appears at their end for n generators kept up to a length."""
    colours = params.values["figures"]
    handles = [Line2D([], [], color=colours[colour], linewidth=width) for _, colour, width, _ in GRIDS.values()]
    names = [name for name, *_ in GRIDS.values()]
    if n:
        handles.append(Line2D([], [], color="0.3", marker="D", markersize=5, linestyle="none"))
        interval = f", {params.confidence:.0%} interval of one more run" if n >= MIN_SEEDS else ""
        names.append(f"mean of the generators kept at {length:,} epochs{interval}")
    _legend(figure, handles, names, 3)


def _legend(figure: Figure, handles: list[Line2D], names: list[str], columns: int) -> None:
    """Put a legend below the panels; its padding leaves the last line of the figure to the scale."""
    look: dict[str, Any] = {"fontsize": 9, "frameon": False, "borderpad": 1.5}
    figure.legend(handles, names, loc="outside lower center", ncols=columns, **look)


def seeds(sheets: dict[int, tuple[Sheet, int]], params: Params, experiment: str) -> Figure:
    """Plot Figure 2 of every seed: fair random draws and nearest training images.

    Args:
        sheets: by seed, the arrays of its sheet.npz and the epoch of its generator.
    """
    shape = params.dataset(params.experiment(experiment).dataset).shape
    pictures = {
        f"seed {seed}, epoch {epoch}": contact_sheet(sheet["draws"], sheet["neighbours"], shape)
        for seed, (sheet, epoch) in sorted(sheets.items())
    }
    height, width = next(iter(pictures.values())).shape[:2]
    figure, panels = _panels(len(pictures), (2.5, 2.5 * height / width + 0.25), 0.6)
    for axes, (title, picture) in zip(panels, pictures.items(), strict=True):
        axes.imshow(picture, interpolation="none")
        axes.set_axis_off()
        axes.set_title(title, fontsize=9)
    label = (
        f"Figure 2 for {params.experiment(experiment).label}, {count(len(sheets), 'seed')}: fair draws, nothing chosen"
    )
    figure.suptitle(f"{label}\nyellow: the training image nearest to column 5", fontsize=10)
    return label_scale(figure, params)


def _panels(n: int, size: tuple[float, float], rest: float, **options: Any) -> tuple[Figure, list[Axes]]:
    """Return a figure with so many panels in rows of PER_ROW.

    Args:
        n: number of panels, 1 or more.
        size: of a panel, inches.
        rest: height of what is above and below the panels, inches.
        options: of plt.subplots.
    """
    columns = min(n, PER_ROW)
    rows = -(-n // columns)
    figsize = (max(columns, 2) * size[0], rows * size[1] + rest)  # the title is wider than one panel
    figure, grid = plt.subplots(rows, columns, figsize=figsize, layout="constrained", squeeze=False, **options)
    for axes in grid.flat[n:]:
        axes.remove()
    return figure, list(grid.flat[:n])


def rules(
    curves: pd.DataFrame,
    validation: pd.DataFrame,
    params: Params,
    experiment: str,
    former: Rule = FORMER,
    present: Rule = PRESENT,
) -> Figure:
    """Plot what two rules of keeping and stopping do to the same runs, a panel per seed.

    Args:
        curves: columns of curves.csv; the former rule's measurements.
        validation: columns experiment, seed, epoch, log_likelihood; the present rule's, one or more rows per epoch, of
            which the greatest counts.
        params: their colours are used.
        experiment: its runs went on to the end in both frames, whatever the rules say.
    """
    points = _series(curves.rename(columns={"validation_log_likelihood": "log_likelihood"}), experiment)
    lines = _series(validation, experiment)
    end = max(series.index.max() for series in (*points.values(), *lines.values()))
    ours, other = (params.values["figures"][key] for key in ("ours", "other"))
    figure, panels = _panels(len(points), (2.6, 2.4), 1.1, sharey=True)
    kept = []
    for axes, seed in zip(panels, points, strict=True):
        axes.plot(lines[seed].index, lines[seed], color=ours, linewidth=1)
        axes.plot(points[seed].index, points[seed], ".", color=other, markersize=3)
        kept.append(_mark(axes, lines[seed], present, end, 0.04, ours))
        kept.append(_mark(axes, points[seed], former, end, 0.15, other))
        axes.set_title(f"seed {seed}", fontsize=9)
        axes.set_xlabel("epoch", fontsize=9)
        axes.tick_params(labelsize=8)
    _crop(panels, [*points.values(), *lines.values()], min(SKIPPED * end, *kept), end)
    panels[0].set_ylabel("validation log-\nlikelihood (nats)", fontsize=9)
    title = f"{params.experiment(experiment).label}: two rules of keeping and stopping\n"
    figure.suptitle(f"{title}applied to the same runs, n = {len(points)}", fontsize=11)
    _name_rules(figure, {other: former, ours: present})
    return label_scale(figure, params)


def _name_rules(figure: Figure, named: dict[str, Rule]) -> None:
    """Name two rules by the colours of their points and of their line, and the marks of both."""
    dots, line = named
    handles = [
        Line2D([], [], color=dots, marker=".", linestyle="none"),
        Line2D([], [], color=line, linewidth=1),
        Line2D([], [], color="0.3", marker="D", markersize=5, linestyle="none"),
        Line2D([], [], color="0.3", linestyle="--", linewidth=1),
    ]
    _legend(figure, handles, [*map(str, named.values()), "kept", "stops"], 2)


def _series(frame: pd.DataFrame, experiment: str) -> dict[int, pd.Series]:
    """Return each seed's greatest log-likelihood at each epoch that has one."""
    mine = frame[frame.experiment == experiment].dropna(subset=["log_likelihood"])
    return {int(seed): run.groupby("epoch").log_likelihood.max() for seed, run in mine.groupby("seed")}


def _mark(axes: Axes, series: pd.Series, rule: Rule, end: int, height: float, colour: str) -> int:
    """Mark the epoch that a rule keeps, and where it stops if before the end; state both in the corner.

    Returns:
        the epoch that is kept.
    """
    kept, last = replay(series.index.tolist(), series.tolist(), rule.patience)
    axes.plot(kept, series[kept], "D", color=colour, markersize=5, markeredgecolor="black", markeredgewidth=0.6)
    if last < end:
        axes.axvline(last, color=colour, linestyle="--", linewidth=1)
    note = f"keeps {kept}, " + (f"stops at {last}" if last < end else "does not stop")
    where: dict[str, Any] = {"xycoords": "axes fraction", "ha": "right", "fontsize": 8, "bbox": BLANK}
    axes.annotate(note, (0.97, height), color=colour, **where)
    return kept


def _crop(panels: list[Axes], series: list[pd.Series], start: float, end: int) -> None:
    """Limit the axes to the epochs from `start` on and to what was measured there."""
    shown = pd.concat(series).loc[lambda values: values.index >= start]
    room = 0.08 * (shown.max() - shown.min()) or 1.0
    for axes in panels:
        axes.set(xlim=(start, end + 0.03 * (end - start)), ylim=(shown.min() - room, shown.max() + room))
