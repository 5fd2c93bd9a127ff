"""params.yaml: loaded, validated against the schema, resolved for a scale into frozen dataclasses."""

import json
import math
import shlex
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from gan.layers import AnyLayer, Deconvolution, Layer
from gan.models import check_layers
from gan.recipe import Recipe
from pipeline.config.checks import check_claims, check_labels, check_precisions
from pipeline.config.comparison import Comparison, comparison_of, rival_experiment
from pipeline.config.experiments import Bounds, Claims, Dataset, Experiment, bandwidths, layer
from pipeline.config.schema import known, validated
from pipeline.files.errors import UserError
from pipeline.files.yaml_core import parse_yaml

SYNTHETIC = "synthetic-"
SELECTION = ("experiments", "seeds")  # of a part of the results; null: all


class Params:
    """Validated params at one scale.

    Args:
        values: the content of params.yaml.
        scale: replaces the content's own scale.
    Raises:
        UserError: a key is unknown, missing, of the wrong type or out of range; the message names it.
    """

    def __init__(self, values: dict[str, Any], scale: str | None = None) -> None:
        self.values = values = validated(values)
        self.scale = scale or values["scale"]
        known("scale", self.scale, values["scales"])
        self._scale = values["scales"][self.scale]
        bounds = Bounds(**values["claims"]["bounds"])
        chosen = {"bounds": bounds, "variants": values["variants"]}
        self.claims = Claims(**(values["claims"] | self._scale["claims"] | chosen))
        for name in values["experiments"] or []:
            known("experiments", name, self._scale["experiments"])
        for scale_values in values["scales"].values():
            for name in scale_values["experiments"]:
                known("scales: experiments", name, values["catalogue"])
        for name, entry in values["catalogue"].items():
            known(f"catalogue: {name}: dataset", entry["dataset"], values["datasets"])
            _check_sizes(name, entry, values)
        _check_stages(values["catalogue"], self._scale["experiments"])
        check_claims(self.claims, values["catalogue"], self._scale["experiments"])
        compared = {"seeds": self.claims.seeds, "epochs": self.claims.epochs}
        self._played = self._scale["experiments"] | dict.fromkeys(self.claims.listed, compared)
        self.comparison: Comparison = comparison_of(values, self.scale)
        check_labels(values["catalogue"])
        check_precisions(values["catalogue"])
        for name in (*self._played, *values["rivals"]):  # reported at once, not by a job
            self.model(name)

    @property
    def asked(self) -> list[str]:
        """Names of the experiments that the scale or the user asks for, in the scale's order."""
        chosen = self.values["experiments"]
        pretraining = {entry.get("pretraining") for entry in self.values["catalogue"].values()}
        names = [name for name in self._scale["experiments"] if name not in pretraining]
        return [name for name in names if chosen is None or name in chosen]

    @property
    def experiments(self) -> list[str]:
        """Those of them whose data are there."""
        return [name for name in self.asked if self.dataset(self.dataset_of(name)).is_available]

    @property
    def datasets(self) -> list[str]:
        """Names of their data sets, each once."""
        return list(dict.fromkeys(self.dataset_of(name) for name in self.experiments))

    @property
    def rivals(self) -> list[str]:
        """Names of the models that the comparison trains beside the GAN."""
        return list(self.values["rivals"])

    def stages(self, experiment: str) -> list[str]:
        """Return the experiment, after the one that pretrains its upper layers."""
        first = self.values["catalogue"].get(experiment, {}).get("pretraining")
        return [experiment] if first is None else [first, experiment]

    @property
    def is_real(self) -> bool:
        """Whether the images are the data set's own; `smoke` makes its images."""
        return "synthetic" not in self._scale

    @property
    def not_judged(self) -> str:
        """Why results of this scale are not held against the paper's; empty for the full reproduction."""
        if self.scale != "paper":
            return f"scale {self.scale} is shorter than the full run"
        shrunk = {"synthetic", "max_units", "weight_factor"} & self._scale.keys()
        return f"{', '.join(sorted(shrunk))}: not the paper's networks or images" if shrunk else ""

    @property
    def confidence(self) -> float:
        """Of all intervals."""
        return self.values["statistics"]["confidence"]

    @property
    def cost(self) -> str:
        """How long the scale takes, in words."""
        return self._scale["cost"]

    @property
    def command(self) -> str:
        """The Snakemake command that asks for this scale, experiments and seeds."""
        chosen = [f"{key}={json.dumps(self.values[key])}" for key in SELECTION if self.values[key] is not None]
        return shlex.join(["snakemake", "--cores", "all", "--config", f"scale={self.scale}", *chosen])

    def seeds(self, experiment: str) -> list[int]:
        """Return the seeds to train."""
        rivals = dict.fromkeys(self.values["rivals"], self.comparison.seeds)
        return self.values["seeds"] or list(range(rivals.get(experiment) or self._played[experiment]["seeds"]))

    def planned_seeds(self, experiment: str) -> int:
        """Return how many seeds the scale has."""
        return int(self._played[experiment]["seeds"])

    def tabulation(self) -> dict[str, Any]:
        """Return what the tables depend on beside the metrics; recorded in their manifest."""
        sections = {key: self.values[key] for key in ("statistics", "catalogue")}
        judged = not self.not_judged  # a reworded reason leaves the tables as they are
        return sections | {"asked": self.asked, "planned": self._scale["experiments"], "is_judged": judged}

    def measuring(self, name: str) -> dict[str, Any]:
        """Return what the measures of an experiment's runs depend on; recorded in their manifests."""
        return self.experiment(name).settings("measure") | {"confidence": self.confidence}

    def toys(self) -> dict[str, Any]:
        """Return what the toys behind the claims depend on; recorded in their manifests."""
        return {"seeds": self.claims.toy_seeds, "shorten": self.claims.shorten}

    def compared(self) -> dict[str, Any]:
        """Return what the readings of claims depend on beside the measures; recorded in their manifest."""
        entries = {name: self.values["catalogue"][name] for name in self.claims.listed}
        sections = {key: self.values[key] for key in ("statistics", "figures")}
        return sections | {"claims": asdict(self.claims), "catalogue": entries}

    def compared_models(self) -> dict[str, Any]:
        """Return what the comparison of models depends on beside the measurements; recorded in its manifest."""
        return {key: self.values[key] for key in ("statistics", "rivals", "figures")}

    def presentation(self) -> dict[str, Any]:
        """Return what figures and report depend on beside the metrics; recorded in their manifests."""
        return self.tabulation() | {"figures": self.values["figures"]}

    def experiment(self, name: str) -> Experiment:
        """Return the experiment's settings at this scale.

        Raises:
            UserError: the scale has no such experiment.
        """
        known("experiment", name, self._played)
        entry, parzen = self.values["catalogue"][name], self.values["parzen"]
        try:
            generator, discriminator = (self._layers(entry, net) for net in ("generator", "discriminator"))
            check_layers(generator, discriminator)
            return Experiment(
                name=name,
                label=entry["label"],
                dataset=self.dataset_of(name),
                margin_nats=entry.get("margin_nats"),
                noise_size=entry["noise_size"],
                generator=generator,
                discriminator=discriminator,
                recipe=Recipe(**entry["recipe"]),
                pretraining=self.experiment(entry["pretraining"]) if entry.get("pretraining") else None,
                selection=entry["selection"],
                precision=entry["precision"],
                initial_weights=entry.get("initial_weights", "independent"),
                epochs=self._played[name]["epochs"],
                **{key: self._scale[key] for key in ("n_samples", "n_draws", "n_audits", "n_splits", "most_samples")},
                **self.values["audit"],
                n_validation=None if self.dataset(self.dataset_of(name)).folds else parzen["n_validation"],
                grids={key: bandwidths(**grid) for key, grid in (parzen["grids"] | entry.get("grids", {})).items()},
                waypoints=tuple(self._played[name].get("waypoints", ())),
                **self._validation(entry),
            )
        except (ValueError, TypeError) as error:
            raise UserError(f"params: catalogue: {name}: {error}") from error

    def model(self, name: str) -> Experiment:
        """Return the settings of an experiment, or of a rival that is sampled and scored as one.

        Raises:
            UserError: the scale has no such model.
        """
        if name not in self.values["rivals"]:
            return self.experiment(name)
        base, most = self.experiment(self.comparison.experiment), self._scale.get("max_units", math.inf)
        try:
            return rival_experiment(name, self.values["rivals"][name], base, self.comparison, most)
        except ValueError as error:
            raise UserError(f"params: rivals: {name}: {error}") from error

    def _validation(self, entry: dict[str, Any]) -> dict[str, Any]:
        """How a catalogue entry's generator is measured during training."""
        values = self.values["validation"] | entry.get("validation", {})
        return {"validation_images": values.pop("images")} | values

    @property
    def oracle(self) -> dict[str, Any]:
        """What the known densities are scored with."""
        return self.values["oracle"] | {"n_samples": self._scale["n_samples"]}

    def dataset_of(self, experiment: str) -> str:
        """Name of an experiment's data set; the scale need not have the experiment."""
        beside = self.comparison.experiment if experiment in self.values["rivals"] else experiment
        name = self.values["catalogue"][beside]["dataset"]
        return name if self.is_real else SYNTHETIC + name

    def dataset(self, name: str) -> Dataset:
        """Return a data set by name; with the prefix "synthetic-" its synthetic twin of the same shape.

        Raises:
            UserError: there is no such data set.
        """
        synthetic = name.startswith(SYNTHETIC)
        real_name = name.removeprefix(SYNTHETIC)
        known("dataset", real_name, self.values["datasets"])
        entry, n = self.values["datasets"][real_name], self.values["synthetic_images"]
        return Dataset(
            name=name,
            shape=tuple(entry["shape"]),
            split=(n - 2 * (n // 3), n // 3, n // 3) if synthetic else tuple(entry.get("split", (0, 0, 0))),
            folds=entry.get("folds", 0),
            contrast_norm=entry.get("contrast_norm", 0.0),
            files=entry["files"],
            npm_package=entry.get("npm_package"),
            user_supplied="path" in entry,
            path=entry.get("path"),
            synthetic=synthetic,
        )

    def _layers(self, entry: dict[str, Any], network: str) -> tuple[AnyLayer, ...]:
        """The layers of the catalogue; `smoke` makes dense ones narrower, with wider initial weights."""
        layers = [layer(**line) for line in entry[network]]
        factor, limit = self._scale.get("weight_factor", 1), self._scale.get("max_units", math.inf)
        # What a convolution reads has the size it has; so has the noise that a pretrained generator reads.
        fixed = [isinstance(above, Deconvolution) for above in layers[1:]] + [True]
        for place, one in enumerate(layers):
            layers[place] = one = replace(one, weight_range=factor * one.weight_range)
            if isinstance(one, Layer):
                units = one.units if fixed[place] or one.units <= entry["noise_size"] else min(one.units, limit)
                layers[place] = replace(one, units=units, sparse=min(one.sparse, limit))
        return tuple(layers)


def load(path: Path, scale: str | None = None, **chosen: Any) -> Params:
    """Load the params from a file; what is given of SELECTION replaces the file's own.

    Raises:
        UserError: the file is missing, is not YAML, or its content is not valid.
    """
    return Params(read(path) | {key: value for key, value in chosen.items() if value is not None}, scale)


def read(path: Path) -> dict[str, Any]:
    """Return the content of a params file, not yet validated; the errors are those of `load`."""
    try:
        return parse_yaml(path.read_bytes(), path)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); name the file with --params") from error


def _check_sizes(name: str, entry: dict[str, Any], values: dict[str, Any]) -> None:
    """The generator draws images of the data set's size; there are as many validation images as asked for."""
    dataset = values["datasets"][entry["dataset"]]
    try:
        pixels, units = math.prod(dataset["shape"]), layer(**entry["generator"][-1]).units
    except (ValueError, TypeError) as error:
        raise UserError(f"params: catalogue: {name}: generator: {error}") from error
    if units != pixels:
        raise UserError(f"params: catalogue: {name}: generator: last units: {units}, but an image has {pixels} pixels")
    there = dataset["split"][1] if "split" in dataset else math.inf
    measured = (values["validation"] | entry.get("validation", {}))["images"] or 0
    for key, wanted in (("parzen: n_validation", values["parzen"]["n_validation"]), ("validation: images", measured)):
        if wanted > there:
            raise UserError(f"params: {key}: {wanted}, but {entry['dataset']} has {there} validation images")


def _check_stages(catalogue: dict[str, Any], experiments: dict[str, Any]) -> None:
    """Check that pretraining is in the catalogue and has none itself, and that scored experiments state their seeds."""
    firsts = {name: entry["pretraining"] for name, entry in catalogue.items() if entry.get("pretraining") is not None}
    for name, first in firsts.items():
        known(f"catalogue: {name}: pretraining", first, catalogue)
        if first in firsts:
            raise UserError(f"params: catalogue: {name}: pretraining: {first} has pretraining itself")
        if name in experiments:
            known(f"scales: experiments: {name}: pretraining", first, experiments)
    for name, entry in experiments.items():
        if name not in firsts.values() and "seeds" not in entry:
            raise UserError(f"params: scales: experiments: {name}: seeds: missing")
