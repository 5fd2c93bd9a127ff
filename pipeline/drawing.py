"""The figures, each drawn from tables and sample sheets alone."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.params import Params
from pipeline.summary import COLUMNS, PAPER, cell, quoted, test_rows, why_missing

PADDING = 5  # pixels between images, as in the authors' show_samples scripts
YELLOW = (1.0, 1.0, 0.0)
GREY = 0.5
LOG_2 = float(np.log(2))
# Nats below the best mean that a bandwidth curve still shows.
DEPTH = 250


def style() -> None:
    """One look for all figures; the same bytes for the same data."""
    sns.set_theme(context="notebook", style="ticks", font_scale=0.9)
    plt.rcParams.update({"svg.hashsalt": "gan", "axes.spines.top": False, "axes.spines.right": False})


def contact_sheet(draws: np.ndarray, neighbours: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Figure 2's grid: samples in rows, then the training image nearest to the last one, framed yellow.

    Args:
        draws: (rows, columns, d), values in [0, 1].
        neighbours: (rows, d).
        shape: (height, width) of an image, height * width = d.
    Returns:
        (H, W, 3), values in [0, 1].
    Source:
        goodfeli/adversarial, show_samples_*_paper.py: 5 pixels of padding, mid-grey ground.
    """
    rows, columns = draws.shape[0], draws.shape[1] + 1
    height, width = shape[0] + PADDING, shape[1] + PADDING
    sheet = np.full((rows * height + PADDING, columns * width + PADDING, 3), GREY)
    for row in range(rows):
        for column, image in enumerate([*draws[row], neighbours[row]]):
            top, left = row * height + PADDING, column * width + PADDING
            if column == columns - 1:
                sheet[top - 1 : top + shape[0] + 1, left - 1 : left + shape[1] + 1] = YELLOW
            sheet[top : top + shape[0], left : left + shape[1]] = image.reshape(*shape, 1)
    return sheet


def samples(sheet: dict[str, np.ndarray], params: Params, experiment: str, seed: int) -> Figure:
    """Figure 2: fair random draws and nearest training images."""
    entry = params.experiment(experiment)
    height, width = params.dataset(entry.dataset).shape[-2:]
    grid = contact_sheet(sheet["draws"], sheet["neighbours"], (height, width))
    figure, axes = plt.subplots(figsize=(6, 4.6), layout="constrained")
    axes.imshow(grid, interpolation="nearest")
    axes.set_axis_off()
    axes.set_title(f"{entry.label}, seed {seed}: 20 fair draws; yellow: training image nearest to column 5")
    axes.title.set_fontsize(10)
    return _on_its_face(figure, params)


def bandwidth_curve(bandwidths: pd.DataFrame, params: Params, experiment: str) -> Figure:
    """Mean validation log-likelihood against the bandwidth, per seed, with the chosen points."""
    mine = bandwidths[(bandwidths.experiment == experiment) & (bandwidths.generator == "best")]
    column = "validation_log_likelihood"
    figure, axes = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
    ours = params.values["figures"]["ours"]
    for seed, runs in mine.groupby("seed"):
        fine, authors = (runs[runs.grid == grid].sort_values("bandwidth") for grid in ("fine", "authors"))
        axes.plot(fine.bandwidth, fine[column], color=ours, alpha=0.6, linewidth=1.2)
        axes.plot(authors.bandwidth, authors[column], "o", color=ours, markerfacecolor="white", markersize=5)
        chosen = authors.loc[authors[column].idxmax()]
        axes.plot(chosen.bandwidth, chosen[column], "o", color=ours, markersize=8)
        best = fine.loc[fine[column].idxmax()]
        axes.plot(best.bandwidth, best[column], "D", color=params.values["figures"]["other"], markersize=6)
    top = mine[column].max()
    axes.set(ylim=(top - DEPTH, top + 0.12 * DEPTH), xlim=(0.08, 0.62))
    axes.set(xlabel="bandwidth (pixel units)", ylabel="mean log-likelihood,\nvalidation images (nats)")
    axes.set_title(f"{params.experiment(experiment).label}: filled circle: chosen from the authors' grid; diamond: fine grid")
    axes.title.set_fontsize(10)
    return _on_its_face(figure, params)


