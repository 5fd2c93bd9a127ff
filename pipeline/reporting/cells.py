"""Metrics of all runs into cells: our mean over seeds beside the paper's value, with a verdict."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from gan.statistics import MIN_SEEDS, SeedSummary, Verdict, summarise_seeds, verdict
from pipeline.config.params import PAPERS_COLUMNS, Params
from pipeline.files.errors import UserError
from pipeline.files.formats import read_csv, reading
from pipeline.record.runs import OUR_MODEL

QUOTED = Path(__file__).parents[1] / "quoted.csv"
PAPER = "Adversarial nets"
DIVERGED = "best_epoch_before_divergence"  # metric of a seed that diverged or drew one image only; its generator counts
EDGE = "edge of the grid"
MISSING_DATA = "not run: data not available"


@dataclass(frozen=True)
class Cell:
    """Our number for one experiment, one grid of bandwidths, one length of training and one rule of keeping.

    Attributes:
        experiment, grid: what was scored with which bandwidths.
        length: epochs of training.
        values: test log-likelihood of each training seed, nats.
        seeds: the same, summed up.
        diverged: how many of the seeds; they count with their best generator before.
        standard_errors: of each seed's mean, over `error_over`.
        precisions: in which training's products were computed.
        bandwidths: chosen by each seed, in each fold, with their place in the grid; an edge is flagged.
        published: the paper's value, or None.
        verdict: see gan.statistics.verdict.
    """

    experiment: str
    grid: str
    length: int
    values: tuple[float, ...]
    seeds: SeedSummary
    diverged: int
    standard_errors: tuple[float, ...]
    error_over: str
    precisions: tuple[str, ...]
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
        scales = set(metrics.scale[metrics.model == OUR_MODEL])
    if params.scale not in scales:
        found = ", ".join(sorted(scales))
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


def model_rows(metrics: pd.DataFrame, experiment: str, grid: str, model: str, generator: str = "none") -> pd.DataFrame:
    """The test log-likelihoods of a model on an experiment's data, one row per draw or seed."""
    chosen = (
        (metrics.experiment == experiment)
        & (metrics.model == model)
        & (metrics.grid == grid)
        & (metrics.generator == generator)
        & (metrics.metric == "test_log_likelihood")
        & metrics.fold.isna()
        & metrics.seed.notna()
    )
    return metrics[chosen].sort_values("seed")


def seed_rows(
    metrics: pd.DataFrame, experiment: str, grid: str, scale: str, generator: str = "best", length: int | None = None
) -> pd.DataFrame:
    """The test log-likelihoods of our GAN, one row per training seed.

    Args:
        length: of training; None: the one that an experiment's cell stands for.
    """
    rows = model_rows(metrics, experiment, grid, OUR_MODEL, generator)
    rows = rows[rows.scale == scale]
    length = length or next(iter(lengths(metrics, experiment, scale)), 0)
    return rows[rows.length == length]


def lengths(metrics: pd.DataFrame, experiment: str, scale: str) -> list[int]:
    """Lengths of training, in epochs, at which the kept generators were scored.

    The first is the one that the experiment's cell stands for: the greatest that MIN_SEEDS seeds have reached, or the
    greatest of all where none has. The others follow from the greatest to the least.
    """
    rows = model_rows(metrics, experiment, "authors", OUR_MODEL, "best")
    counts = rows[rows.scale == scale].groupby("length").size()
    found = [int(length) for length in sorted(counts.index, reverse=True)]
    return sorted(found, key=lambda length: counts[length] < MIN_SEEDS)  # stable: from the greatest within each group


def _bandwidths(metrics: pd.DataFrame, rows: pd.DataFrame) -> tuple[str, ...]:
    """Each seed's chosen bandwidth; where there are folds, each fold's, in rows that stand beside their mean."""
    if rows.bandwidth.isna().any():
        keys = ["experiment", "grid", "generator", "metric"]
        rows = metrics[metrics.fold.notna()].merge(rows[[*keys, "seed"]], on=[*keys, "seed"])
    return tuple(_place(b, p) for b, p in zip(rows.bandwidth, rows.bandwidth_place, strict=True))


