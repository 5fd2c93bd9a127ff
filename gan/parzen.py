"""Parzen-window log-density (section 5 of the paper; goodfeli/adversarial, parzen_ll.py)."""

import math
from collections.abc import Sequence

import numpy as np
import torch

TOLERANCE_NATS = 1e-3  # that float32 may cost
FLOAT32_FROM = 784  # dimensions; smaller data cost little in float64, and there more digits are promised
PRODUCT_ERROR_NATS = 1e-6  # that a float64 product may cost
LOST_NATS = math.log(1e6 / TOLERANCE_NATS)  # below the nearest one's, a million kernels are lost
LEAST_EXPONENT = -80.0  # exp of less is lost in any sum here, and slow to compute: it leaves float32
DROPPED_NATS = 36.0  # below the nearest one's, a million kernels are lost in float64's promised digits
BLOCKS = {False: (500, 2000), True: (5000, 10000)}  # queries, centers: in a CPU's cache; on CUDA few launches, 0.2 GB
FEW = 0.01  # share of a block's pairs up to which they are treated one by one
EVERY = 61  # of so many centers one tells how many pairs are near
Pairs = tuple[torch.Tensor, ...]  # places of queries and of centers in a block, shape (pairs,) each
Images = torch.Tensor | np.ndarray  # shape (n, d), a flattened image per row; float32 or float64, finite, not empty


@torch.no_grad()
def log_density(
    queries: Images,
    centers: Images,
    bandwidths: Sequence[float],
    *,
    query_block: int | None = None,
    center_block: int | None = None,
) -> torch.Tensor:
    """Return the log-density of an isotropic Gaussian Parzen window at each query, for many bandwidths at once.

    log p(x) = log (1/n sum_i exp(-|x - c_i|^2 / (2 sigma^2))) - d log(sigma sqrt(2 pi))

    Args:
        queries: shape (m, d), flattened images; a tensor or an array, float32 or float64.
        centers: shape (n, d), generated samples, likewise.
        bandwidths: k standard deviations of the kernel, in pixel units, > 0.
        query_block, center_block: rows processed at once; they change the time and the memory only. By default BLOCKS.
    Returns:
        shape (k, m), nats, float64, on the device of `queries`.
    Raises:
        TypeError: an input is neither a tensor nor an array.
        ValueError: shapes disagree, an input is empty, not finite or neither float32 nor float64, a bandwidth is not
            positive, or distances and bandwidths are so far apart that float64 cannot hold their ratio.
    Accuracy:
        against direct sums in float64 (tests/gan/test_parzen.py): for d < 784 1e-6 nats plus 1e-12
        relative; from there on 2e-3 nats plus 1e-6 relative.
    """
    queries, centers = as_images("queries", queries), as_images("centers", centers)
    of_queries, of_centers = BLOCKS[queries.device.type == "cuda"]
    window = ParzenWindow(queries, bandwidths, query_block=query_block or of_queries)
    for block in centers.split(center_block or of_centers):
        window.add(block)
    return window.log_density()


