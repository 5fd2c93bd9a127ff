"""Unfinished runs, saved between epochs, so that killed runs resume with the same bits and finished ones can be
prolonged."""

import hashlib
import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import torch

from gan.together import Games
from pipeline.files.errors import UserError
from pipeline.files.formats import one_line_errors, read_tensors, temporary_name, write_tensors
from pipeline.record.manifest import differences, plain

Saved = tuple[dict[str, torch.Tensor], dict[str, Any]]  # a checkpoint's tensors, and all else
TENSORS_OF = ("best", "last", "pictures")  # the attributes of Progress that hold tensors


@dataclass
class Progress:
    """What one seed's run has reached, beside the networks in training.

    Attributes:
        epoch: epochs finished.
        seconds: time spent on them, with all the seeds that were trained together.
        peak_memory_mb: greatest resident memory of all sittings so far.
        machines: what trained which epochs: first and last epoch, seconds, and the facts of the machine.
        curve: one row per finished epoch.
        validation: one row per bandwidth of each validation.
        best_epoch, best_log_likelihood: of the best validation so far; 0 and -inf before the first.
        diverged: where a loss or a sample stopped being finite, or all samples were equal; empty where none did.
        best: the generator's tensors then.
        last: the generator's tensors at the end of training; empty until this seed has left the ensemble.
        pictures: samples of the same noise, (n, d), uint8, by the epoch as text.
    """

    epoch: int = 0
    seconds: float = 0.0
    peak_memory_mb: float = 0.0
    machines: list[dict[str, Any]] = field(default_factory=list)
    curve: list[dict[str, float | None]] = field(default_factory=list)
    validation: list[dict[str, float]] = field(default_factory=list)
    best_epoch: int = 0
    best_log_likelihood: float = -math.inf
    diverged: str = ""
    best: dict[str, torch.Tensor] = field(default_factory=dict)
    last: dict[str, torch.Tensor] = field(default_factory=dict)
    pictures: dict[str, torch.Tensor] = field(default_factory=dict)

    def add_epoch(self, epoch: int, seconds: float, peak_memory_mb: float, machine: dict[str, Any]) -> None:
        """Count an epoch that a machine has trained."""
        self.epoch, self.seconds = epoch, self.seconds + seconds
        self.peak_memory_mb = max(self.peak_memory_mb, peak_memory_mb)
        if not self.machines or any(self.machines[-1][key] != value for key, value in machine.items()):
            self.machines.append({"first_epoch": epoch, "last_epoch": epoch, "seconds": 0.0} | machine)
        self.machines[-1]["last_epoch"] = epoch
        self.machines[-1]["seconds"] = round(self.machines[-1]["seconds"] + seconds, 3)


def is_begun(progress: Mapping[int, Progress], machine: dict[str, Any]) -> bool:
    """Whether runs resume that were begun before.

    Raises:
        UserError: they were begun in another precision than this machine's, which are never mixed in a run.
    """
    begun = {one["rounding"] for run in progress.values() for one in run.machines}
    if begun - {machine["rounding"]}:
        both = f"begun in {' and '.join(sorted(begun))}, multiplied in {machine['rounding']} here"
        raise UserError(f"the runs were {both}; resume them on a machine with the first")
    return bool(begun)


