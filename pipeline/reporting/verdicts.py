"""Comparison of our cells with the paper's values, in words."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from gan.agreement import LEVEL, SEEDS_TO_REJECT, detectable_difference, error_if_best_of, least_margin, rank
from gan.statistics import MIN_SEEDS, MOST_SEEDS, RESOLUTION_NATS, SeedSummary, Verdict, summarise_seeds
from pipeline.config.params import Params
from pipeline.record.runs import OUR_MODEL
from pipeline.reporting.cells import MISSING_DATA, Cell, Ours, cell, columns, count, model_rows, our_cells, two_digits

BOTH = ("kept", "redrawn")  # what training measured of its kept generator, and the same from other noise
GRID_NAMES = {"authors": "authors'", "fine": "fine"}
BEST_OF = (5, 10)  # hand-picked runs, of which one is published


def verdict_in_words(found: Verdict) -> str:
    """Return a verdict's name with its reason."""
    why = reason(found)
    return f"{found.name}: {why}" if why else found.name


def reason(found: Verdict) -> str:
    """Return why a verdict is what it is; empty for "reproduced"."""
    if found.name == "not judged":
        return found.reason or "nothing published"
    if found.name == "too few seeds":
        return f"n = {found.n} < {MIN_SEEDS}"
    if found.name == "not reproduced":
        return gap_in_words(found)
    if found.name == "reproduced":
        return ""
    if found.margin is None:
        return "no margin is set"
    many = f"{found.seeds_to_decide} seeds would decide"
    return f"{many if found.seeds_to_decide else f'{MOST_SEEDS} seeds would not decide either'} at this mean and sd"


def gap_in_words(found: Verdict) -> str:
    """Return the gap in nats, and in sd where these are known."""
    return f"{found.gap:+.1f} nats" + ("" if math.isnan(found.gap_in_sd) else f" ({found.gap_in_sd:+.1f} sd)")


def by_grids(verdicts: Mapping[str, Verdict]) -> str:
    """Return the verdict over several grids of bandwidths, one or more: where the grids differ, with what each says."""
    first = next(iter(verdicts.values()))
    if any(found.name != first.name for found in verdicts.values()):
        return "depends on the grid: " + ", ".join(
            f"{found.name} on the {grid} grid" for grid, found in verdicts.items()
        )
    if len({reason(found) for found in verdicts.values()}) == 1:
        return verdict_in_words(first)
    return f"{first.name}: " + ", ".join(f"{reason(found)} on the {grid} grid" for grid, found in verdicts.items())


def judged(cells: Mapping[str, Cell], params: Params) -> str:
    """Return the verdict over an experiment's cells by grid, with their length where that is not the planned one."""
    first, words = cells["authors"], by_grids({GRID_NAMES[grid]: our.verdict for grid, our in cells.items()})
    if first.verdict.name in ("not judged", "too few seeds"):
        return words
    if first.length == params.experiment(first.experiment).epochs:
        return words
    name, colon, why = words.partition(":")
    return f"{name} at {first.length:,} epochs{colon}{why}"


def sentences(metrics: pd.DataFrame, params: Params, ours: Mapping[str, Ours] | None = None) -> list[str]:
    """Say for each experiment that was run: our mean, the paper's value, the verdict, and whether it still rises.

    Args:
        ours: the metrics' cells, where they are known.
    """
    ours = our_cells(metrics, params) if ours is None else ours
    shown = {name: ours[name] for name in columns(params) if name in ours}
    lines = [_sentence(our.kept, params) + _rise(our.kept["authors"], metrics, params) for our in shown.values()]
    datasets = [params.dataset(params.dataset_of(name)) for name in params.asked if name not in shown]
    return lines + [f"{data.name}: {MISSING_DATA}; {data.how_to_supply}." for data in datasets if data.user_supplied]


def _sentence(kept: Mapping[str, Cell], params: Params) -> str:
    our = kept["authors"]
    experiment = params.experiment(our.experiment)
    several = our.seeds.n > 1
    seeds = f"{count(our.seeds.n, 'training seed')} of {our.length:,} epoch{'s' * (our.length != 1)}"
    scored = {"with the best generator before": our.diverged - our.untrained, "untrained": our.untrained}
    how = " and ".join(f"{n} scored {text}" for text, n in scored.items() if n)
    seeds += f" ({our.diverged} of them diverged: {how})" if our.diverged else ""
    spread = f" ± {two_digits(our.seeds.sd)}" if several else ""
    over = f"mean and sd over {seeds}; median {our.seeds.median:.1f}" if several else seeds
    paper = f" The paper's one run scored {our.published:g}." if our.published is not None else ""
    words = judged(kept, params)
    return f"{experiment.label}: {our.seeds.mean:.1f}{spread} nats ({over}).{paper} {words[0].upper()}{words[1:]}."