class ParzenWindow:
    """Compute log_density for centers that arrive in chunks, in memory that does not grow with their number.

    For each query it keeps the squared distance of the nearest center so far and, for each bandwidth, the
    sum of the kernels relative to that center's: a streaming log-sum-exp over one pass.

    Args:
        queries: shape (m, d).
        bandwidths: k standard deviations, > 0.
        query_block: queries that are compared with a chunk of centers at once.
    Raises:
        TypeError, ValueError: as log_density.
    """

    def __init__(self, queries: Images, bandwidths: Sequence[float], *, query_block: int = 500) -> None:
        queries = as_images("queries", queries)
        # Outside (1e-150, 1e150) the square of a bandwidth leaves float64.
        if len(bandwidths) == 0 or not all(1e-150 < bandwidth < 1e150 for bandwidth in bandwidths):
            raise ValueError(f"bandwidths must be positive and finite, got {list(bandwidths)}")
        m, self.d = queries.shape
        self.n, self._log_norms = 0, [self.d * math.log(bandwidth * math.sqrt(2 * math.pi)) for bandwidth in bandwidths]
        self._precisions = [0.5 / bandwidth**2 for bandwidth in bandwidths]
        # Any center would do if all share it: rounded once, so that float32 images are centred in float32.
        self._middle = queries.mean(dim=0).clamp(-1e38, 1e38).float()
        self._queries = [_Points(block, self._middle) for block in queries.split(query_block)]
        self._nearest = queries.new_full((m,), math.inf, dtype=torch.float64)
        self._sums = queries.new_zeros(len(bandwidths), m, dtype=torch.float64)
        # Where kernels turn out so wide that many pairs matter, that block and all later ones are in float64.
        self._in_float64 = self.d < FLOAT32_FROM

    @torch.no_grad()
    def add(self, centers: Images) -> None:
        """Add centers, shape (n, d)."""
        centers = as_images("centers", centers)
        check_pixels("centers", centers, "queries", self.d)
        block = _Points(centers, self._middle)
        sizes = [len(points.given) for points in self._queries]
        rows = zip(self._queries, self._nearest.split(sizes), self._sums.split(sizes, dim=1), strict=True)
        for queries, nearest, sums in rows:
            self._add(queries, block, nearest, sums)
        self.n += len(centers)

    def _add(self, queries: "_Points", centers: "_Points", nearest: torch.Tensor, sums: torch.Tensor) -> None:
        """One block of queries against one of centers; `nearest` and `sums` change in place."""
        distances, narrow, pairs = self._squared_distances(queries, centers, nearest)
        previous = nearest.clone()
        torch.minimum(nearest, distances.amin(dim=1), out=nearest)
        distances -= nearest[:, None].to(distances.dtype)  # exact: `nearest` is one of the distances
        distances = distances if self.d < FLOAT32_FROM else distances.float()
        if distances.is_cuda:
            narrow = []  # there sums over pairs would not repeat bit for bit, and whole rows cost little
        elif not narrow:
            narrow, pairs = self._narrow(distances)
        near = distances[pairs] if narrow else distances.new_empty(0)
        for k, (row, precision) in enumerate(zip(sums, self._precisions, strict=True)):
            row *= (-precision * (previous - nearest)).exp()
            if k in narrow:
                row.index_add_(0, pairs[0], (near * -precision).exp_().double())
            else:
                row += (distances * -precision).clamp_(min=LEAST_EXPONENT).exp_().sum(dim=1)

    def _squared_distances(
        self, queries: "_Points", centers: "_Points", nearest: torch.Tensor
    ) -> tuple[torch.Tensor, list[int], Pairs]:
        """|x - c|^2, shape (m, n), as exact as the kernels need it.

        One float32 product. With rounding unit u, its error stays below (d/2 + 8) u (|x| + |c|)^2 (the
        standard bound on inner products, for any order of summation). Where that could cost more than
        TOLERANCE_NATS, centers near enough to matter are measured again; where these are many, all are.

        Returns:
            the distances, and of what was measured again the bandwidths, by place, and the pairs.
        """
        reach = queries.reach + centers.reach
        if not self._in_float64 and reach <= 1e15:  # squares beyond that leave float32
            distances = queries.norms[:, None] + centers.norms
            distances.addmm_(queries.single, centers.single.T, alpha=-2)
            error = (self.d / 2 + 8) * 2**-24 * reach**2
            narrow = [k for k, precision in enumerate(self._precisions) if precision * error > TOLERANCE_NATS]
            if not narrow:
                return distances, [], ()
            beyond = LOST_NATS / min(self._precisions[k] for k in narrow) + 3 * error
            limit = torch.minimum(nearest, distances.amin(dim=1)) + beyond
            i, j = (distances <= limit.float()[:, None]).nonzero(as_tuple=True)
            if len(i) <= FEW * distances.numel():
                again = queries.given[i].double() - centers.given[j].double()
                distances[i, j] = again.square_().sum(dim=1).float()
                return distances, narrow, (i, j)
            self._in_float64 = True
        return _exact(queries.centred(), centers.centred(), max(self._precisions)), [], ()

    def _narrow(self, distances: torch.Tensor) -> tuple[list[int], Pairs]:
        """Bandwidths, by place, under which few pairs of a block count, and these pairs; the others are lost.

        Args:
            distances: beyond the nearest center, shape (m, n).
        """
        some = distances[:, ::EVERY]
        shares = [(some < DROPPED_NATS / precision).float().mean().item() for precision in self._precisions]
        narrow = [k for k, share in enumerate(shares) if share <= FEW]
        if not narrow:
            return [], ()
        limit = DROPPED_NATS / min(self._precisions[k] for k in narrow)
        return narrow, (distances < limit).nonzero(as_tuple=True)

    def log_density(self) -> torch.Tensor:
        """Return the log-densities: shape (k, m), nats, float64.

        Raises:
            ValueError: no centers have been added, or as log_density.
        """
        if self.n == 0:
            raise ValueError("no centers have been added")
        precision, log_norms = (self._sums.new_tensor(row)[:, None] for row in (self._precisions, self._log_norms))
        result = (self._sums / self.n).log() - precision * self._nearest - log_norms
        if not result.isfinite().all():
            raise ValueError("log-densities overflow: data too far apart for the bandwidths")
        return result


