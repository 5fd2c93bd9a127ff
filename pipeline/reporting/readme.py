"""The passages of README.md: the headline, the first picture of samples, the scorecard, and Table 1 with its limits."""

from pathlib import Path

import pandas as pd

from gan.agreement import SEEDS_TO_REJECT
from gan.statistics import MIN_SEEDS
from pipeline.config.params import Params
from pipeline.files.formats import read_csv, read_json
from pipeline.record.runs import MANIFESTS
from pipeline.reporting import comparison
from pipeline.reporting.cells import cell, columns, count, model_rows, seed_rows
from pipeline.reporting.evidence import REAL, listed
from pipeline.reporting.gather import Frames
from pipeline.reporting.paper import Result
from pipeline.reporting.scorecard import markdown, sentence
from pipeline.reporting.tables import caption, parts
from pipeline.reporting.verdicts import sentences

DETAIL = "ours: "  # begins the rows of Table 1 beneath our mean
PRIMARY = "mnist"  # the experiment that is judged
COMPARED = Path("benchmarks/results/comparison")
EVIDENCE, SECOND_OPINION = "docs/evidence.md", "a-second-opinion-annealed-importance-sampling"
BASELINES = "the-same-score-for-images-that-no-gan-generated"
RULES = "pipeline/reporting/scorecard.py"


def readme_passages(
    published: Path, folder: str, params: Params, entry: dict[str, str], compared: Path = COMPARED
) -> dict[str, str]:
    """Write the passages of README.md, which finds the published files in `folder`.

    They are the claim, the first picture of samples, and Table 1 with the details of our rows folded.

    Args:
        entry: what is published, as published.json says.
        compared: folder of the models' scores under another estimate.
    """
    metrics = read_csv(published / "metrics.csv")
    claim, *_ = sentences(metrics, params)
    drawn = [name for name in columns(params) if (published / f"figures/seeds-{name}.svg").is_file()]
    made = (
        f"{entry.get('made') or 'Made by `' + entry['command'] + '`'}: [report]({folder}/report.html) (download it "
        f"and open it in a browser), [metrics]({folder}/metrics.csv), [curves]({folder}/curves.csv)."
    )
    limits = " ".join([*_short_of_plan(metrics, params, entry), *_assumption(metrics, params)])
    above = " ".join(_above_real(metrics, params, compared))
    table = [*_table(read_csv(published / "table1.csv").fillna(""), made, params), limits, above]
    return {
        "claim": " ".join([f"**{claim}**", *_grids(metrics, params)]),
        "samples": "\n\n".join("\n".join(_samples(name, published, folder, metrics, params)) for name in drawn[:1]),
        "table": "\n\n".join(filter(None, table)),
    }


def scorecard_passage(results: list[Result], metrics: pd.DataFrame, params: Params) -> str:
    """Write the scorecard, with what its outcomes mean beneath."""
    return f"{sentence(results)}\n\n{markdown(results)}\n\n{' '.join(_meanings(results, metrics, params))}"


def _meanings(results: list[Result], metrics: pd.DataFrame, params: Params) -> list[str]:
    """Say what the outcomes mean; for "undecided" how few seeds or epochs are too few, and how near our cell is."""
    least, found = params.claims, cell(metrics, params, PRIMARY, "authors")
    meanings = {
        "undecided": f"*Undecided*: for claims, fewer than {least.least_seeds} seeds or {least.least_epochs} epochs of "
        f"training, or an interval that crosses its bound; for Table 1, fewer than {MIN_SEEDS} seeds, an interval too "
        "wide to decide, or grids that disagree; for D = 1/2, an optimum not reached; for pictures, no number in "
        "the paper.",
        "verified": "*Verified*: only algebra, or checks of ours (of the code, or of what is settled beforehand), "
        "support it; weaker evidence than *reproduced*.",
        "reproduced": "A *reproduced* claim holds under settings that we chose; it need not hold under others.",
    }
    outcomes = {result.outcome for result in results}
    near = []
    if found is not None and found.seeds.n == MIN_SEEDS:
        near.append(f"has the minimum of {MIN_SEEDS} seeds")
    if found is not None and found.length < params.experiment(PRIMARY).epochs:
        near.append(f"is judged for {found.length:,} epochs only")
    ours = [f"{params.experiment(PRIMARY).label} {' and '.join(near)}."] if near else []
    scales = "Scale `paper` is the full run, `cpu` and `quick` are shorter ones. "
    scales += f"[{Path(RULES).name}]({RULES}) states the rules."
    return [*(text for name, text in meanings.items() if name in outcomes), *ours, scales]


def _grids(metrics: pd.DataFrame, params: Params) -> list[str]:
    """Say what the grids of the verdict are; nothing where nothing was scored."""
    if PRIMARY not in set(metrics.experiment):
        return []
    grids = params.experiment(PRIMARY).grids
    authors, fine = (f"{len(grid)} from {min(grid):g} to {max(grid):g}" for grid in (grids["authors"], grids["fine"]))
    return [
        "Validation images choose the width of the estimate's kernels from a *grid* of widths: the authors' has "
        f"{authors}, ours, the fine one, {fine}. The paper's value was found on the authors' grid. A finer one would "
        "probably raise it, so the gap on the fine grid is probably too small."
    ]


