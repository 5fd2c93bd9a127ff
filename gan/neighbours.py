"""Nearest training images, to show that samples are not memorised (Figure 2)."""

import torch


def nearest(queries: torch.Tensor, images: torch.Tensor, block: int = 2_000) -> torch.Tensor:
    """Index of the image nearest to each query in Euclidean distance.

    Args:
        queries: shape (m, d).
        images: shape (n, d), on the same device.
        block: images compared at once; bounds the memory.
    Returns:
        shape (m,), int64; the first of equals.
    Source:
        goodfeli/adversarial, show_samples_*_paper.py: distances in model space, training set in use.
    """
    # A float64 product a block: its rounding is far below the distances between images.
    distances = [
        torch.cdist(queries.double(), part.double(), compute_mode="use_mm_for_euclid_dist")
        for part in images.split(block)
    ]
    return torch.cat(distances, dim=1).argmin(dim=1)
