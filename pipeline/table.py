"""Gather the metrics of all runs and set Table 1 of the paper with our rows beneath."""

import argparse
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from gan.statistics import MIN_SEEDS
from pipeline import cli
from pipeline.errors import UserError
from pipeline.io import csv_text, json_text, read_csv, write_text
from pipeline.params import PAPERS_COLUMNS, Params
from pipeline.provenance import Record
from pipeline.runs import BANDWIDTHS, CURVE, METRICS, Run
from pipeline.summary import Cell, cell, columns, quoted, read_metrics, sentences, two_digits, why_missing

EXAMPLE = "--scale quick --runs runs/quick/mnist/seed0 runs/quick/mnist/seed1 --output results/quick"
OURS = "Adversarial nets (ours)"
LATER = "Later: "
GATHERED = {METRICS: "metrics.csv", CURVE: "curves.csv", BANDWIDTHS: "bandwidths.csv"}


def main() -> None:
    """Command line."""
    parser = cli.parser("table", __doc__, EXAMPLE)
    cli.add_selection(parser)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--runs", type=Path, nargs="+", help="folders EXPERIMENT/seedN of scored runs")
    source.add_argument("--gathered", type=Path, help="folder of published metrics.csv, curves.csv, bandwidths.csv")
    parser.add_argument("--output", type=Path, required=True, help="folder of metrics.csv and table1.{csv,md,tex}")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    record = Record("table")
    params = cli.selected_params(args)
    if args.runs:
        inputs = [run / name for run in args.runs for name in GATHERED]
        frames = gather(args.runs, params)
    else:
        inputs = [args.gathered / name for name in GATHERED.values()]
        read_metrics(args.gathered / METRICS, params)
        frames = {path.name: read_csv(path) for path in inputs}
    texts = {name: csv_text(frame) for name, frame in frames.items()} | render(frames["metrics.csv"], params)
    for name, text in texts.items():
        write_text(args.output / name, text)
    outputs = [args.output / name for name in texts]
    record.write(args.output / "table.manifest.json", inputs, outputs, settings=params.tabulation())


def gather(runs: list[Path], params: Params) -> dict[str, pd.DataFrame]:
    """One tidy frame of each kind over all runs.

    Raises:
        UserError: a run is given twice, was made with other settings than the present ones or on other
            data than the rest, or has files that are damaged or do not belong together.
    """
    if len({run.resolve() for run in runs}) < len(runs):
        raise UserError(f"a run is given twice: {' '.join(map(str, runs))}")
    data: dict[str, str] = {}
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in GATHERED.values()}
    for folder in runs:
        experiment = params.experiment(folder.parent.name)
        run = Run(folder, experiment, "evaluate")
        digest = run.known.get(f"{experiment.dataset}.npz", "")
        if data.setdefault(experiment.dataset, digest) != digest:
            raise UserError(f"{folder}: trained on another {experiment.dataset}.npz than the other runs; run it again")
        for name, gathered in GATHERED.items():
            parts[gathered].append(read_csv(folder / name).assign(experiment=experiment.name, seed=run.seed))
    return {name: pd.concat(frames, ignore_index=True) for name, frames in parts.items()}


def render(metrics: pd.DataFrame, params: Params) -> dict[str, str]:
    """The texts of Table 1 and of its numbers, by file name."""
    table = table1(metrics, params)
    return {
        "table1.csv": csv_text(table),
        "table1.md": markdown(table, metrics, params),
        "table1.tex": latex(table, params),
        "metrics.json": json_text(headline(metrics, params)),
    }