def _samples(experiment: str, published: Path, folder: str, metrics: pd.DataFrame, params: Params) -> list[str]:
    """Show the samples of an experiment, as Markdown; say so where the scores are of other epochs than they."""
    label = params.experiment(experiment).label
    alt = f"{label}: 20 random samples of each seed, and the nearest training images"
    return [
        f"![{alt}]({folder}/figures/seeds-{experiment}.svg)",
        *_other_epochs(experiment, published, metrics, params),
    ]


def _other_epochs(experiment: str, published: Path, metrics: pd.DataFrame, params: Params) -> list[str]:
    scored = seed_rows(metrics, experiment, "authors", params.scale).set_index("seed").epoch.dropna().astype(int)
    paths = {
        seed: published / f"runs/{params.scale}/{experiment}/seed{seed}/{MANIFESTS['train']}" for seed in scored.index
    }
    shown = {seed: int(read_json(path)["best_epoch"]) for seed, path in paths.items() if path.is_file()}
    if all(epoch == scored[seed] for seed, epoch in shown.items()):
        return []
    drawn, judged = (listed([f"{epoch:,}" for epoch in epochs]) for epochs in (shown.values(), scored))
    return [
        f"Pictures and scores are of different epochs of the same seeds, because the rule that keeps a generator was "
        f"changed in between: pictures of epochs {drawn}, scores of epochs {judged}."
    ]


def _table(table: pd.DataFrame, made: str, params: Params) -> list[str]:
    """Write Table 1, and beneath it, folded, what is known of our row."""
    paper = parts(table)[""]
    below = paper.Model.str.startswith(DETAIL)
    details = paper[below].loc[:, paper[below].any()]
    folded = ["<details><summary>Details of our row</summary>", _details(details), made, "</details>"]
    return [caption(params), paper[~below].to_markdown(index=False), *folded]


def _details(rows: pd.DataFrame) -> str:
    """Write what is beneath our mean in Table 1 as lines of one paragraph."""
    lines = []
    for row in rows.to_dict("records"):
        name = row.pop("Model").removeprefix(DETAIL)
        texts = [text if len(rows.columns) == 2 else f"{title} {text}" for title, text in row.items() if text]
        lines.append(f"{name}: {'; '.join(texts)}")
    return "<br>".join(lines)


def _short_of_plan(metrics: pd.DataFrame, params: Params, entry: dict[str, str]) -> list[str]:
    """Say why fewer seeds or epochs are published than were planned, where the reason is known."""
    found, experiment = cell(metrics, params, PRIMARY, "authors"), params.experiment(PRIMARY)
    planned = params.planned_seeds(PRIMARY)
    if found is None or "unfinished" not in entry or (found.seeds.n >= planned and found.length >= experiment.epochs):
        return []
    have = f"{found.seeds.n} of {planned} seeds and {found.length:,} of {experiment.epochs:,} epochs"
    return [f"Why {have}: {entry['unfinished']}."]


def _assumption(metrics: pd.DataFrame, params: Params) -> list[str]:
    """Say what a verdict rests on where the seeds are too few for the statement that needs no distribution."""
    found, (one_sided, two_sided) = cell(metrics, params, PRIMARY, "authors"), SEEDS_TO_REJECT
    if found is None or found.verdict.name != "not reproduced" or found.seeds.n >= two_sided:
        return []
    return [
        f'With {count(found.seeds.n, "seed")}, "not reproduced" rests on the assumption that the scores of seeds are '
        f"normally distributed; the [rank statement]({EVIDENCE}), which does without, can reject from {one_sided} "
        f"seeds on, two-sided as the verdict is from {two_sided} on. Both assume that the published run was not picked."
    ]


def _above_real(metrics: pd.DataFrame, params: Params, compared: Path) -> list[str]:
    """Say that k-means centroids score above real images, where they do, and what another estimate says of it."""
    k_means, real = (model_rows(metrics, PRIMARY, "authors", model) for model in ("k-means", REAL))
    ours = seed_rows(metrics, PRIMARY, "authors", params.scale).value
    below, label = int((ours < real.value.mean()).sum()), params.experiment(PRIMARY).label
    if not k_means.value.mean() > real.value.mean():
        return []
    lines = [
        f"{label}: under this estimate k-means centroids ({k_means.value.mean():.1f}) score above "
        f"{int(real.n_samples.iloc[0]):,} real training images ({real.value.mean():.1f}), and these above {below} of "
        f"our {count(len(ours), 'seed')}: nats do not measure how good images are ([why]({EVIDENCE}#{BASELINES}))."
    ]
    if all((compared / name).is_file() for name in comparison.FILES):
        frames: Frames = {name: read_csv(compared / name) for name in comparison.FILES}
        n, said = frames["ais_images.csv"].image.nunique(), comparison.k_means_sentence(frames, params)
        where = f"[{n} test images under a better estimate]({EVIDENCE}#{SECOND_OPINION})"
        lines += [f"On {where}, {text.partition(':')[0]}." for text in said[:1]]
    return lines
