"""The figures of the paper and of training, each plotted from tables and sample sheets alone."""

from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from gan.statistics import MIN_SEEDS, SeedSummary
from pipeline.config.params import Params
from pipeline.files.formats import replacing
from pipeline.reporting import BACKEND
from pipeline.reporting.cells import PAPER, cell, columns, quoted, why_missing

Sheet = dict[str, np.ndarray]  # arrays of a sheet.npz
PADDING = 5  # pixels between images, as in the authors' show_samples scripts
YELLOW = (1.0, 1.0, 0.0)
GREY = 0.5
CENTRED: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 9}
BLANK = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}  # keeps lines off a text
LOG_2 = float(np.log(2))
DEPTH = 250  # nats below the lowest peak that bandwidth curves still show
OURS = "ours"
PANELS = {"mnist": "a", "tfd": "b", "cifar10-fc": "c", "cifar10-conv": "d"}  # of the paper's Figure 2


def style() -> None:
    """Set one look for all figures; the same bytes for the same data, whatever a user's matplotlibrc says."""
    matplotlib.use(BACKEND)
    matplotlib.rcdefaults()
    # The font is matplotlib's own: seaborn names others first, which a machine may have.
    own = {"font.sans-serif": ["DejaVu Sans"], "axes.spines.top": False, "axes.spines.right": False}
    sns.set_theme(context="notebook", style="ticks", font_scale=0.9, rc=own | {"svg.hashsalt": "gan"})


def save(figure: Figure, path: Path) -> list[Path]:
    """Write svg and png; the same figure yields the same bytes."""
    for axes in figure.axes:
        _complete(axes)
    paths = [path.with_suffix(".svg"), path.with_suffix(".png")]
    for target, metadata in zip(paths, ({"Date": None}, {"Software": None}), strict=True):
        with replacing(target) as temporary:
            figure.savefig(temporary, format=target.suffix[1:], dpi=200, metadata=metadata)
    plt.close(figure)
    return paths


def _complete(axes: Axes) -> None:
    """Mark points that no line reaches, which without a marker do not show; state why a panel is empty."""
    for line in axes.lines:
        there = np.pad(np.isfinite(line.get_xydata()).all(axis=1), 1)
        alone = np.flatnonzero(there[1:-1] & ~there[:-2] & ~there[2:])
        if len(alone) and line.get_marker() in ("None", "", None):
            line.set(marker="o", markersize=4, markevery=alone.tolist())
    points = [line.get_xydata() for line in axes.lines if line.get_transform() is axes.transData]
    shown = any(np.isfinite(of_line).all(axis=1).any() for of_line in points)
    if not (shown or axes.texts or axes.patches or axes.collections or axes.images):
        why = "nothing to show:\nno run is here that lasted until this was measured"
        axes.annotate(why, (0.5, 0.5), xycoords="axes fraction", bbox=BLANK, **CENTRED)


def label_scale(figure: Figure, params: Params, scale: str | None = None) -> Figure:
    """State the scale under the figure; by default that of the params."""
    return label(figure, scale_text(params, scale))


def label(figure: Figure, text: str) -> Figure:
    """Write a line under the figure."""
    figure.supxlabel(text, fontsize=8, color="0.4", x=0.99, ha="right")
    return figure


def scale_text(params: Params, scale: str | None = None) -> str:
    """Return what a figure says of its scale."""
    return f"scale: {scale or params.scale}" + (
        "" if params.is_real else " (synthetic images, tiny networks: no result)"
    )


def note(axes: Axes, text: str, place: tuple[Any, Any], offset: tuple[float, float], **look: Any) -> None:
    """Write a small text so many points beside a place."""
    axes.annotate(text, place, offset, textcoords="offset points", fontsize=look.pop("fontsize", 8), **look)


def one_more_run(seeds: SeedSummary) -> list[list[float]] | None:
    """Return the error bar of where one more run is expected; None for fewer than MIN_SEEDS."""
    low, high = seeds.prediction_interval
    return [[seeds.mean - low], [high - seeds.mean]] if seeds.n >= MIN_SEEDS else None


