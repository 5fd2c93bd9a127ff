"""The generator that a run would keep if it were measured on other validation images."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gan.evidence.variance import Component
from gan.keeping import replay


@dataclass(frozen=True)
class Measured:
    """A run's measurements of its generators in training, by block of validation images.

    Attributes:
        epochs: when it was measured, ascending, length e.
        blocks: shape (e, p, k), nats: the mean log-likelihood at each of p bandwidths over each of k blocks of images;
            nan at a bandwidth that was not measured then, and at least one per epoch was.
        patience: epochs that the run waited for a new best.
    """

    epochs: Sequence[int]
    blocks: np.ndarray
    patience: int


@dataclass(frozen=True)
class Reselected:
    """What the rule of keeping does with a run's measurements on resampled images.

    Attributes:
        own: epoch that is kept by all images.
        kept: epoch that is kept by each of b resamples, shape (b,).
        lost: log-likelihood of all images, at `own` minus at `kept`, nats, shape (b,); not negative where `kept` was
            trained before the patience of `own` ended.
    """

    own: int
    kept: np.ndarray
    lost: np.ndarray


def resampled(n_blocks: int, resamples: int, random: np.random.Generator) -> np.ndarray:
    """Return how often each block counts in each bootstrap sample of the blocks, shape (resamples, n_blocks)."""
    return random.multinomial(n_blocks, np.full(n_blocks, 1 / n_blocks), size=resamples)


def reselect(run: Measured, counts: np.ndarray) -> Reselected:
    """Apply the rule of keeping to a run's measurements, as resampled images would have made them.

    At each epoch the best bandwidth counts, as in training, and training stops as its patience demands. A resample that
    would have trained on beyond the run's last measurement has only those that there are.

    Args:
        run: its measurements.
        counts: shape (b, k), how often each block counts; the same for runs that share their images.
    Raises:
        ValueError: the counts are of another number of blocks.
    """
    if counts.shape[1] != run.blocks.shape[2]:
        raise ValueError(f"expected counts of {run.blocks.shape[2]} blocks, got {counts.shape[1]}")
    rows = np.vstack([np.ones(counts.shape[1]), counts])  # first of all: every block once
    shares = rows / rows.sum(axis=1, keepdims=True)
    values = np.nanmax(run.blocks @ shares.T, axis=1).T  # (e, p, k) to (b + 1, e): at the best bandwidth
    own, *kept = (replay(run.epochs, row.tolist(), run.patience)[0] for row in values)
    by_all = dict(zip(run.epochs, values[0], strict=True))
    return Reselected(own, np.array(kept), np.array([by_all[own] - by_all[epoch] for epoch in kept]))


def of_images(runs: Sequence[Reselected], n_blocks: int) -> Component:
    """Return the component of the images that choose the epoch: how that moves the log-likelihood of all images.

    Args:
        runs: one per seed, from the same resamples.
        n_blocks: of images.
    Returns:
        n = n_blocks, and no interval, because the choice has few values. A bootstrap of so few blocks makes the
        standard deviation too small by about the root of (n - 1) / n.
    """
    variance = np.mean([run.lost.var(ddof=1) for run in runs])
    return Component(float(np.sqrt(variance)), np.nan, np.nan, n_blocks)
