"""Where a file came from: settings, code, inputs, machine. One manifest per stage and output folder."""

import ast
import hashlib
import platform
import resource
import shlex
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from pipeline.files.formats import sha256, write_json

ROOT = Path(__file__).parents[2]
PACKAGES = ("gan", "pipeline")
PUBLISHED = (":!README.md", ":!docs", ":!results")  # what `publish` writes, as git leaves it out
# How a stage is called and what it says, not what it computes: a change here runs nothing again.
NEUTRAL = (
    "pipeline/runtime/cli.py",
    "pipeline/files/errors.py",
    "pipeline/record/manifest.py",
    "pipeline/runtime/signals.py",
)
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef)
VERSIONS_OF = ("torch", "numpy", "scipy", "pandas", "matplotlib", "seaborn", "safetensors", "snakemake", "dvc")


def sources(module: str) -> list[str]:
    """The project files that decide what a module computes: itself and what it imports, however deep.

    Args:
        module: e.g. "pipeline.train".
    Returns:
        sorted paths relative to the project's root, without the NEUTRAL ones.
    """
    found: dict[str, Path] = {}
    todo = [module, f"{module}.__main__", "gan", "pipeline"]
    while todo:
        name = todo.pop()
        path = _file_of(name)
        if path is not None and name not in found:
            found[name] = path
            todo += _imports(path)
    paths = {path.relative_to(ROOT).as_posix() for path in found.values()}
    return sorted(paths - set(NEUTRAL))


def _file_of(module: str) -> Path | None:
    if module.split(".")[0] not in PACKAGES:
        return None
    path = ROOT.joinpath(*module.split("."))
    return next((p for p in (path.with_suffix(".py"), path / "__init__.py") if p.is_file()), None)


def _imports(path: Path) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names


def code_hash(module: str) -> str:
    """SHA-256 over a module's sources without their comments and docstrings."""
    digest = hashlib.sha256()
    for name in sources(module):
        tree = ast.parse((ROOT / name).read_text())
        for node in ast.walk(tree):
            if isinstance(node, _DOCUMENTED) and ast.get_docstring(node) is not None:
                node.body = node.body[1:]
        digest.update(f"{name}\0{ast.dump(tree)}\0".encode())
    return digest.hexdigest()


def is_present_code(manifest: dict[str, Any]) -> bool:
    """Whether a stage's code is the present one. Hashes compare within one version of Python only: another's passes."""
    same_python = manifest["environment"]["python"].split(".")[:2] == platform.python_version().split(".")[:2]
    return not same_python or manifest["code_sha256"] == code_hash(f"pipeline.{manifest['stage']}")


def commit() -> str:
    """The checkout's commit, "+changes" when files differ from it that a number may depend on; "unknown" outside git.

    What `publish` writes is none of them.
    """
    try:
        git = ["git", "-C", str(ROOT)]
        head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
        status = subprocess.run(
            [*git, "status", "--porcelain", "--untracked-files=no", "--", ".", *PUBLISHED],
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head.stdout.strip() + ("+changes" if status.stdout.strip() else "")


def environment() -> dict[str, str]:
    """Versions and machine; no user, host or environment variable."""
    versions = {"python": platform.python_version()}
    for package in VERSIONS_OF:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    return versions | {"platform": f"{platform.system()} {platform.machine()}", "gpu": gpu}


def peak_memory_mb() -> float:
    """Greatest resident memory of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)


class Record:
    """Made when a stage starts; writes the stage's manifest when it ends.

    Args:
        stage: e.g. "train".
    """

    def __init__(self, stage: str) -> None:
        self.stage = stage
        self._started = time.perf_counter()

    def write(self, path: Path, inputs: list[Path], outputs: list[Path], **facts: Any) -> None:
        """Write the manifest.

        Args:
            path: of the manifest.
            inputs, outputs: files, recorded by name and SHA-256.
            facts: what else matters to this stage, e.g. settings, seed, device.
        """
        write_json(path, self.content(inputs, outputs, **facts))

    def content(self, inputs: list[Path], outputs: list[Path], **facts: Any) -> dict[str, Any]:
        """What `write` writes."""
        content = {
            "stage": self.stage,
            "command": shlex.join(["python", "-m", f"pipeline.{self.stage}", *sys.argv[1:]]),
            "inputs": {file.name: sha256(file) for file in inputs},
            "outputs": {file.name: sha256(file) for file in outputs},
            "commit": commit(),
            "code_sha256": code_hash(f"pipeline.{self.stage}"),
            "environment": environment(),
            "wall_seconds": round(time.perf_counter() - self._started, 3),
            "peak_memory_mb": peak_memory_mb(),
        }
        if torch.cuda.is_available():
            content["peak_gpu_memory_mb"] = round(torch.cuda.max_memory_allocated() / 2**20, 1)
        return content | facts
