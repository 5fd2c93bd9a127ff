"""Copy a scale's results into results/published/, or with --claims its claims; update the pages that show them.

The passages are those of README.md and docs/. All of them are under git, which can undo a mistake. Small files only:
tables, curves, figures, report; of every run its manifests, its sheet, its further draws and the scores of its test
images; of the first seed its pictures of training. With --regenerated only the files made again by `snakemake
--cores all published` are copied, those of results and claims. Claims may be of another scale than the results.
"""

import argparse
import shutil
from collections.abc import Iterable
from pathlib import Path

from pipeline.claims.files import TABLES as CLAIMS_TABLES
from pipeline.claims.gather import as_read
from pipeline.claims.tables import page_passages, summary
from pipeline.config.params import SELECTION, Params, read
from pipeline.files.errors import UserError
from pipeline.files.formats import read_csv, read_json, sha256, write_csv, write_json, write_text
from pipeline.record.claimed import TOYS
from pipeline.record.places import RESULTS, RUNS, audit_folder, first_run, run_folders
from pipeline.record.runs import (
    CHOICES,
    GATHERED,
    IMAGES,
    MANIFESTS,
    MEASURED,
    PICTURES,
    REDRAWN,
    SHEET,
    SUMMARY,
    audits,
    manifests,
)
from pipeline.reporting.evidence import answers, passages, read_evidence
from pipeline.reporting.extrapolation import extrapolation_passage
from pipeline.reporting.page import EMBEDDED, with_passages
from pipeline.reporting.plan import EXPERIMENT, plan_passages
from pipeline.reporting.readme import readme_passages, scorecard_passage
from pipeline.reporting.scorecard import SCORECARD, read_frames, scorecard, table
from pipeline.runtime import cli
from pipeline.verify import verify, verify_claims

LIMIT_BYTES = 10_000_000
ENTRY = "published.json"  # what is published
README = Path("README.md")
CLAIMS, PLAN, EVIDENCE, REVIEWERS = (Path(f"docs/{name}.md") for name in ("claims", "runs", "evidence", "reviewers"))
TABLES = (
    *(*GATHERED, CHOICES, SUMMARY, "oracle.csv", "toy.csv"),
    *("table1.csv", "table1.md", "table1.tex", "metrics.json", "report.html"),
    *(f"{name}.manifest.json" for name in ("table", "oracle", "toy")),
)
OF_CLAIMS = (
    *(f"{name}.csv" for name in (*CLAIMS_TABLES, "claims")),
    *(f"{name}.manifest.json" for name in (*TOYS, "saturation", "classifier", "memorised", "claims")),
    "figures/manifest.json",
)
AGAIN = {"": ("table", GATHERED, TABLES), "claims": ("claims", [f"{name}.csv" for name in CLAIMS_TABLES], OF_CLAIMS)}
Passages = dict[Path, dict[str, str]]  # by page and name


