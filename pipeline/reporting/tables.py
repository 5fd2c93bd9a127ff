"""Table 1 of the paper with our rows beneath, as CSV, Markdown and LaTeX; metrics summed up over seeds."""

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from gan.agreement import rank
from gan.statistics import MIN_SEEDS, SeedSummary
from pipeline.config.checks import PAPERS_COLUMNS
from pipeline.config.params import Params
from pipeline.files.formats import csv_text, json_text
from pipeline.record.runs import OUR_MODEL, SUMMARY
from pipeline.reporting.cells import EDGE, Cell, Ours, columns, mean_and_sd, our_cells, quoted, why_missing
from pipeline.reporting.evidence import AUDITED, audit_cells, audit_sentences
from pipeline.reporting.gather import Frames, tidy
from pipeline.reporting.two_sample import CAPTION as TOLD_CAPTION
from pipeline.reporting.two_sample import METRIC as TOLD
from pipeline.reporting.two_sample import Told, told, told_rows, told_sentences
from pipeline.reporting.verdicts import gap_in_words, judged, reason, sentences

OURS = "Adversarial nets (ours)"
AUDIT_CAPTION = "The same score for images that no network generated."
LATER_CAPTION = "Later papers that report this score under broadly similar protocols; sources in pipeline/quoted.csv."


def render(frames: Frames, params: Params) -> dict[str, str]:
    """Return the texts of all tables, by file name.

    Args:
        frames: as `gather` returns them.
    """
    metrics = frames["metrics.csv"]
    ours = our_cells(metrics, params)
    table = table1(metrics, ours, params)
    lines = sentences(metrics, params, ours) + audit_sentences(metrics, params) + told_sentences(metrics, params)
    return {name: csv_text(frame) for name, frame in frames.items()} | {
        SUMMARY: csv_text(over_seeds(metrics, ours, params)),
        "table1.csv": csv_text(table),
        "table1.md": markdown(table, lines, params),
        "table1.tex": latex(table, params),
        "metrics.json": json_text({name: headline(ours.get(name)) for name in metrics.experiment.unique()}),
    }


def over_seeds(metrics: pd.DataFrame, ours: Mapping[str, Ours], params: Params) -> pd.DataFrame:
    """Return the rows of summary.csv: each cell's seeds summed up, with the verdict; then those of two-sample tests."""
    tests = {name: told(metrics, params, name) for name in ours}
    rows = [_row(our) for one in ours.values() for our in one.every]
    rows += [_told_row(name, one) for name, one in tests.items() if one is not None]
    return tidy(pd.DataFrame([row | {"scale": params.scale} for row in rows]))


def _row(our: Cell) -> dict[str, Any]:
    what = {"experiment": our.experiment, "metric": "test_log_likelihood", "unit": "nats"}
    place = {"grid": our.grid, "generator": our.generator, "length": our.length}
    spread, judged_as = _numbers(our.seeds), our.verdict
    error = {"standard_error": our.standard_error, "error_over": our.error_over}
    run = {"precision": ", ".join(our.precisions), "diverged": our.diverged, "published": our.published}
    against = {name: getattr(judged_as, name) for name in ("gap", "gap_in_sd", "seeds_to_decide")}
    return what | place | spread | error | run | against | {"verdict": judged_as.name, "reason": reason(judged_as)}


def _told_row(experiment: str, one: Told) -> dict[str, Any]:
    """A row of two-sample tests; the paper has none to be held against."""
    what = {"experiment": experiment, "metric": TOLD, "unit": "share"}
    place = {"grid": "none", "generator": "best", "length": one.length}
    error = {"standard_error": one.rows.standard_error.mean(), "error_over": one.rows.error_over.iloc[0]}
    run = {"precision": ", ".join(sorted(one.rows.precision.unique())), "diverged": int(one.rows.diverged.sum())}
    judged_as = {"verdict": "not judged", "reason": "not the paper's measure"}
    return what | place | _numbers(one.seeds) | error | run | judged_as


def _numbers(seeds: SeedSummary) -> dict[str, Any]:
    spread = {name: getattr(seeds, name) for name in ("n", "mean", "sd", "median", "low", "high")}
    spread |= dict(zip(("mean_low", "mean_high"), seeds.mean_interval, strict=True))
    return spread | dict(zip(("prediction_low", "prediction_high"), seeds.prediction_interval, strict=True))


