"""Which of two models is above the other, under the Parzen estimate and under a better one, on the same images."""

import math
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from gan.statistics import mean_width, summarise_seeds
from pipeline.config.params import Params
from pipeline.record.runs import OUR_MODEL
from pipeline.reporting.gather import Frames

LABELS = {OUR_MODEL: "our GAN", "k-means": "k-means centroids"}
NOT_RANKED = "not ranked"
OUTCOMES = ("reversed", "confirmed", "undecided")  # what the better estimate makes of a ranking
CHOSEN = {"parzen": "the Parzen estimate", "ais": "annealed importance sampling"}


def label(model: str, params: Params) -> str:
    """Return a model's name for people."""
    return LABELS.get(model) or str(params.values["rivals"][model]["label"])


def value(rows: pd.DataFrame, metric: str, images: str = "test") -> pd.Series | None:
    """Return the row of a metric among the rows of one model and bandwidth; None where there is none."""
    found = rows[(rows.metric == metric) & (rows.images == images)]
    return None if found.empty else found.iloc[0]


def of_choice(ais: pd.DataFrame, chosen_by: str) -> dict[str, pd.DataFrame]:
    """Return the rows of each model at the bandwidth that an estimate has chosen, in the order of the file."""
    rows = ais[ais.chosen_by == chosen_by]
    return {model: rows[rows.model == model] for model in rows.model.unique()}


@dataclass(frozen=True)
class Ranking:
    """Two models under both estimates, the one that Parzen puts first first.

    Attributes:
        first, second: names.
        parzen: mean difference of the Parzen log-likelihoods over the test images, nats, >= 0.
        parzen_low: lower end of its t-interval over the test images.
        better: the same by the exact value or by annealed importance sampling.
        low, high: interval of the true difference: t-interval over the test images, widened by what a model that is
            known from below only may lack (`_slack`).
        exact: which of the two are known exactly.
    """

    first: str
    second: str
    parzen: float
    parzen_low: float
    better: float
    low: float
    high: float
    exact: frozenset[str]

    @property
    def outcome(self) -> str:
        """Return one of OUTCOMES, or NOT_RANKED."""
        if self.parzen_low <= 0:
            return NOT_RANKED
        return "confirmed" if self.low > 0 else "reversed" if self.high < 0 else "undecided"

    @property
    def needs_no_gap(self) -> bool:
        """Whether the model that loses is known exactly: the other one is then higher by its lower bound alone."""
        return (self.low > 0 and self.second in self.exact) or (self.high < 0 and self.first in self.exact)


def rankings(frames: Frames, chosen_by: str, confidence: float) -> list[Ranking]:
    """Return every pair of models that both estimates know on the same test images.

    Args:
        frames: as FILES names them.
        chosen_by: whose bandwidths the better estimate has; the Parzen score always has its own.
        confidence: of each pair's intervals.
    """
    of_images, ais, found = frames["ais_images.csv"], of_choice(frames["ais.csv"], chosen_by), []
    by_parzen, by_better = (of_images[of_images.chosen_by == name] for name in ("parzen", chosen_by))
    parzen = by_parzen.pivot(index="image", columns="model", values="parzen")
    exact, annealed = (by_better.pivot(index="image", columns="model", values=name) for name in ("exact", "ais"))
    better = exact.fillna(annealed)
    for pair in combinations([model for model in ais if model in parzen], 2):
        first, second = sorted(pair, key=lambda model: -parzen[model].mean())
        differences = (better[first] - better[second]).dropna()
        if len(differences) < 2:
            continue
        by_score = summarise_seeds((parzen[first] - parzen[second]).tolist(), confidence)
        over = summarise_seeds(differences.tolist(), confidence)
        low, high = over.mean_interval
        ends = (low - _slack(ais[second], confidence), high + _slack(ais[first], confidence))
        known = frozenset(model for model in pair if value(ais[model], "exact_log_likelihood") is not None)
        found.append(Ranking(first, second, by_score.mean, by_score.mean_interval[0], over.mean, *ends, known))
    return found


def _slack(rows: pd.DataFrame, confidence: float) -> float:
    """Return how far above its estimate a model's value may be: 0 where it is exact, else the gap's upper end.

    That is the end of the gap's t-interval over the simulated images. On real images the estimate may lack more.
    """
    gap = value(rows, "gap", "simulated")
    if gap is None or value(rows, "exact_log_likelihood") is not None:
        return 0.0
    n = int(gap.n_eval)
    return max(0.0, float(gap.value) + mean_width(n, gap.standard_error * math.sqrt(n), confidence) / 2)
