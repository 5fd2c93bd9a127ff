"""A server that truncates, flips bits, lies, stalls, resets, redirects or fails for a while: never a wrong file."""

import gzip
import hashlib
import os
import signal
import sys
import tarfile
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from helpers import ROOT

from pipeline import download as module
from pipeline.config.experiments import Dataset
from pipeline.config.params import load
from pipeline.data.torchvision_import import datasets
from pipeline.download import download
from pipeline.files.errors import UserError

CONTENT = bytes(range(256))
FILES = {"images-ubyte": {"bytes": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest()}}
DATASET = Dataset("mnist", (2, 2), (1, 1, 1), 0, 0.0, FILES, None, False, None, False)
BODY = gzip.compress(CONTENT, mtime=0)


class Unruly(BaseHTTPRequestHandler):
    """Answers requests below /good/ well, request number n (from 1) of all others with the server's behaviour."""

    def do_GET(self) -> None:
        if self.path.startswith("/good/"):
            self.answer(BODY)
        else:
            self.server.requests += 1
            self.server.behave(self, self.server.requests)

    def log_message(self, *_: object) -> None:
        pass

    def answer(self, body: bytes, status: int = 200, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def server(monkeypatch) -> Iterator[ThreadingHTTPServer]:
    """A server whose `behave` the test sets, at torchvision's addresses /bad/ and /good/; no home is writable."""
    for variable in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, "/dev/null/home")
    monkeypatch.delenv("GAN_DATA_MIRROR", raising=False)
    monkeypatch.setattr(module, "TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr("time.sleep", lambda _: None)  # pooch's pauses
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Unruly)
    server.requests, server.address = 0, f"http://127.0.0.1:{server.server_port}/"
    server.block_on_close = False
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setattr(datasets.MNIST, "mirrors", [f"{server.address}bad/", f"{server.address}good/"])
    yield server
    server.shutdown()
    server.server_close()


def truncated(handler: Unruly, _: int = 0) -> None:
    handler.answer(BODY[:100], length=len(BODY))


def stalls(handler: Unruly, _: int) -> None:
    truncated(handler)
    handler.wfile.flush()
    threading.Event().wait(1)


def says(text: bytes) -> Callable[[Unruly, int], None]:
    return lambda handler, _: handler.wfile.write(text)


def answers(*args: object, **headers: str) -> Callable[[Unruly, int], None]:
    return lambda handler, _: handler.answer(*args, **headers)


BAD = {
    "truncated": truncated,
    "ends early without saying its length": says(b"HTTP/1.0 200 OK\r\n\r\n" + BODY[:99]),
    "flips a bit": answers(BODY[:50] + bytes([BODY[50] ^ 1]) + BODY[51:]),
    "an error page that says it is well": answers(b"<html>sorry</html>"),
    "nothing": answers(b""),
    "not found": answers(b"", 404),
    "down": answers(b"", 500),
    "resets": lambda handler, _: handler.connection.close(),
    "stalls": stalls,
    "not http": says(b"220 smtp ready\r\n"),
    "redirects for ever": answers(b"", 302, Location="/bad/images-ubyte.gz"),
    "redirects to where nobody is": answers(b"", 302, Location="http://127.0.0.1:9/x"),
    "redirects to a host without a name": answers(b"", 302, Location="http://.a/x"),
    "contradicts itself about the length": says(b"HTTP/1.0 200 OK\r\nContent-Length: 3, 4\r\n\r\nabc"),
    "redirects off the web": answers(b"", 302, Location="file:///etc/passwd"),
}


