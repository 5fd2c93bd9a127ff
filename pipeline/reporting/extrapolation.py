"""Extrapolate the published curves to longer training: a table, sentences and a figure."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gan.evidence.extrapolation import FORMS, Line, fitted, share_spent
from gan.statistics import summarise_seeds
from pipeline.config.params import Params
from pipeline.record.runs import OUR_MODEL
from pipeline.reporting.cells import mean_and_sd, model_rows, published_value, two_digits
from pipeline.reporting.plots import label_scale

LEAST = 20  # scores of a seed that are worth a fit
STYLES = dict(zip(FORMS, ("-", "--"), strict=True))


@dataclass(frozen=True)
class Outlook:
    """The curves of an experiment's seeds, and lines through them.

    Attributes:
        curves: by seed, log-likelihoods by epoch, nats; all of one length. Each is the validation curve, lowered by how
            far it lies above the test scores of the same generators.
        lowered: by seed, nats.
        spent: the share of all learning rates that so many epochs spend.
        planned: epochs that the plan asks for.
        published: the paper's value, nats.
    """

    curves: dict[int, pd.Series]
    lowered: dict[int, float]
    spent: Callable[[float], float]
    planned: int
    published: float

    @property
    def length(self) -> int:
        """Epochs that were trained."""
        return max(int(curve.index.max()) for curve in self.curves.values())

    def lines(self, form: str, most: int) -> list[Line]:
        """Return a line for each seed, fitted to the second half of its first so many epochs."""
        curves = [curve.loc[:most] for curve in self.curves.values()]
        return [fitted(form, [self.spent(epoch) for epoch in curve.index], curve.tolist()) for curve in curves]

    def errors(self, form: str) -> list[float]:
        """Return by how much each seed's line through the second half of its first half misses its end, nats."""
        end, lines = self.spent(self.length), self.lines(form, self.length // 2)
        return [line.at(end) - curve.loc[self.length] for line, curve in zip(lines, self.curves.values(), strict=True)]


def outlook(validation: pd.DataFrame, metrics: pd.DataFrame, params: Params, experiment: str) -> Outlook | None:
    """Return the outlook of an experiment of Table 1, or None where its curves are too short or it has no end.

    Args:
        validation: columns experiment, seed, epoch, log_likelihood; of an epoch's rows the greatest counts.
        metrics: rows of metrics.csv, with test scores of the last generator after several lengths of training.
        params: of the scale.
        experiment: its name.
    """
    mine, settings = validation[validation.experiment == experiment], params.experiment(experiment)
    curves = {int(seed): run.groupby("epoch").log_likelihood.max() for seed, run in mine.groupby("seed")}
    published, falls = published_value(experiment), settings.recipe.learning_rate_decay > 1
    if published is None or not falls or not curves or min(map(len, curves.values())) < LEAST:
        return None
    updates = math.ceil(params.dataset(settings.dataset).split[0] / settings.recipe.batch_size)
    lasts = model_rows(metrics[metrics.scale == params.scale], experiment, "authors", OUR_MODEL, "last")
    lowered = {seed: _above_test(curve, lasts[lasts.seed == seed]) for seed, curve in curves.items()}
    if any(map(math.isnan, lowered.values())):
        return None
    return Outlook(
        {seed: curve - lowered[seed] for seed, curve in curves.items()},
        lowered,
        lambda epochs: share_spent(settings.recipe, updates, epochs),
        settings.epochs,
        published,
    )


def _above_test(curve: pd.Series, scores: pd.DataFrame) -> float:
    """Return how far a validation curve lies above the test scores of its second half; nan without any."""
    test = scores.set_index("length").value
    both = (curve - test).dropna()
    return float(both[both.index >= curve.index.max() / 2].mean())


def extrapolation_table(found: Outlook) -> pd.DataFrame:
    """Return, as text, what lines through the curves' second half predict, and lines through the quarter before."""
    rows = []
    for most in (found.length, found.length // 2):
        for form in FORMS:
            lines = found.lines(form, most)
            texts = {"fitted to epochs": f"{most // 2:,} to {most:,}", "line in the": form}
            texts["sd around it, nats"] = two_digits(float(np.mean([line.residual for line in lines])))
            for epochs in (found.length, found.planned, math.inf):
                name = f"at {epochs:,} epochs" if epochs < math.inf else "all spent"
                texts[name] = _over_seeds([line.at(found.spent(epochs)) for line in lines])
            rows.append(texts)
    return pd.DataFrame(rows)


def _over_seeds(values: list[float]) -> str:
    return mean_and_sd(summarise_seeds(values))


def extrapolation_passage(validation: pd.DataFrame, metrics: pd.DataFrame, params: Params, experiment: str) -> str:
    """Return table and sentences as Markdown; a sentence where there is nothing to fit."""
    found = outlook(validation, metrics, params, experiment)
    if found is None:
        return "No curve is long enough to be extrapolated."
    n, measured = len(found.curves), [curve.loc[found.length] for curve in found.curves.values()]
    reach = {form: sum(line.at(1) >= found.published for line in found.lines(form, found.length)) for form in FORMS}
    words = " and ".join(f"{count} of {n} by the {form}" for form, count in reach.items())
    head = (
        f"An extrapolation, not a result. {found.length:,} epochs have spent {found.spent(found.length):.0%} of the "
        f"sum of all learning rates, {found.planned:,} would spend {found.spent(found.planned):.0%}. The curves are "
        "the log-likelihoods of all validation images (authors' grid, nats); each is lowered by how far it lies above "
        f"the test scores of the same generators ({_over_seeds(list(found.lowered.values()))} nats, mean ± sd over {n} "
        "seeds). Lines through them against that share: two through the second half of each seed's curve and, as a "
        "check, two through the quarter before it. ± is the sd over seeds of the lines' values, not the error of a "
        "forecast:"
    )
    missed = " and ".join(
        f"{min(errors):+.1f} to {max(errors):+.1f} in the {form}"
        for form, errors in ((form, found.errors(form)) for form in FORMS)
    )
    tail = (
        f"At {found.length:,} epochs the curves are at {_over_seeds(measured)} nats; the earlier lines predicted "
        f"each seed's with errors from {missed} (nats). Seeds whose later line reaches the paper's "
        f"{found.published:g} nats with all learning rates spent: {words}. {_by_the_rule(found, params)}"
    )
    return "\n\n".join([head, extrapolation_table(found).to_markdown(index=False, disable_numparse=True), tail])


def _by_the_rule(found: Outlook, params: Params) -> str:
    """Say where one more run would be expected at the planned length, as the verdict does, and what of 225."""
    inside, said = [], []
    for form in FORMS:
        at_end = [line.at(found.spent(found.planned)) for line in found.lines(form, found.length)]
        low, high = summarise_seeds(at_end, params.confidence).prediction_interval
        inside.append(low <= found.published <= high)
        said.append(f"{low:.1f} to {high:.1f} by the {form}")
    where = "inside both" if all(inside) else "outside both" if not any(inside) else "inside one of them only"
    return (
        f"The verdict's own rule, one more run expected in an interval, gives at {found.planned:,} epochs "
        f"{' and '.join(said)}: {found.published:g} lies {where}."
    )


def extrapolation_plot(found: Outlook, params: Params, experiment: str) -> Figure:
    """Plot each seed's curve against the share of the learning rates spent, and the extrapolated mean lines."""
    colours = params.values["figures"]
    figure, axes = plt.subplots(figsize=(6.4, 4.4), layout="constrained")
    for curve in found.curves.values():
        axes.plot([found.spent(epoch) for epoch in curve.index], curve, color=colours["ours"], linewidth=0.7, alpha=0.6)
    start, end = found.spent(found.length / 2), found.spent(found.length)
    shares = np.linspace(start, 1, 100)
    for form, style in STYLES.items():
        lines = found.lines(form, found.length)
        mean = [np.mean([line.at(share) for line in lines]) for share in shares]
        axes.plot(shares, mean, style, color=colours["other"], label=f"mean line in the {form}")
    axes.axvspan(end, 1, color="0.93", zorder=0)
    axes.axhline(found.published, color=colours["data"], linewidth=1, label=f"the paper: {found.published:g}")
    axes.set(xlim=(found.spent(found.length / 5), 1), ylabel="log-likelihood (nats): validation, lowered to test")
    least = min(curve.loc[found.length // 5 :].min() for curve in found.curves.values())
    axes.set_ylim(least - 3, max(*(curve.max() for curve in found.curves.values()), found.published) + 5)
    axes.set_xlabel("share of the sum of all learning rates that is spent; grey: not trained")
    _epochs(axes, found)
    n = len(found.curves)
    title = f"{params.experiment(experiment).label}: curves of {n} seeds and their extrapolation"
    figure.suptitle(title, fontsize=11)
    axes.legend(loc="lower right", fontsize=8)
    return label_scale(figure, params)


def _epochs(axes: Axes, found: Outlook) -> None:
    """Name some epochs above the axes."""
    epochs = [found.length // 5, found.length // 2, found.length, found.planned]
    above = axes.secondary_xaxis("top")
    above.set_xticks([found.spent(epoch) for epoch in epochs], [f"{epoch:,}" for epoch in epochs], fontsize=8)
    above.set_xlabel("epochs", fontsize=8)
