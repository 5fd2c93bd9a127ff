"""Metrics of all runs into cells: our mean over seeds beside the paper's value, with a verdict."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from gan.statistics import SeedSummary, Verdict, summarise_seeds, verdict
from pipeline.errors import UserError
from pipeline.io import read_csv, reading
from pipeline.params import PAPERS_COLUMNS, Params
from pipeline.runs import GAN

QUOTED = Path(__file__).parent / "quoted.csv"
PAPER = "Adversarial nets"
DIVERGED = "best_epoch_before_divergence"  # metric of a seed that diverged or drew one image only; its generator counts
EDGE = "edge of the grid"
MISSING_DATA = "not run: data not available"


@dataclass(frozen=True)
class Cell:
    """Our number for one experiment and one grid of bandwidths.

    Attributes:
        experiment, grid: what was scored with which bandwidths.
        seeds: test log-likelihood over training seeds, nats.
        diverged: how many of the seeds; they count with their best generator before.
        standard_errors: of each seed's mean, over `error_over`.
        bandwidths: chosen by each seed, in each fold, with their place in the grid; an edge is flagged.
        published: the paper's value, or None.
        verdict: see gan.statistics.verdict.
    """

    experiment: str
    grid: str
    seeds: SeedSummary
    diverged: int
    standard_errors: tuple[float, ...]
    error_over: str
    bandwidths: tuple[str, ...]
    published: float | None
    verdict: Verdict


def read_metrics(path: Path, params: Params) -> pd.DataFrame:
    """The metrics of all runs of the params' scale.

    Raises:
        UserError: they are of another scale.
    """
    metrics = read_csv(path)
    with reading(path):
        found = ", ".join(sorted(set(metrics.scale)))
    if found != params.scale:
        raise UserError(f"{path}: metrics of scale {found}, not {params.scale}; name the right one with --scale")
    return metrics


def columns(params: Params) -> dict[str, str]:
    """Experiments that Table 1 shows, with their titles: the paper's two and whatever else was asked for."""
    return PAPERS_COLUMNS | {name: params.experiment(name).label for name in params.asked}


def quoted(section: str) -> pd.DataFrame:
    """The numbers of others, with their source.

    Args:
        section: "table 1" of the paper; "later": published since under the same protocol; "audit": of what is no
            model.
    """
    rows = read_csv(QUOTED)
    return rows[rows.section == section]


def published_value(experiment: str) -> float | None:
    """The paper's value for an experiment of Table 1, whose names are its data sets'; None for another."""
    frame = quoted("table 1")
    found = frame[(frame.model == PAPER) & (frame.dataset == experiment)]
    return None if found.empty else float(found.value.iloc[0])


def seed_rows(
    metrics: pd.DataFrame, experiment: str, grid: str, generator: str = "best", model: str = GAN
) -> pd.DataFrame:
    """The test log-likelihoods of one experiment, a row a seed."""
    chosen = (
        (metrics.experiment == experiment)
        & (metrics.model == model)
        & (metrics.grid == grid)
        & (metrics.generator == generator)
        & (metrics.metric == "test_log_likelihood")
        & metrics.fold.isna()
    )
    return metrics[chosen].sort_values("seed")


def _bandwidths(metrics: pd.DataFrame, rows: pd.DataFrame) -> tuple[str, ...]:
    """Each seed's chosen bandwidth; where there are folds, each fold's, in rows that stand beside their mean."""
    if rows.bandwidth.isna().any():
        keys = ["experiment", "grid", "generator", "metric"]
        rows = metrics[metrics.fold.notna()].merge(rows[[*keys, "seed"]], on=[*keys, "seed"])
    return tuple(_place(b, p) for b, p in zip(rows.bandwidth, rows.bandwidth_place, strict=True))


def cell(metrics: pd.DataFrame, params: Params, experiment: str, grid: str) -> Cell | None:
    """Our cell, or None where the experiment was not run."""
    rows = seed_rows(metrics, experiment, grid)
    if rows.empty:
        return None
    seeds = summarise_seeds(rows.value.tolist(), params.confidence)
    published = published_value(experiment)
    return Cell(
        experiment=experiment,
        grid=grid,
        seeds=seeds,
        diverged=int((metrics.metric.eq(DIVERGED) & metrics.experiment.eq(experiment)).sum()),
        standard_errors=tuple(rows.standard_error),
        error_over=_error_over(rows.iloc[0]),
        bandwidths=_bandwidths(metrics, rows),
        published=published,
        verdict=_verdict(params, experiment, seeds, published),
    )


