"""Where a stage computes."""

import argparse
import math
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from pipeline.files.errors import UserError
from pipeline.runtime import cli

# Of torch.cpu.get_capabilities: x86-64, then ARM.
BFLOAT16_INSTRUCTIONS = ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16")
# Relative error of a product of random matrices below which it has been computed in a precision; a unit in the last
# place is 2^-24 of a float32, 2^-11 of a tf32 and 2^-9 of a bfloat16.
LESS = "less than bfloat16"
ROUNDING = {"float32": 1e-5, "tf32": 9e-4, "bfloat16": 1e-2, LESS: math.inf}
# Of a product of bfloat16 matrices whose sums run in float32: its result is rounded once, 1.7e-3.
ROUNDED_ONCE = 2e-3


def add_device(parser: argparse.ArgumentParser) -> None:
    """--device and --threads."""
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto", help="default: CUDA if present")
    parser.add_argument("--threads", type=cli.positive, help="CPU threads; default: torch's own choice")


def use_device(args: argparse.Namespace) -> torch.device:
    """The device that the options name, in full float32 precision.

    Raises:
        UserError: CUDA was asked for and there is none.
    """
    if args.device == "cuda" and not torch.cuda.is_available():
        raise UserError("--device cuda: torch sees no CUDA device; use --device cpu or install a CUDA build of torch")
    if args.threads is not None:
        torch.set_num_threads(args.threads)
    torch.backends.cudnn.deterministic = True  # a seed repeats bit for bit
    _allow_tf32(False)
    torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False  # sums run in float32: gan.precision
    name = "cuda" if args.device == "auto" and torch.cuda.is_available() else args.device.replace("auto", "cpu")
    detail = torch.cuda.get_device_name() if name == "cuda" else f"{torch.get_num_threads()} threads"
    print(f"device: {name} ({detail})", flush=True)
    return torch.device(name)


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


def machine(device: torch.device, operands: torch.dtype = torch.float32) -> dict[str, Any]:
    """What decides how a device rounds: processor or GPU, vector instructions, threads, versions, a probe product."""
    on_cpu = f"{processor()}, {torch.backends.cpu.get_cpu_capability()}"
    return {
        "device": device.type,
        "hardware": torch.cuda.get_device_name(device) if device.type == "cuda" else on_cpu,
        "threads": torch.get_num_threads(),
        "torch": str(torch.__version__),
        "rounding": rounding(device, operands),
    }


def processor() -> str:
    """The processor's name as the system gives it, or its kind."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8", errors="replace").splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(iter(names), platform.processor() or platform.machine())


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
