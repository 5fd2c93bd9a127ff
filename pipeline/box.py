"""Run the stages one after another on a machine without Snakemake, and pack what travels home.

    python -m pipeline.box --scale paper --experiments mnist --stages runs --pack box.tar.gz    # on the machine
    tar xf box.tar.gz && python -m pipeline.box --scale paper --experiments mnist --stages results   # at home

What is finished is left alone and a stopped training goes on, so the same command may be given again and again.
Weights and samples stay where they were made; manifests vouch for them. See docs/run-on-a-gpu-box.md.
"""

import argparse
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from pipeline import cli
from pipeline.errors import RunError, Stopped
from pipeline.io import read_json, replacing, sha256
from pipeline.params import Params
from pipeline.provenance import code_hash
from pipeline.runs import AUDIT, AUDITS, HEAVY, MANIFESTS, MEASURED, SHEET, plain
from pipeline.signals import Exit

STAGES = ("runs", "claims", "results")
Command = tuple[list[str], dict[Path, Any]]  # a stage's arguments; the manifests that it leaves, with their settings


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
    parser.add_argument("--pack", type=Path, help="write the finished runs, without weights and samples, to a tar.gz")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.selected_params(args)
    common = ["--params", str(args.params), "--scale", params.scale]
    on = ["--device", args.device]
    todo = {"runs": _runs(params, on), "claims": _claims(params, on), "results": _results(params, args)}
    for (stage, *arguments), manifests in chain.from_iterable(todo[part] for part in args.stages):
        if not manifests or not all(_is_finished(path, settings) for path, settings in manifests.items()):
            _call([stage, *(common if stage != "toy" else []), *arguments], args.exit)  # the toy has no parameters
    if args.pack:
        print(f"{pack(params, args.pack)} files in {args.pack}", flush=True)


def _is_finished(manifest: Path, settings: Any) -> bool:
    """Whether a stage's files are there, whole, and made by the present code with the present settings and inputs.

    Weights and samples may be gone.
    """
    if not manifest.is_file():
        return False
    content = read_json(manifest)
    present = {"code_sha256": code_hash(f"pipeline.{content['stage']}"), "settings": plain(settings)}
    if any(content.get(key, value) != value for key, value in present.items()):
        return False
    inputs = {manifest.parent / name: digest for name, digest in content["inputs"].items()}
    outputs = {manifest.parent / name: digest for name, digest in content["outputs"].items()}
    whole = all(path.is_file() for path in outputs if path.name not in HEAVY)
    return whole and all(sha256(path) == digest for path, digest in (inputs | outputs).items() if path.is_file())


def _call(arguments: list[str], exit_: Exit) -> None:
    """Run a stage; a signal is handed on to it, once, and it is waited for: training leaves with a checkpoint."""
    print(f"$ python -m pipeline.{' '.join(arguments)}", flush=True)
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
        for run in _folders(params, name):
            for stage in ("sample", "evaluate"):
                arguments = [stage, "--experiment", name, "--run", str(run), *data, *on]
                yield arguments, {run / MANIFESTS[stage]: one.settings(stage)}
        audit, first = Path("runs", params.scale, name, AUDIT), str(_folders(params, name)[0])
        for stage, of in (("audit", []), ("growth", ["--run", first])):
            arguments = [stage, "--experiment", name, *of, *data, "--output", str(audit), *on]
            yield arguments, {audit / AUDITS[stage]: one.settings(stage)}


def _training(params: Params, name: str, seeds: list[int], on: list[str]) -> Command:
    """Training of the seeds that are not finished; of all of them where all are, to be found finished."""
    folder, work = Path("runs", params.scale, name), Path("work", params.scale, name)
    settings, first = params.experiment(name).settings("train"), params.experiment(name).pretraining
    manifests = {seed: folder / f"seed{seed}" / MANIFESTS["train"] for seed in seeds}
    left = [seed for seed in seeds if not _is_finished(manifests[seed], settings)] or seeds
    below = ["--pretrained", f"runs/{params.scale}/{first.name}"] if first else []
    places = ["--output", str(folder), "--work", str(work), *below, "--lines"]
    arguments = ["train", "--experiment", name, "--seeds", *map(str, left), *_data(params, name), *places, *on]
    return arguments, {manifests[seed]: settings for seed in left}


