"""The kernel of gan.three_tf32, for CUDA devices: `tl.dot` splits the operands in registers."""

from typing import Any

import triton
import triton.language as tl


@triton.jit
def product_kernel(
    a: Any,
    b: Any,
    out: Any,
    bias: Any,
    factor: Any,
    M: Any,
    N: Any,
    K: Any,
    a_seed: Any,
    a_row: Any,
    a_column: Any,
    b_seed: Any,
    b_row: Any,
    b_column: Any,
    out_seed: Any,
    out_row: Any,
    bias_seed: Any,
    HAS_BIAS: tl.constexpr,
    ACCUMULATES: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
) -> None:
    """Compute one tile (BLOCK_M, BLOCK_N) of one seed's product; arguments are pointers, sizes, strides in elements."""
    tile, seed = tl.program_id(0), tl.program_id(1).to(tl.int64)
    across = tl.cdiv(N, BLOCK_N)
    rows = (tile // across) * BLOCK_M + tl.arange(0, BLOCK_M)
    columns = (tile % across) * BLOCK_N + tl.arange(0, BLOCK_N)
    terms = tl.arange(0, BLOCK_K)
    a += seed * a_seed + rows[:, None] * a_row + terms[None, :] * a_column
    b += seed * b_seed + terms[:, None] * b_row + columns[None, :] * b_column
    total = tl.zeros((BLOCK_M, BLOCK_N), dtype=tl.float32)
    for first in range(0, K, BLOCK_K):
        inside = terms < K - first
        x = tl.load(a, mask=(rows[:, None] < M) & inside[None, :], other=0.0)
        y = tl.load(b, mask=inside[:, None] & (columns[None, :] < N), other=0.0)
        total = tl.dot(x, y, total, input_precision="tf32x3")
        a += BLOCK_K * a_column
        b += BLOCK_K * b_row
    out += seed * out_seed + rows[:, None] * out_row + columns[None, :]
    inside_out = (rows[:, None] < M) & (columns[None, :] < N)
    if HAS_BIAS:
        total += tl.load(bias + seed * bias_seed + columns, mask=columns < N, other=0.0)[None, :]
    if ACCUMULATES:
        total += factor * tl.load(out, mask=inside_out, other=0.0)
    tl.store(out, total, mask=inside_out)
