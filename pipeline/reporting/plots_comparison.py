"""The figure of all models under both estimates."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.config.params import Params
from pipeline.reporting.plots import label_scale
from pipeline.reporting.rankings import CHOSEN, label, of_choice, value


def comparison(ais: pd.DataFrame, params: Params) -> Figure:
    """Plot what each estimate says of each model on the same test images, a panel for each choice of bandwidths."""
    chosen = {name: of_choice(ais, name) for name in CHOSEN if (ais.chosen_by == name).any()}
    height = 1.6 + 0.55 * max((len(models) for models in chosen.values()), default=1)
    size = (max(7.6, 5.2 * len(chosen)), height)
    figure, panels = plt.subplots(1, max(1, len(chosen)), figsize=size, layout="constrained", squeeze=False)
    for axes, (name, models) in zip(panels[0], chosen.items(), strict=False):
        _panel(axes, models, params)
        axes.set_title(f"bandwidths chosen by {CHOSEN[name]}", fontsize=10)
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=1 + len(chosen), fontsize=8, frameon=False)
    return label_scale(figure, params)


def _panel(axes: Axes, models: dict[str, pd.DataFrame], params: Params) -> None:
    colours, names = params.values["figures"], []
    for place, (model, rows) in enumerate(models.items()):
        names.append(f"{label(model, params)}\n\N{GREEK SMALL LETTER SIGMA} = {rows.bandwidth.iloc[0]:.3g}")
        parzen = rows[rows.metric == "parzen_log_likelihood"].sort_values("n_samples")
        for look, row in zip(("o", "D"), parzen.itertuples(), strict=False):
            style = {"color": colours["other"], "mfc": "white" if look == "o" else colours["other"]}
            _point(axes, row.value, row.standard_error, place, look, f"Parzen, {row.n_samples:,.0f} samples", **style)
        annealed, gap = value(rows, "ais_log_likelihood"), value(rows, "gap", "simulated")
        if annealed is not None and gap is not None:
            ends = [annealed.value, annealed.value + max(gap.value, 0)]
            text = "as far above AIS as its bounds are apart on simulated images"
            axes.plot(ends, [place, place], color=colours["ours"], linewidth=7, alpha=0.3, label=text)
            _point(axes, annealed.value, annealed.standard_error, place, "s", "AIS", color=colours["ours"])
        exact = value(rows, "exact_log_likelihood")
        if exact is not None:
            _point(axes, exact.value, exact.standard_error, place, "x", "exact", color=colours["data"])
    axes.set_yticks(range(len(names)), names, fontsize=8)
    n = max(int(rows[rows.images == "test"].n_eval.max()) for rows in models.values())
    about = f"mean log-likelihood of the same {n} test images\n(nats; whiskers: standard error over images)"
    axes.set(ylim=(len(names) - 0.5, -0.5), xlabel=about)
    axes.grid(axis="x", color="0.9")
    _once(axes)


def _point(axes: Axes, mean: float, error: float, place: int, look: str, text: str, **style: Any) -> None:
    """Plot a mean with its standard error over images."""
    axes.errorbar(mean, place, xerr=error if np.isfinite(error) else 0, fmt=look, capsize=2, label=text, **style)


def _once(axes: Axes) -> None:
    """Keep one entry of each label in the legend."""
    seen = set[str]()
    for handle, text in zip(*axes.get_legend_handles_labels(), strict=True):
        if text in seen:
            handle.set_label("_nolegend_")
        seen.add(text)
