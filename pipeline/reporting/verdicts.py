"""What the cells say against the paper's values, in words."""

import pandas as pd

from gan.agreement import by_grids, explain
from gan.statistics import summarise_seeds
from pipeline.config.params import Params
from pipeline.record.runs import OUR_MODEL
from pipeline.reporting.cells import MISSING_DATA, Cell, cell, columns, count, model_rows, two_digits

BOTH = ("kept", "redrawn")  # what training measured of its kept generator, and the same from other noise
GRID_NAMES = {"authors": "authors'", "fine": "fine"}


def judged(metrics: pd.DataFrame, params: Params, experiment: str, length: int | None = None) -> str:
    """The verdict over both grids of bandwidths in words, with its length where that is not the whole one."""
    cells = {grid: cell(metrics, params, experiment, grid, length=length) for grid in ("authors", "fine")}
    found = {GRID_NAMES[grid]: our.verdict for grid, our in cells.items() if our is not None}
    first, words = cells["authors"], by_grids(found)
    if first is None or first.verdict.name in ("not judged", "too few seeds"):
        return words
    if first.length == params.experiment(experiment).epochs:
        return words
    name, colon, reason = words.partition(":")
    return f"{name} at {first.length:,} epochs{colon}{reason}"


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
    rows = model_rows(metrics, our.experiment, "authors", OUR_MODEL, "last")
    rows = rows[(rows.scale == params.scale) & (rows.length <= our.length)]
    if rows.length.nunique() < 2:
        return ""
    before, now = sorted(rows.length.unique())[-2:]
    by_seed = rows.pivot_table(index="seed", columns="length", values="value")[[before, now]].dropna()
    if len(by_seed) < 2:
        return ""
    gain = summarise_seeds((by_seed[now] - by_seed[before]).tolist(), params.confidence)
    low, high = gain.mean_interval
    state = "still rose" if low > 0 else "fell" if high < 0 else "moved"
    over = f"{gain.mean:+.1f} ± {two_digits(gain.sd)} nats (sd over {count(gain.n, 'seed')})"
    return f" The last generators' score {state} from epoch {int(before):,} to {int(now):,}: {over}."


def optimism(metrics: pd.DataFrame, params: Params) -> list[str]:
    """How much training's measurement of the kept generators flatters them: the best of many, against a fresh draw."""
    rows = metrics[(metrics.scale == params.scale) & metrics.metric.isin([f"{name}_log_likelihood" for name in BOTH])]
    return [
        f"{title}: {_excess(rows[rows.experiment == name].drop_duplicates(['seed', 'metric']))}"
        for name, title in columns(params).items()
        if name in set(metrics.experiment)
    ]


def _excess(rows: pd.DataFrame) -> str:
    if rows.empty:
        return "not known; these runs were not measured again from other noise."
    kept, redrawn = (rows[rows.metric == f"{name}_log_likelihood"].set_index("seed").value for name in BOTH)
    excess = kept - redrawn
    spread = f" ± {two_digits(excess.std())} (sd)" if len(excess) > 1 else ""
    over = f"{int(rows.n_eval.iloc[0]):,} validation images, {count(len(excess), 'seed')}"
    return f"training measured {excess.mean():z.1f}{spread} nats more than a fresh draw of samples gives ({over})."
