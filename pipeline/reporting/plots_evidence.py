"""The figures of what the numbers are worth: variance by source, audit, growth with samples, known densities."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.config.params import Params
from pipeline.record.runs import OUR_MODEL
from pipeline.reporting.cells import cell, count, model_rows, seed_rows
from pipeline.reporting.plots import label_scale, picture
from pipeline.reporting.sentences import AUDITED, growth_trend, oracle_gaps


def variance(frame: pd.DataFrame, params: Params, experiment: str) -> Figure:
    """What each source alone gives to one reported number: its standard deviation, with an interval."""
    rows = frame[frame.experiment == experiment]
    figure, axes = plt.subplots(figsize=(6.4, 2.6), layout="constrained")
    known = rows.dropna(subset=["sd"])
    error = np.stack([known.sd - known.low, known.high - known.sd]).clip(min=0)
    axes.errorbar(known.sd, known.source, xerr=error, fmt="o", color=params.values["figures"]["ours"], capsize=3)
    for row in rows.itertuples():
        note = f"n = {row.n}" if pd.notna(row.sd) else f"unknown from n = {row.n}"
        place = np.nanmax([0, row.sd, row.high])
        axes.annotate(note, (place, row.source), (7, 0), textcoords="offset points", va="center", fontsize=8)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), rows.source)
    axes.grid(axis="x", color="0.9")
    axes.set_xscale("symlog", linthresh=1)
    greatest = np.nanmax([1.0, *rows.high, *rows.sd])
    axes.set(xlim=(-0.1, 4 * greatest), xlabel="standard deviation of one reported number (nats)")
    axes.set_title(f"{params.experiment(experiment).label}: had only this been drawn anew", fontsize=11)
    return label_scale(figure, params, rows.scale.iloc[0])


def audit(sheet: dict[str, np.ndarray], metrics: pd.DataFrame, params: Params, experiment: str) -> Figure:
    """Images of each baseline, the best first, and what they score beside our GAN."""
    means = {model: model_rows(metrics, experiment, "authors", model).value.mean() for model in AUDITED}
    order = sorted(means, key=lambda model: -means[model])
    figure = plt.figure(figsize=(11, 0.53 * len(order) + 1), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.15, 1))
    entry = params.experiment(experiment)
    _images([sheet[model] for model in order], params.dataset(entry.dataset).shape, left)
    left.set_yticks([(place + 0.5) for place in range(len(order))], [AUDITED[model].split(",")[0] for model in order])
    colours = params.values["figures"]
    right.plot([means[model] for model in order], np.arange(len(order)) + 0.5, "o", color=colours["data"])
    for place, model in enumerate(order):
        where = (means[model], place + 0.5)
        right.annotate(f"{means[model]:.0f}", where, (7, 0), textcoords="offset points", va="center", fontsize=8)
    if our := cell(metrics, params, experiment, "authors"):
        _line(right, our.seeds.mean, f"our GAN, {count(our.seeds.n, 'seed')} (ticks), mean", colours["ours"], 14)
        seeds = seed_rows(metrics, experiment, "authors", params.scale).value
        right.plot(seeds, [len(order)] * len(seeds), "|", color=colours["ours"], markersize=16, clip_on=False)
        if our.published is not None:
            _line(right, our.published, "the paper's", colours["other"], 3)
    right.set(ylim=(len(order), 0), yticks=[], xlabel="mean test log-likelihood (nats)")
    right.margins(x=0.12)
    figure.suptitle(f"{entry.label}: what the same estimate gives to what is no GAN", fontsize=11)
    scales = metrics[(metrics.experiment == experiment) & (metrics.model != OUR_MODEL)].scale.unique()
    others = [scale for scale in scales if scale != params.scale]
    return label_scale(figure, params, f"{params.scale} (baselines: {', '.join(others)})" if others else None)


def _line(axes: Axes, value: float, label: str, colour: str, height: int) -> None:
    """A GAN's value, named so many points above the axes."""
    axes.axvline(value, color=colour, zorder=0)
    axes.annotate(
        f"{label} {value:.0f}",
        (value, 1),
        (0, height),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="center",
        color=colour,
        fontsize=8,
    )


