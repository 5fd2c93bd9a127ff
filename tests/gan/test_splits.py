"""Codes of the parts: consecutive for MNIST's kin, stratified folds for faces."""

import numpy as np
import pytest

from gan.images import TEST, TRAIN, UNUSED, VALIDATION, consecutive_split, stratified_folds


def test_consecutive_split_is_in_file_order():
    assert consecutive_split(2, 1, 1).tolist() == [TRAIN, TRAIN, VALIDATION, TEST]


@pytest.fixture
def labels():
    return np.repeat([0, 1, 2], [100, 60, 40])


def test_stratified_folds_test_every_image_once(labels):
    codes = stratified_folds(labels, 5, np.random.default_rng(0))
    assert ((codes == TEST).sum(axis=1) == 1).all()
    assert set(np.unique(codes)) == {VALIDATION, TEST, UNUSED}


def test_stratified_folds_have_tfds_shares_in_every_class(labels):
    codes = stratified_folds(labels, 5, np.random.default_rng(0))
    for label, n in enumerate([100, 60, 40]):
        for fold in range(5):
            mine = codes[labels == label, fold]
            assert ((mine == TEST).sum(), (mine == VALIDATION).sum()) == (n // 5, n // 10)


def test_stratified_folds_follow_their_random_stream(labels):
    first, again, other = (stratified_folds(labels, 5, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
