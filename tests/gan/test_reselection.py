"""The epoch that other validation images would have kept, and what all images lose by it."""

import math

import numpy as np
import pytest

from gan.evidence.reselection import Measured, of_images, resampled, reselect

EPOCHS = [10, 20, 30]
# At one bandwidth: the first block prefers epoch 20, the second epoch 30; both together 20.
BLOCKS = np.array([[[0.0, 0.0]], [[6.0, 1.0]], [[2.0, 4.0]]])


def test_reselect_by_hand():
    """Means of all images 0, 3.5, 3."""
    found = reselect(Measured(EPOCHS, BLOCKS, patience=100), np.array([[1, 1], [2, 0], [0, 2]]))
    assert found.own == 20
    assert found.kept.tolist() == [20, 20, 30]
    assert found.lost.tolist() == [0, 0, 0.5]


def test_reselect_stops_after_the_patience():
    """By the second block alone epoch 30 is best, but with epoch 10 above 20 training stops before."""
    blocks = BLOCKS + np.array([[[0.0, 2.0]], [[0.0, 0.0]], [[0.0, 0.0]]])
    counts = np.array([[0, 1]])
    assert reselect(Measured(EPOCHS, blocks, patience=10), counts).kept.tolist() == [10]
    assert reselect(Measured(EPOCHS, blocks, patience=20), counts).kept.tolist() == [30]


def test_reselect_takes_the_best_bandwidth_measured():
    """A second bandwidth, measured at epoch 10 only, is best there."""
    blocks = np.concatenate([BLOCKS, np.full((3, 1, 2), math.nan)], axis=1)
    blocks[0, 1] = 9.0
    found = reselect(Measured(EPOCHS, blocks, patience=100), np.array([[1, 1]]))
    assert (found.own, found.kept.tolist()) == (10, [10])


def test_reselect_refuses_counts_of_other_blocks():
    with pytest.raises(ValueError, match="expected counts of 2 blocks, got 3"):
        reselect(Measured(EPOCHS, BLOCKS, 10), np.ones((1, 3)))


def test_resampled_counts_all_blocks():
    counts = resampled(10, 4000, np.random.default_rng(0))
    assert (counts.sum(axis=1) == 10).all()
    assert counts.mean(axis=0) == pytest.approx(np.ones(10), abs=0.06)
    assert counts.var(axis=0) == pytest.approx(np.full(10, 0.9), abs=0.08)


def test_of_images_pools_the_variances_of_the_seeds():
    run = Measured(EPOCHS, BLOCKS, 100)
    moved, still = (reselect(run, np.array(counts)) for counts in ([[1, 1], [0, 2]], [[1, 1], [2, 0]]))
    assert of_images([still, still], 2).sd == 0
    found = of_images([moved, still], 2)
    assert found.sd == pytest.approx(math.sqrt(0.125 / 2))
    assert math.isnan(found.low)
    assert found.n == 2


@pytest.mark.parametrize(("block_sd", "low", "high"), [(0.0, 0.0, 1e-9), (0.3, 0.03, 0.15), (3.0, 0.5, 1.5)])
def test_images_that_disagree_move_the_kept_epoch(block_sd, low, high):
    """A curve that saturates, and blocks of images that see each generator their own way."""
    random = np.random.default_rng(0)
    curve = 200 - 60 * np.exp(-np.arange(1, 101) / 20)
    blocks = curve[:, None, None] + block_sd * random.normal(size=(100, 1, 10))
    run = reselect(Measured(list(range(10, 1001, 10)), blocks, 200), resampled(10, 500, random))
    assert low <= of_images([run], 10).sd <= high
    assert (run.lost >= 0).all()