def headline(ours: Ours | None) -> dict[str, dict[str, float]]:
    """Return mean over seeds, spread and number of seeds of an experiment by grid; for `dvc metrics`."""
    cells = ours.kept if ours else {}
    return {
        grid: {"nats": our.seeds.mean, "n_seeds": our.seeds.n} | ({"sd": our.seeds.sd} if our.seeds.n > 1 else {})
        for grid, our in cells.items()
    }


def table1(metrics: pd.DataFrame, ours: Mapping[str, Ours], params: Params) -> pd.DataFrame:
    """Return Table 1 in the paper's layout, as text: quoted rows, ours, audit, later papers, two-sample tests."""
    titles = columns(params)
    found = {title: ours[name] for name, title in titles.items() if name in ours}
    missing = {title: why_missing(params, name) for name, title in titles.items() if name not in ours}
    beneath = {title: details(our, params) for title, our in found.items()}
    lengths = sorted({length for our in found.values() for length in our.waypoints}, reverse=True)
    means = {title: _of_cell(our.kept["authors"]) for title, our in found.items()}
    ours_rows = [{"Model": OURS} | missing | means]
    ours_rows += [
        {"Model": name} | {title: texts[name] for title, texts in beneath.items()}
        for name in next(iter(beneath.values()), {})
    ]
    for length in lengths:
        at_length = {title: our.waypoints[length] for title, our in found.items() if length in our.waypoints}
        texts = {t: f"{_of_cell(cells['authors'])}: {judged(cells, params)}" for t, cells in at_length.items()}
        ours_rows.append({"Model": f"ours: at {length:,} epochs"} | texts)
    audit = [
        {"Model": label} | {titles[name]: audit_cells(metrics, params, name, model) for name in titles}
        for model, label in AUDITED.items()
    ]
    papers, later = (_quoted_rows(section, titles) for section in ("table 1", "later"))
    tests = told_rows(metrics, params, titles)
    by_part = {"table 1": papers, "ours": ours_rows, "audit": audit, "later": later, "two-sample": tests}
    rows = [{"part": part} | row for part, of_part in by_part.items() for row in of_part]
    return pd.DataFrame(rows, columns=["part", "Model", *titles.values()]).fillna("")


def _quoted_rows(section: str, titles: Mapping[str, str]) -> list[dict[str, str]]:
    return [
        {"Model": model}
        | {titles[row.dataset]: f"{row.value:g} ± {row.error:g}" for row in rows.itertuples() if row.dataset in titles}
        for model, rows in quoted(section).groupby("model", sort=False)
    ]


def _of_cell(our: Cell | None) -> str:
    return "" if our is None else mean_and_sd(our.seeds)


def details(ours: Ours, params: Params) -> dict[str, str]:
    """Return what is beneath our mean, by title of row."""
    our, fine, percent = ours.kept["authors"], ours.kept.get("fine"), f"{params.confidence:.0%}"
    seeds = our.seeds
    return {
        "ours: number of seeds, their range": _spread(our, params.planned_seeds(our.experiment)),
        "ours: epochs": _of(our.length, params.experiment(our.experiment).epochs),
        "ours: precision of training": ", ".join(our.precisions),
        "ours: median": f"{seeds.median:.1f}",
        f"ours: {percent} interval of the mean": _interval(seeds.mean_interval, seeds.n),
        f"ours: {percent} interval of one more seed": _interval(seeds.prediction_interval, seeds.n),
        "ours: standard error of one seed's mean, averaged": f"{our.standard_error:.1f} over {our.error_over}",
        "ours: bandwidth (place in the grid)": ", ".join(dict.fromkeys(our.bandwidths)),
        "ours: gap to the paper's value": _gap(our),
        "ours: seeds that reach the paper's value": _reach(our),
        "ours: verdict": judged(ours.kept, params),
        "ours: last generator": _of_cell(ours.last),
        "ours: with a fine grid of bandwidths": _of_cell(fine) + (f" ({EDGE})" if fine and fine.on_edge else ""),
        f"ours: with it, {percent} interval of one more seed": (
            _interval(fine.seeds.prediction_interval, fine.seeds.n) if fine else ""
        ),
        "ours: with it, seeds that reach the paper's value": _reach(fine) if fine else "",
    }