def _error_over(row: pd.Series) -> str:
    """What the standard error is over, with its n."""
    return row.error_over if "folds" in row.error_over else f"{row.n_eval} {row.error_over}"


def _place(bandwidth: float, place: str) -> str:
    """A bandwidth and its place in the grid; an edge is flagged, for a wider grid might do better."""
    position, size = place.split("/")
    flag = f": {EDGE}" if position in ("1", size) else ""
    return f"{bandwidth:.4g} ({place}{flag})"


def _verdict(params: Params, experiment: str, seeds: SeedSummary, published: float | None) -> Verdict:
    not_judged = params.not_judged if published is not None else "not an experiment of Table 1"
    margin = params.values["catalogue"][experiment].get("margin_nats") or 0
    return verdict(seeds, published, margin, not_judged, params.confidence)


def over_seeds(metrics: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Rows of metrics.csv that sum up each experiment's seeds, with the verdict; they name no seed."""
    cells = [cell(metrics, params, experiment, "authors") for experiment in metrics.experiment.unique()]
    return pd.DataFrame([row for our in cells if our is not None for row in _rows(our, params.scale)])


def _rows(our: Cell, scale: str) -> list[dict[str, Any]]:
    about = {"generator": "best", "grid": our.grid, "verdict": str(our.verdict), "scale": scale}
    common = {"experiment": our.experiment, "model": GAN} | about
    error = {"standard_error": our.seeds.sd / math.sqrt(our.seeds.n), "error_over": count(our.seeds.n, "training seed")}
    values = {
        ("mean_over_seeds", "nats"): (our.seeds.mean, error),
        ("sd_over_seeds", "nats"): (our.seeds.sd, {}),
        ("gap_to_paper", "nats"): (our.verdict.gap, {}),
        ("gap_to_paper", "sd"): (our.verdict.gap_in_sd, {}),
        ("seeds_to_decide", "seeds"): (our.verdict.seeds_to_decide, {}),
    }
    return [
        common | {"metric": metric, "unit": unit, "value": value} | more
        for (metric, unit), (value, more) in values.items()
        if value is not None and not math.isnan(value)
    ]


def sentences(metrics: pd.DataFrame, params: Params) -> list[str]:
    """One sentence for each experiment that was run: our mean, the paper's value, the verdict."""
    cells = [cell(metrics, params, experiment, "authors") for experiment in columns(params)]
    found = {our.experiment for our in cells if our is not None}
    return [_sentence(our, params) for our in cells if our is not None] + _how_to_supply(params, found)


def two_digits(value: float) -> str:
    """A spread, e.g. 0.53, 7.1, 120."""
    return f"{float(f'{value:.2g}'):g}"


def count(n: int, what: str) -> str:
    """A number of things, in words."""
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _how_to_supply(params: Params, found: set[str]) -> list[str]:
    """What would fill the cells that were asked for and have no number, because the user has the data."""
    datasets = [params.dataset(params.dataset_of(name)) for name in params.asked if name not in found]
    return [f"{data.name}: {MISSING_DATA}; {data.how_to_supply}." for data in datasets if data.user_supplied]


def _sentence(our: Cell, params: Params) -> str:
    experiment = params.experiment(our.experiment)
    spread = f" ± {two_digits(our.seeds.sd)} (sd; median {our.seeds.median:.1f})" if our.seeds.n > 1 else ""
    at_most = "up to " if experiment.selection == "validation" else ""
    seeds = f"{count(our.seeds.n, 'training seed')} of {at_most}{count(experiment.epochs, 'epoch')}"
    seeds += f" ({our.diverged} of them diverged: scored with the best generator before)" if our.diverged else ""
    paper = f"; the paper's one run gave {our.published:g}" if our.published is not None else ""
    return f"{experiment.label}: {our.seeds.mean:.1f}{spread} nats over {seeds}{paper}; {our.verdict}."


def why_missing(params: Params, experiment: str) -> str:
    """Why a cell of Table 1 has no number of ours; the same on every machine."""
    if experiment in params.asked and params.dataset(params.dataset_of(experiment)).user_supplied:
        return MISSING_DATA
    return "not part of this run"
