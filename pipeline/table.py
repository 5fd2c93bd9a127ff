"""Gather the metrics of all runs and set Table 1 of the paper with our rows beneath."""

import argparse
from pathlib import Path

import pandas as pd

from pipeline import cli
from pipeline.io import read_csv, write_csv, write_json, write_text
from pipeline.params import Params
from pipeline.provenance import Record
from pipeline.runs import read_manifest, verify_outputs
from pipeline.summary import COLUMNS, Cell, cell, quoted, why_missing

EXAMPLE = "--scale quick --runs runs/quick/mnist/seed0 runs/quick/mnist/seed1 --output results/quick"
OURS = "Adversarial nets (ours)"
WRITTEN = ("table1.csv", "table1.md", "table1.tex", "metrics.json")
GATHERED = {"metrics.csv": "metrics.csv", "curve.csv": "curves.csv", "bandwidths.csv": "bandwidths.csv"}


def main() -> None:
    """Command line."""
    parser = cli.parser("table", __doc__, EXAMPLE)
    cli.add_params(parser)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--runs", type=Path, nargs="+", help="folders EXPERIMENT/seedN of scored runs")
    source.add_argument("--gathered", type=Path, help="folder of published metrics.csv, curves.csv, bandwidths.csv")
    parser.add_argument("--output", type=Path, required=True, help="folder of metrics.csv and table1.{csv,md,tex}")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    record = Record("table")
    params = cli.params(args)
    if args.runs:
        inputs = [run / name for run in args.runs for name in GATHERED]
        frames = gather(args.runs, params)
    else:
        inputs = [args.gathered / name for name in GATHERED.values()]
        frames = {path.name: read_csv(path) for path in inputs}
    for name, frame in frames.items():
        write_csv(args.output / name, frame)
    table = table1(frames["metrics.csv"], params)
    write_csv(args.output / "table1.csv", table)
    write_text(args.output / "table1.md", markdown(table, params))
    write_text(args.output / "table1.tex", latex(table, params))
    write_json(args.output / "metrics.json", headline(frames["metrics.csv"], params))
    outputs = [args.output / name for name in (*frames, *WRITTEN)]
    record.write(args.output / "table.manifest.json", inputs=inputs, outputs=outputs)


def gather(runs: list[Path], params: Params) -> dict[str, pd.DataFrame]:
    """One tidy frame of each kind over all runs.

    Raises:
        UserError: a run was trained with other settings than the present ones, or was changed since.
    """
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in GATHERED.values()}
    for run in runs:
        experiment = params.experiment(run.parent.name)
        manifest = read_manifest(run, experiment)
        verify_outputs(run / "metrics.manifest.json")
        for name, gathered in GATHERED.items():
            place = {"experiment": experiment.name, "seed": manifest["seed"]}
            parts[gathered].append(read_csv(run / name).assign(**place))
    return {name: pd.concat(frames, ignore_index=True) for name, frames in parts.items()}


def table1(metrics: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Table 1 in the paper's layout: quoted rows, then ours, as text."""
    others = quoted()
    rows = [_quoted_row(model, others) for model in others.model.unique()]
    cells = {e: {grid: cell(metrics, params, e, grid) for grid in ("authors", "fine")} for e in COLUMNS}
    rows.append({"Model": OURS} | {COLUMNS[e]: _value(cells[e]["authors"], why_missing(params, e)) for e in COLUMNS})
    for title, show in DETAILS.items():
        rows.append({"Model": title} | {COLUMNS[e]: show(c) if (c := cells[e]["authors"]) else "" for e in COLUMNS})
    fine = {COLUMNS[e]: _value(cells[e]["fine"], "") for e in COLUMNS}
    rows.append({"Model": "- with a fine grid of bandwidths"} | fine)
    return pd.DataFrame(rows)


def _quoted_row(model: str, others: pd.DataFrame) -> dict[str, str]:
    found = others[others.model == model].set_index("dataset")
    return {"Model": model} | {
        label: f"{found.value[e]:g} ± {found.error[e]:g}" if e in found.index else "" for e, label in COLUMNS.items()
    }


def _value(our: Cell | None, missing: str) -> str:
    if our is None:
        return missing
    return f"{our.seeds.mean:.1f}" + (f" ± {our.seeds.sd:.1f}" if our.seeds.n > 1 else "")


def _interval(our: Cell) -> str:
    low, high = our.seeds.prediction_interval
    return f"{low:.1f} to {high:.1f}" if our.seeds.n > 1 else "one seed: unknown"


DETAILS = {
    "- ± is the sd over training seeds, n =": lambda our: str(our.seeds.n),
    "- standard error of one seed's mean": lambda our: (
        f"{sum(our.standard_errors) / our.seeds.n:.1f} over {our.n_eval} {our.error_over}"
    ),
    "- where one more seed is expected": _interval,
    "- bandwidth (place in the grid), per seed": lambda our: ", ".join(dict.fromkeys(our.bandwidths)),
    "- verdict": lambda our: our.verdict,
}


def caption(params: Params) -> str:
    """What the table shows, its scale on its face."""
    warning = "" if params.is_real else "Tiny networks on made-up images: the numbers of ours mean nothing. "
    return (
        f"{warning}Table 1 at scale `{params.scale}`: mean test log-likelihood under a Gaussian Parzen window, "
        "in nats. Quoted rows: Goodfellow et al. 2014; their ± is the standard error over test images (MNIST) "
        "or over folds (TFD)."
    )


def markdown(table: pd.DataFrame, params: Params) -> str:
    """The table as Markdown."""
    return f"{caption(params)}\n\n{table.to_markdown(index=False)}\n"


def latex(table: pd.DataFrame, params: Params) -> str:
    """The table as LaTeX (booktabs)."""
    text = table.map(lambda value: value.replace("±", r"$\pm$"))
    body = text.to_latex(index=False, column_format="lcc", caption=caption(params).replace("`", ""), label="tab:1")
    return "% needs \\usepackage{booktabs}\n" + body


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
