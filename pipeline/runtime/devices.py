"""The device of a stage."""

import argparse
import platform
from pathlib import Path
from typing import Any

import torch

from gan.precision import rounding
from pipeline.config.params import Params
from pipeline.files.errors import UserError
from pipeline.files.lock import take
from pipeline.record.places import WORK
from pipeline.runtime import cli
from pipeline.runtime.arithmetic import protocol_arithmetic


def add_device(parser: argparse.ArgumentParser) -> None:
    """Add --device and --threads."""
    choices = ["auto", "cpu", "cuda"]
    parser.add_argument(
        "--device", choices=choices, help="default: `compute: device` of params.yaml; auto: CUDA if present"
    )
    parser.add_argument("--threads", type=cli.positive, help="CPU threads; default: torch's own choice")


def use_device(args: argparse.Namespace, params: Params) -> torch.device:
    """Return the device that the options or the params name, in full float32 precision.

    Raises:
        UserError: CUDA was asked for and there is none.
    """
    asked = args.device or params.values["compute"]["device"]
    if asked == "cuda" and not torch.cuda.is_available():
        raise UserError("--device cuda: torch sees no CUDA device; use --device cpu or install a CUDA build of torch")
    if args.threads is not None:
        torch.set_num_threads(args.threads)
    protocol_arithmetic()
    name = "cuda" if asked == "auto" and torch.cuda.is_available() else asked.replace("auto", "cpu")
    device = torch.device(name)
    if name == "cuda" and (cards := torch.cuda.device_count()) > 1:
        device = torch.device("cuda", free_card(cards))
        torch.cuda.set_device(device)
    detail = torch.cuda.get_device_name(device) if name == "cuda" else f"{torch.get_num_threads()} threads"
    print(f"device: {device} ({detail})", flush=True)
    return device


def free_card(cards: int, folder: Path = WORK) -> int:
    """Return the first of several GPUs that no other job in this folder computes on; ours until this process ends.

    Where all are taken, the one with the most free memory.
    """
    for card in range(cards):
        try:
            take(folder / f"cuda{card}.lock", f"A job on GPU {card}")
        except UserError:
            continue
        return card
    return max(range(cards), key=lambda card: torch.cuda.mem_get_info(card)[0])


def machine(device: torch.device, precision: str = "float32") -> dict[str, Any]:
    """Return what decides rounding: processor or GPU, vector instructions, threads, versions, a probe product."""
    on_cpu = f"{processor()}, {torch.backends.cpu.get_cpu_capability()}"
    return {
        "device": device.type,
        "hardware": torch.cuda.get_device_name(device) if device.type == "cuda" else on_cpu,
        "threads": torch.get_num_threads(),
        "torch": str(torch.__version__),
        "rounding": rounding(device, precision),
    }


def processor() -> str:
    """Return the processor's name as the system reports it, or its kind."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8", errors="replace").splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(iter(names), platform.processor() or platform.machine())
