"""What the report shows of the manifests behind its results: recipes, parameters, data, versions, and each manifest."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from gan.recipe import Recipe
from pipeline.config.params import Params
from pipeline.files.formats import read_json
from pipeline.record.runs import MANIFESTS, audits, manifests, precision_of

# What has a place of its own in the report; a manifest's other entries are listed by name.
SHOWN = {"stage", "command", "commit", "code", "code_sha256", "environment", "inputs", "outputs", "settings"}
COSTS = ("wall_seconds", "peak_memory_mb", "peak_gpu_memory_mb")


@dataclass(frozen=True)
class Link:
    """A text that leads to a place of the same page.

    Attributes:
        text: what is shown.
        href: "#" and the place's id.
        source: the place's short name, printed on paper.
        title: what is there, in words.
    """

    text: str
    href: str
    source: str
    title: str

    def showing(self, text: str) -> "Link":
        """Return the link with another text."""
        return replace(self, text=text)


@dataclass(frozen=True)
class Shown:
    """A manifest of the report: its number, from 1; the path of its file; what it holds."""

    number: int
    path: PurePosixPath
    content: dict[str, Any]

    @property
    def stage(self) -> str:
        """The command that wrote it."""
        return str(self.content["stage"])

    @property
    def of(self) -> str:
        """The folder whose files it describes."""
        return str(self.path.parent)

    @property
    def link(self) -> Link:
        """The way to it."""
        label = f"M{self.number}"
        return Link(label, f"#manifest-{self.number}", label, f"manifest {label}: {self.stage}, {self.of}")

    @property
    def code(self) -> str:
        """Hash of the code that decides the numbers, under its present name or the former one."""
        return str(self.content.get("code") or self.content.get("code_sha256", "not recorded"))

    @property
    def environment(self) -> str:
        """Versions and machine in one line."""
        return ", ".join(f"{name} {value}" for name, value in self.content["environment"].items())

    @property
    def others(self) -> dict[str, str]:
        """Entries such as seed, device and machines, as text."""
        rest = {key: value for key, value in self.content.items() if key not in (*SHOWN, *COSTS)}
        return {
            key: value if isinstance(value, str) else json.dumps(value) for key, value in rest.items() if value != ""
        }


class Manifests:
    """All manifests behind a report, in order.

    Args:
        found: contents by path.
    """

    def __init__(self, found: dict[Path, dict[str, Any]]) -> None:
        self.all = [
            Shown(number, PurePosixPath(path.as_posix()), content)
            for number, (path, content) in enumerate(found.items(), 1)
        ]
        self._makers: dict[str, Shown] = {}  # by SHA-256; a table made again is still the first one's
        for one in self.all:
            for digest in one.content["outputs"].values():
                self._makers.setdefault(digest, one)

    def __iter__(self) -> Iterator[Shown]:
        return iter(self.all)

    def files(self, one: Shown) -> Iterator[tuple[str, str, str, Link | None]]:
        """Yield role, name and SHA-256 of each file of a manifest; of an input also what made it, where known."""
        for name, digest in one.content["inputs"].items():
            maker = self._makers.get(digest)
            yield "read", name, digest, maker.link if maker is not None and maker is not one else None
        for name, digest in one.content["outputs"].items():
            yield "written", name, digest, None

    def links(self, stage: str, folder: str = "") -> list[Link]:
        """Return the ways to a stage's manifests, or to those whose folder ends so."""
        return [one.link for one in self.all if one.stage == stage and one.of.endswith(folder)]

    def of_run(self, folder: str) -> Link | None:
        """Return the way to the last manifest of a run, that of its score where it is there."""
        found = [one.link for one in self.all if one.of.endswith(f"/{folder}") and one.stage in MANIFESTS]
        return found[-1] if found else None


def read_manifests(
    results: Path, toys: Path, runs: list[Path], data: list[Path], claims: list[Path]
) -> dict[Path, Any]:
    """Read the manifests of all stages behind the results, in order.

    Args:
        results: folder of tables and figures.
        toys: folder of what is made without runs: oracle and toy.
        runs: folders of the runs.
        data: manifests of `download` and `prepare`.
        claims: folders of the claims, where they are shown; the last one's manifest of a name counts.
    """
    paths = [*data, *(path for run in runs for path in manifests(run))]
    paths += [path for run in runs for path in audits(run)]
    paths += [toys / f"{name}.manifest.json" for name in ("oracle", "toy")]
    paths += [results / "table.manifest.json", results / "figures" / "manifest.json"]
    kinds = ("*.manifest.json", "figures/manifest.json")
    found = [(folder, path) for folder in claims for kind in kinds for path in sorted(folder.glob(kind))]
    paths += {path.relative_to(folder): path for folder, path in found}.values()
    there = [path for path in dict.fromkeys(paths) if path.is_file()]  # runs taken in from elsewhere lack some
    return {path: read_json(path) for path in there}


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
        found[settings["name"], settings["epochs"]] = {
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


def facts(params: Params, stages: Manifests) -> dict[str, str]:
    """Return parameters, data, commits and versions behind the results; several values where stages differ."""
    content = json.dumps(params.values, sort_keys=True).encode()
    rows = {"params.yaml (SHA-256 of its content)": [hashlib.sha256(content).hexdigest()]}
    for stage in stages:
        if stage.stage in ("download", "prepare"):
            rows |= {f"{name} (SHA-256)": [digest] for name, digest in stage.content["outputs"].items()}
    for stage in stages:
        for name, value in {"commit": stage.content["commit"], **stage.content["environment"]}.items():
            rows.setdefault(name, []).append(value)
    return {name: ", ".join(dict.fromkeys(values)) for name, values in rows.items()}