def table1(metrics: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Table 1 in the paper's layout, as text: quoted rows, then ours, then what others have published since."""
    titles = columns(params)
    rows = _quoted_rows("table 1", titles)
    cells = {e: {grid: cell(metrics, params, e, grid) for grid in ("authors", "fine")} for e in titles}
    rows.append({"Model": OURS} | {titles[e]: _value(cells[e]["authors"], why_missing(params, e)) for e in titles})
    beneath = details(params.values["statistics"]["confidence"]) if any(c["authors"] for c in cells.values()) else {}
    for title, show in beneath.items():
        rows.append({"Model": title} | {titles[e]: show(c) if (c := cells[e]["authors"]) else "" for e in titles})
    if beneath:
        fine = {titles[e]: _value(cells[e]["fine"], "") + _edge(cells[e]["fine"]) for e in titles}
        rows.append({"Model": "- with a fine grid of bandwidths"} | fine)
    return pd.DataFrame(rows + [{**row, "Model": f"{LATER}{row['Model']}"} for row in _quoted_rows("later", titles)])


def _quoted_rows(section: str, titles: dict[str, str]) -> list[dict[str, str]]:
    others, rows = quoted(section), []
    for model in others.model.unique():
        found = others[others.model == model].set_index("dataset")
        values = {e: f"{found.value[e]:g} ± {found.error[e]:g}" for e in titles if e in found.index}
        rows.append({"Model": model} | {label: values.get(e, "") for e, label in titles.items()})
    return rows


def parts(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The table in three, by caption: the paper's, later numbers, and our other columns, where there are any."""
    papers = ["Model", *PAPERS_COLUMNS.values()]
    later = table.Model.str.startswith(LATER)
    ours = ~later & ~table.Model.isin(quoted("table 1").model)
    others = [name for name in table.columns if name not in papers]
    found = {"": table.loc[~later, papers]}
    if others:
        found["Our other experiments; the paper gives no number for them."] = table.loc[ours, ["Model", *others]]
    since = table.loc[later, papers].replace({"Model": f"^{LATER}"}, {"Model": ""}, regex=True)
    return found | {"Published since, under roughly the same protocol; sources in pipeline/quoted.csv.": since}


def _value(our: Cell | None, missing: str) -> str:
    if our is None:
        return missing
    return f"{our.seeds.mean:.1f}" + (f" ± {two_digits(our.seeds.sd)}" if our.seeds.n > 1 else "")


def _edge(our: Cell | None) -> str:
    """A flag where a wider grid might do better."""
    return " (edge of the grid)" if our is not None and any("edge" in place for place in our.bandwidths) else ""


def _spread(our: Cell) -> str:
    return "n = 1" if our.seeds.n == 1 else f"n = {our.seeds.n}, {our.seeds.low:.1f} to {our.seeds.high:.1f}"


def _interval(interval: tuple[float, float], n: int) -> str:
    return f"{interval[0]:.1f} to {interval[1]:.1f}" if n >= MIN_SEEDS else f"too few seeds (n = {n} < {MIN_SEEDS})"


def details(confidence: float) -> dict[str, Callable[[Cell], str]]:
    """Titles of the rows beneath our mean, and what they show."""
    return {
        "- ± is the sd over training seeds": _spread,
        f"- {confidence:.0%} interval of the mean": lambda our: _interval(our.seeds.mean_interval, our.seeds.n),
        f"- {confidence:.0%} interval of one more seed": lambda our: _interval(
            our.seeds.prediction_interval, our.seeds.n
        ),
        "- standard error of a seed's mean, averaged": lambda our: (
            f"{sum(our.standard_errors) / our.seeds.n:.1f} over {our.error_over}"
        ),
        "- bandwidth (place in the grid)": lambda our: ", ".join(dict.fromkeys(our.bandwidths)),
        "- verdict": lambda our: our.verdict,
    }


def caption(params: Params) -> str:
    """What the table shows, its scale on its face."""
    warning = "" if params.scale == "paper" else f"A first look, not the full reproduction: scale `{params.scale}`. "
    if not params.is_real:
        warning = "Tiny networks on made-up images: the numbers of ours mean nothing. "
    return (
        f"{warning}Table 1 at scale `{params.scale}`: mean test log-likelihood under a Gaussian Parzen window, "
        "in nats. Quoted rows: Goodfellow et al. 2014; their ± is the standard error over test images (MNIST) "
        "or over folds (TFD)."
    )


def markdown(table: pd.DataFrame, metrics: pd.DataFrame, params: Params) -> str:
    """The table as Markdown, with a verdict in words beneath."""
    paper, *others = parts(table).items()
    blocks = [caption(params), paper[1].to_markdown(index=False), *sentences(metrics, params)]
    for title, part in others:
        blocks += [title, part.to_markdown(index=False)]
    return "\n\n".join(blocks) + "\n"


def latex(table: pd.DataFrame, params: Params) -> str:
    """The table as LaTeX (booktabs)."""
    text = table.map(lambda value: value.replace("±", r"$\pm$"))
    bodies = [
        part.to_latex(
            index=False,
            column_format="l" + "c" * (part.shape[1] - 1),
            caption=(title or caption(params)).replace("`", ""),
            label=f"tab:{number}",
        )
        for number, (title, part) in enumerate(parts(text).items(), start=1)
    ]
    return "% needs \\usepackage{booktabs}\n" + "\n".join(bodies)


def headline(metrics: pd.DataFrame, params: Params) -> dict[str, dict[str, dict[str, float]]]:
    """Mean over seeds, spread and number of seeds, by experiment and grid; for `dvc metrics`."""
    return {
        experiment: {
            grid: {"nats": our.seeds.mean, "n_seeds": our.seeds.n} | ({"sd": our.seeds.sd} if our.seeds.n > 1 else {})
            for grid in metrics.grid.unique()
            if (our := cell(metrics, params, experiment, grid)) is not None
        }
        for experiment in metrics.experiment.unique()
    }


if __name__ == "__main__":
    main()
