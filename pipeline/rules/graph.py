"""What the Snakefile asks: targets, inputs and parameters of each rule, from the params."""

import os
import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import torch

from pipeline.config.experiments import MIRROR_VARIABLE, RAW, Dataset, Experiment
from pipeline.config.params import Params, load
from pipeline.data.readers import READERS
from pipeline.files.errors import UserError
from pipeline.files.formats import read_json
from pipeline.record.places import PUBLISHED, RESULTS, RUNS, audit_folder, first_run, prepared, run_folder, run_folders
from pipeline.record.runs import AUDIT, MANIFESTS, SHEET, TRAINING_FILES, name_of

OVERRIDABLE = ("scale", "experiments", "seeds")
# Kinds of figures, one of each per experiment.
FIGURES = ("samples", "seeds", "interpolation", "bandwidth", "learning", "progress", "variance", "audit", "growth")
TRAINED = [*TRAINING_FILES, MANIFESTS["train"]]  # files that training leaves in a run


@dataclass(frozen=True)
class Block:
    """Seeds of an experiment that one job trains together.

    Attributes:
        name: e.g. "mnist_seeds0_19"; of the job.
        experiment: its name.
        data: the prepared data.
        pretrained: files of the first stage's runs, where there is one.
        options: that name their folder.
        runs: the folder of each seed's run.
        settings: what the runs depend on; not which seeds are trained together.
    """

    name: str
    experiment: str
    data: str
    pretrained: list[str]
    options: str
    runs: list[str]
    settings: dict[str, Any]

    @property
    def files(self) -> list[str]:
        """What training leaves."""
        return _trained(self.runs)


