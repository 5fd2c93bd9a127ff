"""Metrics of all runs into cells: our mean over seeds beside the paper's value, with a verdict."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from gan.statistics import MIN_SEEDS, SeedSummary, Verdict, summarise_seeds, verdict
from pipeline.config.checks import PAPERS_COLUMNS
from pipeline.config.params import Params
from pipeline.files.errors import UserError
from pipeline.files.formats import one_line_errors, read_csv
from pipeline.record.runs import OUR_MODEL

QUOTED = Path(__file__).parents[1] / "quoted.csv"
PAPER = "Adversarial nets"
EDGE = "edge of the grid"
GRIDS = ("authors", "fine")
MISSING_DATA = "not run: data not available"


@dataclass(frozen=True)
class Cell:
    """Our number for one experiment, one grid of bandwidths, one length of training and one rule of keeping.

    Attributes:
        experiment: its name.
        grid: of bandwidths.
        generator: "best" by the rule of keeping, or "last".
        length: epochs of training.
        values: test log-likelihood of each training seed, nats.
        seeds: the same, summed up.
        diverged: how many of the seeds; they count with their best generator before.
        untrained: how many of these had none, and count with their generator as it was before training.
        standard_errors: of each seed's mean, over `error_over`.
        precisions: in which training's products were computed.
        bandwidths: chosen by each seed, in each fold, with their place in the grid; an edge is flagged.
        on_edge: whether one of them lies on an edge.
        published: the paper's value, or None.
        verdict: of gan.statistics.verdict.
    """

    experiment: str
    grid: str
    generator: str
    length: int
    values: tuple[float, ...]
    seeds: SeedSummary
    diverged: int
    untrained: int
    standard_errors: tuple[float, ...]
    error_over: str
    precisions: tuple[str, ...]
    bandwidths: tuple[str, ...]
    on_edge: bool
    published: float | None
    verdict: Verdict

    @property
    def standard_error(self) -> float:
        """Return the standard error of one seed's mean, averaged over the seeds."""
        return sum(self.standard_errors) / self.seeds.n


@dataclass(frozen=True)
class Ours:
    """All our cells of one experiment.

    Attributes:
        kept: of the kept generators, by grid of bandwidths; the authors' grid is among them.
        last: of the last generators on the authors' grid; None where they were not scored.
        waypoints: as `kept`, at the other lengths of training, by length.
        every: these and all others, one for each grid, generator and length that were scored.
    """

    kept: dict[str, Cell]
    last: Cell | None
    waypoints: dict[int, dict[str, Cell]]
    every: tuple[Cell, ...]


def read_metrics(path: Path, params: Params) -> pd.DataFrame:
    """Read the metrics of all runs of the params' scale.

    Raises:
        UserError: they are of another scale.
    """
    metrics = read_csv(path)
    with one_line_errors(path):
        scales = set(metrics.scale[metrics.model == OUR_MODEL])
    if params.scale not in scales:
        found = ", ".join(sorted(scales))
        raise UserError(f"{path}: metrics of scale {found}, not {params.scale}; name the right one with --scale")
    return metrics


def columns(params: Params) -> dict[str, str]:
    """Return the experiments that Table 1 shows, with their titles: the paper's two and whatever else was asked for."""
    return PAPERS_COLUMNS | {name: params.experiment(name).label for name in params.asked}


def quoted(section: str) -> pd.DataFrame:
    """Return the numbers of others, with their source.

    Args:
        section: "table 1" of the paper; "later": published since under the same protocol; "audit": of what is no
            model.
    """
    rows = _all_quoted()
    return rows[rows.section == section]


@cache
def _all_quoted() -> pd.DataFrame:
    return read_csv(QUOTED)


def published_value(experiment: str) -> float | None:
    """Return the paper's value for an experiment of Table 1, named after its data set; None for another."""
    frame = quoted("table 1")
    found = frame[(frame.model == PAPER) & (frame.dataset == experiment)]
    return None if found.empty else float(found.value.iloc[0])


def model_rows(metrics: pd.DataFrame, experiment: str, grid: str, model: str, generator: str = "none") -> pd.DataFrame:
    """Return the test log-likelihoods of a model on an experiment's data, one row per draw or seed."""
    chosen = "experiment == @experiment and model == @model and grid == @grid and generator == @generator"
    rows = metrics.query(f"{chosen} and metric == 'test_log_likelihood' and fold.isna()")
    return rows.sort_values("seed")


def seed_rows(
    metrics: pd.DataFrame, experiment: str, grid: str, scale: str, generator: str = "best", length: int | None = None
) -> pd.DataFrame:
    """Return the test log-likelihoods of our GAN, one row per training seed.

    Args:
        length: of training; None: that of the experiment's cell.
    """
    rows = model_rows(metrics, experiment, grid, OUR_MODEL, generator)
    rows = rows[rows.scale == scale]
    length = length or next(iter(lengths(metrics, experiment, scale)), 0)
    return rows[rows.length == length]


