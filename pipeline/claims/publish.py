"""Copy a scale's claims into results/published/claims/, their readings into docs/claims.md and README.md.

They stand beside what `publish` copies and may be of another scale. Tables, figures and manifests only.
"""

import argparse
from pathlib import Path

from pipeline.claims.files import TABLES
from pipeline.claims.sections import SECTIONS
from pipeline.claims.tables import scoreboard, shown, summary
from pipeline.config.params import Params
from pipeline.files.errors import UserError
from pipeline.files.formats import read_csv, read_json, write_json, write_text
from pipeline.publish import check_size, commits, copy, recover, replace
from pipeline.record.places import RESULTS, RUNS, run_folders
from pipeline.record.runs import MANIFESTS, MEASURED
from pipeline.reporting.page import with_passages
from pipeline.runtime import cli
from pipeline.verify import verify_claims

MANIFESTS_OF = ("theory", "modes", "saturation", "classifier", "claims")
OF_A_RUN = (MANIFESTS["train"], MEASURED)


def main() -> None:
    """Command line."""
    parser = cli.parser("claims.publish", __doc__, "--scale quick")
    cli.add_params(parser)
    parser.add_argument("--runs", type=Path, default=RUNS, help="folder of all runs; default: %(default)s")
    parser.add_argument("--results", type=Path, default=RESULTS, help="default: %(default)s")
    parser.add_argument("--accept-code", action="store_true", help="the code has changed, but no number with it")
    parser.add_argument("--page", type=Path, default=Path("docs/claims.md"), help="default: %(default)s")
    parser.add_argument("--readme", type=Path, default=Path("README.md"), help="default: %(default)s")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.params(args)
    if not params.is_real:
        raise UserError(f"scale {params.scale} has made-up images")
    target, new = args.results / "published" / "claims", args.results / ".claims.part"
    recover(target.parent)
    recover(target)
    verify_claims(params, args.runs, args.results, accept_code=args.accept_code)
    files = collect(params, args.results / params.scale / "claims", args.runs)
    check_size(files)
    copy(files, new)
    write_json(new / "published.json", {"scale": params.scale, "commits": commits(new)})
    pages = {args.readme: {"claims": readme_passage(new)}, args.page: passages(new, params)}
    texts = {path: with_passages(path.read_text(encoding="utf-8"), found, path) for path, found in pages.items()}
    replace(target, new)
    for path, text in texts.items():
        write_text(path, text)
    print(f"{len(files)} files from scale {params.scale} in {target}; {' and '.join(map(str, pages))} updated")


def collect(params: Params, claims: Path, runs: Path) -> dict[str, Path]:
    """What is published: its name below results/published/claims/, and where it lies now."""
    names = [f"{name}.csv" for name in (*TABLES, "claims")] + [f"{name}.manifest.json" for name in MANIFESTS_OF]
    names += [f"figures/{path.name}" for path in sorted((claims / "figures").iterdir()) if path.suffix != ".png"]
    files = {name: claims / name for name in names}
    behind = [run / name for run in run_folders(params, params.claims.experiments, runs) for name in OF_A_RUN]
    return files | {f"runs/{path.relative_to(runs / params.scale)}": path for path in behind}


def passages(claims: Path, params: Params) -> dict[str, str]:
    """The readings as Markdown, by the names of docs/claims.md's passages."""
    table, confidence = read_csv(claims / "claims.csv"), params.confidence
    entry, classifier = params.claims, read_csv(claims / "classifier.csv").iloc[0]
    n_seeds = read_csv(claims / "measures.csv").seed.nunique()
    name = read_json(claims / "published.json")["scale"]
    scale = (
        f"These numbers are of scale `{name}`: {entry.toys} seeds of each toy and of the gradients, {n_seeds} seeds "
        f"of {entry.epochs} epochs of each training on MNIST."
    )
    quality = f"The classifier is right on {classifier.accuracy:.2%} of the {classifier.n_test:,} test images."
    found = {name: shown(table, name, confidence).to_markdown(index=False) for name in SECTIONS}
    return {"scale": scale, "scoreboard": scoreboard(table).to_markdown(index=False), "classifier": quality} | found


def readme_passage(claims: Path) -> str:
    """What README.md says of them."""
    return f"- {summary(read_csv(claims / 'claims.csv'))} [docs/claims.md](docs/claims.md)"


if __name__ == "__main__":
    main()
