"""Independent random streams, each named, all derived from one integer seed."""

import hashlib

import numpy as np
import torch


def stream(seed: int, name: str, index: int = 0, device: torch.device | str = "cpu") -> torch.Generator:
    """Return a generator of its own for one use of randomness in one run.

    A stream depends only on its arguments, so a run resumed at epoch 7 draws the same numbers as the uninterrupted run
    in epoch 7, and a seed draws the same numbers whichever seeds run beside it.

    Args:
        seed: the run's seed, >= 0.
        name: what the stream is for, e.g. "minibatch order".
        index: position in a family of streams, e.g. the epoch, >= 0.
        device: where the numbers are drawn. Devices draw different numbers from one seed.
    Raises:
        ValueError: seed or index is negative.
    """
    return torch.Generator(device).manual_seed(_number(seed, name, index))


def numpy_stream(seed: int, name: str, index: int = 0) -> np.random.Generator:
    """Return the same for random numbers of NumPy and SciPy: bootstraps, shuffles.

    Args, Raises:
        as stream.
    """
    return np.random.default_rng(_number(seed, name, index))


def _number(seed: int, name: str, index: int) -> int:
    if seed < 0 or index < 0:
        raise ValueError(f"seed and index must be >= 0, got seed {seed}, index {index}")
    digest = hashlib.sha256(f"{seed}/{name}/{index}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