def lengths(metrics: pd.DataFrame, experiment: str, scale: str, generator: str = "best") -> list[int]:
    """Return the lengths of training, in epochs, at which generators were scored; by default the kept ones.

    The first is that of the experiment's cell: the greatest that MIN_SEEDS seeds have reached, or the
    greatest of all where none has. The others follow from the greatest to the least.
    """
    rows = model_rows(metrics, experiment, "authors", OUR_MODEL, generator)
    return in_order(rows[rows.scale == scale])


def in_order(rows: pd.DataFrame) -> list[int]:
    """Return the lengths of rows, one per seed and length, in the order of `lengths`."""
    counts = rows.groupby("length").size()
    found = [int(length) for length in sorted(counts.index, reverse=True)]
    return sorted(found, key=lambda length: counts[length] < MIN_SEEDS)  # stable: from the greatest within each group


def _bandwidths(metrics: pd.DataFrame, rows: pd.DataFrame) -> tuple[str, ...]:
    """Return each seed's chosen bandwidth; where there are folds, each fold's, in rows beside their mean."""
    if rows.bandwidth.isna().any():
        keys = ["experiment", "scale", "length", "seed", "grid", "generator", "metric"]
        rows = metrics[metrics.fold.notna()].merge(rows[keys], on=keys)
    return tuple(map(_place, rows.bandwidth, rows.bandwidth_place, rows.grid_size))


def cell(
    metrics: pd.DataFrame,
    params: Params,
    experiment: str,
    grid: str,
    generator: str = "best",
    length: int | None = None,
) -> Cell | None:
    """Return our cell, or None where the experiment was not run.

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
        generator=generator,
        length=int(rows.length.iloc[0]),
        values=tuple(rows.value),
        seeds=seeds,
        diverged=int(rows.diverged.sum()),
        untrained=int((rows.diverged & rows.epoch.eq(0)).sum()),
        standard_errors=tuple(rows.standard_error),
        error_over=_error_over(rows.iloc[0]),
        precisions=precisions,
        bandwidths=_bandwidths(metrics, rows),
        on_edge=bool(rows.bandwidth_on_edge.any()),
        published=published,
        verdict=_verdict(params, experiment, seeds, published, precisions),
    )


def our_cells(metrics: pd.DataFrame, params: Params) -> dict[str, Ours]:
    """Return our cells of the params' scale by experiment, each computed once; what was not run is left out."""
    ours = {}
    for experiment in metrics.experiment.unique():
        every = _every_cell(metrics, params, experiment)
        kept: dict[int, dict[str, Cell]] = {}
        for (generator, length, grid), our in every.items():
            if generator == "best":
                kept.setdefault(length, {})[grid] = our
        if kept:
            (first, cells), *others = kept.items()
            last = every.get(("last", first, "authors"))
            ours[experiment] = Ours(cells, last, dict(others), tuple(every.values()))
    return ours


def _every_cell(metrics: pd.DataFrame, params: Params, experiment: str) -> dict[tuple[str, int, str], Cell]:
    """Return an experiment's cells by generator, length and grid; that of the kept generators comes first."""
    found = {
        (generator, length, grid): cell(metrics, params, experiment, grid, generator, length)
        for generator in ("best", "last")
        for length in lengths(metrics, experiment, params.scale, generator)
        for grid in GRIDS
    }
    return {place: our for place, our in found.items() if our is not None}


def _error_over(row: pd.Series) -> str:
    """What the standard error is over, with its n."""
    return row.error_over if "folds" in row.error_over else f"{row.n_eval} {row.error_over}"


def _place(bandwidth: float, place: int, size: int) -> str:
    """A bandwidth and its place in the grid; an edge is flagged, for a wider grid might do better."""
    flag = f": {EDGE}" if place in (1, size) else ""
    return f"{bandwidth:.4g} ({place:.0f}/{size:.0f}{flag})"


def _verdict(
    params: Params, experiment: str, seeds: SeedSummary, published: float | None, precisions: tuple[str, ...]
) -> Verdict:
    not_judged = params.not_judged if published is not None else "not an experiment of Table 1"
    if not not_judged and precisions != ("float32",):
        not_judged = f"trained in {' and '.join(precisions)}, whose effect on the score is not part of the verdict"
    margin = params.values["catalogue"][experiment].get("margin_nats")
    return verdict(seeds, published, margin, not_judged, params.confidence)


def two_digits(value: float) -> str:
    """Return a spread as text, e.g. 0.53, 7.1, 120."""
    return f"{float(f'{value:.2g}'):g}"


def mean_and_sd(seeds: SeedSummary) -> str:
    """Return a mean with its standard deviation over seeds; the mean alone of one seed."""
    return f"{seeds.mean:.1f}" + (f" ± {two_digits(seeds.sd)}" if seeds.n > 1 else "")


def count(n: int, what: str) -> str:
    """Return a number of things, in words."""
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def why_missing(params: Params, experiment: str) -> str:
    """Return why a cell of Table 1 has no number of ours; the same on every machine."""
    if experiment in params.asked and params.dataset(params.dataset_of(experiment)).user_supplied:
        return MISSING_DATA
    return "not part of this run"
