"""Files: written whole or not at all, read with an error that names the file and the remedy."""

import errno
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import safetensors
import safetensors.torch
import torch

from pipeline.files.errors import UserError, reason, warn


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` that replaces it if the block succeeds, and is deleted otherwise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_name(path)
    try:
        yield temporary
        with temporary.open("rb+") as file:
            try:
                os.fsync(file.fileno())
            except OSError as error:
                if error.errno not in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
                    raise
                warn(f"this file system cannot sync ({reason(error)}): a power cut may damage new files")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def temporary_name(path: Path, mark: str = "") -> Path:
    """Return a temporary name for a path, never the same twice; what a killed process leaves is hidden and harmless."""
    return path.with_name(f".{path.name[:100]}.{mark or secrets.token_hex(8)}.part")


def write_same(path: Path, existing: Path) -> None:
    """Give a file a second name; where the file system cannot, a copy."""
    with replacing(path) as temporary:
        try:
            os.link(existing, temporary)
        except OSError:
            shutil.copyfile(existing, temporary)


def sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file.

    Raises:
        UserError: it cannot be read.
    """
    with one_line_errors(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def one_line_errors(path: Path, remedy: str = "delete it and run the stage that makes it") -> Iterator[None]:
    """Turn whatever goes wrong while reading a file into one line: no list of what readers raise is ever complete."""
    try:
        yield
    except (UserError, PermissionError, torch.OutOfMemoryError):
        raise  # not the file's contents
    except FileNotFoundError as error:
        raise UserError(f"{path}: not found; {remedy.removeprefix('delete it and ')}") from error
    except Exception as error:
        what = "too large for the memory" if isinstance(error, MemoryError) else "not the kind of file expected"
        raise UserError(f"{path}: damaged, or {what} ({reason(error)}); {remedy}") from error


def write_text(path: Path, text: str) -> None:
    """Write text, UTF-8."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def json_text(content: Any) -> str:
    """Return indented JSON."""
    return json.dumps(content, indent=2) + "\n"


def write_json(path: Path, content: Any) -> None:
    """Write JSON, indented."""
    write_text(path, json_text(content))


def read_json(path: Path) -> Any:
    """Read JSON."""
    with one_line_errors(path):
        return json.loads(path.read_text(encoding="utf-8"))


def csv_text(frame: pd.DataFrame) -> str:
    """Return a table as CSV; numbers with all digits that distinguish them, "nan" for missing ones."""
    return frame.to_csv(index=False, na_rep="nan")


def write_csv(path: Path, frame: pd.DataFrame) -> None:
    """Write a table as CSV."""
    write_text(path, csv_text(frame))


def read_csv(path: Path) -> pd.DataFrame:
    """Read a table; "nan" and empty fields are missing values, "None" and "NA" are text."""
    with one_line_errors(path):
        return pd.read_csv(path, keep_default_na=False, na_values=["", "nan"])


def write_arrays(path: Path, **arrays: np.ndarray) -> None:
    """Write an npz file."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def write_compressed(path: Path, **arrays: np.ndarray) -> None:
    """Write an npz file, slowly and small."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read an npz file; never a pickle."""
    with one_line_errors(path), np.load(path, allow_pickle=False) as file:
        return dict(file)


def write_array(path: Path, array: np.ndarray) -> None:
    """Write an npy file."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.save(file, array)


def read_array(path: Path) -> np.ndarray:
    """Read an npy file; never a pickle."""
    with one_line_errors(path):
        return np.load(path, allow_pickle=False)


def write_tensors(path: Path, tensors: dict[str, torch.Tensor], metadata: dict[str, str] | None = None) -> None:
    """Write named tensors with text metadata as safetensors."""
    on_cpu = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    with replacing(path) as temporary:
        try:
            safetensors.torch.save_file(on_cpu, temporary, metadata)
        except safetensors.SafetensorError as error:
            raise OSError(f"{path}: cannot be written ({error})") from error


def read_tensors(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Read named tensors and metadata of a safetensors file."""
    with one_line_errors(path), safetensors.safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
