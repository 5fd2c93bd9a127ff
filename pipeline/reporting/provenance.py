"""What the report shows of the manifests behind its results: recipes, parameters, data, versions, and each stage."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gan.recipe import Recipe
from pipeline.config.params import Params
from pipeline.files.formats import read_json
from pipeline.record.runs import MANIFESTS, audits, manifests, precision_of


def recipes(runs: list[Path]) -> list[dict[str, Any]]:
    """Return how each experiment was trained, by its runs; what is not the 2014 code's default is marked."""
    defaults, found = asdict(Recipe()), {}
    for path in (path for run in runs for path in manifests(run) if path.name == MANIFESTS["train"]):
        manifest = read_json(path)
        settings = manifest["settings"]
        rest = {key: settings[key] for key in ("noise_size", "selection", "precision")}
        rest |= {"pretraining": (settings["pretraining"] or {}).get("name")}
        rest |= {"products computed in": precision_of(manifest)}
        rest |= {net: "; ".join(map(_layer_text, settings[net])) for net in ("generator", "discriminator")}
        changed = {key for key, value in settings["recipe"].items() if value != defaults[key]}
        found[settings["name"]] = {
            "experiment": settings["name"],
            "epochs": settings["epochs"],
            "rows": [
                {"key": key, "value": "none" if value is None else value, "changed": key in changed}
                for key, value in [*settings["recipe"].items(), *rest.items()]
            ],
        }
    return list(found.values())


def _layer_text(layer: dict[str, Any]) -> str:
    """A layer in words, without what it does not have."""
    return ", ".join(f"{key} {value}" for key, value in layer.items() if value not in (0, 0.0, None, ""))


def read_stages(results: Path, runs: list[Path], data: list[Path]) -> list[dict[str, Any]]:
    """Read the manifests of all stages behind the results, in order."""
    paths = [*data, *(path for run in runs for path in manifests(run))]
    paths += dict.fromkeys(path for run in runs for path in audits(run))
    paths += [results / f"{name}.manifest.json" for name in ("oracle", "table")]
    paths += [results / "figures" / "manifest.json"]
    there = [path for path in paths if path.is_file()]  # runs taken in from elsewhere lack some
    return [{"of": str(path.parent)} | read_json(path) for path in there]


def facts(params: Params, stages: list[dict[str, Any]]) -> dict[str, str]:
    """Return parameters, data, commits and versions behind the results; several values where stages differ."""
    content = json.dumps(params.values, sort_keys=True).encode()
    rows = {"params.yaml (SHA-256 of its content)": [hashlib.sha256(content).hexdigest()]}
    for stage in stages:
        if stage["stage"] in ("download", "prepare"):
            rows |= {f"{name} (SHA-256)": [digest] for name, digest in stage["outputs"].items()}
    for stage in stages:
        for name, value in {"commit": stage["commit"], **stage["environment"]}.items():
            rows.setdefault(name, []).append(value)
    return {name: ", ".join(dict.fromkeys(values)) for name, values in rows.items()}
