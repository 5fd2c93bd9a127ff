"""Parzen-window log-likelihood (section 5 of the paper; goodfeli/adversarial, parzen_ll.py)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from gan.statistics import standard_error

# Squared distances come from a matrix product where its worst error stays below this many nats.
PRODUCT_ERROR_NATS = 1e-6


@torch.no_grad()
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

    One matrix product per block gives the squared distances for all bandwidths; the sum over centers
    is a streaming log-sum-exp, so memory is bounded by the blocks.

    Args:
        queries: shape (m, d), flattened images.
        centers: shape (n, d), generated samples.
        bandwidths: k standard deviations of the kernel, in pixel units, > 0.
        query_block, center_block: rows in a block; they change the time and the memory only.
    Returns:
        shape (k, m), nats, float64, on the device of `queries`.
    Raises:
        ValueError: shapes disagree, an input is empty or not finite, a bandwidth is not positive, or
            distances and bandwidths are so far apart that float64 cannot hold their ratio.
    Accuracy:
        1e-6 nats plus 1e-12 relative, of direct sums in float64 (tests/gan/test_parzen.py): where a
        product of centred float64 matrices cannot promise this, distances come from differences.
    """
    precisions = _check(queries, centers, bandwidths)
    middle = centers.double().mean(dim=0)
    queries, centers = queries.double() - middle, centers.double() - middle
    blocks = [_log_mean_kernel(block, centers, precisions, center_block) for block in queries.split(query_block)]
    d = queries.shape[1]
    log_norms = [d * (math.log(bandwidth) + 0.5 * math.log(2 * math.pi)) for bandwidth in bandwidths]
    result = torch.cat(blocks, dim=1) - queries.new_tensor(log_norms)[:, None]
    if not result.isfinite().all():
        raise ValueError(f"log-densities overflow: data too far apart for bandwidths {list(bandwidths)}")
    return result


def _check(queries: torch.Tensor, centers: torch.Tensor, bandwidths: Sequence[float]) -> list[float]:
    """1 / (2 sigma^2) of each bandwidth; raises what log_density promises."""
    if queries.dim() != 2 or centers.dim() != 2 or queries.shape[1] != centers.shape[1]:
        raise ValueError(f"want (m, d) and (n, d), got {tuple(queries.shape)} and {tuple(centers.shape)}")
    for name, tensor in (("queries", queries), ("centers", centers)):
        if tensor.numel() == 0:
            raise ValueError(f"{name} are empty: shape {tuple(tensor.shape)}")
        if not tensor.isfinite().all():
            raise ValueError(f"{name} hold values that are not finite")
    # Outside (1e-150, 1e150) the square of a bandwidth leaves float64.
    if len(bandwidths) == 0 or not all(1e-150 < bandwidth < 1e150 for bandwidth in bandwidths):
        raise ValueError(f"bandwidths must be positive and finite, got {list(bandwidths)}")
    return [0.5 / bandwidth**2 for bandwidth in bandwidths]


def _log_mean_kernel(
    queries: torch.Tensor, centers: torch.Tensor, precisions: Sequence[float], center_block: int
) -> torch.Tensor:
    """log (1/n sum_i exp(-precision |x - c_i|^2)), shape (k, m), by a running minimum distance."""
    nearest = queries.new_full((len(queries),), math.inf)
    sums = queries.new_zeros(len(precisions), len(queries))
    precision = queries.new_tensor(precisions)[:, None]
    for block in centers.split(center_block):
        distances = _squared_distances(queries, block, max(precisions))
        previous, nearest = nearest, torch.minimum(nearest, distances.min(dim=1).values)
        sums *= (-precision * (previous - nearest)).exp()
        distances -= nearest[:, None]
        for row, value in zip(sums, precisions, strict=True):
            row += (distances * -value).exp_().sum(dim=1)
    return (sums / len(centers)).log() - precision * nearest


def _squared_distances(queries: torch.Tensor, centers: torch.Tensor, precision: float) -> torch.Tensor:
    """|x - c|^2, shape (m, n), by a product where the result's error in nats allows it.

    The error of |x|^2 + |c|^2 - 2 x.c is at most (d + 4) eps (|x| + |c|)^2 (the standard bound on inner
    products), here multiplied by the precision 1 / (2 sigma^2) of the narrowest kernel.
    """
    query_norms, center_norms = (rows.square().sum(dim=1) for rows in (queries, centers))
    reach = query_norms.max().sqrt() + center_norms.max().sqrt()
    error = (queries.shape[1] + 4) * torch.finfo(queries.dtype).eps * reach**2 * precision
    if error < PRODUCT_ERROR_NATS:
        return torch.addmm(query_norms[:, None] + center_norms, queries, centers.T, alpha=-2)
    return torch.cdist(queries, centers, compute_mode="donot_use_mm_for_euclid_dist").square()


@dataclass(frozen=True)
class Selection:
    """A bandwidth chosen on validation data.

    Attributes:
        bandwidth: the chosen one, in pixel units.
        place: its position in the grid, 1 .. size; at the first and the last a wider grid might do better.
        size: number of bandwidths in the grid.
        log_likelihood: mean over the validation images, nats.
    """

    bandwidth: float
    place: int
    size: int
    log_likelihood: float


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


def cross_validate(samples: torch.Tensor, validation: torch.Tensor, grid: Sequence[float]) -> Selection:
    """The bandwidth of a grid under which the samples give the validation images the greatest mean log-density.

    Args:
        samples: shape (n, d), the centers.
        validation: shape (m, d).
        grid: bandwidths.
    """
    return select_bandwidth(grid, log_density(validation, samples, grid).mean(dim=1).tolist())


@dataclass(frozen=True)
class Score:
    """What one set of samples scores with one grid of bandwidths; nats.

    Attributes:
        selection: the bandwidth and its mean validation log-likelihood.
        validation_curve: mean validation log-likelihood at each bandwidth of the grid.
        validation_error, test_error: standard errors of the means over their images, ddof 0.
        test: mean log-likelihood of the test images at the chosen bandwidth.
    """

    selection: Selection
    validation_curve: tuple[float, ...]
    validation_error: float
    test: float
    test_error: float


def score(
    samples: torch.Tensor, validation: torch.Tensor, test: torch.Tensor, grids: Mapping[str, Sequence[float]]
) -> dict[str, Score]:
    """The protocol of section 5: validation images choose the bandwidth, test images are scored with it.

    All grids share one pass over the distances to the validation images and one to the test images.

    Args:
        samples: shape (n, d), the centers; the same for choosing and for scoring.
        validation: shape (m, d).
        test: shape (m', d); scored at the chosen bandwidths only.
        grids: bandwidths by name.
    Returns:
        a score for each grid.
    """
    on_validation = log_density(validation, samples, [bandwidth for grid in grids.values() for bandwidth in grid])
    rows = dict(zip(grids, on_validation.split([len(grid) for grid in grids.values()]), strict=True))
    chosen = {name: select_bandwidth(grid, rows[name].mean(dim=1).tolist()) for name, grid in grids.items()}
    on_test = log_density(test, samples, [selection.bandwidth for selection in chosen.values()])
    return {
        name: Score(
            selection=selection,
            validation_curve=tuple(rows[name].mean(dim=1).tolist()),
            validation_error=standard_error(rows[name][selection.place - 1].cpu().numpy()),
            test=float(scores.mean()),
            test_error=standard_error(scores.cpu().numpy()),
        )
        for (name, selection), scores in zip(chosen.items(), on_test, strict=True)
    }
