"""The figure of mixtures of Gaussians: modes and spread over epochs, in balance and with G too fast; samples."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pipeline.config.params import Params
from pipeline.reporting.plots import label_scale

SETTINGS = {"balanced": "ours", "G too fast": "other"}  # and their colours
LABELS = {"balanced": "balanced: k = 1", "G too fast": "G too fast: 10 steps of G for each of D"}


def modes(frame: pd.DataFrame, points: pd.DataFrame, params: Params) -> Figure:
    """Covered modes, share of good samples and of close pairs over epochs, a line a seed; what the first seed draws.

    Args:
        frame: modes.csv.
        points: modes_points.csv.
    """
    colours = params.values["figures"]
    targets = list(frame.target.unique())
    figure = plt.figure(figsize=(14, 2.6 * len(targets) + 0.7), layout="constrained")
    rows = figure.subplots(len(targets), 6, width_ratios=(1.2, 1.2, 1.2, 1, 1, 1), squeeze=False)
    for target, row in zip(targets, rows, strict=True):
        mine = frame[frame.target == target]
        _over_epochs(mine, "covered", row[0], colours)
        row[0].axhline(mine.modes.iloc[0], color="0.8", zorder=0)
        row[0].set(title=target, ylabel="modes covered", ylim=(-0.04 * mine.modes.iloc[0], 1.08 * mine.modes.iloc[0]))
        _over_epochs(mine, "good", row[1], colours)
        row[1].set(ylabel="share of good samples", ylim=(-0.04, 1.04))
        _over_epochs(mine, "close", row[2], colours)
        row[2].set(ylabel="share of close pairs", ylim=(-0.04, 1.04))
        _scatter(points[points.target == target], row[3:], colours)
    lines = [Line2D([], [], color=colours[colour]) for colour in SETTINGS.values()]
    figure.legend(
        lines, [LABELS[name] for name in SETTINGS], loc="outside upper left", ncols=2, fontsize=9, frameon=False
    )
    return label_scale(figure, params)


def _over_epochs(frame: pd.DataFrame, column: str, axes: Axes, colours: dict[str, str]) -> None:
    for setting, colour in SETTINGS.items():
        by_seed = frame[frame.setting == setting].pivot(index="epoch", columns="seed", values=column)
        axes.plot(by_seed.index, by_seed, color=colours[colour], linewidth=1, alpha=0.8)
    axes.set(xscale="log", xlabel="epochs")
    epochs = sorted(frame.epoch.unique())
    axes.set_xticks(epochs, [str(epoch) for epoch in epochs])
    axes.minorticks_off()


def _scatter(points: pd.DataFrame, row: list[Axes], colours: dict[str, str]) -> None:
    """The data, then the samples of each setting over the same data in grey."""
    data = points[points.setting == "data"]
    reach = 1.35 * data[["x", "y"]].abs().to_numpy().max()
    for axes, setting in zip(row, ("data", *SETTINGS), strict=True):
        axes.plot(data.x, data.y, ".", color="0.8" if setting != "data" else colours["data"], markersize=2)
        mine = points[points.setting == setting]
        if setting != "data":
            axes.plot(mine.x, mine.y, ".", color=colours[SETTINGS[setting]], markersize=2.5)
        beyond = int((mine[["x", "y"]].abs().max(axis=1) > reach).sum())
        note = f"\n{beyond} of {len(mine)} lie beyond" if beyond else ""
        axes.set_title(f"{setting}, seed 0{note}" if setting != "data" else "data", fontsize=10)
        axes.set(xlim=(-reach, reach), ylim=(-reach, reach), xticks=[], yticks=[], aspect="equal")
        axes.spines[:].set(visible=True, color="0.85")
