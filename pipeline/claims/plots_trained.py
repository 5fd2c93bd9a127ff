"""Figures of the claims about trained networks."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter

from pipeline.claims.read_trained import NATS, by_seed, difference, seeds_of, steps_seen, steps_table
from pipeline.config.params import Params
from pipeline.reporting.gather import Frames

LOSSES = {"saturating": "log(1 \N{MINUS SIGN} D(G(z)))", "non_saturating": "\N{MINUS SIGN}log D(G(z))"}
SHARE = "share_of_class_"
PANELS = {
    "class_entropy": "entropy of the digits (nats)",
    "distinct_neighbours": "share of distinct nearest images",
    "pairwise_distance": "distance between two samples",
}


def plot_saturation(frames: Frames, params: Params) -> Figure:
    """Plot both losses of G against D(G(z)), and their gradients in the first steps of training."""
    frame, colours = frames["saturation.csv"], params.values["figures"]
    figure, (losses, against, over) = plt.subplots(1, 3, figsize=(12.5, 3.9), layout="constrained")
    x = np.linspace(0.002, 0.998, 400)
    for name, y, colour in (("saturating", np.log1p(-x), "other"), ("non_saturating", -np.log(x), "ours")):
        losses.plot(x, y, color=colours[colour], label=LOSSES[name])
        against.plot(frame.d, frame[name], ".", color=colours[colour], markersize=4)
        for _, run in frame.groupby("seed"):
            over.plot(run.step, run[name], color=colours[colour], linewidth=1)
    losses.set(xlabel="D(G(z))", ylabel="loss of G (nats)", title="what G minimises")
    against.set(xlabel="mean D(G(z))", ylabel="norm of G's gradient", yscale="log", xlim=(0, 1), title="measured")
    over.set(xlabel="step", ylabel="norm of G's gradient", yscale="log", title="the same over training")
    losses.legend(fontsize=8, frameon=False)
    label = params.experiment(params.claims.code).label
    figure.suptitle(f"{label}, first {steps_seen(frame)} steps, n = {frame.seed.nunique()} seeds", fontsize=11)
    return figure


def plot_effects(frames: Frames, params: Params) -> Figure:
    """Plot the effect of each switch against the 2014 code: every seed, the mean and its interval.

    All seeds are inside the figure; an interval from few of them may leave it.
    """
    claims, colours = params.claims, params.values["figures"]
    names, shown = [name for name in claims.switches if name in _present(frames["measures.csv"], params)], [0.0]
    figure, axes = plt.subplots(figsize=(7.5, 0.42 * max(2, len(names)) + 1.4), layout="constrained")
    base = by_seed(frames["measures.csv"], claims.code, NATS)
    for place, name in enumerate(names):
        found = difference(frames, params, name, claims.code, among=len(claims.switches))
        mine = by_seed(frames["measures.csv"], name, NATS)
        each = [mine[seed] - base[seed] for seed in sorted(mine.keys() & base.keys())]
        axes.plot(each, [place] * len(each), "|", color=colours["data"], markersize=12)
        error = np.array([[found.value - found.low], [found.high - found.value]]) if found.n > 2 else None
        axes.errorbar(found.value, place, xerr=error, fmt="D", color=colours["ours"], capsize=3, markersize=5)
        shown += each
    axes.axvline(0, color="0.6", linewidth=1, zorder=0)
    axes.set_yticks(range(len(names)), [params.experiment(name).label for name in names])
    axes.set(
        ylim=(max(1, len(names)) - 0.5, -0.5),
        xlabel="test log-likelihood minus that of the 2014 code, same seed (nats)",
    )
    axes.grid(axis="x", color="0.9")
    room = 0.15 * (max(shown) - min(shown)) + 1
    axes.set_xlim(min(shown) - room, max(shown) + room)
    note = f"{claims.epochs} epochs, n = {seeds_of(frames)} seeds (ticks; from 3 on: intervals)"
    axes.set_title(f"Switches; {note}", fontsize=11)
    return figure


def plot_steps(frames: Frames, params: Params) -> Figure:
    """Plot validation log-likelihood for each k, over steps of G and over compute."""
    table, curves = steps_table(params).sort_values("generator_steps"), frames["curves.csv"]
    figure, panels = plt.subplots(1, 2, figsize=(10.5, 4.1), layout="constrained", sharey=True)
    titles = {"generator_steps": "steps of G", "multiply_adds": "multiply-adds"}
    for colour, one in zip(sns.color_palette("viridis", len(table)), table.itertuples(), strict=True):
        mine = curves[curves.experiment == one.experiment].dropna(subset=["validation_log_likelihood"])
        if mine.empty:  # all diverged before
            continue
        mean = mine.groupby("epoch").validation_log_likelihood.mean()
        for axes, name in zip(panels, titles, strict=True):
            per_epoch = getattr(one, name)
            for _, run in mine.groupby("seed"):
                axes.plot(run.epoch * per_epoch, run.validation_log_likelihood, color=colour, linewidth=0.6)
            axes.plot(mean.index * per_epoch, mean, "o-", color=colour, label=one.label, markersize=4)
    for axes, title in zip(panels, titles.values(), strict=True):
        axes.set(xscale="log" if axes.lines else "linear", xlabel=title)
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.grid(axis="y", color="0.9")
    panels[0].set_ylabel("validation log-likelihood (nats)")
    if panels[0].lines:
        panels[0].legend(fontsize=8, frameon=False, title="steps of D for one of G", title_fontsize=8)
    n = curves[curves.experiment.isin(params.claims.steps)].seed.nunique()
    figure.suptitle(f"k steps of D for one of G; thin: each of n = {n} seeds, thick: their mean", fontsize=11)
    return figure


def plot_half(frames: Frames, params: Params) -> Figure:
    """Plot D's outputs over training, and how well a fresh classifier tells samples from test images at the end."""
    measures, curves, colours = frames["measures.csv"], frames["curves.csv"], params.values["figures"]
    figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 3.8), layout="constrained", width_ratios=(1.4, 1))
    for _, run in curves[curves.experiment == params.claims.code].groupby("seed"):
        left.plot(run.epoch, run["D(x)"], "o-", color=colours["other"], markersize=3, label="D(x)")
        left.plot(run.epoch, run["D(G(z))"], "o-", color=colours["ours"], markersize=3, label="D(G(z))")
    handles, labels = left.get_legend_handles_labels()
    left.legend(handles[:2], labels[:2], frameon=False, fontsize=8)
    left.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    left.set(xlabel="epoch", ylabel="mean output of D, dropout active", ylim=(0, 1))
    names = _present(measures, params)
    for place, name in enumerate(names):
        values = list(by_seed(measures, name, "two_sample_accuracy").values())
        right.plot(values, [place] * len(values), "o", color=colours["ours"], markersize=4)
    real = frames["yardsticks.csv"].query("metric == 'two_sample_accuracy' and of == 'validation images'")
    right.plot(real.value, [len(names)] * len(real), "s", color=colours["other"], markersize=6)
    labels = [*(params.experiment(name).label for name in names), *real.of]
    right.set_yticks(range(len(labels)), labels, fontsize=8)
    right.set(xlim=(0.45, 1.03), ylim=(len(labels) - 0.5, -0.5), xlabel="accuracy of a fresh classifier, each seed")
    for line in (left.axhline, right.axvline):
        line(0.5, color="0.6", linestyle=":", zorder=0)
    figure.suptitle("In theory, both end at 1/2", fontsize=11)
    return figure


