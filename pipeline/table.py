"""Gather the metrics of all runs and audits, and set Table 1 of the paper with our rows beneath."""

import argparse
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from gan.agreement import rank
from gan.statistics import MIN_SEEDS
from pipeline.config.params import PAPERS_COLUMNS, Params
from pipeline.files.formats import csv_text, json_text, read_csv, write_text
from pipeline.record.manifest import Record
from pipeline.record.runs import GATHERED
from pipeline.reporting.cells import (
    EDGE,
    Cell,
    cell,
    columns,
    lengths,
    over_seeds,
    quoted,
    read_metrics,
    two_digits,
    why_missing,
)
from pipeline.reporting.gather import RUN_TABLES, Frames, gather, tidy
from pipeline.reporting.sentences import AUDITED, audit_cells, audit_sentences
from pipeline.reporting.verdicts import judged, sentences
from pipeline.runtime import cli

OURS = "Adversarial nets (ours)"
AUDIT_CAPTION = "The same score, given to images that no network made."
LATER_CAPTION = "Later papers that print this score, their protocols alike in outline; sources in pipeline/quoted.csv."
LATER, AUDIT = "Later: ", "Audit: "


def main() -> None:
    """Command line."""
    parser = cli.parser(
        "table", __doc__, "--scale quick --runs runs/quick/mnist/seed0 runs/quick/mnist/seed1 --output results/quick"
    )
    cli.add_selection(parser)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--runs", type=Path, nargs="+", help="folders EXPERIMENT/seedN of scored runs")
    source.add_argument("--gathered", type=Path, help="folder of published csv files, in place of runs")
    parser.add_argument("--output", type=Path, required=True, help="folder of metrics.csv and table1.{csv,md,tex}")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.selected_params(args)
    if args.runs:
        inputs = [run / name for run in args.runs for name in RUN_TABLES]
        frames = gather(args.runs, params)
    else:
        inputs = [args.gathered / name for name in GATHERED]
        read_metrics(inputs[0], params)
        frames = {path.name: tidy(read_csv(path)) for path in inputs}
    record, texts = Record("table", inputs, params.tabulation()), render(frames, params)
    for name, text in texts.items():
        write_text(args.output / name, text)
    outputs = [args.output / name for name in texts]
    record.write(args.output / "table.manifest.json", outputs)


def render(frames: Frames, params: Params) -> dict[str, str]:
    """The texts of all tables, by file name.

    Args:
        frames: as `gather` gives them; rows over seeds, as published metrics have them, are made anew.
    """
    metrics = frames["metrics.csv"]
    if "verdict" in metrics:
        metrics = metrics[metrics.seed.notna()].drop(columns="verdict")
    table = table1(metrics, params)
    summed = tidy(pd.concat([metrics, over_seeds(metrics, params)], ignore_index=True))
    return {name: csv_text(frame) for name, frame in (frames | {"metrics.csv": summed}).items()} | {
        "table1.csv": csv_text(table),
        "table1.md": markdown(table, metrics, params),
        "table1.tex": latex(table, params),
        "metrics.json": json_text(headline(metrics, params)),
    }


