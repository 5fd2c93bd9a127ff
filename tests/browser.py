"""A page in Chromium, without a window, spoken to over its DevTools protocol; the standard library suffices."""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "chrome-headless-shell")
REQUEST = "Network.requestWillBeSent"
PATIENCE_SECONDS = 60
OPTIONS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"),
    *("--no-first-run", "--disable-background-networking", "--disable-extensions", "--remote-debugging-pipe"),
)


def chromium() -> str | None:
    """Return the browser's path, or None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Page:
    """A page of a browser.

    Attributes:
        events: what the browser has reported so far, e.g. requests and exceptions.
    """

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._commands = reading, os.fdopen(writing, "wb")
        self._number, self._session, self._buffer = 0, {}, b""
        self.events: list[dict[str, Any]] = []
        target = self.do("Target.createTarget", url="about:blank")["targetId"]
        session = self.do("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._session = {"sessionId": session}
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.do(f"{domain}.enable")

    def do(self, method: str, **params: Any) -> Any:
        """Send a command and return its result; the protocol's names and parameters."""
        self._number += 1
        command = {"id": self._number, "method": method, "params": params, **self._session}
        self._commands.write(json.dumps(command).encode() + b"\0")
        self._commands.flush()
        while (message := self._next()).get("id") != self._number:
            self.events.append(message)
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']['message']}")
        return message["result"]

    def _next(self) -> Any:
        while b"\0" not in self._buffer:
            if not select.select([self._reading], [], [], PATIENCE_SECONDS)[0]:
                raise TimeoutError(f"the browser has not answered for {PATIENCE_SECONDS} seconds")
            got = os.read(self._reading, 1 << 20)
            if not got:
                raise RuntimeError("the browser has ended")
            self._buffer += got
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)

    def open(self, path: Path, width: int = 1280, height: int = 800, **media: str) -> None:
        """Open a file at a window size in CSS pixels, with media features, e.g. `prefers-color-scheme`."""
        self.resize(width, height)
        features = [{"name": name.replace("_", "-"), "value": value} for name, value in media.items()]
        self.do("Emulation.setEmulatedMedia", features=features)
        self.events.clear()
        self.do("Page.navigate", url=path.resolve().as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._next())

    def resize(self, width: int, height: int) -> None:
        """Set the size of the window, below the smallest of a real one too."""
        self.do(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )

    def ask(self, script: str) -> Any:
        """Return the value of a JavaScript expression, awaited."""
        answer = self.do("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait(self, script: str, seconds: float = 10) -> None:
        """Wait until a JavaScript expression is true: a key's effect comes a moment after it."""
        end = time.monotonic() + seconds
        while not self.ask(script):
            assert time.monotonic() < end, script
            time.sleep(0.02)

    def press(self, key: str) -> None:
        """Press a key and let it go."""
        text = {"text": "\r"} if key == "Enter" else {}
        code = {"Enter": 13, "Escape": 27, "Tab": 9}[key]
        self.do("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code, **text)
        self.do("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)

    def screenshot(self, path: Path, whole: bool = False) -> None:
        """Write a PNG of the window, or of the whole page."""
        path.write_bytes(base64.b64decode(self.do("Page.captureScreenshot", captureBeyondViewport=whole)["data"]))

    def pdf(self, path: Path) -> None:
        """Write what would be printed."""
        path.write_bytes(base64.b64decode(self.do("Page.printToPDF", preferCSSPageSize=True)["data"]))

    def errors(self) -> list[str]:
        """Return the errors and warnings of the console since the page was opened."""
        found = []
        for event in self.events:
            method, params = event.get("method"), event.get("params", {})
            if method == "Runtime.exceptionThrown":
                found.append(str(params["exceptionDetails"].get("exception", params["exceptionDetails"])))
            elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
                found.append(str(params["args"]))
            elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
                found.append(params["entry"]["text"])
        return found

    def requests(self) -> set[str]:
        """Return the addresses that the page asked for, without what lies in the page itself."""
        asked = [event["params"]["request"]["url"] for event in self.events if event.get("method") == REQUEST]
        return {address for address in asked if not address.startswith("data:")}


@contextmanager
def browser() -> Iterator[Page]:
    """Start Chromium with a profile of its own, and end it."""
    path = chromium()
    assert path is not None
    commands, answers = os.pipe(), os.pipe()
    # Chromium reads commands from file descriptor 3 and answers on 4.
    shell = f'exec "$0" "$@" 3<&{commands[0]} 4>&{answers[1]}'
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            ["bash", "-c", shell, path, *OPTIONS, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(commands[0], answers[1]),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands[0])
        os.close(answers[1])
        try:
            yield Page(answers[0], commands[1])
        finally:
            process.terminate()  # with its children, also where it does not answer any more
            process.wait(timeout=PATIENCE_SECONDS)