def _of(have: int, planned: int) -> str:
    return f"{have:,}" if have >= planned else f"{have:,} of {planned:,} planned"


def _spread(our: Cell, planned: int) -> str:
    low_to_high = "" if our.seeds.n == 1 else f", {our.seeds.low:.1f} to {our.seeds.high:.1f}"
    return f"n = {_of(our.seeds.n, planned)}{low_to_high}" + (f"; {our.diverged} diverged" if our.diverged else "")


def _interval(interval: tuple[float, float], n: int) -> str:
    return f"{interval[0]:.1f} to {interval[1]:.1f}" if n >= MIN_SEEDS else f"too few seeds (n = {n} < {MIN_SEEDS})"


def _gap(our: Cell) -> str:
    """In sd only where it is judged: elsewhere a seed that has hardly begun may make any gap small."""
    if our.published is None:
        return ""
    return f"{our.verdict.gap:+.1f} nats" if our.verdict.name == "not judged" else gap_in_words(our.verdict)


def _reach(our: Cell) -> str:
    return "" if our.published is None else f"{rank(our.values, our.published).k} of {our.seeds.n}"


def parts(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the table by caption: the paper's with ours, our other columns, audit, later numbers, two-sample tests."""
    papers = ["Model", *PAPERS_COLUMNS.values()]
    others = [name for name in table.columns if name not in ("part", *papers)]
    found = {"": table.loc[table.part.isin(["table 1", "ours"]), papers]}
    if others:
        caption_of_others = "Our other experiments; the paper gives no number for them."
        found[caption_of_others] = table.loc[table.part == "ours", ["Model", *others]]
    audit, tests = (table[table.part == part].drop(columns="part") for part in ("audit", "two-sample"))
    found[AUDIT_CAPTION] = audit.loc[:, audit.any()]
    found[LATER_CAPTION] = table.loc[table.part == "later", papers]
    found[TOLD_CAPTION] = tests.loc[:, tests.any()]
    return {caption: part for caption, part in found.items() if len(part)}


def caption(params: Params) -> str:
    """Return what the table shows, and at which scale."""
    warning = "" if params.scale == "paper" else " Fewer epochs and seeds than the full reproduction, scale `paper`."
    if not params.is_real:
        warning = " Tiny networks on synthetic images: our numbers mean nothing."
    return (
        "Table 1: mean test log-likelihood under a Gaussian Parzen window, in nats. Quoted rows: Goodfellow et al. "
        "2014; their ± is the standard error over test images (MNIST) or over folds (TFD) of one run. Ours, at scale "
        f"`{params.scale}`: ± is the sd over training seeds.{warning}"
    )


def markdown(table: pd.DataFrame, lines: list[str], params: Params) -> str:
    """Return the table as Markdown, after sentences about it."""
    paragraphs = [*lines]
    for title, part in parts(table).items():
        paragraphs += [title or caption(params), part.to_markdown(index=False)]
    return "\n\n".join(paragraphs) + "\n"


def latex(table: pd.DataFrame, params: Params) -> str:
    """Return the table as LaTeX (booktabs)."""
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


def every_seed(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return our test log-likelihoods as text, a row per seed, generator and grid."""
    first = ["experiment", "scale", "length", "seed", "value", "fold", "standard_error", "error_over"]
    shown = [*first, "generator", "grid", "bandwidth", "bandwidth_place", "bandwidth_on_edge"]
    titles = {"length": "epochs", "value": "nats", "standard_error": "SE", "error_over": "over"}
    titles |= {"bandwidth_place": "place in grid", "bandwidth_on_edge": "on its edge"}
    ours = metrics[(metrics.model == OUR_MODEL) & (metrics.metric == "test_log_likelihood")]
    place, size = (ours[name].astype("Int64").astype("string") for name in ("bandwidth_place", "grid_size"))
    ours = ours.assign(bandwidth_place=place + "/" + size)
    rows = ours[shown].round({"value": 2, "standard_error": 2, "bandwidth": 4})
    rows = rows.astype(dict.fromkeys(("seed", "fold", "length"), "Int64")).astype(object)
    rows["bandwidth_on_edge"] = rows.bandwidth_on_edge.map({True: "yes: a wider grid might do better"})
    return rows.where(rows.notna(), "").rename(columns=titles)