def _images(rows: list[np.ndarray], shape: tuple[int, ...], axes: Axes) -> None:
    """A row of images for each entry, one unit high; a single image stands alone."""
    for place, images in enumerate(rows):
        strip = np.concatenate([picture(image, shape) for image in images], axis=1) / 255
        extent = (0, len(images), place + 0.96, place + 0.04)
        axes.imshow(strip, extent=extent, interpolation="none", cmap="gray", vmin=0, vmax=1)
    axes.set(xlim=(0, max(map(len, rows))), ylim=(len(rows), 0), xticks=[])
    axes.spines[:].set_visible(False)
    axes.tick_params(left=False)


def growth(frame: pd.DataFrame, params: Params, experiment: str) -> Figure:
    """Test log-likelihood and chosen bandwidth of one generator against the number of its samples."""
    rows = frame[frame.experiment == experiment]
    means = rows.groupby(["grid", "n_samples"])[["value", "bandwidth"]].mean().reset_index()
    colours = params.values["figures"]
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
    for grid, look, label in (("authors", "o-", "authors' grid"), ("fine", "D-", "fine grid")):
        mine, colour = means[means.grid == grid], colours["ours" if grid == "authors" else "other"]
        left.plot(mine.n_samples, mine.value, look, color=colour, label=label, markersize=5)
        right.plot(mine.n_samples, mine.bandwidth, look, color=colour, label=label, markersize=5)
    line = growth_trend(rows)
    ends = np.array([means.n_samples.min(), means.n_samples.max()], dtype=float)
    note = f"{line.nats_per_decade:+.1f} nats a decade (least squares)"
    left.plot(ends, line.at_one + line.nats_per_decade * np.log10(ends), ":", color="0.3", label=note)
    left.axvline(params.experiment(experiment).n_samples, color="0.85", zorder=0)
    left.set(xscale="log", xlabel="number of samples", ylabel="mean test log-likelihood (nats)")
    right.set(xscale="log", xlabel="number of samples", ylabel="chosen bandwidth")
    left.legend(fontsize=8, frameon=False)
    title = f"{params.experiment(experiment).label}, seed {rows.seed.iloc[0]}: one generator, ever more samples"
    figure.suptitle(title, fontsize=11)
    return label_scale(figure, params, rows.scale.iloc[0])


def oracle(frame: pd.DataFrame, params: Params) -> Figure:
    """How far below the truth the estimate falls, though every sample is perfect."""
    gaps = oracle_gaps(frame)
    figure, axes = plt.subplots(figsize=(6.4, 4), layout="constrained")
    counts = sorted(gaps.n.unique(), reverse=True)
    for colour, (family, mine) in zip(
        sns.color_palette("colorblind"), gaps.groupby("family", sort=False), strict=False
    ):
        for n, look in zip(counts, ("o-", "o:"), strict=True):
            points = mine[mine.n == n]
            axes.errorbar(
                points.d,
                points["mean"],
                yerr=points["std"],
                fmt=look,
                color=colour,
                markersize=5,
                label=f"{family}, {n:,} samples",
            )
    axes.set(xscale="log", yscale="symlog", xlabel="dimensions", ylabel="truth \N{MINUS SIGN} estimate (nats)")
    axes.set_ylim(-0.5, 3 * gaps["mean"].max())
    axes.set_xticks(sorted(gaps.d.unique()), [str(d) for d in sorted(gaps.d.unique())], minor=False)
    axes.minorticks_off()
    axes.axhline(0, color="0.85", zorder=0)
    axes.legend(fontsize=8, frameon=False)
    axes.set_title("Perfect samples of known densities", fontsize=11)
    return figure  # says how many samples; the scale has no other part in it
