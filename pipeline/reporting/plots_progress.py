"""The figures of the course of training: scores by its length, samples of every seed, rules of keeping and stopping."""

from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from gan.keeping import replay
from gan.statistics import MIN_SEEDS, SeedSummary, summarise_seeds
from pipeline.config.params import Params
from pipeline.record.runs import OUR_MODEL
from pipeline.reporting.cells import PAPER, count, model_rows, quoted, seed_rows
from pipeline.reporting.plots import BLANK, Sheet, contact_sheet, label_scale, note, one_more_run

PER_ROW = 5  # panels beside each other
# Of each grid of bandwidths: its name in a legend, colour, width of its lines, and where its interval appears beyond
# the longest training, as a share of the x axis, so that two intervals do not overlap.
GRID_LINES = {"authors": ("authors' grid", "ours", 1.5, 0.05), "fine": ("fine grid", "other", 0.8, 0.14)}
PUBLISHED = {PAPER: ("the paper:", "-"), "Deep GSN": ("Deep GSN:", "--")}  # rows of Table 1: label and kind of line
KEPT = {"color": "0.3", "marker": "D", "markersize": 5, "linestyle": "none"}  # a kept generator, in a legend
SAME_NATS = 1e-3  # validation.csv is rounded
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


RULES = (Rule(images=1_000, noise="fresh", patience=100), Rule(images=10_000, noise="same", patience=200))


def progress(metrics: pd.DataFrame, params: Params, experiment: str) -> Figure:
    """Plot test log-likelihood against the length of training: the whole, and its last half closer.

    Args:
        metrics: columns of metrics.csv, and `length`: the epochs of training that a row reports.
        params: of the scale whose rows are shown.
        experiment: has rows of both generators, "last" at several lengths and "best" at the greatest.
    """
    lasts = model_rows(metrics[metrics.scale == params.scale], experiment, "authors", OUR_MODEL, "last")
    greatest = lasts.length.max()
    parts = {"whole training": 0, "its last half": greatest / 2} if lasts.length.nunique() > 1 else {"": 0}
    what = "line" if len(parts) > 1 else "point"
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
    title = f"{params.experiment(experiment).label}: one {what} per seed and grid, n = {lasts.seed.nunique()}"
    figure.suptitle(title, fontsize=11)
    kept = seed_rows(metrics, experiment, "authors", params.scale)
    marks = {"marker": ".", "linestyle": "none"} if what == "point" else {}
    _name_lines(figure, params, len(kept), int(kept.length.max()) if len(kept) else 0, marks)
    return label_scale(figure, params)


def _scores(axes: Axes, metrics: pd.DataFrame, params: Params, experiment: str, lengths: tuple[float, float]) -> None:
    """Plot the last generators' scores between two lengths, and beyond the greater one the kept generators'."""
    least, greatest = lengths
    mine = metrics[(metrics.scale == params.scale) & (metrics.length >= least)]
    for grid, (_, name, width, beyond) in GRID_LINES.items():
        colour = params.values["figures"][name]
        lasts = model_rows(mine, experiment, grid, OUR_MODEL, "last").sort_values("length")
        for _, run in lasts.groupby("seed"):
            axes.plot(run.length, run.value, ".-", color=colour, linewidth=width, markersize=4 * width, alpha=0.7)
        if len(bests := seed_rows(metrics, experiment, grid, params.scale)):
            kept = summarise_seeds(bests.value.tolist(), params.confidence)
            _kept(axes, greatest + beyond * (greatest - least), kept, colour)


def _kept(axes: Axes, place: float, kept: SeedSummary, colour: str) -> None:
    """Mark the mean of the kept generators and, from MIN_SEEDS on, where one more run is expected."""
    error = one_more_run(kept)
    axes.errorbar(place, kept.mean, yerr=error, fmt="D", color=colour, capsize=3, markersize=5)
    low = kept.prediction_interval[0] if error else kept.mean
    note(axes, f"n = {kept.n}", (place, low), (0, -5), color=colour, ha="center", va="top", bbox=BLANK)


def _published_lines(axes: Axes, experiment: str, colour: str) -> None:
    """Add a labelled line for the paper's value and for the best of those that it compares with."""
    rows = quoted("table 1").query("dataset == @experiment").set_index("model")
    for model, (label, line) in PUBLISHED.items():
        if model in rows.index:
            value, across = rows.value[model], axes.get_yaxis_transform()
            axes.axhline(value, color=colour, linestyle=line, linewidth=1, zorder=0)
            note(axes, f"{label} {value:g}", (0.02, value), (0, 3), xycoords=across, color=colour, fontsize=9)


