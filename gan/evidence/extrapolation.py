"""Extrapolate a score to longer training: not a result.

The learning rate falls exponentially, so the sum of all learning rates is finite. Scores are fitted against the share
of that sum that has been spent, not against epochs.

Source:
    ours.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from gan.recipe import Recipe

FORMS: dict[str, Callable[[np.ndarray], np.ndarray]] = {"share": np.asarray, "logarithm of the share": np.log}
FITTED = 0.5  # share of the epochs, the last ones, that a fit follows


def share_spent(recipe: Recipe, updates: int, epoch: float) -> float:
    """Return the sum of the learning rates of the first epochs over the sum of all until the floor is reached.

    Args:
        recipe: the learning rate, its decay per update, its floor.
        updates: of an epoch.
        epoch: so many epochs; infinity: all.
    Raises:
        ValueError: the rate does not fall, so that the sum has no end.
    """
    decay = math.log(recipe.learning_rate_decay)
    if decay <= 0:
        raise ValueError(f"the learning rate must fall, got a decay of {recipe.learning_rate_decay}")
    most = math.log(recipe.learning_rate / recipe.learning_rate_floor) / decay
    return math.expm1(-decay * min(epoch * updates, most)) / math.expm1(-decay * most)


@dataclass(frozen=True)
class Line:
    """A line through scores, in one of FORMS.

    Attributes:
        form: of the share.
        slope, intercept: nats.
        residual: standard deviation of the scores around the line, nats.
    """

    form: str
    slope: float
    intercept: float
    residual: float

    def at(self, share: float) -> float:
        """Return the score at a share, nats."""
        return self.intercept + self.slope * float(FORMS[self.form](np.array(share)))


def fitted(form: str, shares: Sequence[float], scores: Sequence[float]) -> Line:
    """Return the line of least squares through the last FITTED of the scores.

    Args:
        form: a key of FORMS.
        shares: ascending.
        scores: at each share, nats.
    Raises:
        ValueError: fewer than three scores to fit.
    """
    kept = int(len(shares) * (1 - FITTED))
    x, y = FORMS[form](np.asarray(shares[kept:])), np.asarray(scores[kept:])
    if len(x) < 3:
        raise ValueError(f"a line with a residual needs three scores, got {len(x)}")
    slope, intercept = np.polyfit(x, y, 1)
    residual = math.sqrt(float(np.square(y - intercept - slope * x).sum()) / (len(x) - 2))
    return Line(form, float(slope), float(intercept), residual)
