"""The plan in docs/runs.md: its parameters as YAML, and how published runs depart from it."""

from pathlib import Path
from typing import Any

from pipeline.config.params import Params
from pipeline.files.formats import read_json
from pipeline.record.manifest import differences, plain
from pipeline.record.runs import MANIFESTS

FORMER = {"n_validation": "validation_images"}  # what runs until 87c12fa call the images that they measured
EXPERIMENT = "mnist"  # of the primary cell


def planned(params: Params) -> dict[str, Any]:
    """Return what the plan fixes, from the params of scale `paper`."""
    one = params.experiment(EXPERIMENT)
    entry = params.values["scales"]["paper"]["experiments"][EXPERIMENT]
    return plain(
        {
            "experiment": EXPERIMENT,
            "seeds": entry["seeds"],
            "waypoints": entry["waypoints"],
            "margin_nats": one.margin_nats,
            "confidence": params.confidence,
            "training": one.settings("train"),
            "evaluation": one.settings("evaluate"),
        }
    )


def deviations(plan: dict[str, Any], manifest: dict[str, Any]) -> list[str]:
    """Return how a run's settings depart from the plan, as lines "key: planned -> run"."""
    settings = {FORMER.get(key, key): value for key, value in manifest["settings"].items()}
    found = differences(plan["training"], settings)
    return [line.replace("validation_images: None", "validation_images: all") for line in found]


def departures(published: Path, params: Params) -> dict[str, str]:
    """Return how the published runs of the plan's experiment depart from it, and the seeds of those that do."""
    plan, lines = planned(Params(params.values, "paper")), dict[str, list[int]]()
    for path in sorted(published.glob(f"runs/paper/{EXPERIMENT}/seed*/{MANIFESTS['train']}")):
        manifest = read_json(path)
        for line in [f"commit {manifest['commit'][:7]}", *deviations(plan, manifest)]:
            lines.setdefault(line, []).append(manifest["seed"])
    return {line: ", ".join(map(str, sorted(seeds))) for line, seeds in lines.items()}


def plan_passages(published: Path, params: Params) -> dict[str, str]:
    """Return the passages of docs/runs.md: those departures, as a list."""
    rows = [f"- {what} (seeds {seeds})" for what, seeds in departures(published, params).items()]
    return {"deviations": "\n".join(rows) or "No run of scale `paper` is published."}
