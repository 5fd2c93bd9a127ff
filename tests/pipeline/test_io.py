"""Files appear whole or not at all; a damaged one is named."""

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


READERS = {"npy": io.read_array, "npz": io.read_arrays, "safetensors": io.read_tensors, "json": io.read_json}


@pytest.mark.parametrize("suffix", READERS)
@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"PK\x03\x04 half a zip"])
def test_a_damaged_file_is_named(tmp_path, suffix, content):
    path = tmp_path / f"file.{suffix}"
    path.write_bytes(content)
    with pytest.raises(UserError, match=rf"file\.{suffix}: damaged"):
        READERS[suffix](path)


@pytest.mark.parametrize("suffix", READERS)
def test_a_missing_file_is_named(tmp_path, suffix):
    with pytest.raises(UserError, match="not found; run the stage"):
        READERS[suffix](tmp_path / f"file.{suffix}")


def test_arrays_are_never_unpickled(tmp_path):
    np.save(tmp_path / "evil.npy", np.array([{"run": "me"}], dtype=object), allow_pickle=True)
    with pytest.raises(UserError, match="damaged"):
        io.read_array(tmp_path / "evil.npy")
