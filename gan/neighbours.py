"""Nearest training images, to show that samples are not memorised (Figure 2)."""

import torch


def nearest(queries: torch.Tensor, images: torch.Tensor, block: int = 10_000) -> torch.Tensor:
    """Index of the image nearest to each query in squared Euclidean distance.

    Args:
        queries: shape (m, d).
        images: shape (n, d), on the same device.
        block: images compared at once; bounds the memory.
    Returns:
        shape (m,), int64; the first of equals.
    Source:
        goodfeli/adversarial, show_samples_*_paper.py: distances in model space, training set in use.
    """
    best = torch.full((len(queries),), torch.inf, device=queries.device)
    index = torch.zeros(len(queries), dtype=torch.int64, device=queries.device)
    for start in range(0, len(images), block):
        part = images[start : start + block]
        distances = part.square().sum(dim=1) - 2 * queries @ part.T  # + |query|^2, the same for all
        closest, position = distances.min(dim=1)
        index = torch.where(closest < best, start + position, index)
        best = torch.minimum(best, closest)
    return index
