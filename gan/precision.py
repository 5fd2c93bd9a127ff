"""The precision of training's products: one definition for both loops and every device.

float32 is the 2014 code's. In bfloat16 the operands of the products are kept in bfloat16: a copy of each parameter,
made anew where it is updated; images; activations; dropout masks, exact for the 2014 code's scales of 1.25 and 2; the
slopes of the losses that weight the examples (in the ensemble times the learning rate). Sums run in float32, and a
product's result is rounded to bfloat16 once. Parameters, velocities, losses and the slope of a sigmoid's rise to 1 keep
float32's digits. Scores never use it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

OPERANDS = {"float32": torch.float32, "tf32": torch.float32, "bfloat16": torch.bfloat16}  # dtype by precision


@contextmanager
def products_in(operands: torch.dtype, device: torch.device | str) -> Iterator[None]:
    """Let modules multiply with operands of a dtype: autocast, whose casts are those of the definition.

    It must not keep its casts: an update in the block would leave the old weights in use.
    """
    enabled = operands == torch.bfloat16
    with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=enabled, cache_enabled=False):
        yield
