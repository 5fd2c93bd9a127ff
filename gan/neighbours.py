"""Nearest training images, to show that samples are not memorised (Figure 2)."""

import torch


def nearest(queries: torch.Tensor, images: torch.Tensor, block: int = 2_000) -> torch.Tensor:
    """Index of the image nearest to each query in Euclidean distance.

    Args:
        queries: shape (m, d).
        images: shape (n, d), on the same device.
        block: images compared at once; bounds the memory.
    Returns:
        shape (m,), int64; any of equals.
    Source:
        goodfeli/adversarial, show_samples_*_paper.py: distances in model space, training set in use.
    """
    # A float64 product a block: its rounding is far below the distances between images.
    queries, found = queries.double(), []
    for start, part in zip(range(0, len(images), block), images.split(block), strict=True):
        distances, places = torch.cdist(queries, part.double(), compute_mode="use_mm_for_euclid_dist").min(dim=1)
        found.append((distances, places + start))
    distances, places = (torch.stack(each) for each in zip(*found, strict=True))
    return places.gather(0, distances.argmin(dim=0, keepdim=True)).squeeze(0)
