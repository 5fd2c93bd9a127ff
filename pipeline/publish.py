"""Copy a scale's results into results/published/, its table into README.md, its evidence into docs/evidence.md.

All are then committed. Small files only: tables, curves, figures, report, sheets and the manifests of every run.
With --regenerated only what `snakemake --cores all published` has made again is copied, and the pages are written.
"""

import argparse
import shutil
from pathlib import Path

import pandas as pd

from pipeline.config.params import Params, load
from pipeline.files.errors import UserError
from pipeline.files.formats import read_csv, read_json, sha256, write_json, write_text
from pipeline.record.places import RESULTS, RUNS, audit_folder, run_folders
from pipeline.record.runs import GATHERED, SHEET, audits, manifests
from pipeline.reporting.cells import columns
from pipeline.reporting.page import with_passages
from pipeline.reporting.plan import plan_passages
from pipeline.reporting.sentences import audit_sentences, passages, read_evidence, variance_sentences
from pipeline.reporting.tables import caption, parts
from pipeline.reporting.verdicts import agreement, sentences
from pipeline.runtime import cli
from pipeline.verify import verify

LIMIT_BYTES = 10_000_000
PICTURES = {
    "seeds": "20 fair draws of each seed, and nearest training images",
    "progress": "test log-likelihood against epochs of training, a line per seed",
}
TABLES = (
    "report.html",
    "metrics.json",
    "table.manifest.json",
    "metrics.csv",
    "curves.csv",
    "validation.csv",
    "bandwidths.csv",
    "growth.csv",
    "variance.csv",
    "oracle.csv",
    "oracle.manifest.json",
    "toy.csv",
    "toy.manifest.json",
    "table1.csv",
    "table1.md",
    "table1.tex",
)


def main() -> None:
    """Command line."""
    parser = cli.parser("publish", __doc__, "--scale quick")
    cli.add_selection(parser)
    parser.add_argument("--runs", type=Path, default=RUNS, help="folder of all runs; default: %(default)s")
    parser.add_argument("--results", type=Path, default=RESULTS, help="default: %(default)s")
    parser.add_argument("--force", action="store_true", help="publish made-up images, or in place of another scale")
    parser.add_argument("--accept-code", action="store_true", help="the code has changed, but no number with it")
    parser.add_argument(
        "--regenerated", action="store_true", help="copy results/regenerated/, made from what is published"
    )
    parser.add_argument("--plan", type=Path, default=Path("docs/runs.md"), help="default: %(default)s")
    parser.add_argument("--readme", type=Path, default=Path("README.md"), help="default: %(default)s")
    parser.add_argument("--evidence", type=Path, default=Path("docs/evidence.md"), help="default: %(default)s")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    if args.regenerated:
        _publish_again(args)
        return
    params = cli.selected_params(args)
    recover(args.results / "published")
    verify(params, args.runs, args.results, accept_code=args.accept_code)
    if not args.force:
        _check_worth(params, args.results / "published" / "published.json")
    files = collect(params, args.results / params.scale, args.runs)
    size = check_size(files)
    target, new = args.results / "published", args.results / ".published.part"
    copy(files, new)
    chosen = {key: params.values[key] for key in ("experiments", "seeds")}
    about = {"scale": params.scale} | chosen | {"commits": commits(new), "command": params.command}
    write_json(new / "published.json", about)
    texts = pages(new, args, params)
    if (target / "claims").is_dir():  # published by themselves
        shutil.copytree(target / "claims", new / "claims")
    replace(target, new)
    for path, text in texts.items():
        write_text(path, text)
    updated = " and ".join(map(str, texts))
    print(f"{len(files)} files, {size / 1e6:.1f} MB, from scale {params.scale} in {target}; {updated} updated")


def pages(published: Path, args: argparse.Namespace, params: Params) -> dict[Path, str]:
    """The pages that show what is published, with their passages written anew."""
    target = args.results / "published"
    found = {
        args.readme: readme_passages(published, target.as_posix(), params),
        args.evidence: passages(read_evidence(published), params),
        args.plan: plan_passages(published, params),
    }
    return {path: with_passages(path.read_text(encoding="utf-8"), content, path) for path, content in found.items()}


def _publish_again(args: argparse.Namespace) -> None:
    """Put the tables, figures and report that were made from the published CSV files beside these."""
    target, source = args.results / "published", args.results / "regenerated"
    entry = read_json(target / "published.json")
    params = load(args.params, entry["scale"], experiments=entry["experiments"], seeds=entry["seeds"])
    read = read_json(source / "table.manifest.json")["inputs"]
    if any(read[name] != sha256(target / name) for name in GATHERED):
        raise UserError(f"{source}: not made from what is published now; run `snakemake --cores all published` first")
    for old in (target / "figures").glob("*.svg"):
        old.unlink()
    for path in (*(source / name for name in TABLES), *(source / "figures").glob("*.svg")):
        if path.is_file():
            shutil.copyfile(path, target / path.relative_to(source))
    check_size({str(path): path for path in target.rglob("*") if path.is_file()})
    for path, text in pages(target, args, params).items():
        write_text(path, text)
    print(f"{target} and its pages show what {source} holds")


