"""In which precision products are computed: set, and probed."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from pipeline.files.errors import UserError

# Of torch.cpu.get_capabilities: x86-64, then ARM.
BFLOAT16_INSTRUCTIONS = ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16")
# Relative error of a product of random matrices below which it has been computed in a precision; a unit in the last
# place is 2^-24 of a float32, 2^-11 of a tf32 and 2^-9 of a bfloat16.
LESS = "less than bfloat16"
ROUNDING = {"float32": 1e-5, "tf32": 9e-4, "bfloat16": 1e-2, LESS: math.inf}
# Of a product of bfloat16 matrices whose sums run in float32: its result is rounded once, 1.7e-3.
ROUNDED_ONCE = 2e-3


def protocol_arithmetic() -> None:
    """Set the arithmetic of the protocol: float32, sums too, the same bits each time."""
    torch.backends.cudnn.deterministic = True  # a seed repeats bit for bit
    _allow_tf32(False)
    torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False  # sums run in float32: gan.precision


@contextmanager
def training_precision(precision: str, device: torch.device) -> Iterator[None]:
    """float32 as it is, or with TF32 where CUDA multiplies; scores are never computed in it.

    Raises:
        UserError: TF32 was asked for without CUDA.
    """
    if precision == "tf32" and device.type != "cuda":
        raise UserError(f"precision: tf32 needs a CUDA device, this is {device.type}; use float32")
    _allow_tf32(precision == "tf32")
    try:
        yield
    finally:
        _allow_tf32(False)


def _allow_tf32(allowed: bool) -> None:
    """TF32 in CUDA's matrix products and convolutions; the protocol is float32 in both."""
    torch.set_float32_matmul_precision("high" if allowed else "highest")
    torch.backends.cudnn.allow_tf32 = allowed


def computable(precision: str, device: torch.device) -> str:
    """The precision that an experiment asks for; float32, saying so, where the device has no bfloat16 arithmetic."""
    if precision != "bfloat16":
        return precision
    on_cpu = torch.cpu.get_capabilities()
    if device.type == "cuda":
        has_bfloat16 = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        has_bfloat16 = any(on_cpu.get(name) for name in BFLOAT16_INSTRUCTIONS)
    if has_bfloat16:
        return precision
    print("precision: float32, because this device has no bfloat16 arithmetic", flush=True)
    return "float32"


def rounding(device: torch.device, operands: torch.dtype = torch.float32) -> str:
    """The precision in which matrices are multiplied, as the error of a probe product shows it.

    What torch reports is what it was asked for; what was computed may be another precision.

    Args:
        device: where.
        operands: dtype that the matrices are rounded to first.
    """
    probe = torch.randn(2, 256, 256, generator=torch.Generator().manual_seed(0)).to(device)
    a, b = probe.to(operands)
    product = (a @ b).double()
    exact, of_operands = probe[0].double() @ probe[1].double(), a.double() @ b.double()
    if operands == torch.bfloat16 and float((product - of_operands).norm() / of_operands.norm()) > ROUNDED_ONCE:
        return LESS
    error = float((product - exact).norm() / exact.norm())
    return next(name for name, bound in ROUNDING.items() if error < bound)
