"""Figures of section 6's advantages: a circle drawn by G and by kernels, and what a Markov chain's samples share."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from gan.theory.circle import DATA, KERNELS, G
from pipeline.claims.files import GIBBS
from pipeline.claims.read_advantages import chain_correlations
from pipeline.config.params import Params
from pipeline.reporting.gather import Frames

STEPS_SHOWN = 300


def plot_circle(frames: Frames, params: Params) -> Figure:
    """Plot points of the circle, of G and of the kernel model of equal score; and how far each lies off the circle."""
    frame, points, colours = frames["circle.csv"], frames["circle_points.csv"], params.values["figures"]
    figure = plt.figure(figsize=(12.5, 3.6), layout="constrained")
    *panels, right = figure.subplots(1, 4, width_ratios=(1, 1, 1, 1.2))
    by = {DATA: colours["data"], G: colours["ours"], KERNELS: colours["other"]}
    for axes, (model, colour) in zip(panels, by.items(), strict=True):
        mine = points[points.model == model]
        axes.plot(mine.x, mine.y, ".", color=colour, markersize=2.5)
        axes.set(xlim=(-2.9, 2.9), ylim=(-2.9, 2.9), xticks=[], yticks=[], aspect="equal")
        axes.set_title(f"{model}, seed {frame.seed.min()}", fontsize=10)
        axes.spines[:].set(visible=True, color="0.85")
    table = frame.pivot(index="seed", columns="model", values="radial_sd")
    for model in (G, KERNELS):
        right.plot(table[model], table.index, "o", color=by[model], label=model)
    right.set(xlabel="rms distance from the circle (radii)", ylabel="seed", xlim=(0, None))
    right.set_yticks(table.index)
    right.xaxis.set_major_locator(MaxNLocator(5))
    right.legend(fontsize=8, frameon=False, loc="upper center", bbox_to_anchor=(0.5, 1.14), ncols=2)
    return figure


def plot_chains(frames: Frames, params: Params) -> Figure:
    """Plot the first steps of a sharp and of a blurry machine's chain, and correlations against lags, G's too."""
    frame, steps, colours = frames["chains.csv"], frames["chain_steps.csv"], params.values["figures"]
    blurs = sorted(steps.blur.unique())
    shades = dict(zip(blurs, sns.color_palette("Blues_r", len(blurs) + 2), strict=False))
    figure = plt.figure(figsize=(13, 3.6), layout="constrained")
    panels = figure.subplot_mosaic([["sharp", "lags"], ["blurred", "lags"]], width_ratios=(1.3, 1))
    for name, blur in {"sharp": blurs[0], "blurred": blurs[-1]}.items():
        _plot_trace(panels[name], steps[steps.blur == blur], shades[blur])
        title = f"Gibbs chain, {blur:.0%} of the bits of two patterns flipped, seed {frame.seed.min()}"
        panels[name].set_title(title, fontsize=10)
    panels["blurred"].set_xlabel("step")
    axes, means = panels["lags"], chain_correlations(frame)
    for blur in blurs:
        axes.plot(means[f"{blur:g}"], "o-", color=shades[blur], markersize=4, label=f"{GIBBS}, {blur:.0%} flipped")
    axes.plot(means[G], "D-", color=colours["ours"], markersize=4, label="samples of G")
    axes.set(
        xscale="log",
        xlabel="lag",
        ylim=(-0.05, 1),
        ylabel="correlation",
        title=f"mean of n = {frame.seed.nunique()} seeds",
    )
    axes.set_xticks(means.index, [str(lag) for lag in means.index])
    axes.minorticks_off()
    axes.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def _plot_trace(axes: Axes, steps: pd.DataFrame, colour: tuple[float, float, float]) -> None:
    first = steps[steps.step < STEPS_SHOWN]
    axes.plot(first.step, first.ones, color=colour, linewidth=1)
    axes.set(ylabel="bits that are 1", yticks=(0, 4, 8), ylim=(-0.4, 8.4))