def main() -> None:
    """Command line."""
    parser = cli.parser("publish", __doc__, "--scale quick")
    cli.add_selection(parser)
    parser.add_argument("--runs", type=Path, default=RUNS, help="folder of all runs; default: %(default)s")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of all results; default: %(default)s")
    parser.add_argument("--force", action="store_true", help="publish synthetic images, or replace another scale")
    parser.add_argument(
        "--accept-code", action="store_true", help="accept runs of other code: it has changed, but no number has"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--claims", action="store_true", help="publish the scale's claims, not its results")
    what.add_argument(
        "--regenerated", action="store_true", help="copy results/regenerated/, made from the published files"
    )
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    if args.regenerated:
        _publish_again(args)
        return
    if args.claims and (args.experiments or args.seeds):
        raise UserError(
            "--claims publishes what the claims of a scale were read from; leave out --experiments and --seeds"
        )
    params, folder = cli.selected_params(args), "claims" if args.claims else ""
    check, collected, passages_of = PARTS[folder]
    made, target = args.results / params.scale / folder, args.results / "published" / folder
    if not args.force:
        _check_worth(params, target / ENTRY)
    params = as_read(made, params) if args.claims else params
    check(params, args.runs, args.results, accept_code=args.accept_code)
    files = collected(params, made, args.runs)
    size = check_size(files.values())
    present = [path for path in target.rglob("*") if path.is_file() and target / "claims" not in path.parents]
    copy(files, target, instead_of=present)
    chosen = {key: params.values[key] for key in SELECTION} | {"command": params.command}
    about = {"scale": params.scale, "commits": commits(target)}
    about |= {"variants": params.claims.variants} if args.claims else chosen
    write_json(target / ENTRY, about)
    pages = passages_of(target, params)
    write_pages(pages, args)
    updated = " and ".join(map(str, pages))
    print(f"{len(files)} files, {size / 1e6:.1f} MB, from scale {params.scale} in {target}; {updated} updated")


def _check_worth(params: Params, present: Path) -> None:
    """Refuse to replace published results by lesser ones by mistake."""
    if not params.is_real:
        raise UserError(f"scale {params.scale} has synthetic images; --force publishes them nevertheless")
    if present.is_file() and (there := read_json(present)["scale"]) != params.scale:
        raise UserError(f"{present.parent} contains scale {there}; --force replaces it by scale {params.scale}")


def _publish_again(args: argparse.Namespace) -> None:
    """Put what was made from the published CSV files beside these: tables, figures and report, and so of the claims."""
    target, source = args.results / "published", args.results / "regenerated"
    parts = [part for part in PARTS if not part or (target / part / ENTRY).is_file()]
    files = {name: path for part in parts for name, path in _made_again(part, source, target).items()}
    figures = [path for part in parts for path in _figures(target / part)]
    kept = {path for path in target.rglob("*") if path.is_file()} - {*figures, *(target / name for name in files)}
    check_size([*files.values(), *kept])
    copy(files, target, instead_of=figures)
    pages: Passages = {}
    for part in parts:
        _, _, passages_of = PARTS[part]
        for page, texts in passages_of(target / part, published_params(target / part, args.params)).items():
            pages[page] = pages.get(page, {}) | texts
    write_pages(pages, args)
    print(f"{target} and its pages now show {source}")


def _made_again(part: str, source: Path, target: Path) -> dict[str, Path]:
    """Return the files of a part by name; a UserError where they follow from other files than the published ones."""
    stage, inputs, names = AGAIN[part]
    read = read_json(source / part / f"{stage}.manifest.json")["inputs"]
    if any(read.get(name) != sha256(target / part / name) for name in inputs):
        raise UserError(
            f"{source / part}: not made from the present published files; run `snakemake --cores all published` first"
        )
    made = [*(source / part / name for name in names), *_figures(source / part)]
    return {path.relative_to(source).as_posix(): path for path in made if path.is_file()}


def _figures(folder: Path) -> list[Path]:
    """Return the published figures, or those to be published, of a folder."""
    return [path for path in (folder / "figures").iterdir() if path.suffix in EMBEDDED]


def check_size(files: Iterable[Path]) -> int:
    """Return the bytes of all files; one that is missing, or too many for a repository, are a UserError."""
    size = 0
    for path in files:
        if not path.is_file():
            raise UserError(f"{path}: not found; make it first")
        size += path.stat().st_size
    if size > LIMIT_BYTES:
        raise UserError(f"{size / 1e6:.1f} MB to publish, limit {LIMIT_BYTES / 1e6:.0f} MB: publish fewer runs")
    return size


def copy(files: dict[str, Path], folder: Path, instead_of: Iterable[Path]) -> None:
    """Copy files under their names into a folder, and remove others that it held before."""
    for name, source in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, folder / name)
    for path in set(instead_of) - {folder / name for name in files}:
        path.unlink()
        if not any(path.parent.iterdir()):  # a folder stands for a run
            path.parent.rmdir()


