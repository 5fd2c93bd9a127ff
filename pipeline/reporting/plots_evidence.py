"""The figures of what the numbers are worth: variance by source, audit, growth with samples, known densities."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.config.params import Params
from pipeline.record.runs import OUR_MODEL
from pipeline.reporting.cells import cell, count, model_rows
from pipeline.reporting.evidence import AUDITED, growth_trend, oracle_gaps
from pipeline.reporting.plots import Sheet, label_scale, note, picture


def variance(frame: pd.DataFrame, params: Params, experiment: str) -> Figure:
    """Plot what each source alone adds to one reported number: its standard deviation, with an interval."""
    rows = frame[frame.experiment == experiment]
    figure, axes = plt.subplots(figsize=(6.4, 2.6), layout="constrained")
    known = rows.dropna(subset=["sd"])
    error = np.stack([known.sd - known.low, known.high - known.sd]).clip(min=0)
    axes.errorbar(known.sd, known.source, xerr=error, fmt="o", color=params.values["figures"]["ours"], capsize=3)
    for row in rows.itertuples():
        text = f"n = {row.n}" if pd.notna(row.sd) else f"unknown from n = {row.n}"
        note(axes, text, (np.nanmax([0, row.sd, row.high]), row.source), (7, 0), va="center")
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), rows.source)
    axes.grid(axis="x", color="0.9")
    axes.set_xscale("symlog", linthresh=1)
    greatest = np.nanmax([1.0, *rows.high, *rows.sd])
    axes.set(xlim=(-0.1, 4 * greatest), xlabel="standard deviation of one reported number (nats)")
    axes.set_title(f"{params.experiment(experiment).label}: if only this source varied", fontsize=11)
    return label_scale(figure, params, rows.scale.iloc[0])


def audit(sheet: Sheet, metrics: pd.DataFrame, params: Params, experiment: str) -> Figure:
    """Plot images of each baseline, the best first, and what they score beside our GAN."""
    means = {model: model_rows(metrics, experiment, "authors", model).value.mean() for model in AUDITED}
    order, places = sorted(means, key=lambda model: -means[model]), np.arange(len(AUDITED)) + 0.5
    figure = plt.figure(figsize=(11, 0.53 * len(order) + 1), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.15, 1))
    entry = params.experiment(experiment)
    image_rows([sheet[model] for model in order], params.dataset(entry.dataset).shape, left)
    left.set_yticks(places, [AUDITED[model].split(",")[0] for model in order])
    colours = params.values["figures"]
    right.plot([means[model] for model in order], places, "o", color=colours["data"])
    for place, model in zip(places, order, strict=True):
        note(right, f"{means[model]:.0f}", (means[model], place), (7, 0), va="center")
    if our := cell(metrics, params, experiment, "authors"):
        _line(right, our.seeds.mean, f"our GAN, {count(our.seeds.n, 'seed')} (ticks), mean", colours["ours"], 14)
        ends = [len(order)] * our.seeds.n
        right.plot(our.values, ends, "|", color=colours["ours"], markersize=16, clip_on=False)
        if our.published is not None:
            _line(right, our.published, "the paper's", colours["other"], 3)
    right.set(ylim=(len(order), 0), yticks=[], xlabel="mean test log-likelihood (nats)")
    right.margins(x=0.12)
    figure.suptitle(f"{entry.label}: the same estimate for images that no GAN generated", fontsize=11)
    scales = metrics[(metrics.experiment == experiment) & (metrics.model != OUR_MODEL)].scale.unique()
    others = [scale for scale in scales if scale != params.scale]
    return label_scale(figure, params, f"{params.scale} (baselines: {', '.join(others)})" if others else None)


def _line(axes: Axes, value: float, label: str, colour: str, height: int) -> None:
    """A GAN's value, named so many points above the axes."""
    axes.axvline(value, color=colour, zorder=0)
    top = ("data", "axes fraction")
    note(axes, f"{label} {value:.0f}", (value, 1), (0, height), xycoords=top, ha="center", color=colour)


