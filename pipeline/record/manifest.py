"""What made a command's files, and whether they are current: one manifest per command and output folder."""

import json
import os
import platform
import re
import resource
import shlex
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from pipeline.files.errors import UserError
from pipeline.files.formats import one_line_errors, sha256, write_json
from pipeline.record.code import ROOT, code_hash

PUBLISHED = (":!README.md", ":!docs", ":!results")  # what `publish` writes, as git leaves it out
VERSIONS_OF = ("torch", "numpy", "scipy", "pandas", "matplotlib", "seaborn", "safetensors", "snakemake", "dvc")
REASON = re.compile(r"^fatal: (.+?)(?:[ ('\"]*/|$)", re.MULTILINE)  # git's, up to the first path: it may name a user
Hashes = Mapping[str, str]  # SHA-256 by file name
NONE: Hashes = {}


class Manifest:
    """A manifest on disk.

    Args:
        path: of the manifest; the files that it names are beside it.
    Attributes:
        stage: the command that wrote it.
        inputs, outputs: SHA-256 of files by name.
        content: all of it.
    Raises:
        UserError: it is missing or damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with one_line_errors(path, remedy(path)):
            self.content = json.loads(path.read_text(encoding="utf-8"))
            self.stage: str = self.content["stage"]
            self.settings: Any = self.content.get("settings")
            self.inputs: dict[str, str] = dict(self.content["inputs"])
            self.outputs: dict[str, str] = dict(self.content["outputs"])

    def reasons_stale(
        self, settings: Any = None, inputs: Hashes = NONE, *, code: bool = True, absent: Sequence[str] = ()
    ) -> list[str]:
        """Return why the files are no longer valid; empty if they are.

        Args:
            settings: the present ones; None: of no interest.
            inputs: SHA-256 of the present inputs by name, where known.
            code: whether the code must be the present one, too.
            absent: outputs that may be absent.
        """
        found = [] if settings is None else [f"settings {line}" for line in differences(self.settings, plain(settings))]
        found += [f"another {name}" for name, digest in self.inputs.items() if inputs.get(name, digest) != digest]
        for name, digest in self.outputs.items():
            path = self.path.parent / name
            if not path.is_file():
                found += [] if name in absent else [f"{name} is missing"]
            elif sha256(path) != digest:
                found.append(f"{name} is not the bytes that {self.path.name} records")
        return found + (["other code"] if code and not self.is_of_present_code() else [])

    def is_of_present_code(self) -> bool:
        """Whether the code that decides the numbers is the present one."""
        return bool(self.content.get("code") == code_hash(f"pipeline.{self.stage}"))

    def require(
        self, settings: Any = None, inputs: Hashes = NONE, *, code: bool = True, absent: Sequence[str] = ()
    ) -> None:
        """Raise a UserError that names each reason why the files are not valid; arguments as for `reasons_stale`."""
        if found := self.reasons_stale(settings, inputs, code=code, absent=absent):
            hint = ", or --accept-code if no number changed" if found == ["other code"] else ""
            raise UserError(f"{self.path}: is no longer valid ({'; '.join(found)}); {remedy(self.path)}{hint}")


def remedy(path: Path) -> str:
    """Return what makes a manifest's files anew: the targets ask for all but data, and for trainings by their lists."""
    folder, place = path.parent, path.parts[-3:]
    if "published" in path.parts:
        return "restore it with git"
    if folder.name.startswith("seed") and path.name == "manifest.json":
        return f"delete its list (seed*.json in {folder.parent}) and run again"
    doomed = folder / f"{path.name.split('.')[0]}.*" if folder.name == "prepared" else path
    return f"delete {doomed} and run {'claims ' * ('claims' in place or 'measures' in path.name)}again"


