"""Check that the results on disk follow from the runs on disk, and these from the present code and parameters.

Snakemake and DVC trust their own records, which `snakemake --touch` or `dvc commit -f` can make wrong.
This trusts none: it hashes the files, compares settings and code with the manifests, and makes the tables again.
"""

import argparse
from pathlib import Path

from pipeline.claims.files import OF_MNIST, OF_TOYS, READ
from pipeline.claims.gather import as_read, gather_claims
from pipeline.claims.sections import read_all
from pipeline.config.params import Params
from pipeline.files.errors import UserError
from pipeline.files.formats import csv_text, one_line_errors, read_csv, sha256
from pipeline.record.claimed import claims_settings
from pipeline.record.manifest import Manifest, remedy
from pipeline.record.places import PREPARED, RESULTS, RUNS, run_folders
from pipeline.record.runs import LARGE_FILES, MANIFESTS, MEASURED, audits, manifests
from pipeline.reporting.cells import QUOTED
from pipeline.reporting.gather import gather
from pipeline.reporting.tables import render
from pipeline.runtime import cli


def main() -> None:
    """Command line."""
    parser = cli.parser("verify", __doc__, "--scale quick")
    cli.add_selection(parser)
    parser.add_argument("--runs", type=Path, default=RUNS, help="folder of all runs; default: %(default)s")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of all results; default: %(default)s")
    parser.add_argument(
        "--accept-code", action="store_true", help="accept runs of other code: it has changed, but no number has"
    )
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.selected_params(args)
    n = verify(params, args.runs, args.results, accept_code=args.accept_code)
    print(f"verify: the results of scale {params.scale} follow from {n} runs and the present code and parameters")
    claims = args.results / params.scale / "claims"
    if args.seeds is None and (claims / READ).is_file():
        n = verify_claims(as_read(claims, params), args.runs, args.results, accept_code=args.accept_code)
        print(f"verify: the claims follow from {n} runs")


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
    folders, results = run_folders(params, params.experiments, runs), results / params.scale
    for name, text in render(gather(folders, params), params).items():
        _check_text(results / name, text)
    behind = dict.fromkeys(path for folder in folders for path in (*manifests(folder), *audits(folder)))
    for path in behind:
        Manifest(path).require(code=not accept_code, absent=LARGE_FILES)
    shown = params.presentation()
    made = {"table": params.tabulation(), "toy": None, "oracle": params.oracle, "figures/": shown, "report": shown}
    for name, settings in made.items():
        manifest = Manifest(_manifest(results, name))
        # Figures and report are made from what lies beside them; the table's inputs are the runs', gathered above.
        files = [] if name == "table" else [file for file in manifest.inputs if (results / file).is_file()]
        present = {file: sha256(results / file) for file in files} | {QUOTED.name: sha256(QUOTED)}
        manifest.require(settings, present, code=not accept_code)
    for dataset in params.datasets:
        path = PREPARED / f"{dataset}.manifest.json"
        if path.is_file():  # data may have stayed elsewhere; the runs know its hash
            prepared = Manifest(path)
            settings = params.dataset(dataset).preparation
            prepared.require(settings, code=not accept_code, absent=list(prepared.outputs))
    return len(folders)


def verify_claims(params: Params, runs: Path, results: Path, *, accept_code: bool = False) -> int:
    """Check the claims of the params' scale as `verify` checks the results."""
    folders = run_folders(params, params.claims.experiments, runs)
    results = results / params.scale / "claims"
    frames = {f"{name}.csv": read_csv(results / f"{name}.csv") for name in (*OF_TOYS, *OF_MNIST)}
    claims = read_all(frames | gather_claims(folders, params, results), params)
    _check_text(results / "claims.csv", csv_text(claims))
    for name, present in claims_settings(params).items():
        Manifest(_manifest(results, name)).require(present, code=not accept_code)
    for path in (folder / name for folder in folders for name in (MANIFESTS["train"], MEASURED)):
        Manifest(path).require(code=not accept_code, absent=LARGE_FILES)
    return len(folders)


def _manifest(results: Path, name: str) -> Path:
    """The manifest of a file's name, or of a folder's, which ends in a slash."""
    return results / (f"{name}manifest.json" if name.endswith("/") else f"{name}.manifest.json")


def _check_text(path: Path, text: str) -> None:
    """A table on disk is the one that the runs yield now."""
    with one_line_errors(path):
        written = path.read_text(encoding="utf-8")
    if written != text:
        raise UserError(f"{path}: does not follow from the runs; {remedy(path)}")


if __name__ == "__main__":
    main()
