"""The figures of section 4: the optimal discriminator, the criterion along a path, and what converges."""

from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gan.theory.optimum import EQUILIBRIUM
from pipeline.config.params import Params
from pipeline.reporting.plots import label_scale

LOOKS = ("o:", "s--", "D-")  # of capacities, ascending
NO_GAP = 1e-12  # nats; below it C + log 4 is rounding


def optimal(frame: pd.DataFrame, params: Params) -> Figure:
    """Proposition 1: how far a trained D is from D*, by its steps and capacity; the band spans all seeds."""
    colours = params.values["figures"]
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained", sharey=True)
    for axes, (dimensions, mine) in zip(panels, frame.groupby("dimensions"), strict=True):
        capacities = mine.groupby("units")
        for look, colour, (units, rows) in zip(LOOKS, ("data", "other", "ours"), capacities, strict=True):
            distances = rows.groupby("steps").distance.agg(["median", "min", "max"])
            axes.plot(distances["median"], look, color=colours[colour], markersize=5, label=f"{units} units")
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
    return label_scale(figure, params)


def path(frame: pd.DataFrame, params: Params) -> Figure:
    """Theorem 1: C(G) on a way to the data, what a trained D reaches of it, and -log 4."""
    colours = params.values["figures"]
    figure, axes = plt.subplots(figsize=(6.4, 3.8), layout="constrained")
    exact = frame.groupby("t").c.first()
    axes.plot(exact, color=colours["other"], label="C(G), by quadrature")
    axes.plot(frame.t, frame.reached, "o", color=colours["ours"], markersize=4, alpha=0.7, label="V(G, D), D trained")
    _minimum(axes)
    axes.set(xlabel="share of the way from a narrow generator to the data", ylabel="nats")
    axes.legend(fontsize=8, frameon=False)
    axes.set_title(f"Theorem 1: least where p_g = p_data; n = {frame.seed.nunique()} seeds", fontsize=11)
    return label_scale(figure, params)


def convergence(descent: pd.DataFrame, dirac: pd.DataFrame, nets: pd.DataFrame, params: Params) -> Figure:
    """Proposition 2: p_g itself converges, single parameters turn about the solution, networks come near."""
    colours = params.values["figures"]
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(12, 3.8), layout="constrained")
    _runs(left, descent, "step", colours)
    left.set_xlabel("step of p_g, each against D*")
    left.set_title(f"p_g itself, a line per seed, n = {descent.seed.nunique()}", fontsize=10)
    _spirals(middle, dirac, colours)
    _runs(right, nets, "round", colours)
    right.set_xlabel("round of Algorithm 1")
    right.set_title(f"networks, a line per seed, n = {nets.seed.nunique()}", fontsize=10)
    figure.suptitle("Proposition 2: in its own setting, and outside it", fontsize=11)
    return label_scale(figure, params)


def _runs(axes: Axes, frame: pd.DataFrame, x: str, colours: dict[str, Any]) -> None:
    """How far C(G) is from its least value, a line a seed."""
    for _, run in frame.groupby("seed"):
        gap = run.c - EQUILIBRIUM
        axes.plot(run[x], gap.where(gap > NO_GAP), color=colours["ours"], linewidth=1.2, alpha=0.7)
    axes.set(yscale="log", ylabel="C(G) + log 4 (nats)")


def _spirals(axes: Axes, dirac: pd.DataFrame, colours: dict[str, Any]) -> None:
    """Both players' parameters, by kind of update, with their start and the solution."""
    for update, colour in (("simultaneous", "other"), ("alternating", "ours")):
        run = dirac[dirac["update"] == update]
        axes.plot(run.theta, run.psi, color=colours[colour], linewidth=0.8, label=update)
    start = dirac[dirac.step == 0].iloc[0]
    axes.plot(start.theta, start.psi, "o", color=colours["data"], markersize=6, label="start")
    axes.plot(0, 0, "+", color="black", markersize=10, label="solution")
    axes.set(xlabel="\N{GREEK SMALL LETTER THETA}, G's only sample", ylabel="\N{GREEK SMALL LETTER PSI}, slope of D")
    axes.set_aspect("equal", adjustable="datalim")
    axes.legend(
        title="one parameter each",
        title_fontsize=10,
        fontsize=8,
        frameon=False,
        ncols=2,
        loc="lower center",
        bbox_to_anchor=(0.5, 0.97),
    )


def _minimum(axes: Axes) -> None:
    """Theorem 1's bound."""
    axes.axhline(EQUILIBRIUM, color="0.6", linestyle=":", linewidth=1, zorder=0, label="\N{MINUS SIGN}log 4")