def as_images(name: str, images: Images) -> torch.Tensor:
    """Return images as a tensor for the estimate, or reject them; nothing is rounded or scaled.

    Args:
        name: their name in an error message.
        images: shape (n, d), float32 or float64. An array shares its memory with the tensor where torch can.
    Raises:
        TypeError: neither a tensor nor an array.
        ValueError: of another shape or type, empty, or not finite.
    """
    if not isinstance(images, torch.Tensor | np.ndarray):
        raise TypeError(f"{name} are a {type(images).__name__}, expected a torch.Tensor or a numpy.ndarray")
    if images.ndim != 2:
        raise ValueError(
            f"expected shape (n, d), one flattened image per row; got {name} of shape {tuple(images.shape)}"
        )
    kind = str(images.dtype).removeprefix("torch.")
    if kind not in ("float32", "float64"):  # nor of another order of bytes, which NumPy names otherwise
        raise ValueError(
            f"{name} are {kind}, expected float32 or float64: convert them, and scale bytes of grey to [0, 1]"
        )
    if isinstance(images, np.ndarray):
        images = torch.from_numpy(np.require(images, requirements=["C", "W"]))  # a copy where it is neither
    if images.numel() == 0:
        raise ValueError(f"{name} are empty: shape {tuple(images.shape)}")
    least, greatest = images.aminmax()  # one cheap pass; both are nan where one value is
    if not (least.isfinite() and greatest.isfinite()):
        raise ValueError(f"{name} hold values that are not finite")
    return images


def check_pixels(name: str, images: torch.Tensor, others: str, pixels: int) -> None:
    """Reject images, shape (n, d), that have not as many pixels as others.

    Raises:
        ValueError: d is not `pixels`; the message names both.
    """
    if images.shape[1] != pixels:
        raise ValueError(f"{name} have {images.shape[1]} pixels, {others} {pixels}")


class _Points:
    """A block of points as given, and centred in float32 with their squared norms; `reach`: the largest norm."""

    def __init__(self, given: torch.Tensor, middle: torch.Tensor) -> None:
        self.given, self._middle = given, middle
        self.single = (given - middle).float()
        norms = torch.linalg.vector_norm(self.single, dim=1, dtype=torch.float64)
        self.norms, self.reach = norms.square().float(), norms.max().item()

    def centred(self) -> torch.Tensor:
        """In float64."""
        return self.given.double() - self._middle


def _exact(queries: torch.Tensor, centers: torch.Tensor, precision: float) -> torch.Tensor:
    """|x - c|^2 in float64, by a product where its bound in nats allows it, else by differences."""
    query_norms, center_norms = (rows.square().sum(dim=1) for rows in (queries, centers))
    reach = query_norms.max().sqrt() + center_norms.max().sqrt()
    if (queries.shape[1] / 2 + 8) * 2**-53 * reach**2 * precision < PRODUCT_ERROR_NATS:
        return torch.addmm(query_norms[:, None] + center_norms, queries, centers.T, alpha=-2)
    return torch.cdist(queries, centers, compute_mode="donot_use_mm_for_euclid_dist").square()
