"""Where a stage computes."""

import argparse
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from pipeline import cli
from pipeline.errors import UserError


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
        raise UserError(f"params: compute: precision: tf32 needs a CUDA device, this is {device.type}; use float32")
    _allow_tf32(precision == "tf32")
    try:
        yield
    finally:
        _allow_tf32(False)


def _allow_tf32(allowed: bool) -> None:
    """TF32 in CUDA's matrix products and convolutions; the protocol is float32 in both."""
    torch.set_float32_matmul_precision("high" if allowed else "highest")
    torch.backends.cudnn.allow_tf32 = allowed


def machine(device: torch.device) -> dict[str, Any]:
    """What decides how a device rounds: the GPU's name or the CPU's vector instructions, threads, version of torch."""
    on_cpu = f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}"
    hardware = torch.cuda.get_device_name(device) if device.type == "cuda" else on_cpu
    threads, version = torch.get_num_threads(), str(torch.__version__)
    return {"device": device.type, "hardware": hardware, "threads": threads, "torch": version}
