"""Set the precision of products; gan.precision defines and probes it."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

import torch

from gan.precision import has_bfloat16
from pipeline.files.errors import UserError


def protocol_arithmetic() -> None:
    """Set the arithmetic of the protocol: float32, sums too, the same bits each time."""
    torch.backends.cudnn.deterministic = True  # a seed repeats bit for bit
    _allow_tf32(False)
    torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False  # sums run in float32: gan.precision


@contextmanager
def training_precision(precision: str, device: torch.device) -> Iterator[None]:
    """Multiply float32 as it is, or as TF32 on CUDA, within this context; scores never use TF32.

    Raises:
        UserError: TF32 was asked for without CUDA, or three TF32 products without Triton.
    """
    if precision in ("tf32", "tf32x3") and device.type != "cuda":
        raise UserError(f"precision: {precision} needs a CUDA device, this is {device.type}; use float32")
    if precision == "tf32x3" and find_spec("triton") is None:
        raise UserError(
            "precision: tf32x3 needs Triton, which torch's CUDA builds for Linux bring; use float32 or tf32"
        )
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
    """Return an experiment's precision; float32, with a message, if the device has no bfloat16 arithmetic."""
    if precision != "bfloat16" or has_bfloat16(device):
        return precision
    print("precision: float32, because this device has no bfloat16 arithmetic", flush=True)
    return "float32"
