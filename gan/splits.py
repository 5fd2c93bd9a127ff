"""Which images train, choose the bandwidth and test, as one code per image, or one per image and fold."""

import numpy as np

TRAIN, VALIDATION, TEST, UNUSED = 0, 1, 2, 3


def consecutive_split(n_train: int, n_validation: int, n_test: int) -> np.ndarray:
    """Codes of images in file order: training, then validation, then test.

    Returns:
        shape (n_train + n_validation + n_test,), uint8.
    Source:
        pylearn2: MNIST trains on [0, 50000) of the training file and validates on [50000, 60000).
    """
    return np.repeat(np.array([TRAIN, VALIDATION, TEST], np.uint8), (n_train, n_validation, n_test))


def stratified_folds(labels: np.ndarray, n_folds: int, random: np.random.Generator) -> np.ndarray:
    """Codes of labelled images: each is tested in one fold and validates in half of another.

    Of every class, fold f tests the f-th of n_folds equal parts and validates on half of the next part.

    Args:
        labels: shape (n,), the class of each image.
        n_folds: 2 or more.
        random: shuffles each class; advanced.
    Returns:
        shape (n, n_folds), uint8: TEST, VALIDATION or UNUSED.
    Source:
        ours, with the shares of the Toronto Face Database: 20% test and 10% validation with five folds.
    """
    codes = np.full((len(labels), n_folds), UNUSED, np.uint8)
    for label in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == label))
        parts = np.array_split(members, n_folds)
        for fold, part in enumerate(parts):
            following = parts[(fold + 1) % n_folds]
            codes[part, fold] = TEST
            codes[following[: len(following) // 2], fold] = VALIDATION
    return codes