class Record:
    """The manifest that a starting command will write.

    Args:
        stage: the command, e.g. "sample".
        inputs: files, recorded by name and SHA-256.
        settings: what else the outputs depend on.
    """

    def __init__(self, stage: str, inputs: Iterable[Path] = (), settings: Any = None) -> None:
        self.stage, self.settings = stage, plain(settings)
        self.inputs = _hashes(inputs)
        self.code, self.commit = code_hash(f"pipeline.{stage}"), commit()  # now: the files may change while it runs
        self._started = time.perf_counter()

    def holds(self, path: Path) -> bool:
        """Whether there is nothing to do, because a manifest records the same and its outputs are current; print it."""
        if not path.is_file():
            return False
        try:
            manifest = Manifest(path)
            if manifest.inputs.keys() != self.inputs.keys() or manifest.reasons_stale(self.settings, self.inputs):
                return False
        except UserError:
            return False
        print(f"{path.parent}: {', '.join(manifest.outputs)} are current; nothing to do", flush=True)
        return True

    def write(self, path: Path, outputs: Iterable[Path], **facts: Any) -> None:
        """Write the manifest; `facts` are what else matters to this command, e.g. seed and device."""
        write_json(path, self.content(outputs, **facts))

    def content(self, outputs: Iterable[Path], **facts: Any) -> dict[str, Any]:
        """Return what `write` writes."""
        on_gpu = {}
        if torch.cuda.is_available():
            on_gpu["peak_gpu_memory_mb"] = round(torch.cuda.max_memory_allocated() / 2**20, 1)
        return {
            "stage": self.stage,
            "command": shlex.join(["python", "-m", f"pipeline.{self.stage}", *sys.argv[1:]]),
            "inputs": self.inputs,
            "outputs": {file.name: sha256(file) for file in outputs},
            "settings": self.settings,
            "commit": self.commit,
            "code": self.code,
            "environment": environment(),
            "wall_seconds": round(time.perf_counter() - self._started, 3),
            "peak_memory_mb": peak_memory_mb(),
            **on_gpu,
            **facts,
        }


def _hashes(files: Iterable[Path]) -> dict[str, str]:
    """Return SHA-256 by file name; files of one name are told apart by their folders."""
    files = list(files)
    count = Counter(file.name for file in files)
    return {file.name if count[file.name] == 1 else "/".join(file.parts[-3:]): sha256(file) for file in files}


def commit() -> str:
    """Return the checkout's commit, "+changes" where files differ that a number may depend on.

    It is "unknown (REASON)" unless the project is the root of the repository. What `publish` writes is no change.
    """
    try:
        above, head = _git("rev-parse", "--show-cdup", "HEAD").split("\n")
        if above:
            return "unknown (inside another git repository)"
        _git("rev-parse", "HEAD:gan")  # fails in a repository that was begun here and does not hold the sources
        changes = _git("status", "--porcelain", "--untracked-files=no", "--", ".", *PUBLISHED)
    except OSError as error:
        return f"unknown (git: {error.strerror})"
    except subprocess.CalledProcessError as error:
        reason = REASON.search(error.stderr)
        return f"unknown (git: {reason[1] if reason else f'exit code {error.returncode}'})"
    return head + ("+changes" if changes else "")


def _git(*command: str) -> str:
    """Return what git says of this checkout, whatever repository a hook's variables name."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | {"LC_ALL": "C"}
    git = ["git", "-C", str(ROOT), *command]
    return subprocess.run(git, capture_output=True, encoding="utf-8", errors="replace", check=True, env=env).stdout[:-1]


def environment() -> dict[str, str]:
    """Return versions and machine; no user, host or environment variable."""
    versions = {"python": platform.python_version()}
    for package in VERSIONS_OF:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    return versions | {"platform": f"{platform.system()} {platform.machine()}", "gpu": gpu}


def peak_memory_mb() -> float:
    """Return the greatest resident memory of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)


def plain(content: Any) -> Any:
    """Return the content as JSON would give it back: tuples are lists."""
    if isinstance(content, dict):
        return {key: plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [plain(value) for value in content]
    return content


def differences(old: Any, new: Any, place: str = "") -> list[str]:
    """Return what differs between two plain contents, as lines "key: old -> new"."""
    if isinstance(old, dict) and isinstance(new, dict):
        keys = dict.fromkeys([*old, *new])
        return [line for key in keys for line in differences(old.get(key), new.get(key), f"{place}.{key}".strip("."))]
    return [] if old == new else [f"{place}: {old} -> {new}"]