class Checkpoint:
    """The checkpoint file of a run, or of runs that are trained together.

    Args:
        path: safetensors file.
        fingerprint: settings, seeds, data, code and kind of device that a continuation must share. A processor, a
            number of threads, a version of torch it need not: they change the rounding, and the manifest names them.
    """

    def __init__(self, path: Path, fingerprint: dict[str, Any]) -> None:
        self.path = path
        for stale in path.parent.glob(temporary_name(path, "*").name):  # of killed processes: the caller holds the lock
            stale.unlink()
        self.fingerprint = plain(fingerprint)

    def save(self, games: Games, progress: Mapping[int, Progress]) -> None:
        """Write the games and each seed's progress, whole or not at all."""
        of_seeds = {
            seed: {key: value for key, value in vars(run).items() if key not in TENSORS_OF}
            for seed, run in progress.items()
        }
        generators = {
            f"{which}.{seed}.{name}": tensor
            for seed, run in progress.items()
            for which in TENSORS_OF
            for name, tensor in getattr(run, which).items()
        }
        state = {"seeds": games.seeds, "updates": games.updates, "progress": of_seeds}
        self.write(games.tensors() | generators, state)

    def write(self, tensors: Mapping[str, torch.Tensor], state: dict[str, Any]) -> None:
        """Write tensors and all else, whole or not at all; `progress` has each seed's, with its epoch, for `read`."""
        copies = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        text = json.dumps({"fingerprint": self.fingerprint} | state)
        write_tensors(self.path, copies, {"state": text, "sha256": _digest(copies, text)})

    def restore(self, games: Games, epochs: int) -> dict[int, Progress]:
        """Put the saved state into new games; a checkpoint that does not belong to these runs is put aside.

        Args:
            epochs: that the runs may have; more than at their end prolongs them.
        Returns:
            each seed's progress; the games resume with the seeds that have not left.
        """
        new = {seed: Progress() for seed in games.seeds}
        if (saved := self.read(epochs)) is None:
            return new
        tensors, state = saved
        if state["seeds"] != games.seeds:
            games.keep([games.seeds.index(seed) for seed in state["seeds"]])
        for name, tensor in games.tensors().items():
            tensor.copy_(tensors[name])
        games.refresh()
        games.updates = state["updates"]
        return {seed: _progress(seed, state["progress"][str(seed)], tensors) for seed in new}

    def read(self, epochs: int) -> Saved | None:
        """Return what the checkpoint holds, or one that was put aside; put it aside where it does not fit.

        Args:
            epochs: that the runs may have.
        """
        if self.path.is_file():
            try:
                return self._read(self.path, epochs)
            except UserError as error:
                names = (self.path.with_suffix(f".{number}.discarded") for number in count(1))
                aside = self.path.rename(next(name for name in names if not name.exists()))
                print(f"checkpoint put aside as {aside}: {error}", flush=True)
        for path in sorted(self.path.parent.glob(f"{self.path.stem}.*discarded")):
            with suppress(UserError):
                saved = self._read(path, epochs)
                path.rename(self.path)
                print(f"using the checkpoint that was put aside: {path}", flush=True)
                return saved
        return None

    def _read(self, path: Path, epochs: int) -> Saved:
        try:
            tensors, metadata = read_tensors(path)
        except UserError as error:
            if isinstance(error.__cause__, (OSError, MemoryError, RuntimeError)):
                raise error.__cause__ from error  # of the machine, not of the file: it stays where it is
            raise
        with one_line_errors(path):
            if metadata["sha256"] != _digest(tensors, metadata["state"]):
                raise ValueError("not the bytes that were saved")
            state = json.loads(metadata["state"])
            found = differences(state["fingerprint"], self.fingerprint)
            reached = max(run["epoch"] for run in state["progress"].values())
        if found or reached > epochs:
            many = f"{reached} epochs of {epochs} are done"
            raise UserError(f"made with other settings: {'; '.join(found)}" if found else many)
        return tensors, state


def _digest(tensors: Mapping[str, torch.Tensor], text: str) -> str:
    """SHA-256 over a checkpoint's content: safetensors has no checksum of its own."""
    digest = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        digest.update(f"{name}\0".encode())
        digest.update(tensors[name].numpy().data)
    return digest.hexdigest()


def _progress(seed: int, state: dict[str, Any], tensors: Mapping[str, torch.Tensor]) -> Progress:
    """A seed's progress from its plain values and its share of the tensors."""

    def share(which: str) -> dict[str, torch.Tensor]:
        prefix = f"{which}.{seed}."
        return {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}

    return Progress(**state | {which: share(which) for which in TENSORS_OF})