def commits(published: Path) -> list[str]:
    """Return the commits that the published runs were trained at."""
    return sorted({read_json(path)["commit"] for path in published.glob("runs/**/manifest.json")})


def write_pages(found: Passages, args: argparse.Namespace) -> None:
    """Write passages into their pages, and the scorecard with them; nothing unless all have their markers."""
    published = args.results / "published"
    if (published / ENTRY).is_file():  # claims may be published before any results
        params = published_params(published, args.params)
        results = scorecard(read_frames(published, published / "claims"), params)
        passage = scorecard_passage(results, read_csv(published / "metrics.csv"), params)
        found[README] = found.get(README, {}) | {"scorecard": passage}
        write_csv(published / SCORECARD, table(results))
    pages = {path: with_passages(path.read_text(encoding="utf-8"), texts, path) for path, texts in found.items()}
    for path, text in pages.items():
        write_text(path, text)


def published_params(published: Path, params: Path) -> Params:
    """Return the params of what is published."""
    entry = read_json(published / ENTRY)
    chosen = {key: entry[key] for key in (*SELECTION, "variants") if key in entry}
    return Params(read(params) | chosen, entry["scale"])


def collect(results: Path, tables: Iterable[str], runs: Path, behind: Iterable[Path]) -> dict[str, Path]:
    """Return what is published, figures as SVG or GIF: its name in the published folder, and where it lies now."""
    figures = read_json(results / "figures/manifest.json")["outputs"]
    names = [*tables, *(f"figures/{name}" for name in figures if not name.endswith(".png"))]
    return {name: results / name for name in names} | {f"runs/{path.relative_to(runs)}": path for path in behind}


def collect_results(params: Params, results: Path, runs: Path) -> dict[str, Path]:
    """Collect a scale's results, with the manifests and sheets of runs and audits."""
    folders = run_folders(params, params.experiments, runs)
    behind = [path for run in folders for path in (*manifests(run), *audits(run))]
    audited = [audit_folder(params, name, runs) for name in params.experiments]
    behind += [folder / SHEET for folder in (*folders, *audited)]
    behind += [folder / name for folder in folders for name in (REDRAWN, IMAGES)]
    pictured = [first_run(params, name, runs) / PICTURES for name in params.experiments]
    behind += [path for path in pictured if path.is_file()]  # older runs have none
    return collect(results, TABLES, runs, behind)


def collect_claims(params: Params, results: Path, runs: Path) -> dict[str, Path]:
    """Collect a scale's claims, with the manifests of their runs."""
    folders = run_folders(params, params.claims.experiments, runs)
    behind = [folder / name for folder in folders for name in (MANIFESTS["train"], MEASURED)]
    return collect(results, OF_CLAIMS, runs / params.scale, behind)


def results_passages(published: Path, params: Params) -> Passages:
    """Return the passages that show the published results."""
    frames = read_evidence(published)
    validation, metrics = (read_csv(published / name) for name in ("validation.csv", "metrics.csv"))
    carried_on = extrapolation_passage(validation, metrics, params, EXPERIMENT)
    return {
        README: readme_passages(published, published.as_posix(), params, read_json(published / ENTRY)),
        EVIDENCE: passages(frames, params),
        REVIEWERS: answers(frames, params),
        PLAN: plan_passages(published, params) | {"extrapolation": carried_on},
    }


def claims_passages(published: Path, params: Params) -> Passages:
    """Return the passages that show the published claims."""
    return {
        REVIEWERS: {"claims": claims_line(published)},
        CLAIMS: page_passages(published, params),
    }


def claims_line(published: Path) -> str:
    """Say how many claims hold, with a link to their page."""
    return f"- {summary(read_csv(published / 'claims.csv'))} [claims.md](claims.md)"


# By folder, below a scale's results and below results/published/: what verifies, collects and shows its files.
PARTS = {
    "": (verify, collect_results, results_passages),
    "claims": (verify_claims, collect_claims, claims_passages),
}


if __name__ == "__main__":
    main()
