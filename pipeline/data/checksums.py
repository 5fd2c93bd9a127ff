"""Decide whether bytes are the canonical ones, whose size and SHA-256 the params pin."""

import hashlib
from pathlib import Path

from pipeline.config.experiments import Dataset


def verified(dataset: Dataset, name: str, data: bytes) -> bytes:
    """Return the bytes of a data set's file; raise ValueError where the params have no such file or pin others."""
    if name not in dataset.files:
        raise ValueError(f"{dataset.name} needs a file called {' or '.join(dataset.files)}")
    pinned, digest = dataset.files[name], hashlib.sha256(data).hexdigest()
    if pinned and (len(data), digest) != (pinned["bytes"], pinned["sha256"]):
        expected = f"{pinned['bytes']} bytes, sha256 {pinned['sha256'][:12]}..."
        raise ValueError(f"expected {expected}, got {len(data)}, {digest[:12]}...")
    return data


def is_canonical(dataset: Dataset, name: str, path: Path) -> bool:
    """Return whether a file exists and holds what the params pin for this name."""
    try:
        return path.is_file() and bool(verified(dataset, name, path.read_bytes()))
    except ValueError:
        return False