def table1(metrics: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Table 1 in the paper's layout, as text: quoted rows, then ours, the audit's, and what others published since."""
    titles = columns(params)
    rows = _quoted_rows("table 1", titles)
    ours = {experiment: Ours.of(metrics, params, experiment) for experiment in titles}
    mean = {titles[e]: _value(one.kept if one else None, why_missing(params, e)) for e, one in ours.items()}
    rows.append({"Model": OURS} | mean)
    beneath = details(params.confidence) if any(ours.values()) else {}
    for title, show in beneath.items():
        rows.append({"Model": title} | {titles[e]: show(one) if one else "" for e, one in ours.items()})
    for length in sorted({length for one in ours.values() if one for length in one.waypoints}, reverse=True):
        found = {titles[e]: one.waypoints.get(length, "") if one else "" for e, one in ours.items()}
        rows.append({"Model": f"ours: at {length:,} epochs"} | found)
    audit = [
        {"Model": f"{AUDIT}{label}"} | {titles[e]: audit_cells(metrics, params, e, model) for e in titles}
        for model, label in AUDITED.items()
    ]
    later = [{**row, "Model": f"{LATER}{row['Model']}"} for row in _quoted_rows("later", titles)]
    return pd.DataFrame(rows + audit + later)


def _quoted_rows(section: str, titles: dict[str, str]) -> list[dict[str, str]]:
    others, rows = quoted(section), []
    for model in others.model.unique():
        found = others[others.model == model].set_index("dataset")
        values = {e: f"{found.value[e]:g} ± {found.error[e]:g}" for e in titles if e in found.index}
        rows.append({"Model": model} | {label: values.get(e, "") for e, label in titles.items()})
    return rows


def parts(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The table by caption: the paper's with ours, our other columns where there are any, the audit, later numbers."""
    papers = ["Model", *PAPERS_COLUMNS.values()]
    later, audit = (table.Model.str.startswith(prefix) for prefix in (LATER, AUDIT))
    ours = ~later & ~audit & ~table.Model.isin(quoted("table 1").model)
    others = [name for name in table.columns if name not in papers]
    found = {"": table.loc[~later & ~audit, papers]}
    if others:
        found["Our other experiments; the paper gives no number for them."] = table.loc[ours, ["Model", *others]]
    audited = ["Model", *(name for name in table.columns[1:] if table.loc[audit, name].any())]
    for caption, rows, wanted, prefix in (
        (AUDIT_CAPTION, audit, audited, AUDIT),
        (LATER_CAPTION, later, papers, LATER),
    ):
        found[caption] = table.loc[rows, wanted].replace({"Model": f"^{prefix}"}, {"Model": ""}, regex=True)
    return found


def _value(our: Cell | None, missing: str) -> str:
    if our is None:
        return missing
    return f"{our.seeds.mean:.1f}" + (f" ± {two_digits(our.seeds.sd)}" if our.seeds.n > 1 else "")


def _edge(our: Cell | None) -> str:
    """A flag where a wider grid might do better."""
    return f" ({EDGE})" if our is not None and any(EDGE in place for place in our.bandwidths) else ""


@dataclass(frozen=True)
class Ours:
    """What a column of Table 1 shows of ours.

    Attributes:
        kept: the cell.
        last: the same of the last generators.
        fine: the same with a fine grid of bandwidths.
        verdict: over both grids, in words.
        planned: seeds and epochs of the scale, which may be more than were run.
        waypoints: other lengths of training, with mean and verdict as text.
    """

    kept: Cell
    last: Cell | None
    fine: Cell | None
    verdict: str
    planned: tuple[int, int]
    waypoints: dict[int, str]

    @classmethod
    def of(cls, metrics: pd.DataFrame, params: Params, experiment: str) -> "Ours | None":
        """An experiment's column; None where it was not run."""
        kept, fine = (cell(metrics, params, experiment, grid) for grid in ("authors", "fine"))
        if kept is None:
            return None
        last, waypoints = cell(metrics, params, experiment, "authors", "last"), {}
        for length in lengths(metrics, experiment, params.scale)[1:]:
            words = judged(metrics, params, experiment, length)
            value = _value(cell(metrics, params, experiment, "authors", length=length), "")
            waypoints[length] = f"{value}: {words}"
        planned = (params.planned_seeds(experiment), params.experiment(experiment).epochs)
        return cls(kept, last, fine, judged(metrics, params, experiment), planned, waypoints)


def _of(have: int, planned: int) -> str:
    return f"{have:,}" if have >= planned else f"{have:,} of {planned:,} planned"


def _spread(our: Cell, planned: int) -> str:
    low_to_high = "" if our.seeds.n == 1 else f", {our.seeds.low:.1f} to {our.seeds.high:.1f}"
    spread = f"n = {_of(our.seeds.n, planned)}{low_to_high}"
    return f"{spread}; {our.diverged} diverged" if our.diverged else spread


def _interval(interval: tuple[float, float], n: int) -> str:
    return f"{interval[0]:.1f} to {interval[1]:.1f}" if n >= MIN_SEEDS else f"too few seeds (n = {n} < {MIN_SEEDS})"


def _gap(our: Cell) -> str:
    """In sd only where it is judged: elsewhere a seed that has hardly begun may make any gap small."""
    gap, in_sd = our.verdict.gap, math.nan if our.verdict.name == "not judged" else our.verdict.gap_in_sd
    return "" if math.isnan(gap) else f"{gap:+.1f} nats" + ("" if math.isnan(in_sd) else f" ({in_sd:+.1f} sd)")


def _reach(our: Cell) -> str:
    if our.published is None:
        return ""
    return f"{rank(our.values, our.published).k} of {our.seeds.n}"


def details(confidence: float) -> dict[str, Callable[[Ours], str]]:
    """Titles of the rows beneath our mean, and what they show."""
    return {
        "ours: number of seeds, their range": lambda ours: _spread(ours.kept, ours.planned[0]),
        "ours: epochs": lambda ours: _of(ours.kept.length, ours.planned[1]),
        "ours: precision of training": lambda ours: ", ".join(ours.kept.precisions),
        "ours: median": lambda ours: f"{ours.kept.seeds.median:.1f}",
        f"ours: {confidence:.0%} interval of the mean": lambda ours: _interval(
            ours.kept.seeds.mean_interval, ours.kept.seeds.n
        ),
        f"ours: {confidence:.0%} interval of one more seed": lambda ours: _interval(
            ours.kept.seeds.prediction_interval, ours.kept.seeds.n
        ),
        "ours: standard error of one seed's mean, averaged": lambda ours: (
            f"{sum(ours.kept.standard_errors) / ours.kept.seeds.n:.1f} over {ours.kept.error_over}"
        ),
        "ours: bandwidth (place in the grid)": lambda ours: ", ".join(dict.fromkeys(ours.kept.bandwidths)),
        "ours: gap to the paper's value": lambda ours: _gap(ours.kept),
        "ours: seeds that reach the paper's value": lambda ours: _reach(ours.kept),
        "ours: verdict": lambda ours: ours.verdict,
        "ours: last generator": lambda ours: _value(ours.last, ""),
        "ours: with a fine grid of bandwidths": lambda ours: _value(ours.fine, "") + _edge(ours.fine),
        f"ours: with it, {confidence:.0%} interval of one more seed": lambda ours: (
            _interval(ours.fine.seeds.prediction_interval, ours.fine.seeds.n) if ours.fine else ""
        ),
        "ours: with it, seeds that reach the paper's value": lambda ours: _reach(ours.fine) if ours.fine else "",
    }


def caption(params: Params) -> str:
    """What the table shows, its scale on its face."""
    warning = "" if params.scale == "paper" else " Fewer epochs and seeds than the full reproduction, scale `paper`."
    if not params.is_real:
        warning = " Tiny networks on made-up images: the numbers of ours mean nothing."
    return (
        "Table 1: mean test log-likelihood under a Gaussian Parzen window, in nats. Quoted rows: Goodfellow et al. "
        "2014; their ± is the standard error over test images (MNIST) or over folds (TFD) of one run. Ours, at scale "
        f"`{params.scale}`: ± is the sd over training seeds.{warning}"
    )


def markdown(table: pd.DataFrame, metrics: pd.DataFrame, params: Params) -> str:
    """The table as Markdown, after a verdict in words."""
    blocks = [*sentences(metrics, params), *audit_sentences(metrics, params)]
    for title, part in parts(table).items():
        blocks += [title or caption(params), part.to_markdown(index=False)]
    return "\n\n".join(blocks) + "\n"


def latex(table: pd.DataFrame, params: Params) -> str:
    """The table as LaTeX (booktabs)."""
    bodies = [
        part.map(_escaped)
        .rename(columns=_escaped)
        .to_latex(
            index=False,
            column_format="l" + "c" * (part.shape[1] - 1),
            caption=_escaped((title or caption(params)).replace("`", "")),
            label=f"tab:{number}",
        )
        for number, (title, part) in enumerate(parts(table).items(), start=1)
    ]
    return "% needs \\usepackage{booktabs}\n" + "\n".join(bodies)


def _escaped(text: str) -> str:
    """As LaTeX wants it: a bare % would hide the rest of its line."""
    return re.sub(r"[%&_#]", r"\\\g<0>", text).replace("±", r"$\pm$")


def headline(metrics: pd.DataFrame, params: Params) -> dict[str, dict[str, dict[str, float]]]:
    """Mean over seeds, spread and number of seeds, by experiment and grid; for `dvc metrics`."""
    return {
        experiment: {
            grid: {"nats": our.seeds.mean, "n_seeds": our.seeds.n} | ({"sd": our.seeds.sd} if our.seeds.n > 1 else {})
            for grid in ("authors", "fine")
            if (our := cell(metrics, params, experiment, grid)) is not None
        }
        for experiment in metrics.experiment.unique()
    }


if __name__ == "__main__":
    main()
