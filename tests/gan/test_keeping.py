"""The rule keeps the greatest measurement and stops after its patience, whoever applies it."""

import math

import pytest
import torch

from gan.keeping import is_over, replay


@pytest.mark.parametrize(
    ("epoch", "best_epoch", "over"),
    [(0, 0, False), (999, 950, False), (1000, 950, True), (150, 50, True), (149, 50, False), (150, 0, False)],
)
def test_is_over_when_out_of_epochs_or_patience(epoch, best_epoch, over):
    assert is_over(epoch, 1000, best_epoch, patience=100) is over


@pytest.mark.parametrize(
    ("values", "patience", "kept", "last"),
    [
        ([1, 2, 3, 4], 20, 40, 40),
        ([1, 3, 2, 2], 30, 20, 40),
        ([1, 3, 3, 3], 30, 20, 40),  # of equal ones the first
        ([1, 3, 3, 4], 20, 40, 40),  # a new best on the last epoch of patience
        ([3, 1, 1, 4], 20, 10, 30),  # the greatest comes too late
        ([3, 1, 4, 5], 15, 10, 25),  # patience ends between two measurements
        ([math.nan, math.nan, -5, -9], 10, 30, 40),  # no patience is lost before the first value
        ([math.nan] * 4, 10, 0, 40),
    ],
)
def test_replay_keeps_the_greatest_before_patience_ends(values, patience, kept, last):
    assert replay([10, 20, 30, 40], values, patience) == (kept, last)


def test_replay_of_one_measurement_keeps_it():
    assert replay([7], [-3.5], patience=1) == (7, 7)


@pytest.mark.parametrize("epochs", [[], [0, 1], [5, 5]])
def test_replay_refuses_epochs_that_cannot_be(epochs):
    with pytest.raises(ValueError, match="expected distinct epochs from 1 on"):
        replay(epochs, [1.0] * len(epochs), patience=5)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(("every", "patience"), [(1, 1), (5, 5), (5, 10), (3, 12)])
def test_a_patience_that_is_a_multiple_of_the_interval_ends_at_a_measurement(seed, every, patience):
    """The params take no other; the last epoch is measured, too, whether or not it is a multiple."""
    epochs = [*range(every, 32, every), 32]
    values = torch.rand(len(epochs), generator=torch.Generator().manual_seed(seed)).tolist()
    assert replay(epochs, values, patience)[1] in epochs
