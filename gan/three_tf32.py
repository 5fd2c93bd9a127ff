"""float32 products from three TF32 ones: a b = A B + A b' + a' B, A being a rounded to TF32 and a' the rest of a.

Tensor cores multiply TF32 numbers (11 bits) many times as fast as other cores multiply float32 (24 bits). What is left
out, a' b', is at most 2^-22 |a| |b|; a' and b' cut to 11 bits, as the device does, cost twice that each. So

    |found - a b| <= (5 * 2^-22 + (K + 2) * 2^-23) |a| |b|

for sums of K terms, the second part being that of any float32 sum, whose terms tensor cores cut off rather than round.

Source:
    Ootomo and Yokota 2022, Recovering single precision accuracy from Tensor Cores; the splitting is Dekker's (1971).
"""

import torch

LEFT_OUT = 5 * 2.0**-22
BLOCK_M, BLOCK_N, BLOCK_K = 64, 128, 32  # of a program's part of the result, and of the terms it takes at a time
SMALLEST = 16  # side of matrices below which tensor cores have no work


def product(
    a: torch.Tensor, b: torch.Tensor, bias: torch.Tensor | None = None, into: tuple[torch.Tensor, float] | None = None
) -> torch.Tensor:
    """Return a b, of S matrices each; if a side is below SMALLEST, one float32 product.

    Args:
        a, b: shapes (S, M, K) and (S, K, N), float32, on one device, in any layout.
        bias: shape (S, 1, N), added.
        into: a contiguous tensor v (S, M, N) and a factor: v becomes factor * v + a b.
    Returns:
        shape (S, M, N); v, where there is one.
    """
    if min(*a.shape[1:], b.shape[2]) < SMALLEST:
        if into is not None:
            return into[0].baddbmm_(a, b, beta=into[1])
        return a @ b if bias is None else torch.baddbmm(bias, a, b)
    if a.is_cuda:
        return _on_cuda(a, b, bias, into)
    (high_a, low_a), (high_b, low_b) = split(a), split(b)
    found = high_a @ low_b + low_a @ high_b + high_a @ high_b
    if into is not None:
        return into[0].mul_(into[1]).add_(found)
    return found if bias is None else found.add_(bias)


def split(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Split x into two TF32 numbers: x rounded to 11 bits, ties away from zero, and the rest rounded the same way."""
    high = _rounded(x)
    return high, _rounded(x - high)


def _rounded(x: torch.Tensor) -> torch.Tensor:
    """float32 whose last 13 bits are 0."""
    return ((x.view(torch.int32) + (1 << 12)) & -(1 << 13)).view(torch.float32)


def _on_cuda(
    a: torch.Tensor, b: torch.Tensor, bias: torch.Tensor | None, into: tuple[torch.Tensor, float] | None
) -> torch.Tensor:
    from gan.three_tf32_kernel import product_kernel  # Triton comes with torch's CUDA builds alone

    (seeds, m, k), n = a.shape, b.shape[2]
    out, factor = into or (a.new_empty(seeds, m, n), 0.0)
    tiles = -(-m // BLOCK_M) * -(-n // BLOCK_N)
    product_kernel[tiles, seeds](
        *(a, b, out, out if bias is None else bias, factor, m, n, k),
        *(*a.stride(), *b.stride(), *out.stride()[:2], n),
        HAS_BIAS=bias is not None,
        ACCUMULATES=into is not None,
        BLOCK_M=BLOCK_M,
        BLOCK_N=BLOCK_N,
        BLOCK_K=BLOCK_K,
        num_warps=4,
        num_stages=3,
    )
    return out
