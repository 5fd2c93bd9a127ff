"""Which generator of a run is kept, and when training stops."""

import math
from collections.abc import Sequence


def is_over(epoch: int, epochs: int, best_epoch: int, patience: int) -> bool:
    """Whether training ends after `epoch`: all epochs done, or too long without a new best on validation.

    Args:
        epoch: epochs done.
        epochs: the most there may be.
        best_epoch: when the validation log-likelihood was best; 0 before the first validation.
        patience: epochs to wait for a new best.
    Source:
        ours: the 2014 code's mnist.yaml has no stopping criterion; cGAN (1411.1784) stopped on the same quantity.
    """
    return epoch >= epochs or (best_epoch > 0 and epoch - best_epoch >= patience)


def is_better(log_likelihood: float, best: float) -> bool:
    """Whether a generator replaces the best so far: its validation log-likelihood is greater; nan never replaces."""
    return log_likelihood > best


def replay(epochs: Sequence[int], values: Sequence[float], patience: int) -> tuple[int, int]:
    """Apply the rule "keep the greatest, stop after `patience` epochs without a new best" to measurements.

    Args:
        epochs: when each value was measured, 1 or more; the greatest is the most epochs there may be.
        values: validation log-likelihoods; of equal ones the first counts, and nan is never kept.
        patience: epochs to wait for a new best.
    Returns:
        the epoch that is kept, 0 where no value is greater than -inf, and the last epoch that is trained.
    Raises:
        ValueError: there is no measurement, one was before epoch 1, or not every epoch has one value.
    """
    measured = dict(zip(epochs, values, strict=True))
    if not measured or min(measured) < 1 or len(measured) < len(epochs):
        raise ValueError(f"expected distinct epochs from 1 on, got {list(epochs)}")
    kept, best, last = 0, -math.inf, max(measured)
    for epoch in sorted(measured):
        if kept and epoch > kept + patience:  # the epoch at which `is_over` ended training
            break
        if is_better(measured[epoch], best):
            kept, best = epoch, measured[epoch]
    return kept, min(last, kept + patience) if kept else last