def plot_variety(frames: Frames, params: Params) -> Figure:
    """Plot measures of variety for each experiment, beside real images and a collapse made on purpose."""
    measures, yardsticks, colours = frames["measures.csv"], frames["yardsticks.csv"], params.values["figures"]
    names = _present(measures, params)
    rows = [*yardsticks.of.unique(), *(params.experiment(name).label for name in names)]
    figure = plt.figure(figsize=(13.5, 0.3 * len(rows) + 1.4), layout="constrained")
    digits, *panels = figure.subplots(1, 1 + len(PANELS), width_ratios=(1.2, *[1] * len(PANELS)))
    _plot_shares(digits, measures, yardsticks, names, rows)
    for axes, (metric, title) in zip(panels, PANELS.items(), strict=True):
        known = yardsticks[yardsticks.metric == metric]
        axes.plot(known.value, known.of.map(rows.index), "s", color=colours["other"], markersize=6)
        for place, name in enumerate(names, start=len(rows) - len(names)):
            values = list(by_seed(measures, name, metric).values())
            axes.plot(values, [place] * len(values), "o", color=colours["ours"], markersize=4)
        axes.set(ylim=(len(rows) - 0.5, -0.5), xlabel=title, yticks=[])
        axes.grid(axis="y", color="0.93")
        axes.set_xlim(left=-0.04 * axes.get_xlim()[1])
    figure.suptitle(f"Does G vary? Squares: yardsticks; dots: each of n = {seeds_of(frames)} seeds", fontsize=11)
    return figure


def _present(measures: pd.DataFrame, params: Params) -> list[str]:
    """List the experiments that were measured, in the params' order."""
    return [name for name in params.claims.experiments if name in set(measures.experiment)]


def _plot_shares(
    axes: Axes, measures: pd.DataFrame, yardsticks: pd.DataFrame, names: list[str], rows: list[str]
) -> None:
    """Plot the mean share of each digit among the samples, as shades."""
    both = pd.concat([yardsticks.assign(row=yardsticks.of), measures.assign(row=measures.experiment)])
    table = both[both.metric.str.startswith(SHARE)].pivot_table(index="row", columns="metric", values="value")
    shades = table.loc[[*yardsticks.of.unique(), *names]].to_numpy()
    picture = axes.imshow(shades, cmap="Greys", norm=PowerNorm(0.5, 0, 1), aspect="auto")
    axes.figure.colorbar(picture, ax=axes, label="share", fraction=0.05)
    axes.set_yticks(range(len(rows)), rows, fontsize=8)
    axes.set_xticks(range(shades.shape[1]), [name.removeprefix(SHARE) for name in table.columns], fontsize=8)
    axes.set_xlabel("digit, by a classifier")
    axes.tick_params(length=0)
