"""Check that the results on disk follow from the runs on disk, and these from the present code and parameters.

Snakemake and DVC trust their own records, which `snakemake --touch` or `dvc commit -f` can make wrong.
This trusts none: it hashes the files, compares settings and code with the manifests, and makes the tables again.
"""

import argparse
from pathlib import Path
from typing import Any

from pipeline.claims.files import OF_MNIST, OF_TOYS
from pipeline.claims.gather import gather_claims
from pipeline.claims.read import read_all
from pipeline.config.params import Params
from pipeline.files.errors import UserError
from pipeline.files.formats import csv_text, read_csv, read_json, reading, sha256
from pipeline.record.manifest import is_present_code
from pipeline.record.places import PREPARED, RESULTS, RUNS, run_folders
from pipeline.record.runs import MANIFESTS, MEASURED, audits, differences, manifests, plain
from pipeline.reporting.gather import gather
from pipeline.reporting.tables import render
from pipeline.runtime import cli

ALONE = ("toy.manifest.json", "oracle.manifest.json")  # of stages that read no run


def main() -> None:
    """Command line."""
    parser = cli.parser("verify", __doc__, "--scale quick")
    cli.add_selection(parser)
    parser.add_argument("--runs", type=Path, default=RUNS, help="folder of all runs; default: %(default)s")
    parser.add_argument("--results", type=Path, default=RESULTS, help="default: %(default)s")
    parser.add_argument("--accept-code", action="store_true", help="the code has changed, but no number with it")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.selected_params(args)
    n = verify(params, args.runs, args.results, accept_code=args.accept_code)
    print(f"verify: the results of scale {params.scale} follow from {n} runs and the present code and parameters")
    if args.seeds is None and (args.results / params.scale / "claims/claims.manifest.json").is_file():
        n = verify_claims(params, args.runs, args.results, accept_code=args.accept_code)
        print(f"verify: so do its claims, from {n} runs")


def verify(params: Params, runs: Path, results: Path, *, accept_code: bool = False) -> int:
    """Check the results of the params' scale.

    Args:
        runs, results: folders that hold a folder of the scale.
        accept_code: do not compare the code.
    Returns:
        number of runs behind the results.
    Raises:
        UserError: something does not follow; the message names it.
    """
    folders = run_folders(params, params.experiments, runs)
    results = results / params.scale
    texts = render(gather(folders, params), params)
    for name, text in texts.items():
        with reading(results / name):
            written = (results / name).read_text(encoding="utf-8")
        if written != text:
            raise UserError(f"{results / name}: does not follow from the runs in {runs / params.scale}; delete it")
    made = _check_made(params, results)
    if not accept_code:
        behind = dict.fromkeys(path for folder in folders for path in (*manifests(folder), *audits(folder)))
        for path in (*behind, *made):
            _check_code(path, read_json(path))
    return len(folders)


def verify_claims(params: Params, runs: Path, results: Path, *, accept_code: bool = False) -> int:
    """Check the claims of the params' scale as `verify` checks the results."""
    folders = run_folders(params, params.claims.experiments, runs)
    results = results / params.scale / "claims"
    frames = {f"{name}.csv": read_csv(results / f"{name}.csv") for name in (*OF_TOYS, *OF_MNIST)}
    claims = csv_text(read_all(frames | gather_claims(folders, params, results), params))
    if (results / "claims.csv").read_text(encoding="utf-8") != claims:
        raise UserError(f"{results / 'claims.csv'}: does not follow from the runs; delete it and run again")
    code = params.claims.code
    settings = {
        "theory.manifest.json": params.toys(),
        "modes.manifest.json": params.toys(),
        "saturation.manifest.json": params.experiment(code).settings("train"),
        "classifier.manifest.json": params.measuring(code),
        "claims.manifest.json": params.compared(),
        "figures/manifest.json": params.compared(),
    }
    for name, present in settings.items():
        _check_settings(results / name, plain(present))
        _check_outputs(results / name)
    if not accept_code:
        for path in (
            *(results / name for name in settings),
            *(folder / name for folder in folders for name in (MANIFESTS["train"], MEASURED)),
        ):
            _check_code(path, read_json(path))
    return len(folders)


def _check_made(params: Params, results: Path) -> list[Path]:
    """Settings and outputs of what was made from the runs, and of the data; gives the results' manifests."""
    shown = params.presentation()
    presented = {
        "table.manifest.json": params.tabulation(),
        "figures/manifest.json": shown,
        "report.manifest.json": shown,
    }
    for name, settings in presented.items():
        _check_settings(results / name, plain(settings))
    for name in (*presented, *ALONE):
        _check_outputs(results / name)
    for dataset in params.datasets:
        prepared = PREPARED / f"{dataset}.manifest.json"
        if prepared.is_file():  # data may have stayed elsewhere; the runs know its hash
            _check_settings(prepared, plain(params.dataset(dataset).preparation))
    return [results / name for name in (*presented, *ALONE)]


def _check_settings(path: Path, present: Any) -> None:
    """A manifest's settings are the present ones."""
    manifest = read_json(path)
    with reading(path):
        found = differences(manifest["settings"], present)
    if found:
        raise UserError(f"{path}: made with other settings ({'; '.join(found)}); delete it and run again")


def _check_outputs(path: Path) -> None:
    """A manifest's outputs are on disk as recorded."""
    manifest = read_json(path)
    with reading(path):
        outputs = dict(manifest["outputs"])
    for name, digest in outputs.items():
        if sha256(path.parent / name) != digest:
            raise UserError(f"{path.parent / name}: not the bytes that {path} records; delete it and run again")


def _check_code(path: Path, manifest: dict[str, Any]) -> None:
    with reading(path):
        present, stage = is_present_code(manifest), manifest["stage"]
    if not present:
        raise UserError(f"{path}: made by other code; run {stage} again, or --accept-code if no number changed")


if __name__ == "__main__":
    main()
