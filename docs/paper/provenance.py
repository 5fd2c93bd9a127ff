"""What trained the seeds of the cell that is judged: time, device, commit and packages, from their manifests."""

from pathlib import Path
from typing import Any

from pipeline.files.formats import read_json
from pipeline.reporting.cells import count
from pipeline.reporting.evidence import listed

CELL = "mnist"  # experiment of the cell


def cost(published: Path, scale: str) -> str:
    """State what the training of the cell's seeds took."""
    found = _manifests(published, scale)
    together = {tuple(one.get("trained_together", [one["seed"]])): one["wall_seconds"] for one in found}
    devices = {one["environment"].get("gpu") or one["environment"]["platform"] for one in found}
    seconds = f"{sum(together.values()):.0f} seconds in all"
    return f"training {count(len(found), 'seed')} took {seconds} on one {listed(sorted(devices))}"


def _manifests(published: Path, scale: str) -> list[dict[str, Any]]:
    """Return the manifests of the training of the cell's seeds."""
    return [read_json(path) for path in sorted(published.glob(f"runs/{scale}/{CELL}/seed*/manifest.json"))]


def version(published: Path, licence: Path, scale: str) -> str:
    """State the commit and the packages that trained the cell's seeds, and the code's licence."""
    found = _manifests(published, scale)
    commits = listed(sorted({f"`{one['commit'][:8]}`" for one in found}))
    packages = [
        f"{package} {listed(sorted({one['environment'][package.lower()] for one in found}))}"
        for package in ("Python", "torch", "numpy", "scipy")
    ]
    name, *_ = licence.read_text(encoding="utf-8").splitlines()
    return f"The MNIST cell was trained and scored at commit {commits} with {listed(packages)}. Code: {name}."