@pytest.mark.parametrize("behaviour", BAD)
def test_bad_bytes_are_never_kept_and_the_next_source_is_asked(server, tmp_path, monkeypatch, behaviour, tally):
    server.behave = BAD[behaviour]
    bad, good = datasets.MNIST.mirrors
    monkeypatch.setattr(datasets.MNIST, "mirrors", [bad])
    reason = r"images-ubyte: no source worked \(canonical download \(http.*/bad/\): ..*\); put the file in FOLDER"
    with pytest.raises(UserError, match=reason):  # a point matches no line break
        download(DATASET, tmp_path / "raw", None)
    assert not list(tmp_path.rglob("*ubyte*"))
    monkeypatch.setattr(datasets.MNIST, "mirrors", [bad, good])
    assert download(DATASET, tmp_path / "raw", None) == {"images-ubyte": f"canonical download ({good})"}
    assert (tmp_path / "raw" / "images-ubyte").read_bytes() == CONTENT
    tally("a download that goes wrong")


@pytest.mark.parametrize("first", [answers(b"", 503), truncated])
def test_a_server_that_recovers_is_asked_again(server, tmp_path, first, tally):
    server.behave = lambda handler, n: first(handler, n) if n == 1 else handler.answer(BODY)
    assert "/bad/" in download(DATASET, tmp_path, None)["images-ubyte"]
    assert server.requests == 2
    tally("a download that goes wrong")


def test_a_server_that_unpacks_will_do(server, tmp_path):
    """It calls the file's own packing the transfer's, so that the client takes it off."""
    server.behave = answers(BODY, Content_Encoding="gzip")
    assert "/bad/" in download(DATASET, tmp_path, None)["images-ubyte"]


def test_a_proxy_whose_address_lost_a_slash_is_a_failure_like_others(server, tmp_path, monkeypatch, capsys, tally):
    monkeypatch.setenv("https_proxy", "http:/proxy:3128")
    good = f"{server.address}good/"
    monkeypatch.setattr(datasets.MNIST, "mirrors", [good, "https://example.invalid/"])
    assert download(DATASET, tmp_path, None) == {"images-ubyte": f"canonical download ({good})"}
    assert "not from canonical download (https://example.invalid/): Please check proxy URL" in capsys.readouterr().out
    tally("a download that goes wrong")


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/", "file:///etc/"])
def test_only_the_web_is_asked(server, tmp_path, monkeypatch, address):
    monkeypatch.setattr(datasets.MNIST, "mirrors", [address])
    with pytest.raises(UserError, match="No connection adapters were found"):
        download(DATASET, tmp_path, None)


def test_an_archive_is_fetched_once_for_all_its_files(server, tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(CONTENT)
    with tarfile.open(tmp_path / "archive", "w:gz") as archive:
        for name in ("one", "two"):
            archive.add(tmp_path / "file", f"batches/{name}")
    server.behave = answers((tmp_path / "archive").read_bytes())
    monkeypatch.setattr(datasets.CIFAR10, "url", f"{server.address}batches.tar.gz")
    files = {f"batches/{name}": FILES["images-ubyte"] for name in ("one", "two")} | {"batches/absent": {}}
    with pytest.raises(UserError, match="absent: no source worked"):
        download(replace(DATASET, name="cifar10", files=files), tmp_path, None)
    assert [(tmp_path / "batches" / name).read_bytes() for name in ("one", "two")] == [CONTENT, CONTENT]
    assert server.requests == 1


def test_ctrl_c_ends_a_download_and_leaves_nothing(server, tmp_path, monkeypatch, capsys):
    def behave(handler: Unruly, _: int) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        stalls(handler, 1)

    server.behave = behave
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    options = ["--params", str(ROOT / "params.yaml"), "--dataset", "mnist", "--output", str(tmp_path / "raw")]
    monkeypatch.setattr(sys, "argv", ["download", *options])
    with pytest.raises(SystemExit, match="1"):
        module.main()
    signal.signal(signal.SIGINT, before)
    assert "download: stopped" in capsys.readouterr().err
    assert [path.name for path in tmp_path.rglob("*")] == ["scratch"]


def test_every_file_that_is_downloaded_has_a_pinned_checksum():
    """So that an address without https cannot slip in other bytes."""
    params = load(ROOT / "params.yaml")
    for name in params.values["datasets"]:
        dataset = params.dataset(name)
        assert dataset.user_supplied or all("sha256" in file for file in dataset.files.values())
