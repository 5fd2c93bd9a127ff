"""Figure of the distances between samples and images."""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from pipeline.claims.files import G
from pipeline.config.params import Params
from pipeline.reporting.gather import Frames


def plot_memorised(frames: Frames, params: Params) -> Figure:
    """Plot mean distances to the nearest image of either side, and the share nearer to a training image."""
    frame, colours = frames["memorised.csv"], params.values["figures"]
    rows = range(len(frame))
    figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 0.32 * len(frame) + 1.9), layout="constrained")
    left.plot(frame.training, rows, "o", color=colours["ours"], label="training images")
    left.plot(frame.held_out, rows, "s", color=colours["other"], markerfacecolor="none", label="held-out images")
    left.legend(fontsize=8, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)
    names = [f"samples of G, seed {one.seed}" if one.of == G else one.of for one in frame.itertuples()]
    left.set_yticks(rows, names, fontsize=9)
    left.set(xlim=(0, None), xlabel=f"mean distance to the nearest of {frame.n_images.max():,} (pixel units)")
    error = (frame.nearer * (1 - frame.nearer) / frame.n_samples) ** 0.5
    right.errorbar(frame.nearer, rows, xerr=error, fmt="D", color=colours["ours"], markersize=5, capsize=3)
    right.axvline(0.5, color="0.6", linestyle=":", zorder=0)
    right.set(xlim=(0.4, 1.02), yticks=[], xlabel="share nearer to a training image; bars: one standard error")
    for axes in (left, right):
        axes.set_ylim(len(frame) - 0.5, -0.5)
        axes.grid(axis="y", color="0.93")
    return figure