def learning_curves(curves: pd.DataFrame, params: Params, experiment: str) -> Figure:
    """Losses, D's outputs and validation log-likelihood over epochs, a line a seed."""
    mine = curves[curves.experiment == experiment]
    colours = params.values["figures"]
    figure, panels = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained")
    for _, run in mine.groupby("seed"):
        panels[0].plot(run.epoch, run.loss_D, color=colours["other"])
        panels[0].plot(run.epoch, run.loss_G, color=colours["ours"])
        panels[1].plot(run.epoch, run["D(x)"], color=colours["other"])
        panels[1].plot(run.epoch, run["D(G(z))"], color=colours["ours"])
        validated = run.dropna(subset=["validation_log_likelihood"])
        panels[2].plot(validated.epoch, validated.validation_log_likelihood, "o-", color=colours["ours"], markersize=4)
    _name_pair(panels[0], "loss (nats)", ("discriminator", "generator"), LOG_2, "log 2: D = 1/2")
    _name_pair(panels[1], "mean output of D", ("D(x)", "D(G(z))"), 0.5, "1/2")
    panels[1].set_ylim(0, 1)
    panels[2].set(xlabel="epoch", ylabel="validation log-likelihood (nats)")
    panels[2].xaxis.get_major_locator().set_params(integer=True)
    figure.suptitle(f"{params.experiment(experiment).label}: a line per seed, n = {mine.seed.nunique()}", fontsize=11)
    return _on_its_face(figure, params)


def _name_pair(axes: Axes, ylabel: str, names: tuple[str, str], equilibrium: float, note: str) -> None:
    axes.axhline(equilibrium, color="0.6", linestyle=":", linewidth=1, zorder=0)
    handles = [axes.lines[0], axes.lines[1], axes.lines[-1]]
    axes.legend(handles, [*names, note], frameon=False, fontsize=8)
    axes.set(xlabel="epoch", ylabel=ylabel)
    axes.xaxis.get_major_locator().set_params(integer=True)


def table_plot(metrics: pd.DataFrame, params: Params) -> Figure:
    """Table 1 as dots with their errors; ours with each seed and where one more seed is expected."""
    figure, panels = plt.subplots(1, len(COLUMNS), figsize=(10, 3.6), layout="constrained", sharey=True)
    for axes, (experiment, label) in zip(panels, COLUMNS.items(), strict=True):
        _quoted_dots(axes, experiment, params.values["figures"])
        _our_dots(axes, metrics, params, experiment)
        axes.set(title=label, xlabel="mean test log-likelihood (nats)")
        axes.grid(axis="x", color="0.9")
    return _on_its_face(figure, params)


def _quoted_dots(axes: Axes, experiment: str, colours: dict[str, str]) -> None:
    rows = quoted().query("dataset == @experiment")
    for row in rows.itertuples():
        colour = colours["other"] if row.model == PAPER else colours["data"]
        axes.errorbar(row.value, row.model, xerr=row.error, fmt="o", color=colour, capsize=3)


def _our_dots(axes: Axes, metrics: pd.DataFrame, params: Params, experiment: str) -> None:
    our, name, colour = cell(metrics, params, experiment, "authors"), "ours", params.values["figures"]["ours"]
    if our is None:
        axes.plot([], [])
        axes.text(0.5, 0.06, f"ours: {why_missing(params, experiment)}", transform=axes.transAxes, ha="center", fontsize=9)
        return
    values = test_rows(metrics, experiment, "authors").value
    axes.plot(values, [name] * len(values), "|", color=colour, markersize=12)
    low, high = our.seeds.prediction_interval
    error = [[our.seeds.mean - low], [high - our.seeds.mean]] if our.seeds.n > 1 else None
    axes.errorbar(our.seeds.mean, name, xerr=error, fmt="D", color=colour, capsize=3)
    axes.annotate(
        f"n = {our.seeds.n} seeds; bar: one more seed", (our.seeds.mean, name), (0, 9), textcoords="offset points",
        ha="center", fontsize=8, color=colour,
    )


def _on_its_face(figure: Figure, params: Params) -> Figure:
    """State the scale under the figure."""
    note = f"scale: {params.scale}" + ("" if params.is_real else " (synthetic images, tiny networks: no result)")
    figure.supxlabel(note, fontsize=8, color="0.4", x=0.99, ha="right")
    return figure
