"""Parzen-window log-likelihood (section 5 of the paper; goodfeli/adversarial, parzen_ll.py)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

# A float32 product is used where its worst error stays below this many nats.
FLOAT32_ERROR_NATS = 5e-3
# Below this dimension float64 costs little and log-densities near 0 keep their relative accuracy.
FLOAT32_MIN_DIMENSION = 256


def log_density(
    queries: torch.Tensor,
    centers: torch.Tensor,
    bandwidths: Sequence[float],
    *,
    query_block: int = 1000,
    center_block: int = 2000,
) -> torch.Tensor:
    """Log-density of an isotropic Gaussian Parzen window at each query, for many bandwidths at once.

    log p(x) = log (1/n sum_i exp(-|x - c_i|^2 / (2 sigma^2))) - d log(sigma sqrt(2 pi))

    Squared distances come from one matrix product per block and serve all bandwidths; the sum over
    centers is a streaming log-sum-exp, so memory is bounded by the blocks.

    Args:
        queries: shape (m, d), flattened images.
        centers: shape (n, d), generated samples.
        bandwidths: k standard deviations of the kernel, in pixel units, > 0.
        query_block, center_block: rows in a block; they change the time and the memory only.
    Returns:
        shape (k, m), nats, float64, on the device of `queries`.
    Raises:
        ValueError: shapes disagree, an input is empty or not finite, a bandwidth is not positive.
    Accuracy:
        within 0.01 nat of direct sums in float64 for d >= 784, data in [0, 1], bandwidths >= 0.1;
        within 1e-5 relative elsewhere (tests/gan/test_parzen.py).
    """
    _check(queries, centers, bandwidths)
    middle = centers.double().mean(dim=0)
    queries, centers = queries.double() - middle, centers.double() - middle
    dtype = _product_dtype(queries, centers, min(bandwidths))
    precisions = [1 / (2 * bandwidth**2) for bandwidth in bandwidths]
    blocks = [
        _log_mean_kernel(block.to(dtype), centers.to(dtype), precisions, center_block)
        for block in queries.split(query_block)
    ]
    n_dimensions = queries.shape[1]
    log_norms = [n_dimensions * math.log(bandwidth * math.sqrt(2 * math.pi)) for bandwidth in bandwidths]
    return torch.cat(blocks, dim=1) - queries.new_tensor(log_norms)[:, None]


def _check(queries: torch.Tensor, centers: torch.Tensor, bandwidths: Sequence[float]) -> None:
    if queries.dim() != 2 or centers.dim() != 2 or queries.shape[1] != centers.shape[1]:
        raise ValueError(f"want (m, d) and (n, d), got {tuple(queries.shape)} and {tuple(centers.shape)}")
    for name, tensor in (("queries", queries), ("centers", centers)):
        if tensor.numel() == 0:
            raise ValueError(f"{name} are empty: shape {tuple(tensor.shape)}")
        if not tensor.isfinite().all():
            raise ValueError(f"{name} hold values that are not finite")
    if len(bandwidths) == 0 or not all(0 < bandwidth < math.inf for bandwidth in bandwidths):
        raise ValueError(f"bandwidths must be positive and finite, got {list(bandwidths)}")


def _product_dtype(queries: torch.Tensor, centers: torch.Tensor, bandwidth: float) -> torch.dtype:
    """float32 where |x|^2 + |c|^2 - 2 x.c keeps its rounding error small in nats, else float64.

    The error of a squared distance is taken as 4 eps (|x|^2 + |c|^2): rounded inputs and sums, the
    product's accumulation being far from its worst case. Divided by 2 sigma^2 it is in nats.
    """
    if queries.shape[1] < FLOAT32_MIN_DIMENSION:
        return torch.float64
    largest = sum(float(x.square().sum(dim=1).max()) for x in (queries, centers))
    error_nats = 4 * torch.finfo(torch.float32).eps * largest / (2 * bandwidth**2)
    return torch.float32 if error_nats < FLOAT32_ERROR_NATS else torch.float64


def _log_mean_kernel(
    queries: torch.Tensor, centers: torch.Tensor, precisions: Sequence[float], center_block: int
) -> torch.Tensor:
    """log (1/n sum_i exp(-precision |x - c_i|^2)), shape (k, m), float64, by a running minimum distance."""
    nearest = queries.new_full((len(queries),), math.inf)
    sums = torch.zeros(len(precisions), len(queries), dtype=torch.float64, device=queries.device)
    precision = sums.new_tensor(precisions)[:, None]
    query_norms = queries.square().sum(dim=1, keepdim=True)
    for block in centers.split(center_block):
        distances = torch.addmm(query_norms + block.square().sum(dim=1), queries, block.T, alpha=-2)
        previous, nearest = nearest, torch.minimum(nearest, distances.min(dim=1).values)
        sums *= (-precision * (previous - nearest).double()).exp()
        distances -= nearest[:, None]
        for row, value in zip(sums, precisions, strict=True):
            row += (distances * -value).exp_().sum(dim=1)
    return (sums / len(centers)).log() - precision * nearest.double()


@dataclass(frozen=True)
class Selection:
    """A bandwidth chosen on validation data.

    Attributes:
        bandwidth: the chosen one, in pixel units.
        place: its position in the grid, 1 .. len(grid); the first and the last are edges.
        size: number of bandwidths in the grid.
        log_likelihood: mean over the validation images, nats.
    """

    bandwidth: float
    place: int
    size: int
    log_likelihood: float

    @property
    def at_edge(self) -> bool:
        """Whether a wider grid might have given a better bandwidth."""
        return self.place in (1, self.size)


def select_bandwidth(bandwidths: Sequence[float], log_likelihoods: Sequence[float]) -> Selection:
    """The bandwidth with the greatest mean validation log-likelihood; the first of equals.

    Args:
        bandwidths: the grid, k values.
        log_likelihoods: k means over the validation images, nats.
    Raises:
        ValueError: lengths differ, or a mean is not finite.
    """
    if len(bandwidths) != len(log_likelihoods) or len(bandwidths) == 0:
        raise ValueError(f"want as many means as bandwidths, got {len(log_likelihoods)} and {len(bandwidths)}")
    if not all(map(math.isfinite, log_likelihoods)):
        raise ValueError(f"validation log-likelihoods must be finite, got {list(log_likelihoods)}")
    best = max(range(len(bandwidths)), key=lambda i: log_likelihoods[i])
    return Selection(bandwidths[best], best + 1, len(bandwidths), log_likelihoods[best])
