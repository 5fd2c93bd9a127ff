"""params.yaml: loaded, validated against the schema, resolved for a scale into frozen dataclasses."""

import math
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from gan.models import Layer, check_layers
from gan.recipe import Recipe
from pipeline.errors import UserError

SCHEMA = Path(__file__).parent / "schema" / "params.schema.yaml"
SYNTHETIC = "synthetic-"


@dataclass(frozen=True)
class Experiment:
    """All that decides the numbers of one experiment at one scale."""

    name: str
    label: str
    dataset: str
    margin_nats: float
    noise_size: int
    generator: tuple[Layer, ...]
    discriminator: tuple[Layer, ...]
    recipe: Recipe
    precision: str
    epochs: int
    every_epochs: int
    patience_epochs: int
    n_samples: int
    n_validation: int
    grids: dict[str, tuple[float, ...]]

    def settings(self, stage: str) -> dict[str, Any]:
        """What a stage's files depend on; recorded in its manifest and compared with the present.

        Args:
            stage: "train", "sample" or "evaluate".
        """
        if stage == "sample":
            return {"n_samples": self.n_samples}
        if stage == "evaluate":
            return {"n_validation": self.n_validation, "grids": self.grids}
        settings = asdict(self)
        for unused in ("label", "margin_nats", "grids"):
            del settings[unused]
        return settings | {"validation_grid": self.grids["authors"]}


@dataclass(frozen=True)
class Dataset:
    """A data set's shape, split and canonical files, from the params."""

    name: str
    shape: tuple[int, ...]
    split: tuple[int, int, int]
    files: dict[str, dict[str, Any]]
    npm_package: str | None
    synthetic: bool


