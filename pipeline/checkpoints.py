"""A run in progress: saved between epochs, so that a killed run goes on to the very same bits."""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from gan.ensemble import Ensemble
from pipeline.errors import UserError
from pipeline.io import read_tensors, write_tensors
from pipeline.runs import differences, plain


@dataclass
class Progress:
    """What a run has reached, beside the games themselves.

    Attributes:
        epoch: epochs finished.
        seconds: time spent on them.
        peak_memory_mb: greatest resident memory of all sittings so far.
        curve: one row a finished epoch.
        best_epoch, best_log_likelihood: of the best validation so far; 0 and -inf before the first.
        best: the generator's tensors then.
    """

    epoch: int = 0
    seconds: float = 0.0
    peak_memory_mb: float = 0.0
    curve: list[dict[str, float | None]] = field(default_factory=list)
    best_epoch: int = 0
    best_log_likelihood: float = -math.inf
    best: dict[str, torch.Tensor] = field(default_factory=dict)


class Checkpoint:
    """The checkpoint file of one run.

    Args:
        path: safetensors file.
        fingerprint: settings, data, code and machine that a continuation must share.
    """

    def __init__(self, path: Path, fingerprint: dict[str, Any]) -> None:
        self.path = path
        self.fingerprint = plain(fingerprint)

    def save(self, games: Ensemble, progress: Progress) -> None:
        """Write games and progress, whole or not at all."""
        state = {key: value for key, value in vars(progress).items() if key != "best"}
        metadata = {"fingerprint": self.fingerprint, "updates": games.updates, "progress": state}
        best = {f"best.{name}": tensor for name, tensor in progress.best.items()}
        write_tensors(self.path, games.tensors() | best, {"state": json.dumps(metadata)})

    def restore(self, games: Ensemble) -> Progress:
        """Put the saved state into the games; a checkpoint that does not belong to this run is put aside."""
        if not self.path.is_file():
            return Progress()
        try:
            tensors, metadata = read_tensors(self.path)
            state = json.loads(metadata["state"])
            found = differences(state["fingerprint"], self.fingerprint)
        except (UserError, ValueError, KeyError) as error:
            return self._discard(str(error))
        if found:
            return self._discard(f"made with other settings: {'; '.join(found)}")
        for name, tensor in games.tensors().items():
            tensor.copy_(tensors[name])
        games.updates = state["updates"]
        best = {n.removeprefix("best."): t for n, t in tensors.items() if n.startswith("best.")}
        return Progress(**state["progress"], best=best)

    def _discard(self, reason: str) -> Progress:
        aside = self.path.with_suffix(".discarded")
        self.path.replace(aside)
        print(f"checkpoint discarded (kept as {aside}), training starts anew: {reason}", flush=True)
        return Progress()

    def delete(self) -> None:
        """Remove the file of a finished run."""
        self.path.unlink(missing_ok=True)
