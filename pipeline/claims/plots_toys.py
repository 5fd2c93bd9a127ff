"""Figures of the toys: the optimal discriminator, the criterion along a path, convergence, mixtures of Gaussians."""

from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from gan.theory.convergence import K
from gan.theory.optimum import EQUILIBRIUM
from pipeline.config.params import Params
from pipeline.reporting.gather import Frames

MARKERS = ("o:", "s--", "D-")  # of capacities, ascending
NO_GAP = 1e-12  # nats; below it C + log 4 is rounding
SETTINGS = {"balanced": "ours", "G too fast": "other"}  # of mixtures, and their colours
LABELS = {"balanced": "balanced: k = 1", "G too fast": "G too fast: 10 steps of G for each of D"}


def plot_optimal(frames: Frames, params: Params) -> Figure:
    """Plot Proposition 1: how far a trained D is from D*, by its steps and capacity; the band spans all seeds."""
    frame, colours = frames["optimal.csv"], params.values["figures"]
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained", sharey=True)
    for axes, (dimensions, mine) in zip(panels, frame.groupby("dimensions"), strict=True):
        capacities = mine.groupby("units")
        for marker, colour, (units, rows) in zip(MARKERS, ("data", "other", "ours"), capacities, strict=True):
            distances = rows.groupby("steps").distance.agg(["median", "min", "max"])
            axes.plot(distances["median"], marker, color=colours[colour], markersize=5, label=f"{units} units")
            axes.fill_between(distances.index, distances["min"], distances["max"], color=colours[colour], alpha=0.15)
        axes.set(xscale="log", ylim=(0, 1.05 * frame.distance.max()), xlabel="steps of D")
        axes.set_xticks(sorted(frame.steps.unique()), [f"{steps:,}" for steps in sorted(frame.steps.unique())])
        axes.minorticks_off()
        axes.set_title(f"{dimensions}-D data", fontsize=10)
    panels[0].set_ylabel("mean |D \N{MINUS SIGN} D*|")
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower left", ncols=len(names), fontsize=8, frameon=False)
    title = f"Proposition 1: D nears its optimum D*; median and range of {frame.seed.nunique()} seeds"
    figure.suptitle(title, fontsize=11)
    return figure


def plot_path(frames: Frames, params: Params) -> Figure:
    """Plot Theorem 1: C(G) on a way to the data, what a trained D reaches of it, and -log 4."""
    frame, colours = frames["path.csv"], params.values["figures"]
    figure, axes = plt.subplots(figsize=(6.4, 3.8), layout="constrained")
    axes.plot(frame.groupby("t").c.first(), color=colours["other"], label="C(G), by quadrature")
    axes.plot(frame.t, frame.reached, "o", color=colours["ours"], markersize=4, alpha=0.7, label="V(G, D), D trained")
    axes.axhline(EQUILIBRIUM, color="0.6", linestyle=":", linewidth=1, zorder=0, label="\N{MINUS SIGN}log 4")
    axes.set(xlabel="share of the way from a narrow generator to the data", ylabel="nats")
    axes.legend(fontsize=8, frameon=False)
    axes.set_title(f"Theorem 1: least where p_g = p_data; n = {frame.seed.nunique()} seeds", fontsize=11)
    return figure


def plot_convergence(frames: Frames, params: Params) -> Figure:
    """Plot Proposition 2: p_g itself converges, single parameters turn about the solution, networks come near."""
    colours, descent, nets = params.values["figures"], frames["descent.csv"], frames["nets.csv"]
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(12, 3.8), layout="constrained")
    _plot_gaps(left, descent, "step", colours["ours"])
    left.set_xlabel("step of p_g, each against D*")
    left.set_title(f"p_g itself, a line per seed, n = {descent.seed.nunique()}", fontsize=10)
    _plot_spirals(middle, frames["dirac.csv"], colours)
    _plot_gaps(right, nets, "round", colours["ours"])
    right.set_xlabel(f"round: {K} steps of D, one of G")
    right.set_title(f"networks, a line per seed, n = {nets.seed.nunique()}", fontsize=10)
    figure.suptitle("Proposition 2: in its own setting, and outside it", fontsize=11)
    return figure


def _plot_gaps(axes: Axes, frame: pd.DataFrame, x: str, colour: str) -> None:
    """Plot how far C(G) is from its least value, a line per seed."""
    for _, run in frame.groupby("seed"):
        gap = run.c - EQUILIBRIUM
        axes.plot(run[x], gap.where(gap > NO_GAP), color=colour, linewidth=1.2, alpha=0.7)
    axes.set(yscale="log", ylabel="C(G) + log 4 (nats)")