def check_size(files: dict[str, Path]) -> int:
    """Bytes of all files.

    Raises:
        UserError: they are too many for a repository.
    """
    size = sum(source.stat().st_size for source in files.values())
    if size > LIMIT_BYTES:
        raise UserError(f"{size / 1e6:.1f} MB to publish, limit {LIMIT_BYTES / 1e6:.0f} MB: publish fewer runs")
    return size


def copy(files: dict[str, Path], folder: Path) -> None:
    """Fill a new folder with files under other names.

    Raises:
        UserError: a file is not there.
    """
    shutil.rmtree(folder, ignore_errors=True)
    for name, source in files.items():
        if not source.is_file():
            raise UserError(f"{source}: not found; make it first")
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, folder / name)


def replace(target: Path, new: Path) -> None:
    """Put a folder in the place of another; what a kill leaves half done, `recover` undoes."""
    if target.is_dir():
        target.rename(_aside(target))
    new.rename(target)
    shutil.rmtree(_aside(target), ignore_errors=True)


def recover(target: Path) -> None:
    """Put a folder back that a killed `replace` has put aside."""
    if target.is_dir():
        shutil.rmtree(_aside(target), ignore_errors=True)
    elif _aside(target).is_dir():
        _aside(target).rename(target)


def _aside(target: Path) -> Path:
    return target.with_name(f".{target.name}.old")


def _check_worth(params: Params, present: Path) -> None:
    """Refuse what would put less in the place of more by mistake."""
    if not params.is_real:
        raise UserError(f"scale {params.scale} has made-up images; --force publishes them all the same")
    if present.is_file() and (there := read_json(present)["scale"]) != params.scale:
        raise UserError(f"{present.parent} holds scale {there}; --force puts scale {params.scale} in its place")


def commits(published: Path) -> list[str]:
    """The commits that the published runs were trained at."""
    return sorted({read_json(path)["commit"] for path in published.glob("runs/*/*/*/manifest.json")})


def collect(params: Params, results: Path, runs: Path) -> dict[str, Path]:
    """What is published: its name below results/published/, and where it lies now.

    Raises:
        UserError: a file is not there.
    """
    files = {name: results / name for name in TABLES}
    files |= {
        f"figures/{name}": results / "figures" / name
        for name in read_json(results / "figures/manifest.json")["outputs"]
        if not name.endswith(".png")  # the same as SVG
    }
    folders = run_folders(params, params.experiments, runs)
    behind = [path for run in folders for path in (*manifests(run), *audits(run))]
    audited = [audit_folder(params, name, runs) for name in params.experiments]
    behind += [folder / SHEET for folder in (*folders, *audited)]
    files |= {f"runs/{path.relative_to(runs)}": path for path in behind}
    for path in files.values():
        if not path.is_file():
            raise UserError(f"{path}: not found; run `snakemake --cores all --config scale={params.scale}` first")
    return files


def readme_passages(published: Path, folder: str, params: Params) -> dict[str, str]:
    """What README.md shows, by passage: the claim, what was found, Table 1 with pictures and the rest folded.

    Args:
        published: where the files are.
        folder: where README.md finds them.
        params: of their scale.
    """
    frames = read_evidence(published)
    metrics = frames["metrics.csv"].query("seed.notna()")
    first, *found = [*sentences(metrics, params), *agreement(metrics, params)[:1]]
    found += variance_sentences(frames["variance.csv"], metrics, params) + audit_sentences(metrics, params)
    paper, *others = parts(read_csv(published / "table1.csv").fillna("")).items()
    drawn = [name for name in columns(params) if (published / f"figures/seeds-{name}.svg").is_file()]
    pictures = {kind: [_picture(kind, name, folder, params) for name in drawn] for kind in PICTURES}
    entry = read_json(published / "published.json")
    made = (
        f"{entry.get('made') or 'Made by `' + entry['command'] + '`'}: [report]({folder}/report.html) (download it "
        f"and open it in a browser), [metrics]({folder}/metrics.csv), [curves]({folder}/curves.csv)."
    )
    table = [caption(params), paper[1].to_markdown(index=False), *pictures["progress"][:1]]
    dots = (
        f"![Table 1 as dots: quoted rows with their standard errors; ours with each seed]({folder}/figures/table1.svg)"
    )
    rest = [*(_folded(*part) for part in others), *pictures["seeds"][1:], *pictures["progress"][1:], made]
    return {
        "claim": f"**{first}**",
        "findings": "\n".join(f"- {sentence}" for sentence in found),
        "published": "\n\n".join([*pictures["seeds"][:1], *table, dots, *rest]),
    }


def _picture(kind: str, experiment: str, folder: str, params: Params) -> str:
    """A figure of an experiment as Markdown."""
    return f"![{params.experiment(experiment).label}: {PICTURES[kind]}]({folder}/figures/{kind}-{experiment}.svg)"


def _folded(title: str, table: pd.DataFrame) -> str:
    """A table that GitHub shows on a click."""
    return f"<details><summary>{title}</summary>\n\n{table.to_markdown(index=False)}\n\n</details>"


if __name__ == "__main__":
    main()