class Graph:
    """The rules' view of the params.

    Args:
        config: Snakemake's config: params.yaml and what --config changed.
        params_file: the file that the stages read.
    Raises:
        UserError: the config does not fit the schema, or --config changed what the stages would not see.
    """

    def __init__(self, config: dict[str, Any], params_file: Path = Path("params.yaml")) -> None:
        self._config = config = config | {"seeds": _numbers(config["seeds"])}
        self.params = Params(config)
        if not self.params.experiments:
            missing = [self.params.dataset(self.params.dataset_of(name)) for name in self.params.asked]
            hints = dict.fromkeys(data.how_to_supply for data in missing) or [
                "a first stage alone is not an experiment"
            ]
            raise UserError("nothing to run: " + "; ".join(hints))
        self._check_data()
        in_file = load(params_file).values
        changed = [key for key in in_file if key not in OVERRIDABLE and self.params.values[key] != in_file[key]]
        if changed:
            raise UserError(
                f"--config can set {', '.join(OVERRIDABLE)}; to change {', '.join(changed)} edit {params_file}"
            )

    def _check_data(self) -> None:
        """Say at once what would fail hours later: a path that leads nowhere, a data set without a reader."""
        mirror = os.environ.get(MIRROR_VARIABLE)
        if mirror is not None and not Path(mirror).is_dir():
            raise UserError(f"{MIRROR_VARIABLE}={mirror} is not a folder")
        for name in self.datasets():
            dataset = self.dataset(name)
            if not dataset.synthetic and name not in READERS:
                raise UserError(f"{name}: no reader; add one to READERS in pipeline/data/readers.py")
            if dataset.path is not None and not Path(dataset.path).is_file():
                raise UserError(f"{dataset.path}: no such file; {dataset.how_to_supply}")

    @property
    def results(self) -> str:
        """Folder of the scale's results."""
        return str(RESULTS / self.params.scale)

    def experiments(self) -> list[str]:
        """Experiments to run."""
        return self.params.experiments

    def runs(self) -> list[str]:
        """Folders of all runs."""
        return self.runs_of(self.experiments())

    def runs_of(self, experiments: Iterable[str]) -> list[str]:
        """Folders of the runs of some experiments."""
        return list(map(str, run_folders(self.params, experiments)))

    def blocks(self) -> list[Block]:
        """What is trained together: each experiment's seeds in fixed blocks, so that new seeds leave old blocks."""
        size = self.params.values["compute"]["seeds_per_job"]["cuda" if self.gpus() else "cpu"]
        return [
            self._block(name, list(seeds))
            for name, wanted in self._seeds_by_stage().items()
            for _, seeds in groupby(sorted(wanted), key=lambda seed: seed // size)
        ]

    def _seeds_by_stage(self) -> dict[str, set[int]]:
        """What is trained; a first stage has the seeds of all that build on it."""
        wanted: dict[str, set[int]] = {}
        for scored in self.experiments():
            for name in self.params.stages(scored):
                wanted.setdefault(name, set()).update(self.params.seeds(scored))
        for name in self.params.claims.experiments:
            wanted[name] = set(self.params.seeds(name))
        return wanted

    def _block(self, name: str, seeds: list[int]) -> Block:
        experiment = self.params.experiment(name)
        first = experiment.pretraining
        return Block(
            name=f"{name}_{name_of(seeds)}".replace("-", "_"),
            experiment=name,
            data=str(prepared(experiment.dataset)),
            pretrained=_trained([self._run(first.name, seed) for seed in seeds]) if first else [],
            options=f"--pretrained {RUNS / self.params.scale / first.name}" if first else "",
            runs=[self._run(name, seed) for seed in seeds],
            settings=experiment.settings("train"),
        )

    def seeds_of(self, _: Any, output: Any) -> list[str]:
        """The seeds of a training job, from its files: Snakemake does not compare what is derived from those."""
        return list(dict.fromkeys(Path(file).parent.name.removeprefix("seed") for file in output))

    def first_runs(self) -> list[str]:
        """Folder of each experiment's first seed: the one that the sample sheets show."""
        return [str(first_run(self.params, name)) for name in self.experiments()]

    def first_trained(self, wildcards: Any) -> list[str]:
        """What training left of an experiment's first seed: the one whose samples grow in number."""
        return _trained([self.first_run(wildcards)])

    def first_run(self, wildcards: Any) -> str:
        """Its folder."""
        return str(first_run(self.params, wildcards.experiment))

    def audits(self) -> list[str]:
        """Folders of the experiments' audits."""
        return [str(audit_folder(self.params, name)) for name in self.experiments()]

    def _run(self, experiment: str, seed: int) -> str:
        return str(run_folder(self.params, experiment, seed))

    def figures(self) -> list[str]:
        """Names of all figures."""
        each = [f"{kind}-{name}" for name in self.experiments() for kind in FIGURES]
        return ["table1", "toy", "oracle", *each]

    def datasets(self) -> list[str]:
        """Names of the data sets of the experiments to run."""
        return self.params.datasets

    def downloads(self) -> list[str]:
        """Manifests of the raw files of those data sets."""
        return [f"data/raw/{name}/manifest.json" for name in self.datasets() if not self.dataset(name).synthetic]

    def dataset(self, name: str) -> Dataset:
        """A data set."""
        return self.params.dataset(name)

    def raw(self, wildcards: Any) -> list[str]:
        """What `prepare` reads; synthetic images need nothing."""
        return [] if self.dataset(wildcards.dataset).synthetic else [f"data/raw/{wildcards.dataset}/manifest.json"]

    def files(self, wildcards: Any) -> dict[str, Any]:
        """Names and checksums of a data set's raw files, and where the user has put them."""
        dataset = self.dataset(wildcards.dataset)
        return {"files": dataset.files, "path": dataset.path}

    def user_file(self, wildcards: Any) -> list[str]:
        """What `download` copies where a user supplies the data; none where it has been copied already."""
        dataset = self.dataset(wildcards.dataset)
        file = dataset.user_file() if dataset.user_supplied else None
        return [] if file is None or file.is_relative_to(RAW) else [str(file)]

    def preparation(self, wildcards: Any) -> dict[str, Any]:
        """How a data set's parts are made."""
        return self.dataset(wildcards.dataset).preparation

    def chosen(self) -> str:
        """Options that repeat --config's choice to a stage."""
        return _options(self._config)

    def prepared(self, wildcards: Any) -> str:
        """Prepared data of an experiment."""
        return str(prepared(self._experiment(wildcards).dataset))

    def settings(self, stage: str) -> Callable[[Any], dict[str, Any]]:
        """What a stage's files depend on beside its inputs, as a function of the wildcards."""
        return lambda wildcards: self._experiment(wildcards).settings(stage)

    def _experiment(self, wildcards: Any) -> Experiment:
        return self.params.experiment(wildcards.experiment)

    def published_selection(self, _: Any) -> str:
        """Options that select what was committed."""
        entry = read_json(PUBLISHED / "published.json")
        return f"--scale {entry['scale']} {_options(entry)}".rstrip()

    def published_runs(self, _: Any) -> list[str]:
        """Folders of the committed runs that the tables are of."""
        scale = read_json(PUBLISHED / "published.json")["scale"]
        return sorted(map(str, PUBLISHED.glob(f"runs/{scale}/*/seed*")))

    def published_sheets(self, _: Any) -> list[str]:
        """Their sample sheets."""
        return [f"{run}/{SHEET}" for run in self.published_runs(_)]

    def published_manifests(self, _: Any) -> list[str]:
        """Their manifests."""
        return [f"{run}/{MANIFESTS['train']}" for run in self.published_runs(_)]

    def published_audits(self, _: Any) -> list[str]:
        """Committed sheets of the audits."""
        return sorted(map(str, PUBLISHED.glob(f"runs/*/*/{AUDIT}/{SHEET}")))

    def gpus(self) -> int:
        """GPUs that one training takes."""
        device = self._config["compute"]["device"]
        return int(device == "cuda" or (device == "auto" and torch.cuda.is_available()))


def _options(choice: dict[str, Any]) -> str:
    """A choice of experiments and seeds as options of a stage."""
    chosen = [(key, choice[key]) for key in ("experiments", "seeds") if choice[key] is not None]
    return " ".join(f"--{key} {shlex.join(map(str, values))}" for key, values in chosen)


def _trained(runs: list[str]) -> list[str]:
    return [f"{run}/{name}" for run in runs for name in TRAINED]


def _numbers(seeds: Any) -> Any:
    """`--config seeds=[0,1]` arrives as a list of texts; what is no number is left for the schema to refuse."""
    if not isinstance(seeds, list):
        return seeds
    return [int(seed) if str(seed).isdecimal() else seed for seed in seeds]