def _claims(params: Params, on: list[str]) -> Iterator[Command]:
    """What is compared to test the paper's claims: trainings and their measures, gradients, the classifier."""
    folder, code = Path("results", params.scale, "claims"), params.claims.code
    seeds, data = list(map(str, params.seeds(code))), _data(params, code)
    labels, network = data[1].replace(".npz", ".labels.npz"), folder / "classifier.safetensors"
    about = ["--experiment", code, *data, *on]
    yield ["saturation", *about, "--seeds", *seeds, "--output", str(folder / "saturation.csv")], {}
    yield (
        ["classify", *about, "--labels", labels, "--output", str(folder)],
        {folder / "classifier.manifest.json": params.measuring(code)},
    )
    for name in params.claims.experiments:
        yield _training(params, name, params.seeds(name), on)
        runs = _folders(params, name)
        of = ["--experiment", name, "--run", *map(str, runs), *data, "--classifier", str(network)]
        yield ["measure", *of, *on], {run / MEASURED: params.measuring(name) for run in runs}


def _folders(params: Params, name: str) -> list[Path]:
    return [Path("runs", params.scale, name, f"seed{seed}") for seed in params.seeds(name)]


def _data(params: Params, name: str) -> list[str]:
    return ["--data", f"data/prepared/{params.experiment(name).dataset}.npz"]


def _results(params: Params, args: argparse.Namespace) -> Iterator[Command]:
    """The toy, the known densities; then tables, figures and report, made anew each time."""
    results = Path("results", params.scale)
    chosen = [part for key in ("experiments", "seeds") for part in _option(key, getattr(args, key))]
    runs = [f"runs/{params.scale}/{name}/seed{seed}" for name in params.experiments for seed in params.seeds(name)]
    firsts = [f"runs/{params.scale}/{name}/seed{params.seeds(name)[0]}/{SHEET}" for name in params.experiments]
    audits = [f"runs/{params.scale}/{name}/{AUDIT}/{SHEET}" for name in params.experiments]
    toy, oracle = str(results / "toy.csv"), str(results / "oracle.csv")
    datasets = dict.fromkeys(params.experiment(name).dataset for name in params.experiments)
    data = [f"data/prepared/{name}.manifest.json" for name in datasets]
    yield ["toy", "--output", toy], {results / "toy.manifest.json": None}
    yield ["oracle", "--output", oracle], {results / "oracle.manifest.json": params.oracle}
    yield ["table", *chosen, "--runs", *runs, "--output", str(results)], {}
    drawn = ["--toy", toy, "--oracle", oracle, "--sheets", *firsts, "--audits", *audits]
    yield ["figures", *chosen, "--results", str(results), *drawn, "--output", str(results / "figures")], {}
    shown = ["--results", str(results), "--runs", *runs, "--data", *data, "--command", params.command]
    compared = [run for name in params.claims.experiments for run in _folders(params, name)]
    if all((run / MEASURED).is_file() for run in compared):
        folder = results / "claims"
        for toys in ("theory", "modes"):
            yield [toys, "--output", str(folder)], {folder / f"{toys}.manifest.json": params.toys()}
        yield ["claims", "--runs", *map(str, compared), "--output", str(folder)], {}
        shown += ["--claims", str(folder)]
    yield ["report", *chosen, *shown, "--output", str(results / "report.html")], {}


def _option(key: str, values: list[object] | None) -> list[str]:
    return [] if values is None else [f"--{key}", *map(str, values)]


def pack(params: Params, path: Path) -> int:
    """Write what `results` needs of the runs to an archive; gives the number of files."""
    folders = [Path("runs", params.scale, stage) for name in params.experiments for stage in params.stages(name)]
    files = [file for folder in folders for file in sorted(folder.glob("*/*")) if file.name not in HEAVY]
    datasets = dict.fromkeys(params.experiment(name).dataset for name in params.experiments)
    files += [Path(f"data/prepared/{name}.manifest.json") for name in datasets]
    compared = [run for name in params.claims.experiments for run in _folders(params, name)]
    files += [file for run in compared for file in sorted(run.glob("*")) if file.name not in HEAVY]
    files += [file for file in sorted(Path("results", params.scale, "claims").glob("*")) if file.is_file()]
    with replacing(path) as temporary, tarfile.open(temporary, "w:gz") as archive:
        for file in files:
            archive.add(file)
    return len(files)


if __name__ == "__main__":
    main()