def _plot_spirals(axes: Axes, dirac: pd.DataFrame, colours: dict[str, str]) -> None:
    """Plot both players' parameters, by kind of update, with their start and the solution."""
    for update, colour in (("simultaneous", "other"), ("alternating", "ours")):
        run = dirac[dirac["update"] == update]
        axes.plot(run.theta, run.psi, color=colours[colour], linewidth=0.8, label=update)
    start = dirac[dirac.step == 0].iloc[0]
    axes.plot(start.theta, start.psi, "o", color=colours["data"], markersize=6, label="start")
    axes.plot(0, 0, "+", color="black", markersize=10, label="solution")
    axes.set(xlabel="\N{GREEK SMALL LETTER THETA}, G's only sample", ylabel="\N{GREEK SMALL LETTER PSI}, slope of D")
    axes.set_aspect("equal", adjustable="datalim")
    place: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": (0.5, 0.97)}
    axes.legend(title="one parameter each", title_fontsize=10, fontsize=8, frameon=False, ncols=2, **place)


def plot_modes(frames: Frames, params: Params) -> Figure:
    """Plot covered modes, good samples and close pairs over epochs, a line per seed; and the first seed's samples."""
    frame, points, colours = frames["modes.csv"], frames["modes_points.csv"], params.values["figures"]
    targets = list(frame.target.unique())
    figure = plt.figure(figsize=(14, 2.6 * len(targets) + 0.7), layout="constrained")
    rows = figure.subplots(len(targets), 6, width_ratios=(1.2, 1.2, 1.2, 1, 1, 1), squeeze=False)
    for target, row in zip(targets, rows, strict=True):
        mine = frame[frame.target == target]
        modes = mine.modes.iloc[0]
        panels = {"covered": ("modes covered", modes), "good": ("share of good samples", 1)}
        panels["close"] = ("share of close pairs", 1)
        for axes, (column, (label, most)) in zip(row, panels.items(), strict=False):
            _plot_over_epochs(axes, mine, column, colours)
            axes.set(ylabel=label, ylim=(-0.04 * most, (1.08 if column == "covered" else 1.04) * most))
        row[0].axhline(modes, color="0.8", zorder=0)
        row[0].set_title(target)
        _plot_points(row[3:], points[points.target == target], colours)
    lines = [Line2D([], [], color=colours[colour]) for colour in SETTINGS.values()]
    labels = [LABELS[name] for name in SETTINGS]
    figure.legend(lines, labels, loc="outside upper left", ncols=2, fontsize=9, frameon=False)
    return figure


def _plot_over_epochs(axes: Axes, frame: pd.DataFrame, column: str, colours: dict[str, str]) -> None:
    for setting, colour in SETTINGS.items():
        by_seed = frame[frame.setting == setting].pivot(index="epoch", columns="seed", values=column)
        axes.plot(by_seed.index, by_seed, color=colours[colour], linewidth=1, alpha=0.8)
    axes.set(xscale="log", xlabel="epochs")
    epochs = sorted(frame.epoch.unique())
    axes.set_xticks(epochs, [str(epoch) for epoch in epochs])
    axes.minorticks_off()


def _plot_points(row: list[Axes], points: pd.DataFrame, colours: dict[str, str]) -> None:
    """Plot the data, then the samples of each setting over the same data in grey."""
    data = points[points.setting == "data"]
    reach = 1.35 * data[["x", "y"]].abs().to_numpy().max()
    row[0].plot(data.x, data.y, ".", color=colours["data"], markersize=2)
    row[0].set_title("data", fontsize=10)
    for axes, (setting, colour) in zip(row[1:], SETTINGS.items(), strict=True):
        mine = points[points.setting == setting]
        axes.plot(data.x, data.y, ".", color="0.8", markersize=2)
        axes.plot(mine.x, mine.y, ".", color=colours[colour], markersize=2.5)
        beyond = int((mine[["x", "y"]].abs().max(axis=1) > reach).sum())
        note = f"\n{beyond} of {len(mine)} lie beyond" if beyond else ""
        axes.set_title(f"{setting}, seed 0{note}", fontsize=10)
    for axes in row:
        axes.set(xlim=(-reach, reach), ylim=(-reach, reach), xticks=[], yticks=[], aspect="equal")
        axes.spines[:].set(visible=True, color="0.85")
