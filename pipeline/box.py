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
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from pipeline import cli
from pipeline.errors import RunError
from pipeline.io import read_json, replacing, sha256
from pipeline.params import Params
from pipeline.provenance import code_hash
from pipeline.runs import AUDIT, AUDITS, HEAVY, MANIFESTS, MEASURED, SHEET

STAGES = ("runs", "claims", "results")
Command = tuple[list[str], list[Path]]  # a stage's arguments; the manifests that it leaves


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
        if not all(_is_finished(manifest) for manifest in manifests):
            _call([stage, *(common if stage != "toy" else []), *arguments])  # the toy has no parameters
    if args.pack:
        print(f"{pack(params, args.pack)} files in {args.pack}", flush=True)


def _is_finished(manifest: Path) -> bool:
    """Whether a stage's files are there, whole, and made by the present code; weights and samples may be gone."""
    if not manifest.is_file():
        return False
    content = read_json(manifest)
    there = {manifest.parent / name: digest for name, digest in content["outputs"].items() if name not in HEAVY}
    whole = all(path.is_file() and sha256(path) == digest for path, digest in there.items())
    return whole and content["code_sha256"] == code_hash(f"pipeline.{content['stage']}")


def _call(arguments: list[str]) -> None:
    print(f"$ python -m pipeline.{' '.join(arguments)}", flush=True)
    done = subprocess.run([sys.executable, "-m", f"pipeline.{arguments[0]}", *arguments[1:]], check=False)
    if done.returncode:
        raise RunError(f"{arguments[0]} ended with exit code {done.returncode}; the same command goes on from there")


def _runs(params: Params, on: list[str]) -> Iterator[Command]:
    """Training of all seeds at once, then samples and scores of each; the audit."""
    for name in params.experiments:
        for stage in params.stages(name):
            yield _training(params, stage, params.seeds(name), on)
        folder, data = Path("runs", params.scale, name), _data(params, name)
        for seed in params.seeds(name):
            run = folder / f"seed{seed}"
            for stage in ("sample", "evaluate"):
                yield [stage, "--experiment", name, "--run", str(run), *data, *on], [run / MANIFESTS[stage]]
        audit, first = ["--output", str(folder / AUDIT), *on], str(folder / f"seed{params.seeds(name)[0]}")
        yield ["audit", "--experiment", name, *data, *audit], [folder / AUDIT / AUDITS["audit"]]
        yield (
            ["growth", "--experiment", name, "--run", first, *data, *audit],
            [folder / AUDIT / AUDITS["growth"]],
        )


def _training(params: Params, name: str, seeds: list[int], on: list[str]) -> Command:
    folder, work = Path("runs", params.scale, name), Path("work", params.scale, name)
    first = params.experiment(name).pretraining
    below = ["--pretrained", f"runs/{params.scale}/{first.name}"] if first else []
    places = ["--output", str(folder), "--work", str(work), *below, "--lines"]
    arguments = ["train", "--experiment", name, "--seeds", *map(str, seeds), *_data(params, name), *places, *on]
    return arguments, [folder / f"seed{seed}" / MANIFESTS["train"] for seed in seeds]


def _claims(params: Params, on: list[str]) -> Iterator[Command]:
    """What is compared to test the paper's claims: trainings and their measures, gradients, the classifier."""
    folder, code = Path("results", params.scale, "claims"), params.claims.code
    seeds, data = list(map(str, params.seeds(code))), _data(params, code)
    labels, network = data[1].replace(".npz", ".labels.npz"), folder / "classifier.safetensors"
    about = ["--experiment", code, *data, *on]
    yield (
        ["saturation", *about, "--seeds", *seeds, "--output", str(folder / "saturation.csv")],
        [folder / "saturation.manifest.json"],
    )
    yield ["classify", *about, "--labels", labels, "--output", str(folder)], [folder / "classifier.manifest.json"]
    for name in params.claims.experiments:
        yield _training(params, name, params.seeds(name), on)
        runs = _folders(params, name)
        of = ["--experiment", name, "--run", *map(str, runs), *data, "--classifier", str(network)]
        yield ["measure", *of, *on], [run / MEASURED for run in runs]


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
    yield ["toy", "--output", toy], [results / "toy.manifest.json"]
    yield ["oracle", "--output", oracle], [results / "oracle.manifest.json"]
    never = [results / "never"]  # they take a minute
    yield ["table", *chosen, "--runs", *runs, "--output", str(results)], never
    drawn = ["--toy", toy, "--oracle", oracle, "--sheets", *firsts, "--audits", *audits]
    yield ["figures", *chosen, "--results", str(results), *drawn, "--output", str(results / "figures")], never
    shown = ["--results", str(results), "--runs", *runs, "--data", *data, "--command", params.command]
    compared = [run for name in params.claims.experiments for run in _folders(params, name)]
    if all((run / MEASURED).is_file() for run in compared):
        folder = results / "claims"
        for toys in ("theory", "modes"):
            yield [toys, "--output", str(folder)], [folder / f"{toys}.manifest.json"]
        yield ["claims", "--runs", *map(str, compared), "--output", str(folder)], never
        shown += ["--claims", str(folder)]
    yield ["report", *chosen, *shown, "--output", str(results / "report.html")], never


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
