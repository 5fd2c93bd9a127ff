"""Run the stages one after another on a machine without Snakemake, and pack what travels home.

    python -m pipeline.box --scale paper --experiments mnist --stages runs --pack box.tar.gz    # on the machine
    tar xf box.tar.gz && python -m pipeline.box --scale paper --experiments mnist --stages results   # at home

What is finished is left alone and a stopped training goes on, so the same command may be given again and again.
Weights and samples stay where they were made; manifests vouch for them. See docs/run-on-a-gpu-box.md.
"""

import argparse
import shlex
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from pipeline.claims.files import CLASSIFIER
from pipeline.config.experiments import Experiment
from pipeline.config.params import Params
from pipeline.files.errors import RunError, Stopped
from pipeline.files.formats import read_json, replacing, sha256
from pipeline.record.manifest import is_present_code
from pipeline.record.places import (
    PREPARED,
    RESULTS,
    RUNS,
    WORK,
    audit_folder,
    first_run,
    labels,
    prepared,
    run_folder,
    run_folders,
)
from pipeline.record.runs import AUDITS, GENERATORS, LARGE_FILES, MANIFESTS, MEASURED, SHEET, name_of, plain
from pipeline.runtime import cli
from pipeline.runtime.signals import Exit

STAGES = ("runs", "claims", "results")


@dataclass(frozen=True)
class Command:
    """A stage to be called.

    Attributes:
        arguments: its name and options.
        leaves: the manifests that it leaves, each with facts that it must state to be the present one; without any
            the stage is called each time.
        reads: folders of its inputs, beside that of the manifest and PREPARED.
    """

    arguments: list[str]
    leaves: dict[Path, dict[str, Any]] = field(default_factory=dict)
    reads: tuple[Path, ...] = ()

    @property
    def is_finished(self) -> bool:
        """Whether its files are there, whole, and made by the present code with the present settings and inputs."""
        return bool(self.leaves) and all(_is_present(path, facts, self.reads) for path, facts in self.leaves.items())


def main() -> None:
    """Command line."""
    parser = cli.parser("box", __doc__, "--scale paper --experiments mnist --stages runs --pack box.tar.gz")
    cli.add_selection(parser)
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto", help="default: CUDA if present")
    parser.add_argument(
        "--stages",
        choices=STAGES,
        nargs="+",
        default=["runs", "results"],
        help="runs and claims take a GPU; results: tables, readings, report; default: runs results",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="only print the stages that have to run by what is there now"
    )
    parser.add_argument("--pack", type=Path, help="write the finished runs, without weights and samples, to a tar.gz")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.selected_params(args)
    common = ["--params", str(args.params), "--scale", params.scale]
    on = ["--device", args.device]
    todo = {"runs": _runs(params, on), "claims": _claims(params, on), "results": _results(params, args)}
    for command in chain.from_iterable(todo[part] for part in args.stages):
        if command.is_finished:
            continue
        stage, *options = command.arguments
        arguments = [stage, *(common if stage != "toy" else []), *options]  # the toy has no parameters
        print(f"$ python -m pipeline.{shlex.join(arguments)}", flush=True)
        if not args.dry_run:
            _call(arguments, args.exit)
    if args.pack and not args.dry_run:
        print(f"{pack(params, args.pack)} files in {args.pack}", flush=True)


def _is_present(manifest: Path, facts: dict[str, Any], reads: tuple[Path, ...]) -> bool:
    """Whether a manifest is of the present code, facts, inputs and outputs; weights and samples may be gone."""
    if not manifest.is_file():
        return False
    content = read_json(manifest)
    if not is_present_code(content) or any(content.get(key) != value for key, value in plain(facts).items()):
        return False
    files = {_found(name, (manifest.parent, PREPARED, *reads)): digest for name, digest in content["inputs"].items()}
    files |= {manifest.parent / name: digest for name, digest in content["outputs"].items()}
    whole = all(path.is_file() or path.name in LARGE_FILES for path in files)
    return whole and all(sha256(path) == digest for path, digest in files.items() if path.is_file())


def _found(name: str, folders: tuple[Path, ...]) -> Path:
    """The file in the first folder that has it; where it would lie if none does."""
    return next((folder / name for folder in folders if (folder / name).is_file()), folders[0] / name)


def _call(arguments: list[str], exit_: Exit) -> None:
    """Run a stage; a signal is handed on to it, once, and it is waited for: training leaves with a checkpoint."""
    exit_.at_once, told = False, False
    command = [sys.executable, "-m", f"pipeline.{arguments[0]}", *arguments[1:]]
    # In a group of its own, for a signal that is sent to the whole group would reach it twice.
    with subprocess.Popen(command, process_group=0) as process:
        while process.poll() is None:
            if exit_.asked and not told:
                process.terminate()
                told = True
            time.sleep(0.05)
    if exit_.asked:
        raise Stopped(exit_.asked)
    if process.returncode:
        raise RunError(f"{arguments[0]} ended with exit code {process.returncode}; the same command goes on from there")


def _runs(params: Params, on: list[str]) -> Iterator[Command]:
    """Training of all seeds at once, then samples and scores of each; the audit."""
    for name in params.experiments:
        for stage in params.stages(name):
            yield _training(params, stage, params.seeds(name), on)
        one, data = params.experiment(name), _data(params, name)
        for run in run_folders(params, [name]):
            for stage in ("sample", "evaluate"):
                work = ["--work", str(WORK / params.scale / name)] if stage == "evaluate" else []
                arguments = [stage, "--experiment", name, "--run", str(run), *data, *work, *on]
                yield Command(arguments, {run / MANIFESTS[stage]: {"settings": one.settings(stage)}})
        audit, first = audit_folder(params, name), first_run(params, name)
        for stage, of in (("audit", []), ("growth", ["--run", str(first)])):
            arguments = [stage, "--experiment", name, *of, *data, "--output", str(audit), *on]
            yield Command(arguments, {audit / AUDITS[stage]: {"settings": one.settings(stage)}}, (first,))


