"""Files appear whole or not at all; a damaged one is named."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from pipeline.files import formats as io
from pipeline.files.errors import UserError


def test_replacing_leaves_the_old_file_when_writing_fails(tmp_path):
    path = tmp_path / "a" / "file.txt"
    io.write_text(path, "old")
    with pytest.raises(RuntimeError), io.replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(path.parent.iterdir()) == [path]


def test_round_trips(tmp_path):
    array, tensor = np.arange(6, dtype=np.float32).reshape(2, 3), torch.arange(4.0)
    frame = pd.DataFrame({"a": [0.1, 1 / 3], "b": ["x", None]})
    io.write_array(tmp_path / "a.npy", array)
    io.write_arrays(tmp_path / "a.npz", images=array)
    io.write_tensors(tmp_path / "a.safetensors", {"w": tensor}, {"note": "hello"})
    io.write_csv(tmp_path / "a.csv", frame)
    io.write_json(tmp_path / "a.json", {"k": [1, None]})
    assert np.array_equal(io.read_array(tmp_path / "a.npy"), array)
    assert np.array_equal(io.read_arrays(tmp_path / "a.npz")["images"], array)
    tensors, metadata = io.read_tensors(tmp_path / "a.safetensors")
    assert torch.equal(tensors["w"], tensor)
    assert metadata == {"note": "hello"}
    assert io.read_csv(tmp_path / "a.csv").a.tolist() == frame.a.tolist()
    assert io.read_json(tmp_path / "a.json") == {"k": [1, None]}


@pytest.mark.parametrize("text", ["None", "NA", "N/A", "null", "NULL", "NaN", "<NA>", "#N/A", "-nan"])
def test_text_that_means_a_missing_value_elsewhere_is_text(tmp_path, text):
    """`pipeline/quoted.csv` may quote a model of any name."""
    io.write_csv(tmp_path / "a.csv", pd.DataFrame({"model": [text, None], "value": [1.5, None]}))
    found = io.read_csv(tmp_path / "a.csv")
    assert found.model[0] == text
    assert found.isna().sum().tolist() == [1, 1]


def test_the_same_content_gives_the_same_bytes(tmp_path):
    for name in ("first.npz", "second.npz"):
        io.write_arrays(tmp_path / name, images=np.arange(5))
    assert io.sha256(tmp_path / "first.npz") == io.sha256(tmp_path / "second.npz")


READERS = {
    "npy": io.read_array,
    "npz": io.read_arrays,
    "safetensors": io.read_tensors,
    "json": io.read_json,
    "csv": io.read_csv,
}


@pytest.mark.parametrize("suffix", READERS)
@pytest.mark.parametrize("content", [b"", b'<html>\n"not found</html>', b"PK\x03\x04 half a \xff zip\n,,\n"])
def test_a_damaged_file_is_named(tmp_path, suffix, content):
    path = tmp_path / f"file.{suffix}"
    path.write_bytes(content)
    with pytest.raises(UserError, match=rf"file\.{suffix}: damaged[^\n]*$"):
        READERS[suffix](path)


def whole(folder: Path, suffix: str) -> bytes:
    """Return a file of a kind."""
    path, array = folder / f"whole.{suffix}", np.arange(60, dtype=np.float32)
    write = {"npy": lambda: io.write_array(path, array), "npz": lambda: io.write_compressed(path, a=array, b=array)}
    write[suffix]()
    return path.read_bytes()


@pytest.mark.parametrize(
    ("suffix", "old", "new"),
    [
        ("npz", b"\x08\x00", b"\x63\x00"),  # NotImplementedError: packed in no known way
        ("npz", b"\x00\x00\x08", b"\x01\x00\x08"),  # RuntimeError: encrypted
        ("npz", b"\x00\x00\x08", b"\x20\x00\x08"),  # NotImplementedError: patched data
        ("npz", None, None),  # zlib.error
        ("npy", b"(60,)", b"(60,("),  # tokenize.TokenError or SyntaxError
        ("npy", b"(60,), ", b"(6,)*9)"),
        ("npy", b"(60,), }" + b" " * 12, b"(60" + b"0" * 12 + b",), }"),  # MemoryError
    ],
)
def test_what_a_reader_raises_for_damage_needs_no_name(tmp_path, suffix, old, new):
    content, path = whole(tmp_path, suffix), tmp_path / f"file.{suffix}"
    changed = content[:70] + b"\xff" * 9 + content[79:] if old is None else content.replace(old, new)
    assert changed != content
    path.write_bytes(changed)
    with pytest.raises(UserError, match=rf"file\.{suffix}: damaged[^\n]*$"):
        READERS[suffix](path)


@pytest.mark.parametrize("error", [KeyError("x"), RecursionError(), OverflowError("a\nb"), AttributeError(), Warning()])
def test_whatever_is_raised_while_reading_is_one_line(tmp_path, error):
    with (
        pytest.raises(UserError, match=r"file: damaged, or not[^\n]*; delete it and run the stage that makes it$"),
        io.one_line_errors(tmp_path / "file"),
    ):
        raise error


@pytest.mark.parametrize("suffix", READERS)
def test_a_missing_file_is_named(tmp_path, suffix):
    with pytest.raises(UserError, match="not found; run the stage"):
        READERS[suffix](tmp_path / f"file.{suffix}")


def test_arrays_are_never_unpickled(tmp_path):
    np.save(tmp_path / "evil.npy", np.array([{"run": "me"}], dtype=object), allow_pickle=True)
    with pytest.raises(UserError, match="damaged"):
        io.read_array(tmp_path / "evil.npy")
