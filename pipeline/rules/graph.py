"""What the rules ask of the params: targets, inputs, options and what a job depends on. Nothing of the machine."""

import shlex
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from pipeline.config.experiments import RAW, Experiment
from pipeline.config.params import SELECTION, Params, read
from pipeline.files.errors import UserError
from pipeline.files.formats import read_json, sha256
from pipeline.record.code import ROOT, code_hash
from pipeline.record.places import (
    CIFAR10_CURVES,
    PUBLISHED,
    RESULTS,
    RUNS,
    audit_folder,
    first_run,
    prepared,
    run_folders,
)
from pipeline.record.runs import AUDIT, IMAGES, MANIFESTS, REDRAWN, SHEET, name_of, seeds_of
from pipeline.rules.asked import check_data, numbers, options_of

QUOTED = ROOT / "pipeline/quoted.csv"
OVERRIDABLE = ("scale", *SELECTION, "variants", "seeds_per_job")
# Kinds of figures, one of each per experiment.
KINDS = ("samples", "seeds", "interpolation", "bandwidth", "learning", "progress", "variance", "audit", "growth")


class Graph:
    """The rules' view of the params.

    Args:
        config: what --config changes; Snakemake itself reads no params.yaml, for 1e-05 would be text.
        params_file: the file that the commands read.
    Raises:
        UserError: the config does not fit the schema, or --config changed what the commands would not see.
    """

    def __init__(self, config: dict[str, Any], params_file: Path = Path("params.yaml")) -> None:
        values = read(params_file)
        changed = [key for key in config if key not in OVERRIDABLE and config[key] != values.get(key)]
        if changed:
            raise UserError(
                f"--config can set {', '.join(OVERRIDABLE)}; to change {', '.join(changed)} edit {params_file}"
            )
        self._config = values = values | config
        values["seeds"] = numbers(values.get("seeds"))
        self.params = params = Params(values)
        if not (params.is_real or params.claims.is_whole):
            raise UserError(f"variants: scale {params.scale} has synthetic images, and is too short to leave any out")
        if not params.experiments:
            missing = [params.dataset(params.dataset_of(name)) for name in params.asked]
            hints = dict.fromkeys(data.how_to_supply for data in missing) or ["a pretraining alone is no experiment"]
            raise UserError("nothing to run: " + "; ".join(hints))
        check_data([params.dataset(name) for name in params.datasets])
        self.results, self.claims = f"{RESULTS}/{params.scale}", f"{RESULTS}/{params.scale}/claims"
        self.threads: int = params.values["compute"]["threads"]

    # What a job depends on beside its inputs.

    def depends(self, stage: str, settings: Any = None) -> dict[str, Any]:
        """Return the settings, and hashes of the code that decides the numbers and of what the project's people edit.

        An edited file may arrive with an old time, which Snakemake takes for no change of an input.
        """
        edited = {"quoted": sha256(QUOTED)} if stage in ("table", "figures", "report", "compare") else {}
        return {"settings": settings, "code": code_hash(f"pipeline.{stage}")} | edited

    def settings(self, stage: str, command: str = "") -> Callable[[Any], dict[str, Any]]:
        """Return the same for a stage of an experiment, as a function of the wildcards."""
        return lambda wildcards: self.depends(command or stage, self._experiment(wildcards).settings(stage))

    def _experiment(self, wildcards: Any) -> Experiment:
        return self.params.model(getattr(wildcards, "rival", None) or wildcards.experiment)

    # Data.

    def prepared(self, wildcards: Any) -> str:
        """Return the prepared data of an experiment."""
        return str(prepared(self._experiment(wildcards).dataset))

    def downloads(self) -> list[str]:
        """Return the manifests of the raw files of all data sets."""
        return [file for name in self.params.datasets for file in self._raw(name)]

    def raw(self, wildcards: Any) -> list[str]:
        """Return what `prepare` reads; synthetic images need nothing."""
        return self._raw(wildcards.dataset)

    def _raw(self, name: str) -> list[str]:
        return [] if self.params.dataset(name).synthetic else [f"{RAW}/{name}/manifest.json"]

    def user_file(self, wildcards: Any) -> list[str]:
        """Return what `download` copies where a user supplies the data; none where it has been copied already."""
        dataset = self.params.dataset(wildcards.dataset)
        file = dataset.user_file() if dataset.user_supplied else None
        return [] if file is None or file.is_relative_to(RAW) else [str(file)]

    def files(self, wildcards: Any) -> dict[str, Any]:
        """Return names and checksums of a data set's raw files, and where the user has put them and in what state."""
        dataset = self.params.dataset(wildcards.dataset)
        supplied = [sha256(Path(file)) for file in self.user_file(wildcards)]
        return self.depends("download", {"files": dataset.files, "path": dataset.path, "supplied": supplied})

    def preparation(self, wildcards: Any) -> dict[str, Any]:
        """Return how a data set's parts are made."""
        return self.depends("prepare", self.params.dataset(wildcards.dataset).preparation)

    # Runs. Seeds that one job trains together are an ensemble; its output is the list of its runs.

    def runs(self, experiments: Iterable[str] | None = None) -> list[str]:
        """Return the folders of the runs of some experiments; of all that are asked for by default."""
        return list(map(str, run_folders(self.params, self.params.experiments if experiments is None else experiments)))

    def lists(self, experiments: Iterable[str] | None = None) -> list[str]:
        """Return the lists behind these runs, those of their pretraining too."""
        names, params = self.params.experiments if experiments is None else experiments, self.params
        each = [(stage, seed) for name in names for stage in params.stages(name) for seed in params.seeds(name)]
        return list(dict.fromkeys(self._list(stage, seed) for stage, seed in each))

    def trained(self, wildcards: Any) -> str:
        """Return the list that holds a run."""
        return self._list(wildcards.experiment, int(wildcards.seed))

    def pretrained(self, wildcards: Any) -> list[str]:
        """Return the lists that hold the pretraining runs of an ensemble's seeds, if there is pretraining."""
        first = self._experiment(wildcards).pretraining
        seeds = seeds_of(wildcards.seeds) if first else []
        return list(dict.fromkeys(self._list(first.name, seed) for seed in seeds if first))

    def training_options(self, wildcards: Any) -> str:
        """Return the seeds to train and where their files go."""
        first, place = self._experiment(wildcards).pretraining, f"{self.params.scale}/{wildcards.experiment}"
        seeds = f"--seeds {' '.join(map(str, seeds_of(wildcards.seeds)))}"
        pretrained = f" --pretrained {RUNS / self.params.scale / first.name}" if first else ""
        return f"{seeds}{pretrained} --output runs/{place} --work work/{place} --lines --finished"

    def _list(self, experiment: str, seed: int) -> str:
        """Return the list that a seed is on: ensembles are fixed ranges, so that new seeds leave old ensembles."""
        if experiment in self.params.rivals:
            return f"{RUNS / self.params.scale / experiment}/rivals.json"
        size, wanted = self.params.values["seeds_per_job"], sorted(self._wanted(experiment))
        together = [one for one in wanted if one // size == seed // size]
        return f"{RUNS / self.params.scale / experiment}/{name_of(together)}.json"

    def _wanted(self, experiment: str) -> set[int]:
        """Return the seeds to train of an experiment; a pretraining has those of all that build on it."""
        using = [name for name in self.params.experiments if experiment in self.params.stages(name)]
        return {seed for name in using or [experiment] for seed in self.params.seeds(name)}

    def growth_options(self, wildcards: Any) -> str:
        """Return the run whose samples grow in number: the experiment's first seed."""
        return f"--run {first_run(self.params, wildcards.experiment)} --output"

    def grown(self, wildcards: Any) -> str:
        """Return the list that holds it."""
        return self._list(wildcards.experiment, self.params.seeds(wildcards.experiment)[0])

    def audits(self) -> list[str]:
        """Return the folders of the experiments' audits."""
        return [str(audit_folder(self.params, name)) for name in self.params.experiments]

    # Results.

    def figures(self) -> list[str]:
        """Return the names of all figures."""
        each = [f"{kind}-{name}" for name in self.params.experiments for kind in KINDS]
        return ["table1", "toy", "oracle", *each]

    def selection(self) -> str:
        """Return the options that repeat the scale and --config's choice."""
        return f"--scale {self.params.scale} {options_of(self._config)}".rstrip()

    def figure_options(self, _: Any, input: Any) -> str:
        """Return what figures are made from."""
        made_from = f"--results {Path(input.table).parent} --toy {input.toy} --oracle {input.oracle}"
        return f"{made_from} --sheets {input.sheets} --audits {input.audits}"

    def report_options(self, _: Any, input: Any) -> str:
        """Return what the report shows; the claims where they have been read, for asking for the report reads none."""
        claims = f"--claims {self.claims} " if self.known_claims() else ""
        command = shlex.quote(self.params.command)
        made_from = f"--results {self.results} --runs {' '.join(self.runs())} --data {input.downloads} {input.data}"
        return f"{made_from} {claims}--command {command}"

    def known_claims(self, _: Any = None) -> str:
        """Return the hash of the claims that have been read: the report is made again when they change."""
        manifest = Path(self.claims) / "claims.manifest.json"
        return sha256(manifest) if manifest.is_file() else ""

    # Other models.

    def annealed(self) -> list[str]:
        """Return the folders of what is measured by annealed importance sampling: first runs, and k-means."""
        name = self.params.comparison.experiment
        firsts = [first_run(self.params, one) for one in (name, *self.params.rivals)]
        return list(map(str, [firsts[0], audit_folder(self.params, name), *firsts[1:]]))

    def rival_options(self, wildcards: Any) -> str:
        """Return the seeds to train and where their files go."""
        place, seeds = f"{self.params.scale}/{wildcards.rival}", self.params.seeds(wildcards.rival)
        return f"--seeds {' '.join(map(str, seeds))} --output runs/{place} --work work/{place} --finished"

    def annealing(self, wildcards: Any) -> dict[str, Any]:
        """Return what annealed importance sampling of a model depends on."""
        settings = self._experiment(wildcards).settings("measure") | self.params.values["audit"]
        return self.depends("ais", settings | self.params.comparison.settings())

    # What is published.

    def published(self, _: Any) -> str:
        """Return the options that select what was committed."""
        entry = read_json(PUBLISHED / "published.json")
        return f"--scale {entry['scale']} {options_of(entry)}".rstrip()

    def published_settings(self, stage: str) -> Callable[[Any], dict[str, Any]]:
        """Return a function for what a stage depends on at the scale and with the choice of what was committed."""

        def settings(_: Any) -> dict[str, Any]:
            entry = read_json(PUBLISHED / ("claims/published.json" if stage == "claims" else "published.json"))
            chosen = {key: entry[key] for key in (*SELECTION, "variants") if key in entry}
            params = Params(self.params.values | chosen, entry["scale"])
            of = {"table": params.tabulation, "claims": params.compared}.get(stage, params.presentation)
            return self.depends(stage, of())

        return settings

    def published_files(self, name: str) -> Callable[[Any], list[str]]:
        """Return a function for the files of this name of the committed runs."""
        return lambda _: [f"{run}/{name}" for run in self._published_runs()]

    def published_table(self, _: Any) -> str:
        """Return what the committed tables are made from."""
        redrawn = " ".join(dict.fromkeys(str(Path(file).parent) for file in self.published_variance()))
        return f"--gathered {PUBLISHED}{f' --redrawn {redrawn}' if redrawn else ''}"

    def published_variance(self, _: Any = None) -> list[str]:
        """Return what the variance is made from, of those committed runs that have it."""
        runs = [run for run in self._published_runs() if Path(run, REDRAWN).is_file()]
        return [f"{run}/{name}" for run in runs for name in (REDRAWN, IMAGES, *MANIFESTS.values())]

    def published_scored(self, _: Any) -> list[str]:
        """Return what the scorecard follows from, beside the tables and the claims, where it was committed."""
        return [str(path) for path in (PUBLISHED / "toy.csv", CIFAR10_CURVES) if path.is_file()]

    def published_report(self, _: Any) -> str:
        """Return what the committed report is made from."""
        runs = " ".join(self._published_runs("*"))  # of other scales too: numbers of theirs are shown
        made_from = f"--results {RESULTS}/regenerated --published {PUBLISHED} --runs {runs}"
        return f"{made_from} --command 'snakemake --cores all published'"

    def _published_runs(self, scale: str = "") -> list[str]:
        scale = scale or read_json(PUBLISHED / "published.json")["scale"]
        return sorted(map(str, PUBLISHED.glob(f"runs/{scale}/*/seed*")))

    def published_audits(self, _: Any) -> list[str]:
        """Return the committed sheets of the audits."""
        return sorted(map(str, PUBLISHED.glob(f"runs/*/*/{AUDIT}/{SHEET}")))

    def published_claims(self, _: Any) -> str:
        """Return the options that select the committed claims."""
        entry = read_json(PUBLISHED / "claims/published.json")
        variants = entry.get("variants")
        return f"--scale {entry['scale']}" + ("" if variants is None else f" --variants {' '.join(variants)}")
