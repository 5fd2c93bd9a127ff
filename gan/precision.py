"""Precision of the matrix products in training: one definition for both loops and every device.

float32 is the 2014 code's. In bfloat16 the operands of the products are stored in bfloat16: a copy of each parameter,
renewed after each update; images; activations; dropout masks, exact for the 2014 code's scales of 1.25 and 2; the
slopes of the losses that weight the examples (in the ensemble times the learning rate). Sums run in float32, and a
product's result is rounded to bfloat16 once. Parameters, velocities, losses and the slope of a sigmoid's rise to 1 keep
float32's digits. Scores never use it.

"tf32x3" multiplies float32 matrices by three TF32 products (gan.three_tf32), in the ensemble alone.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from gan.three_tf32 import product

FLOAT32 = ("float32", "tf32", "tf32x3")  # whose operands are float32
OPERANDS = dict.fromkeys(FLOAT32, torch.float32) | {"bfloat16": torch.bfloat16}  # dtype by precision
# Of torch.cpu.get_capabilities: x86-64, then ARM.
BFLOAT16_INSTRUCTIONS = ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16")
# Relative error of a product of random matrices below which it has been computed in a precision; the unit
# roundoff is 2^-24 of a float32, 2^-11 of a tf32 and 2^-8 of a bfloat16.
LESS = "less than bfloat16"
ROUNDING = {"float32": 1e-5, "tf32": 9e-4, "bfloat16": 1e-2, LESS: math.inf}
# Of a product of bfloat16 matrices whose sums run in float32: its result is rounded once, 1.7e-3.
ROUNDED_ONCE = 2e-3


@contextmanager
def products_in(operands: torch.dtype, device: torch.device | str) -> Iterator[None]:
    """Let modules multiply with operands of a dtype: autocast, whose casts are those of the definition.

    It must not keep its casts: an update in the block would leave the old weights in use.
    """
    enabled = operands == torch.bfloat16
    with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=enabled, cache_enabled=False):
        yield


def has_bfloat16(device: torch.device) -> bool:
    """Whether a device has bfloat16 arithmetic of its own."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    on_cpu = torch.cpu.get_capabilities()
    return any(on_cpu.get(name) for name in BFLOAT16_INSTRUCTIONS)


def rounding(device: torch.device, precision: str = "float32") -> str:
    """Return the precision in which matrices are multiplied, as the error of a probe product shows it.

    torch reports the requested precision, which may differ from the computed one. The errors of "tf32x3" and float32
    are alike: "tf32x3" is returned if it was requested and its product is no worse.

    Args:
        device: where.
        precision: asked for; how operands are rounded first, and which product is probed.
    """
    probe = torch.randn(2, 256, 256, generator=torch.Generator().manual_seed(0)).to(device)
    a, b = probe.to(OPERANDS[precision])
    found = (product(a[None], b[None])[0] if precision == "tf32x3" else a @ b).double()
    exact, of_operands = probe[0].double() @ probe[1].double(), a.double() @ b.double()
    if precision == "bfloat16" and float((found - of_operands).norm() / of_operands.norm()) > ROUNDED_ONCE:
        return LESS
    error = float((found - exact).norm() / exact.norm())
    name = next(name for name, bound in ROUNDING.items() if error < bound)
    return "tf32x3" if (name, precision) == ("float32", "tf32x3") else name  # its errors are float32's
