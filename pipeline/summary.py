"""Metrics of all runs into cells: our mean over seeds beside the paper's value, with a verdict."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from gan.agreement import by_grids, explain
from gan.statistics import MIN_SEEDS, SeedSummary, Verdict, summarise_seeds, verdict
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
    """Our number for one experiment, one grid of bandwidths, one length of training and one rule of keeping.

    Attributes:
        experiment, grid: what was scored with which bandwidths.
        length: epochs of training.
        values: test log-likelihood of each training seed, nats.
        seeds: the same, summed up.
        diverged: how many of the seeds; they count with their best generator before.
        standard_errors: of each seed's mean, over `error_over`.
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
        scales = set(metrics.scale[metrics.model == GAN])
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
    rows = model_rows(metrics, experiment, grid, GAN, generator)
    rows = rows[rows.scale == scale]
    length = length or next(iter(lengths(metrics, experiment, scale)), 0)
    return rows[rows.length == length]


def lengths(metrics: pd.DataFrame, experiment: str, scale: str) -> list[int]:
    """Lengths of training, in epochs, at which the kept generators were scored.

    The first is the one that the experiment's cell stands for: the greatest that MIN_SEEDS seeds have reached, or the
    greatest of all where none has. The others follow from the greatest to the least.
    """
    rows = model_rows(metrics, experiment, "authors", GAN, "best")
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
    published = published_value(experiment)
    return Cell(
        experiment=experiment,
        grid=grid,
        length=int(rows.length.iloc[0]),
        values=tuple(rows.value),
        seeds=seeds,
        diverged=int((metrics.metric.eq(DIVERGED) & metrics.experiment.eq(experiment)).sum()),
        standard_errors=tuple(rows.standard_error),
        error_over=_error_over(rows.iloc[0]),
        bandwidths=_bandwidths(metrics, rows),
        published=published,
        verdict=_verdict(params, experiment, seeds, published),
    )


def judged(metrics: pd.DataFrame, params: Params, experiment: str, length: int | None = None) -> str:
    """The verdict over both grids of bandwidths in words, with its length where that is not the whole one."""
    cells = {grid: cell(metrics, params, experiment, grid, length=length) for grid in ("authors", "fine")}
    found = {grid: our.verdict for grid, our in cells.items() if our is not None}
    first, words = cells["authors"], by_grids(found)
    if first is None or first.verdict.name in ("not judged", "too few seeds"):
        return words
    both = ", on both grids of bandwidths" if len({one.name for one in found.values()}) == 1 < len(found) else ""
    if first.length == params.experiment(experiment).epochs:
        return words + both
    name, colon, reason = words.partition(":")
    return f"{name} at {first.length:,} epochs{colon}{reason}{both}"


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
    margin = params.values["catalogue"][experiment].get("margin_nats")
    return verdict(seeds, published, margin, not_judged, params.confidence)


def over_seeds(metrics: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Rows of metrics.csv that sum up each experiment's seeds, with the verdict; they name no seed."""
    cells = [cell(metrics, params, experiment, "authors") for experiment in metrics.experiment.unique()]
    return pd.DataFrame([row for our in cells if our is not None for row in _rows(our, params.scale)])


def _rows(our: Cell, scale: str) -> list[dict[str, Any]]:
    about = {"generator": "best", "grid": our.grid, "length": our.length, "verdict": str(our.verdict), "scale": scale}
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
    """For each experiment that was run: our mean, the paper's value and the verdict; and whether it still rises."""
    cells = [cell(metrics, params, experiment, "authors") for experiment in columns(params)]
    found = [our for our in cells if our is not None]
    lines = [_sentence(our, metrics, params) + _rise(our, metrics, params) for our in found]
    return lines + _how_to_supply(params, {our.experiment for our in found})


def agreement(metrics: pd.DataFrame, params: Params) -> list[str]:
    """How far the judged cells can agree or disagree with the paper's values, in words."""
    cells = [cell(metrics, params, experiment, "authors") for experiment in columns(params)]
    found = [our for our in cells if our is not None and our.published is not None]
    return [
        f"{params.experiment(our.experiment).label}: {line[0].lower()}{line[1:]}"
        for our in found
        if our.verdict.name != "not judged" and our.published is not None
        for line in explain(our.values, our.published, params.confidence)
    ]


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


def _sentence(our: Cell, metrics: pd.DataFrame, params: Params) -> str:
    experiment = params.experiment(our.experiment)
    spread = f" ± {two_digits(our.seeds.sd)} (sd; median {our.seeds.median:.1f})" if our.seeds.n > 1 else ""
    seeds = f"{count(our.seeds.n, 'training seed')} of {our.length:,} epoch{'s' * (our.length != 1)}"
    seeds += f" ({our.diverged} of them diverged: scored with the best generator before)" if our.diverged else ""
    paper = f"; the paper's one run gave {our.published:g}" if our.published is not None else ""
    words = judged(metrics, params, our.experiment)
    return f"{experiment.label}: {our.seeds.mean:.1f}{spread} nats over {seeds}{paper}; {words}."


def _rise(our: Cell, metrics: pd.DataFrame, params: Params) -> str:
    """How much the last generators gained since the length scored before; empty where none was."""
    rows = model_rows(metrics, our.experiment, "authors", GAN, "last")
    rows = rows[(rows.scale == params.scale) & (rows.length <= our.length)]
    by_seed = rows.pivot_table(index="seed", columns="length", values="value").dropna()
    if by_seed.shape[1] < 2 or len(by_seed) < 2:
        return ""
    before, now = by_seed.columns[-2:]
    gain = summarise_seeds((by_seed[now] - by_seed[before]).tolist(), params.confidence)
    low, high = gain.mean_interval
    state = "still rose" if low > 0 else "fell" if high < 0 else "moved"
    over = f"{gain.mean:+.1f} ± {two_digits(gain.sd)} nats (sd over {count(gain.n, 'seed')})"
    return f" The score {state} from epoch {int(before):,} to {int(now):,}: {over}."


def why_missing(params: Params, experiment: str) -> str:
    """Why a cell of Table 1 has no number of ours; the same on every machine."""
    if experiment in params.asked and params.dataset(params.dataset_of(experiment)).user_supplied:
        return MISSING_DATA
    return "not part of this run"
