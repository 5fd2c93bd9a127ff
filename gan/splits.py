"""Which images train, choose the bandwidth and test, as one code per image."""

import numpy as np

TRAIN, VALIDATION, TEST = 0, 1, 2


def consecutive_split(n_train: int, n_validation: int, n_test: int) -> np.ndarray:
    """Codes of images in file order: training, then validation, then test.

    Returns:
        shape (n_train + n_validation + n_test,), uint8.
    Source:
        pylearn2: MNIST trains on [0, 50000) of the training file and validates on [50000, 60000).
    """
    return np.repeat(np.array([TRAIN, VALIDATION, TEST], np.uint8), (n_train, n_validation, n_test))