def image_rows(rows: list[np.ndarray], shape: tuple[int, ...], axes: Axes) -> None:
    """Plot a row of images (n, d), bytes, for each entry, one unit high; a single image stands alone."""
    for place, images in enumerate(rows):
        strip = np.concatenate([picture(image, shape) for image in images], axis=1) / 255
        extent = (0, len(images), place + 0.96, place + 0.04)
        axes.imshow(strip, extent=extent, interpolation="none", cmap="gray", vmin=0, vmax=1)
    axes.set(xlim=(0, max(map(len, rows), default=1)), ylim=(max(1, len(rows)), 0), xticks=[])
    axes.spines[:].set_visible(False)
    axes.tick_params(left=False)


def growth(frame: pd.DataFrame, params: Params, experiment: str) -> Figure:
    """Plot test log-likelihood and chosen bandwidth of one generator against the number of its samples."""
    rows = frame[frame.experiment == experiment]
    means = rows.groupby(["grid", "n_samples"])[["value", "bandwidth"]].mean().reset_index()
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
    for grid, look, label, name in (("authors", "o-", "authors' grid", "ours"), ("fine", "D-", "fine grid", "other")):
        mine, colour = means[means.grid == grid], params.values["figures"][name]
        left.plot(mine.n_samples, mine.value, look, color=colour, label=label, markersize=5)
        right.plot(mine.n_samples, mine.bandwidth, look, color=colour, label=label, markersize=5)
    line = growth_trend(rows)
    ends = np.array([means.n_samples.min(), means.n_samples.max()], dtype=float)
    name = f"{line.nats_per_decade:+.1f} nats per factor of ten (least squares)"
    left.plot(ends, line.at_one + line.nats_per_decade * np.log10(ends), ":", color="0.3", label=name)
    left.axvline(params.experiment(experiment).n_samples, color="0.85", zorder=0)
    left.set(xscale="log", xlabel="number of samples", ylabel="mean test log-likelihood (nats)")
    right.set(xscale="log", xlabel="number of samples", ylabel="chosen bandwidth (pixel units)")
    left.legend(fontsize=8, frameon=False)
    title = (
        f"{params.experiment(experiment).label}, seed {rows.seed.iloc[0]}: one generator, increasing numbers of samples"
    )
    figure.suptitle(title, fontsize=11)
    return label_scale(figure, params, rows.scale.iloc[0])


def oracle(frame: pd.DataFrame, params: Params) -> Figure:
    """Plot how far below the truth the estimate falls, though every sample is perfect."""
    gaps = oracle_gaps(frame)
    figure, axes = plt.subplots(figsize=(6.4, 4), layout="constrained")
    looks = dict(zip(sorted(gaps.n.unique(), reverse=True), ("o-", "o:"), strict=True))
    colours = iter(sns.color_palette("colorblind"))
    for family, mine in gaps.groupby("family", sort=False):
        colour = next(colours)
        for n, look in looks.items():
            points, label = mine[mine.n == n], f"{family}, {n:,} samples"
            error = {"yerr": points["std"], "fmt": look}
            axes.errorbar(points.d, points["mean"], **error, color=colour, markersize=5, label=label)
    axes.set(xscale="log", yscale="symlog", xlabel="dimensions", ylabel="truth \N{MINUS SIGN} estimate (nats)")
    axes.set_ylim(-0.5, 3 * gaps["mean"].max())
    axes.set_xticks(sorted(gaps.d.unique()), [str(d) for d in sorted(gaps.d.unique())], minor=False)
    axes.minorticks_off()
    axes.axhline(0, color="0.85", zorder=0)
    axes.legend(fontsize=8, frameon=False)
    axes.set_title("Perfect samples of known densities", fontsize=11)
    return figure  # says how many samples; the scale has no other part in it