class Params:
    """Validated params at one scale.

    Args:
        values: the content of params.yaml.
        scale: replaces the content's own scale.
    Raises:
        UserError: a key is unknown, missing, of the wrong type or out of range; the message names it.
    """

    def __init__(self, values: dict[str, Any], scale: str | None = None) -> None:
        _validate(values)
        self.values = values
        self.scale = scale or values["scale"]
        _known("scale", self.scale, values["scales"])
        self._scale = values["scales"][self.scale]
        for name in values["experiments"] or []:
            _known("experiments", name, self._scale["experiments"])
        for scale_values in values["scales"].values():
            for name in scale_values["experiments"]:
                _known("scales: experiments", name, values["catalogue"])
        for name, entry in values["catalogue"].items():
            _known(f"catalogue: {name}: dataset", entry["dataset"], values["datasets"])
            _check_sizes(name, entry, values)

    @property
    def experiments(self) -> list[str]:
        """Names of the experiments to run, in the scale's order."""
        chosen = self.values["experiments"]
        return [name for name in self._scale["experiments"] if chosen is None or name in chosen]

    @property
    def is_real(self) -> bool:
        """Whether the images are the data set's own; `smoke` makes its images."""
        return "synthetic" not in self._scale

    @property
    def not_judged(self) -> str:
        """Why results of this scale are not held against the paper's; empty for the full reproduction."""
        if self.scale != "paper":
            return f"scale {self.scale} is not the paper's"
        if self.values["compute"]["precision"] != "float32":
            return f"precision {self.values['compute']['precision']} is not the protocol's"
        shrunk = {"synthetic", "max_units", "weight_factor"} & self._scale.keys()
        return f"{', '.join(sorted(shrunk))}: not the paper's networks or images" if shrunk else ""

    @property
    def cost(self) -> str:
        """How long the scale takes, in words."""
        return self._scale["cost"]

    def seeds(self, experiment: str) -> list[int]:
        """The seeds to train."""
        return self.values["seeds"] or list(range(self._scale["experiments"][experiment]["seeds"]))

    def presentation(self) -> dict[str, Any]:
        """What table, figures and report depend on beside the metrics; recorded in their manifests."""
        return {key: self.values[key] for key in ("statistics", "catalogue", "figures")}

    def experiment(self, name: str) -> Experiment:
        """The experiment's settings at this scale.

        Raises:
            UserError: the scale has no such experiment.
        """
        _known("experiment", name, self._scale["experiments"])
        entry, parzen = self.values["catalogue"][name], self.values["parzen"]
        try:
            check_layers(self._layers(entry["generator"]), self._layers(entry["discriminator"]))
            return Experiment(
                name=name,
                label=entry["label"],
                dataset=entry["dataset"] if self.is_real else SYNTHETIC + entry["dataset"],
                margin_nats=entry["margin_nats"],
                noise_size=entry["noise_size"],
                generator=self._layers(entry["generator"]),
                discriminator=self._layers(entry["discriminator"]),
                recipe=Recipe(**entry["recipe"]),
                precision=self.values["compute"]["precision"],
                epochs=self._scale["experiments"][name]["epochs"],
                n_samples=self._scale["n_samples"],
                n_validation=parzen["n_validation"],
                grids={key: _grid(**grid) for key, grid in parzen["grids"].items()},
                **self.values["validation"],
            )
        except (ValueError, TypeError) as error:
            raise UserError(f"params: catalogue: {name}: {error}") from error

    def dataset(self, name: str) -> Dataset:
        """A data set by name; with the prefix "synthetic-" its made-up twin of the same shape.

        Raises:
            UserError: there is no such data set.
        """
        synthetic = name.startswith(SYNTHETIC)
        real_name = name.removeprefix(SYNTHETIC)
        _known("dataset", real_name, self.values["datasets"])
        entry = self.values["datasets"][real_name]
        split = tuple(entry["split"])
        if synthetic:
            n = self.values["synthetic_images"]
            split = (n - 2 * (n // 3), n // 3, n // 3)
        return Dataset(name, tuple(entry["shape"]), split, entry["files"], entry.get("npm_package"), synthetic)

    def _layers(self, entries: list[dict[str, Any]]) -> tuple[Layer, ...]:
        """The layers of the catalogue; `smoke` makes them narrower, with wider initial weights."""
        factor, limit = self._scale.get("weight_factor", 1), self._scale.get("max_units")
        layers = [replace(layer, weight_range=factor * layer.weight_range) for layer in map(_layer, entries)]
        if limit is not None:
            layers[:-1] = [replace(layer, units=min(layer.units, limit)) for layer in layers[:-1]]
        return tuple(layers)


def _layer(entry: dict[str, Any]) -> Layer:
    return Layer(**entry)


def load(path: Path, scale: str | None = None) -> Params:
    """Params from a file.

    Raises:
        UserError: the file is missing, is not YAML, or its content is not valid.
    """
    try:
        values = yaml.safe_load(path.read_text())
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); name the file with --params") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
    return Params(values, scale)


def _validate(values: Any) -> None:
    """Raise one line that names the first key which does not fit the schema."""
    try:
        import jsonschema
    except ImportError:  # a bare GPU box; the params were validated where they were written
        print("params: not validated, because jsonschema is not installed", file=sys.stderr)
        return
    validator = jsonschema.Draft202012Validator(yaml.safe_load(SCHEMA.read_text()))
    error = jsonschema.exceptions.best_match(validator.iter_errors(values))
    if error is not None:
        place = ": ".join(map(str, error.absolute_path)) or "top level"
        raise UserError(f"params: {place}: {error.message}")


def _known(what: str, name: str, choices: Any) -> None:
    if name not in choices:
        raise UserError(f"params: {what}: {name!r} is unknown; there are: {', '.join(choices)}")


def _check_sizes(name: str, entry: dict[str, Any], values: dict[str, Any]) -> None:
    """The generator draws images of the data set's size; there are as many validation images as asked for."""
    dataset = values["datasets"][entry["dataset"]]
    pixels, units = math.prod(dataset["shape"]), entry["generator"][-1]["units"]
    if units != pixels:
        raise UserError(f"params: catalogue: {name}: generator: last units: {units}, but an image has {pixels} pixels")
    wanted, there = values["parzen"]["n_validation"], dataset["split"][1]
    if wanted > there:
        raise UserError(f"params: parzen: n_validation: {wanted}, but {entry['dataset']} has {there} validation images")


def _grid(spacing: str, first: float, last: float, count: int) -> tuple[float, ...]:
    """Bandwidths from first to last, both included."""
    space = np.linspace if spacing == "linear" else np.geomspace
    return tuple(round(float(value), 10) for value in space(first, last, count))