def contact_sheet(draws: np.ndarray, neighbours: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return Figure 2's grid: samples in rows, then the training image nearest to the last one, framed yellow.

    Args:
        draws: (rows, columns, d), values in [0, 1].
        neighbours: (rows, d).
        shape: (height, width) of an image, or (3, height, width).
    Returns:
        (H, W, 3), values in [0, 1].
    Source:
        goodfeli/adversarial, show_samples_*_paper.py: 5 pixels of padding, mid-grey ground.
    """
    sheet = tiles(np.concatenate([draws, neighbours[:, None]], axis=1), shape)
    (height, width), left = shape[-2:], draws.shape[1] * (shape[-1] + PADDING) + PADDING
    for row, image in enumerate(neighbours):
        top = row * (height + PADDING) + PADDING
        sheet[top - 1 : top + height + 1, left - 1 : left + width + 1] = YELLOW
        sheet[top : top + height, left : left + width] = picture(image, shape)
    return sheet


def tiles(images: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return images (rows, columns, d) beside and below each other on mid-grey ground: (H, W, 3), values in [0, 1]."""
    rows, columns, _ = images.shape
    height, width = shape[-2] + PADDING, shape[-1] + PADDING
    sheet = np.full((rows * height + PADDING, columns * width + PADDING, 3), GREY)
    for row, column in np.ndindex(rows, columns):
        down, right = row * height + PADDING, column * width + PADDING
        sheet[down : down + shape[-2], right : right + shape[-1]] = picture(images[row, column], shape)
    return sheet


def picture(image: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return a flat image (d,) as (height, width, 1), or (height, width, 3) where its shape has three channels."""
    return np.moveaxis(image.reshape(-1, *shape[-2:]), 0, -1)


def samples(sheet: Sheet, params: Params, experiment: str, seed: int, epoch: int) -> Figure:
    """Plot Figure 2: fair random draws and nearest training images, of a seed's generator after so many epochs."""
    entry = params.experiment(experiment)
    grid = contact_sheet(sheet["draws"], sheet["neighbours"], params.dataset(entry.dataset).shape)
    panel = f"Figure 2 {PANELS[experiment]}. " if experiment in PANELS else ""
    title = f"{panel}{entry.label}, seed {seed}, epoch {epoch}"
    below = "20 fair draws; yellow: the training image nearest to column 5"
    return label_scale(_picture(grid, (6, 4.6), f"{title}\n{below}"), params)


def interpolation(sheet: Sheet, params: Params, experiment: str, seed: int, epoch: int) -> Figure:
    """Plot Figure 3: a walk through z-space along straight lines between draws that were not chosen."""
    entry = params.experiment(experiment)
    shape = params.dataset(entry.dataset).shape
    strip = np.concatenate([picture(image, shape) for image in sheet["walk"]], axis=1)
    panel = "Figure 3. " if experiment == "mnist" else ""
    title = f"{panel}{entry.label}, seed {seed}, epoch {epoch}: straight lines in z-space between random draws"
    return label_scale(_picture(strip, (10, 1.1), title), params)


def _picture(pixels: np.ndarray, size: tuple[float, float], title: str) -> Figure:
    """A figure of so many inches that shows one picture, pixel by pixel: as SVG a tenth of the bytes."""
    figure, axes = plt.subplots(figsize=size, layout="constrained")
    axes.imshow(pixels, interpolation="none", cmap="gray", vmin=0, vmax=1)
    axes.set_axis_off()
    axes.set_title(title, fontsize=9)
    return figure


def toy(moments: pd.DataFrame, params: Params) -> Figure:
    """Plot Figure 1: densities, D and its analytic optimum, and where G sends evenly spaced noise."""
    colours = params.values["figures"]
    titles = moments.panel.unique()
    options: dict[str, Any] = {"sharex": True, "layout": "constrained", "height_ratios": (4, 1)}
    figure, panels = plt.subplots(2, len(titles), figsize=(12, 3.6), **options)
    for (top, bottom), title in zip(panels.T, titles, strict=True):
        mine = moments[moments.panel == title]
        grid, arrows = mine[mine.z.isna()], mine[mine.z.notna()]
        top.plot(grid.x, grid.p_data, ":", color="black", label="data")
        top.plot(grid.x, grid.p_g, color="#2e7d32", label="generator")
        top.plot(grid.x, grid.d, "--", color=colours["other"], label="D, trained")
        top.plot(grid.x, grid.d_star, color=colours["other"], linewidth=0.8, alpha=0.6, label="D*, analytic")
        top.axhline(0.5, color="0.8", linewidth=0.8, zorder=0)
        top.set_title(title, fontsize=10)
        ends = grid.x.min() + arrows.z.rank(pct=True) * (grid.x.max() - grid.x.min())
        bottom.plot([arrows.x, ends], [np.ones(len(arrows)), np.zeros(len(arrows))], color="0.5", linewidth=0.6)
        bottom.set(yticks=[0, 1], yticklabels=["z", "x"], ylim=(0, 1), xticks=[])
        top.set_ylim(0, 1.05 * max(1, moments.p_g.max()))
    for axes in panels[:, 1:].flat:
        axes.set_yticklabels([])
    handles, names = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=len(names), fontsize=9, frameon=False)
    return figure  # the same at every scale


def bandwidth_curve(bandwidths: pd.DataFrame, params: Params, experiment: str) -> Figure:
    """Plot mean validation log-likelihood against the bandwidth, per seed, with the chosen points."""
    mine = bandwidths[(bandwidths.experiment == experiment) & (bandwidths.generator == "best")]
    ours, other = (params.values["figures"][key] for key in ("ours", "other"))
    looks = (_dot(ours, "white"), _dot(ours, ours), _dot(other, other, "D"))
    figure, axes = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
    for _, run in mine.groupby(["seed", "fold"]):
        fine, authors = (run[run.grid == grid].sort_values("bandwidth") for grid in ("fine", "authors"))
        axes.plot(fine.bandwidth, fine.validation_log_likelihood, color=ours, alpha=0.6, linewidth=1.2)
        for points, look in zip((authors, authors[authors.chosen], fine[fine.chosen]), looks, strict=True):
            axes.plot(points.bandwidth, points.validation_log_likelihood, **look)
    tops = mine.groupby(["seed", "fold"]).validation_log_likelihood.max()
    least = mine.validation_log_likelihood[mine.chosen].min()
    depth = max(DEPTH, 1.05 * (tops.min() - least))  # every curve shows its peak, and what was chosen from each grid
    shown = mine.bandwidth[mine.validation_log_likelihood > tops.min() - depth]
    axes.set(ylim=(tops.min() - depth, tops.max() + 0.12 * depth), xlim=(0.9 * shown.min(), 1.1 * shown.max()))
    axes.set(xlabel="bandwidth (pixel units)", ylabel="mean log-likelihood, validation images (nats)")
    names = ("authors' grid", "chosen from it", "chosen from the fine grid")
    axes.legend([Line2D([], [], **look) for look in looks], names, frameon=False)
    of_fold = " and fold" if mine.fold.nunique() > 1 else ""
    title = f"{params.experiment(experiment).label}: a curve per seed{of_fold}, n = {mine.seed.nunique()}"
    axes.set_title(title, fontsize=11)
    return label_scale(figure, params, mine.scale.iloc[0])


def _dot(edge: str, face: str, marker: str = "o") -> dict[str, Any]:
    return {"marker": marker, "color": edge, "markerfacecolor": face, "markersize": 6, "linestyle": "none"}


def learning_curves(curves: pd.DataFrame, params: Params, experiment: str) -> Figure:
    """Plot losses, D's outputs and validation log-likelihood over epochs, a line per seed."""
    mine = curves[curves.experiment == experiment]
    colours = params.values["figures"]
    figure, panels = plt.subplots(1, 3, figsize=(12.5, 4), layout="constrained")
    for _, run in mine.groupby("seed"):
        panels[0].plot(run.epoch, run.loss_D, color=colours["other"])
        panels[0].plot(run.epoch, run.loss_G, color=colours["ours"])
        panels[1].plot(run.epoch, run["D(x)"], color=colours["other"])
        panels[1].plot(run.epoch, run["D(G(z))"], color=colours["ours"])
        validated = run.dropna(subset=["validation_log_likelihood"])
        panels[2].plot(validated.epoch, validated.validation_log_likelihood, "o-", color=colours["ours"], markersize=4)
    recipe = params.experiment(experiment).recipe
    at_half = 2 * recipe.discriminator_loss_scale * LOG_2
    _finish(panels[0], "loss (nats)", ("discriminator", "generator"), at_half, "discriminator at D = 1/2")
    _finish(panels[1], "mean output of D", ("D(x)", "D(G(z))"), 0.5, "1/2")
    panels[1].set_ylim(0, 1)
    panels[2].set(xlabel="epoch", ylabel="validation log-likelihood (nats)")
    if params.experiment(experiment).selection == "last":
        panels[2].annotate(
            "not looked at: the last epoch's\ngenerator is scored", (0.5, 0.5), xycoords="axes fraction", **CENTRED
        )
        panels[2].set(xlim=panels[0].get_xlim(), yticks=[])
    panels[2].ticklabel_format(useOffset=False)
    for axes in panels:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    figure.suptitle(f"{params.experiment(experiment).label}: a line per seed, n = {mine.seed.nunique()}", fontsize=11)
    return label_scale(figure, params)


def _finish(axes: Axes, ylabel: str, names: tuple[str, str], equilibrium: float, name: str) -> None:
    """Labels, and a dotted line where D cannot tell samples from data."""
    axes.axhline(equilibrium, color="0.6", linestyle=":", linewidth=1, zorder=0)
    handles = [*axes.lines[:2], axes.lines[-1]]
    where: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": (0.5, 1), "ncols": 3}
    if len(axes.lines) > 1:  # some run finished an epoch
        axes.legend(handles, [*names, name], fontsize=8, frameon=False, **where)
    axes.set(xlabel="epoch", ylabel=ylabel)


def table_plot(metrics: pd.DataFrame, params: Params) -> Figure:
    """Plot Table 1 as dots with their errors; ours with each seed and, from 5 seeds on, where one more is expected."""
    titles = columns(params)
    figure, panels = plt.subplots(1, len(titles), figsize=(5 * len(titles), 3.8), layout="constrained", sharey=True)
    for axes, (experiment, label) in zip(panels, titles.items(), strict=True):
        rows = quoted("table 1").query("dataset == @experiment")
        for row in rows.to_dict("records"):
            colour = params.values["figures"]["other" if row["model"] == PAPER else "data"]
            axes.errorbar(row["value"], row["model"], xerr=row["error"], fmt="o", color=colour, capsize=3)
        _our_dots(axes, metrics, params, experiment)
        axes.set(title=label, xlabel="mean test log-likelihood (nats)")
        axes.grid(axis="x", color="0.9")
    panels[0].invert_yaxis()  # shared: the paper's order from the top, ours at the bottom
    return label_scale(figure, params)


def _our_dots(axes: Axes, metrics: pd.DataFrame, params: Params, experiment: str) -> None:
    our, colour = cell(metrics, params, experiment, "authors"), params.values["figures"]["ours"]
    if our is None:
        text = why_missing(params, experiment)
        axes.annotate(text, (0.5, OURS), xycoords=axes.get_yaxis_transform(), **CENTRED)
        return
    axes.plot(our.values, [OURS] * our.seeds.n, "|", color=colour, markersize=14)
    axes.errorbar(our.seeds.mean, OURS, xerr=one_more_run(our.seeds), fmt="D", color=colour, capsize=3)
    note(axes, f"n = {our.seeds.n}", (our.seeds.mean, OURS), (0, 10), ha="center")