def cell(
    metrics: pd.DataFrame,
    params: Params,
    experiment: str,
    grid: str,
    generator: str = "best",
    length: int | None = None,
) -> Cell | None:
    """Our cell, or None where the experiment was not run.

    Args:
        generator: "best" by the rule of keeping, or "last".
        length: as for seed_rows.
    """
    rows = seed_rows(metrics, experiment, grid, params.scale, generator, length)
    if rows.empty:
        return None
    seeds = summarise_seeds(rows.value.tolist(), params.confidence)
    published, precisions = published_value(experiment), tuple(sorted(rows.precision.unique()))
    return Cell(
        experiment=experiment,
        grid=grid,
        length=int(rows.length.iloc[0]),
        values=tuple(rows.value),
        seeds=seeds,
        diverged=_diverged(metrics, rows),
        standard_errors=tuple(rows.standard_error),
        error_over=_error_over(rows.iloc[0]),
        precisions=precisions,
        bandwidths=_bandwidths(metrics, rows),
        published=published,
        verdict=_verdict(params, experiment, seeds, published, precisions),
    )


def _diverged(metrics: pd.DataFrame, rows: pd.DataFrame) -> int:
    """How many of the seeds diverged: the generator kept then has no more epochs than these rows' length."""
    keys, first = ["experiment", "scale", "seed"], rows.iloc[0]
    found = metrics[metrics.metric.eq(DIVERGED) & metrics.epoch.le(first.length)]
    return len(found[keys].drop_duplicates().merge(rows[keys].drop_duplicates(), on=keys))


def _error_over(row: pd.Series) -> str:
    """What the standard error is over, with its n."""
    return row.error_over if "folds" in row.error_over else f"{row.n_eval} {row.error_over}"


def _place(bandwidth: float, place: str) -> str:
    """A bandwidth and its place in the grid; an edge is flagged, for a wider grid might do better."""
    position, size = place.split("/")
    flag = f": {EDGE}" if position in ("1", size) else ""
    return f"{bandwidth:.4g} ({place}{flag})"


def _verdict(
    params: Params, experiment: str, seeds: SeedSummary, published: float | None, precisions: tuple[str, ...]
) -> Verdict:
    not_judged = params.not_judged if published is not None else "not an experiment of Table 1"
    if not not_judged and precisions != ("float32",):
        not_judged = f"trained in {' and '.join(precisions)}, whose effect on the score is not part of the verdict"
    margin = params.values["catalogue"][experiment].get("margin_nats")
    return verdict(seeds, published, margin, not_judged, params.confidence)


def over_seeds(metrics: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Rows of metrics.csv that sum up each experiment's seeds, with the verdict; they name no seed."""
    cells = [cell(metrics, params, experiment, "authors") for experiment in metrics.experiment.unique()]
    return pd.DataFrame([row for our in cells if our is not None for row in _rows(our, params.scale)])


def _rows(our: Cell, scale: str) -> list[dict[str, Any]]:
    about = {"generator": "best", "grid": our.grid, "length": our.length, "verdict": str(our.verdict), "scale": scale}
    common = {"experiment": our.experiment, "model": OUR_MODEL} | about
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


def two_digits(value: float) -> str:
    """A spread, e.g. 0.53, 7.1, 120."""
    return f"{float(f'{value:.2g}'):g}"


def count(n: int, what: str) -> str:
    """A number of things, in words."""
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def why_missing(params: Params, experiment: str) -> str:
    """Why a cell of Table 1 has no number of ours; the same on every machine."""
    if experiment in params.asked and params.dataset(params.dataset_of(experiment)).user_supplied:
        return MISSING_DATA
    return "not part of this run"