def _training(params: Params, name: str, seeds: list[int], on: list[str]) -> Command:
    """Training of the seeds that are not finished; of all where all are, or where a stop left all in one checkpoint."""
    folder, work = RUNS / params.scale / name, WORK / params.scale / name
    settings, first = params.experiment(name).settings("train"), params.experiment(name).pretraining
    manifests = {seed: run_folder(params, name, seed) / MANIFESTS["train"] for seed in seeds}
    facts = {seed: {"settings": settings, "pretrained_sha256": _began_from(params, first, seed)} for seed in seeds}
    left = [seed for seed in seeds if not _is_present(manifests[seed], facts[seed], ())] or seeds
    if (work / f"{name_of(seeds)}.safetensors").is_file():
        left = seeds
    below = ["--pretrained", str(RUNS / params.scale / first.name)] if first else []
    places = ["--output", str(folder), "--work", str(work), *below, "--lines"]
    arguments = ["train", "--experiment", name, "--seeds", *map(str, left), *_data(params, name), *places, *on]
    return Command(arguments, {manifests[seed]: facts[seed] for seed in left})


def _began_from(params: Params, first: Experiment | None, seed: int) -> str | None:
    """SHA-256 of the first stage's generator, where there is such a stage."""
    if first is None:
        return None
    path = run_folder(params, first.name, seed) / GENERATORS["last"]
    return sha256(path) if path.is_file() else ""


def _claims(params: Params, on: list[str]) -> Iterator[Command]:
    """What is compared to test the paper's claims: trainings and their measures, gradients, the classifier."""
    folder, code = RESULTS / params.scale / "claims", params.claims.code
    seeds, data = params.claims.toy_seeds, _data(params, code)
    classes, network = str(labels(params.dataset_of(code))), folder / CLASSIFIER
    about = ["--experiment", code, *data, *on]
    facts = {"settings": params.experiment(code).settings("train"), "seeds": seeds}
    yield Command(
        ["saturation", *about, "--seeds", *map(str, seeds), "--output", str(folder / "saturation.csv")],
        {folder / "saturation.manifest.json": facts},
    )
    yield Command(
        ["classify", *about, "--labels", classes, "--output", str(folder)],
        {folder / "classifier.manifest.json": {"settings": params.measuring(code)}},
    )
    for name in params.claims.experiments:
        yield _training(params, name, params.seeds(name), on)
        runs = run_folders(params, [name])
        of = ["--experiment", name, "--run", *map(str, runs), *data, "--classifier", str(network)]
        facts = {"settings": params.measuring(name)}
        yield Command(["measure", *of, *on], {run / MEASURED: facts for run in runs}, (folder,))


def _data(params: Params, name: str) -> list[str]:
    return ["--data", str(prepared(params.dataset_of(name)))]


def _results(params: Params, args: argparse.Namespace) -> Iterator[Command]:
    """The toy, the known densities; then tables, figures and report, made anew each time."""
    results = RESULTS / params.scale
    chosen = [part for key in ("experiments", "seeds") for part in _option(key, getattr(args, key))]
    runs = list(map(str, run_folders(params, params.experiments)))
    sheets = [f"{run}/{SHEET}" for run in runs]
    audits = [str(audit_folder(params, name) / SHEET) for name in params.experiments]
    toy, oracle = str(results / "toy.csv"), str(results / "oracle.csv")
    data = [str(PREPARED / f"{name}.manifest.json") for name in params.datasets]
    yield Command(["toy", "--output", toy], {results / "toy.manifest.json": {}})
    yield Command(["oracle", "--output", oracle], {results / "oracle.manifest.json": {"settings": params.oracle}})
    yield Command(["table", *chosen, "--runs", *runs, "--output", str(results)])
    drawn = ["--toy", toy, "--oracle", oracle, "--sheets", *sheets, "--audits", *audits]
    yield Command(["figures", *chosen, "--results", str(results), *drawn, "--output", str(results / "figures")])
    shown = ["--results", str(results), "--runs", *runs, "--data", *data, "--command", params.command]
    compared = run_folders(params, params.claims.experiments)
    if all((run / MEASURED).is_file() for run in compared):
        folder = results / "claims"
        for toys in ("theory", "modes"):
            facts = {"settings": params.toys()}
            yield Command([toys, "--output", str(folder)], {folder / f"{toys}.manifest.json": facts})
        yield Command(["claims", "--runs", *map(str, compared), "--output", str(folder)])
        shown += ["--claims", str(folder)]
    yield Command(["report", *chosen, *shown, "--output", str(results / "report.html")])


def _option(key: str, values: list[object] | None) -> list[str]:
    return [] if values is None else [f"--{key}", *map(str, values)]


def pack(params: Params, path: Path) -> int:
    """Write what `results` needs of the runs to an archive; gives the number of files."""
    folders = [RUNS / params.scale / stage for name in params.experiments for stage in params.stages(name)]
    files = [file for folder in folders for file in sorted(folder.glob("*/*")) if file.name not in LARGE_FILES]
    files += [PREPARED / f"{name}.manifest.json" for name in params.datasets]
    compared = run_folders(params, params.claims.experiments)
    files += [file for run in compared for file in sorted(run.glob("*")) if file.name not in LARGE_FILES]
    files += [file for file in sorted((RESULTS / params.scale / "claims").glob("*")) if file.is_file()]
    with replacing(path) as temporary, tarfile.open(temporary, "w:gz") as archive:
        for file in files:
            archive.add(file)
    return len(files)


if __name__ == "__main__":
    main()
