"""The figures of all models under both estimates: their numbers, and their images."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.config.params import Params
from pipeline.reporting.evidence import REAL
from pipeline.reporting.plots import Sheet, label_scale, note
from pipeline.reporting.plots_evidence import image_rows
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


def samples(sheets: Sheet, ais: pd.DataFrame, params: Params) -> Figure:
    """Plot images of each model, the best by the better estimate first, and what both estimates say of it."""
    models = {name: rows for name, rows in of_choice(ais, "parzen").items() if name in sheets}
    order = sorted(models, key=lambda name: -_better(models[name])[1])
    real = [REAL] if REAL in sheets else []
    figure, axes = plt.subplots(figsize=(9.2, 0.62 * max(1, len(order) + len(real)) + 0.9), layout="constrained")
    shape = params.dataset(params.experiment(params.comparison.experiment).dataset).shape
    image_rows([sheets[name] for name in (*real, *order)], shape, axes)
    names = [*("training images" for _ in real), *(label(name, params) for name in order)]
    axes.set_yticks(np.arange(len(names)) + 0.5, names)
    for place, name in enumerate(order, start=len(real)):
        parzen = models[name][models[name].metric == "parzen_log_likelihood"].sort_values("n_samples").iloc[0]
        kind, better = _better(models[name])
        text = f"Parzen {parzen.value:.0f}, {kind} {better:.0f}"
        note(axes, text, (1, place + 0.5), (8, 0), xycoords=("axes fraction", "data"), va="center")
    axes.set_title("Samples, and mean log-likelihood of the same test images (nats)", fontsize=11)
    return label_scale(figure, params)


def _better(rows: pd.DataFrame) -> tuple[str, float]:
    """Return the better estimate of one model and its name: exact where known, else annealed importance sampling."""
    means = rows[rows.images == "test"].set_index("metric").value
    exact = "exact_log_likelihood" in means
    return ("exact", means["exact_log_likelihood"]) if exact else ("AIS", means["ais_log_likelihood"])


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