def gain(our: Cell, metrics: pd.DataFrame, params: Params) -> tuple[int, int, SeedSummary] | None:
    """Return what the last generators gained since the length scored before: both lengths, and nats over the seeds.

    None where fewer than two seeds were scored at two lengths.
    """
    rows = model_rows(metrics, our.experiment, "authors", OUR_MODEL, "last")
    rows = rows[(rows.scale == params.scale) & (rows.length <= our.length)]
    if rows.length.nunique() < 2:
        return None
    before, now = sorted(rows.length.unique())[-2:]
    by_seed = rows.pivot_table(index="seed", columns="length", values="value")[[before, now]].dropna()
    if len(by_seed) < 2:
        return None
    return int(before), int(now), summarise_seeds((by_seed[now] - by_seed[before]).tolist(), params.confidence)


def _rise(our: Cell, metrics: pd.DataFrame, params: Params) -> str:
    """Say how much the last generators gained since the length scored before; empty where none was."""
    found = gain(our, metrics, params)
    if found is None:
        return ""
    before, now, nats = found
    low, high = nats.mean_interval
    state = "still rose" if low > 0 else "fell" if high < 0 else "moved"
    over = f"{nats.mean:+.1f} ± {two_digits(nats.sd)} nats (sd over {count(nats.n, 'seed')})"
    return f" The last generators' score {state} from epoch {before:,} to {now:,}: {over}."


def agreement(metrics: pd.DataFrame, params: Params) -> list[str]:
    """Say how far the judged cells can agree or disagree with the paper's values."""
    cells = {title: cell(metrics, params, name, "authors") for name, title in columns(params).items()}
    return [
        f"{title}: {line[0].lower()}{line[1:]}"
        for title, our in cells.items()
        if our is not None and our.published is not None and our.verdict.name != "not judged"
        for line in explain(our.values, our.published, params.confidence)
    ]


def explain(values: Sequence[float], published: float, confidence: float = 0.95) -> list[str]:
    """Say how far our seeds can agree or disagree with a published value; nothing below MIN_SEEDS."""
    summary = summarise_seeds(values, confidence)
    if summary.n < MIN_SEEDS:
        return []
    seeds = f"n = {summary.n} seeds"
    difference = _round_up(detectable_difference(summary.n, summary.sd, confidence))
    few, many = (f"{error_if_best_of(runs, summary.n, confidence):.0%}" for runs in BEST_OF)
    return [
        rank_in_words(values, published),
        f"At the {LEVEL:.0%} level the mean of runs like ours and that of runs like the published one differ by less "
        f"than {_round_up(least_margin(summary, published))} nats; this test gives no smaller bound (two one-sided "
        f"t-tests, {seeds} against one run, sd {summary.sd:.1f} nats, assuming that "
        "runs like the published one have the same sd).",
        f'The smallest true difference that four of five studies with {seeds} would call "not reproduced" is '
        f"{difference} nats, if the true sd is {summary.sd:.1f} nats.",
        "A published run that was picked by hand is judged too harshly: for normally distributed scores, the best of "
        f'{BEST_OF[0]} runs like ours would be called "not reproduced" in {few} of studies with {seeds}, the best of '
        f"{BEST_OF[1]} in {many}, and a run that was not picked in {1 - confidence:.0%}.",
    ]


def rank_in_words(values: Sequence[float], published: float) -> str:
    """Return the rank statement; where seeds are too few for it to reject, with the numbers that would do."""
    found, (one_sided, two_sided) = rank(values, published), SEEDS_TO_REJECT
    few = f" Alone it can reject at {LEVEL:.0%} from {one_sided} seeds on, two-sided as the verdict is from {two_sided}"
    return (
        f"{found.k} of {found.n} seeds {'reaches' if found.k == 1 else 'reach'} the published {published:g} nats. If "
        "the published run were one more run like ours, it would rank this high or higher with probability "
        f"{found.k + 1}/{found.n + 1} = {found.probability:.2g}, whatever the distribution of the scores."
        + (f"{few} on." if found.n < two_sided else "")
    )


def _round_up(nats: float) -> str:
    """Round up to the digit printed, 0.1 at least, so that what holds at the exact value holds at the printed one."""
    return f"{math.ceil(max(nats, RESOLUTION_NATS) * 10) / 10:.1f}"


def optimism(metrics: pd.DataFrame, params: Params) -> list[str]:
    """Say how much training's measurement flatters the kept generators: the best of many, against a fresh draw."""
    rows = metrics[(metrics.scale == params.scale) & metrics.metric.isin([f"{name}_log_likelihood" for name in BOTH])]
    return [
        f"{title}: {_excess(rows[rows.experiment == name].drop_duplicates(['seed', 'metric']))}"
        for name, title in columns(params).items()
        if name in set(metrics.experiment)
    ]


def _excess(rows: pd.DataFrame) -> str:
    if rows.empty:
        return "not known; these runs were not measured again with other noise."
    kept, redrawn = (rows[rows.metric == f"{name}_log_likelihood"].set_index("seed").value for name in BOTH)
    excess = kept - redrawn
    spread = f" ± {two_digits(excess.std())} (sd)" if len(excess) > 1 else ""
    over = f"{int(rows.n_eval.iloc[0]):,} validation images, {count(len(excess), 'seed')}"
    return f"training measured {excess.mean():z.1f}{spread} nats more than a new draw of samples ({over})."