def _name_lines(figure: Figure, params: Params, n: int, length: int, marks: dict[str, Any]) -> None:
    """Name the lines, or marks, and what appears at their end for n generators kept up to a length."""
    colours = params.values["figures"]
    looks = {
        name: {"color": colours[colour], "linewidth": width} | marks for name, colour, width, _ in GRID_LINES.values()
    }
    if n:
        interval = f", {params.confidence:.0%} interval of one more run" if n >= MIN_SEEDS else ""
        looks[f"mean of the generators kept at {length:,} epochs{interval}"] = KEPT
    _legend(figure, looks, 3)


def _legend(figure: Figure, looks: dict[str, dict[str, Any]], columns: int) -> None:
    """Put a legend below the panels; its padding leaves the last line of the figure to the scale."""
    handles = [Line2D([], [], **look) for look in looks.values()]
    where: dict[str, Any] = {"loc": "outside lower center", "ncols": columns, "borderpad": 1.5}
    figure.legend(handles, list(looks), fontsize=9, frameon=False, **where)


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
    title = f"{params.experiment(experiment).label}, {count(len(sheets), 'seed')}: random draws, not selected"
    figure.suptitle(f"Figure 2 for {title}\nyellow: the training image nearest to column 5", fontsize=10)
    return label_scale(figure, params)


def _panels(n: int, size: tuple[float, float], rest: float, **options: Any) -> tuple[Figure, list[Axes]]:
    """Return a figure of n panels in rows of PER_ROW; their size, and the height of what is around them, in inches."""
    columns = min(n, PER_ROW)
    rows = -(-n // columns)
    figsize = (max(columns, 2) * size[0], rows * size[1] + rest)  # the title is wider than one panel
    figure, grid = plt.subplots(rows, columns, figsize=figsize, layout="constrained", squeeze=False, **options)
    for axes in grid.flat[n:]:
        axes.remove()
    return figure, list(grid.flat[:n])


def rules(
    curves: pd.DataFrame, validation: pd.DataFrame, params: Params, experiment: str, both: tuple[Rule, Rule] = RULES
) -> Figure:
    """Plot what two rules of keeping and stopping do to the same runs, a panel per seed.

    Args:
        curves: columns of curves.csv; the former rule's measurements.
        validation: columns experiment, seed, epoch, log_likelihood; the present rule's, one or more rows per epoch, of
            which the greatest counts.
        params: their colours are used.
        experiment: its runs continue to the end in both frames, whatever the rules say.
        both: the former rule and the present one.
    """
    former, present = both
    points = seed_curves(curves.rename(columns={"validation_log_likelihood": "log_likelihood"}), experiment)
    lines = seed_curves(validation, experiment)
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
    looks = {
        str(former): {"color": other, "marker": ".", "linestyle": "none"},
        str(present): {"color": ours, "linewidth": 1},
        "kept": KEPT,
        "stops": {"color": "0.3", "linestyle": "--", "linewidth": 1},
    }
    _legend(figure, looks, 2)
    return label_scale(figure, params)


def seed_curves(frame: pd.DataFrame, experiment: str) -> dict[int, pd.Series]:
    """Return each seed's greatest log-likelihood at each epoch that has one."""
    mine = frame[frame.experiment == experiment].dropna(subset=["log_likelihood"])
    return {int(seed): run.groupby("epoch").log_likelihood.max() for seed, run in mine.groupby("seed")}


def _mark(axes: Axes, series: pd.Series, rule: Rule, end: int, height: float, colour: str) -> int:
    """Mark the epoch that a rule keeps, and where it stops if before the end; name both. Return the epoch kept."""
    kept, last = replay(series.index.tolist(), series.tolist(), rule.patience)
    axes.plot(kept, series[kept], "D", color=colour, markersize=5, markeredgecolor="black", markeredgewidth=0.6)
    if last < end:
        axes.axvline(last, color=colour, linestyle="--", linewidth=1)
    text = f"keeps {kept}, " + (f"stops at {last}" if last < end else "does not stop")
    note(axes, text, (0.97, height), (0, 0), xycoords="axes fraction", ha="right", bbox=BLANK, color=colour)
    return kept


def _crop(panels: list[Axes], series: list[pd.Series], start: float, end: int) -> None:
    """Limit the axes to the epochs from `start` on and to what was measured there."""
    shown = pd.concat(series).loc[lambda values: values.index >= start]
    room = 0.08 * (shown.max() - shown.min()) or 1.0
    for axes in panels:
        axes.set(xlim=(start, end + 0.03 * (end - start)), ylim=(shown.min() - room, shown.max() + room))


def has_two_rules(curves: pd.DataFrame, validation: pd.DataFrame, experiment: str) -> bool:
    """Return whether training followed other measurements (curves.csv) than the plan's rule does (validation.csv)."""
    followed = curves[curves.experiment == experiment].set_index(["seed", "epoch"]).validation_log_likelihood.dropna()
    best = validation[validation.experiment == experiment].groupby(["seed", "epoch"]).log_likelihood.max()
    both = pd.concat([followed.rename("one"), best.rename("other")], axis=1).dropna()
    return len(both) > 0 and float((both.one - both.other).abs().max()) > SAME_NATS
