"""Metrics of all runs into cells: our mean over seeds beside the paper's value, with a verdict."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from gan.statistics import SeedSummary, summarise_seeds, verdict
from pipeline.errors import UserError
from pipeline.io import read_csv, reading
from pipeline.params import Params

QUOTED = Path(__file__).parent / "quoted.csv"
PAPER = "Adversarial nets"
PAPERS_COLUMNS = {"mnist": "MNIST", "tfd": "TFD"}
MISSING_DATA = "not run: data not available"


@dataclass(frozen=True)
class Cell:
    """Our number for one experiment and one grid of bandwidths.

    Attributes:
        experiment, grid: what was scored with which bandwidths.
        seeds: test log-likelihood over training seeds, nats.
        standard_errors: of each seed's mean, over `error_over`.
        bandwidths: each seed's chosen bandwidth, with its place in the grid; an edge is flagged.
        published: the paper's value, or None.
        verdict: see gan.statistics.verdict.
    """

    experiment: str
    grid: str
    seeds: SeedSummary
    standard_errors: tuple[float, ...]
    error_over: str
    n_eval: int
    bandwidths: tuple[str, ...]
    published: float | None
    verdict: str


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
    """Experiments that Table 1 shows, with their titles: the paper's two and whatever else was run."""
    return PAPERS_COLUMNS | {name: params.experiment(name).label for name in params.experiments}


def quoted() -> pd.DataFrame:
    """The numbers of others, with their source."""
    return read_csv(QUOTED)


def published_value(experiment: str) -> float | None:
    """The paper's value for the experiment's data set, or None."""
    frame = quoted()
    found = frame[(frame.model == PAPER) & (frame.dataset == experiment)]
    return None if found.empty else float(found.value.iloc[0])


def test_rows(metrics: pd.DataFrame, experiment: str, grid: str, generator: str = "best") -> pd.DataFrame:
    """The test log-likelihoods of one experiment, a row a seed."""
    chosen = (
        (metrics.experiment == experiment)
        & (metrics.grid == grid)
        & (metrics.generator == generator)
        & (metrics.metric == "test_log_likelihood")
    )
    return metrics[chosen].sort_values("seed")


def cell(metrics: pd.DataFrame, params: Params, experiment: str, grid: str) -> Cell | None:
    """Our cell, or None where the experiment was not run."""
    rows = test_rows(metrics, experiment, grid)
    if rows.empty:
        return None
    seeds = summarise_seeds(rows.value.tolist(), params.values["statistics"]["confidence"])
    published = published_value(experiment)
    return Cell(
        experiment=experiment,
        grid=grid,
        seeds=seeds,
        standard_errors=tuple(rows.standard_error),
        error_over=rows.error_over.iloc[0],
        n_eval=int(rows.n_eval.iloc[0]),
        bandwidths=tuple(_place(b, p) for b, p in zip(rows.bandwidth, rows.bandwidth_place, strict=True)),
        published=published,
        verdict=_verdict(params, experiment, seeds, published),
    )


def _place(bandwidth: float, place: str) -> str:
    """A bandwidth and its place in the grid; an edge is flagged, for a wider grid might do better."""
    position, size = place.split("/")
    flag = ": edge of the grid" if position in ("1", size) else ""
    return f"{bandwidth:.4g} ({place}{flag})"


def _verdict(params: Params, experiment: str, seeds: SeedSummary, published: float | None) -> str:
    if published is None:
        return "not judged: the paper gives no number"
    return verdict(seeds, published, params.values["catalogue"][experiment]["margin_nats"], params.not_judged)


def sentences(metrics: pd.DataFrame, params: Params) -> list[str]:
    """One sentence for each experiment that was run: our mean, the paper's value, the verdict."""
    cells = [cell(metrics, params, experiment, "authors") for experiment in columns(params)]
    return [_sentence(our, params) for our in cells if our is not None]


def _sentence(our: Cell, params: Params) -> str:
    experiment = params.experiment(our.experiment)
    spread = f" ± {our.seeds.sd:.2g} (sd)" if our.seeds.n > 1 else ""
    seeds = f"{our.seeds.n} training seed{'s' if our.seeds.n > 1 else ''} of up to {experiment.epochs} epochs"
    paper = f", the paper's one run {our.published:g}" if our.published is not None else ""
    return f"{experiment.label}: {our.seeds.mean:.1f}{spread} nats over {seeds}{paper}; {our.verdict}."


def why_missing(params: Params, experiment: str) -> str:
    """Why a cell of Table 1 has no number of ours."""
    if experiment not in params.values["catalogue"]:
        return MISSING_DATA
    return "not run: not among the experiments asked for"
