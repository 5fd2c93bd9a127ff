"""What the numbers are worth: sentences and small tables made from the results' CSV files."""

import math
from pathlib import Path

import pandas as pd

from gan.evidence.growth import Trend, trend
from pipeline.config.params import Params
from pipeline.files.formats import read_csv
from pipeline.record.runs import CHOICES, OUR_MODEL, VARIANCE
from pipeline.reporting.cells import count, model_rows, quoted, seed_rows, two_digits
from pipeline.reporting.gather import Frames
from pipeline.reporting.sources import (
    by_experiment,
    choice_sentences,
    of_scale,
    other_runs,
    variance_sentences,
    variance_table,
)
from pipeline.reporting.two_sample import told_sentences
from pipeline.reporting.verdicts import agreement, optimism, sentences

AUDITED = {
    "training-images": "training images, as many as samples of the GAN",
    "all-training-images": "all training images",
    "k-means": "k-means centroids, as many as samples",
    "k-means-draws": "draws from the centroids, by size of cluster",
    "gaussian": "Gaussian with the images' mean and covariance",
    "independent-pixels": "pixels drawn independently from the images",
    "mean-image": "mean image",
}
ARTICLES = {"gaussian": "a ", "mean-image": "the "}  # of a baseline that is one thing, in a sentence
REAL, ALL_REAL = "training-images", "all-training-images"
PERFECT = "Perfect model"  # what the source calls training images that its scorer was given
INPUTS = ("metrics.csv", VARIANCE, CHOICES, "growth.csv", "oracle.csv")


def read_evidence(folder: Path, oracle: Path | None = None) -> Frames:
    """Read the frames that the evidence follows from.

    Args:
        folder: of the tables.
        oracle: csv file of `oracle`, where it is elsewhere.
    """
    paths = {name: folder / name for name in INPUTS} | ({"oracle.csv": oracle} if oracle else {})
    return {name: read_csv(path) for name, path in paths.items()}


def evidence(frames: Frames, params: Params) -> dict[str, list[str]]:
    """Return all sentences by what they are about."""
    metrics, variance = frames["metrics.csv"], frames[VARIANCE]
    chosen = choice_sentences(frames[CHOICES], variance, metrics, params)
    return {
        "verdict": sentences(metrics, params),
        "agreement": agreement(metrics, params),
        "optimism": optimism(metrics, params),
        "variance": variance_sentences(variance, metrics, params) + chosen,
        "grids": grid_sentences(metrics, params),
        "audit": audit_sentences(metrics, params) + checks(metrics, params),
        "two_sample": told_sentences(metrics, params),
        "growth": growth_sentences(frames["growth.csv"], params),
        "oracle": oracle_sentences(frames["oracle.csv"]),
    }


def passages(frames: Frames, params: Params) -> dict[str, str]:
    """Return the evidence as Markdown, by the names of docs/evidence.md's passages: sentences, some beneath a table."""
    tables = {
        "variance": variance_table(frames["variance.csv"], params),
        "audit": audit_table(frames["metrics.csv"], params),
        "oracle": oracle_table(frames["oracle.csv"]),
    }
    lines = {name: [table.to_markdown(index=False)] for name, table in tables.items()}
    said = evidence(frames, params)
    said["audit"] += why_averages_win(frames["metrics.csv"], params)
    return {"scale": scales(frames, params)} | {
        name: "\n\n".join(lines.get(name, []) + found) for name, found in said.items()
    }


def answers(frames: Frames, params: Params) -> dict[str, str]:
    """Return the passages of docs/reviewers.md: the same sentences as a list, without the tables."""
    names = ("verdict", "optimism", "variance", "audit", "agreement", "grids", "two_sample")
    said = evidence(frames, params)
    return {name: "\n".join(f"- {sentence}" for sentence in said[name]) for name in names}


def scales(frames: Frames, params: Params) -> str:
    """Say of which scale the numbers are."""
    metrics = frames["metrics.csv"]
    parts = {
        "the variance and the bandwidth curves": frames["variance.csv"],
        "the baselines": metrics[metrics.model != OUR_MODEL],
        "the number of samples": frames["growth.csv"],
    }
    others = {what: sorted(set(rows.scale) - {params.scale}) for what, rows in parts.items()}
    but = [f"{what} (scale `{', '.join(found)}`)" for what, found in others.items() if found]
    first = f"These numbers are of scale `{params.scale}`"
    return f"{first}, except {listed(but)}." if but else f"{first}."


def audit_cells(metrics: pd.DataFrame, params: Params, experiment: str, model: str) -> str:
    """Return what a baseline, or our GAN, scores on the authors' grid: mean over draws or seeds, sd, number."""
    if model == OUR_MODEL:
        values = seed_rows(metrics, experiment, "authors", params.scale).value
    else:
        values = model_rows(metrics, experiment, "authors", model).value
    if values.empty:
        return ""
    spread = f" ± {two_digits(values.std())}" if len(values) > 1 else ""
    return f"{values.mean():.1f}{spread} (n = {len(values)})"


def audit_table(metrics: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Return our GANs and the baselines, a column per experiment."""
    titles = {title: name for name, title, _ in by_experiment(metrics, params)}
    return pd.DataFrame(
        {"mean test log-likelihood, nats": label}
        | {title: audit_cells(metrics, params, name, model) for title, name in titles.items()}
        for model, label in ({OUR_MODEL: "our GAN"} | AUDITED).items()
    )


def audit_sentences(metrics: pd.DataFrame, params: Params) -> list[str]:
    """Say for each experiment what scores above real images, and how many of our seeds score above what."""
    lines = []
    for name, title, _ in by_experiment(metrics, params):
        ours, means = seed_rows(metrics, name, "authors", params.scale).value, baseline_means(metrics, name)
        if len(ours) and REAL in means:
            sizes = (model_rows(metrics, name, "authors", model).n_samples.head(1) for model in (REAL, ALL_REAL))
            n, n_all = (int(size.sum()) for size in sizes)
            every = f"; all {n_all:,}: {means[ALL_REAL]:.1f}" if n_all else ""
            real = f"{n:,} real training images ({means[REAL]:.1f} nats{every})"
            said = f"under this estimate {_winners(means)} above {real}. {_seeds_above(ours, means)}"
            lines.append(f"{title}: {said}{_printed_elsewhere(name)}")
    return lines


def why_averages_win(metrics: pd.DataFrame, params: Params) -> list[str]:
    """Say for each experiment why k-means centroids score above as many real images, where they do."""
    lines, averages = [], "a mean of similar images lies nearer to a new image than these images do on average"
    for name, title, _ in by_experiment(metrics, params):
        means = baseline_means(metrics, name)
        k_means, real, every = (means.get(model, math.nan) for model in ("k-means", REAL, ALL_REAL))
        if k_means > every > real:
            lines.append(
                f"{title}: the centroids stand for all training images, which as kernels score {every - real:.1f} nats "
                f"more than so few of them; k-means is another {k_means - every:.1f} above these. A plausible reason "
                f"is averaging: {averages}."
            )
        elif k_means > real:
            lines.append(f"{title}: a plausible reason why k-means is above real images: {averages}.")
    return lines


def baseline_means(metrics: pd.DataFrame, experiment: str) -> dict[str, float]:
    """Return what the baselines score on the authors' grid, means over draws, from the highest down."""
    rows = {model: model_rows(metrics, experiment, "authors", model).value for model in AUDITED}
    means = {model: float(values.mean()) for model, values in rows.items() if len(values)}
    return dict(sorted(means.items(), key=lambda pair: -pair[1]))


def above_real(means: dict[str, float]) -> list[str]:
    """Return the baselines that score above as many real images."""
    return [model for model, mean in means.items() if model != ALL_REAL and mean > means[REAL]]


def _winners(means: dict[str, float]) -> str:
    above = above_real(means)
    verb = "scores" if len(above) == 1 and above[0] in ARTICLES else "score"
    return f"{listed([_scored(model, means) for model in above])} {verb}" if above else "no baseline scores"


def _seeds_above(ours: pd.Series, means: dict[str, float]) -> str:
    """Say how many of our seeds score above real images, and above the baselines that do not."""
    names = dict[int, list[str]]()
    below = [model for model in means if model not in (ALL_REAL, *above_real(means))]
    for model in below:
        names.setdefault(int((ours > means[model]).sum()), []).append(_scored(model, means))
    verbs = {len(ours): "all score", 1: "1 scores", 0: "none scores"}
    said = [f"{verbs.get(n, f'{n} score')} above {listed(named)}" for n, named in names.items()]
    return f"Of our {count(len(ours), 'seed')}, {'; '.join(said)}."


def _scored(model: str, means: dict[str, float]) -> str:
    name = "real images" if model == REAL else f"{ARTICLES.get(model, '')}{_short(model)}"
    return f"{name} ({means[model]:.1f})"


def _short(model: str) -> str:
    return AUDITED[model].split(",")[0]


def listed(words: list[str]) -> str:
    """Return words as a list in a sentence."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _printed_elsewhere(experiment: str) -> str:
    """Return what others report for the baselines, with the source."""
    rows = quoted("audit").query("dataset == @experiment")
    values = [f"{row.value:g} nats for {_short(row.model)}" for row in rows.itertuples()]
    return f" {rows.source.iloc[0]} report {' and '.join(values)}." if values else ""


def checks(metrics: pd.DataFrame, params: Params) -> list[str]:
    """Hold our score of training images against the one that others reported, who had run the authors' script."""
    lines = []
    for name, title, _ in by_experiment(metrics, params):
        ours, theirs = model_rows(metrics, name, "authors", REAL), quoted("later").query("dataset == @name")
        for row in theirs[theirs.model == PERFECT].itertuples() if len(ours) and params.is_real else ():
            gap = ours.value.mean() - row.value
            agrees = abs(gap) <= row.error
            found = "agrees with it within" if agrees else f"differs from it by {gap:+.1f} nats, more than"
            lines.append(
                f"{title}: others have scored training images with the authors' script and report "
                f"{row.value:g} ± {row.error:g} nats (± over {row.error_over}; {row.source}). Our scorer's value, "
                f"{audit_cells(metrics, params, name, REAL)[:-1]} draws of {int(ours.n_samples.iloc[0]):,} training "
                f"images; ± over draws), {found} that error."
            )
    return lines


def grid_sentences(metrics: pd.DataFrame, params: Params) -> list[str]:
    """Say what the authors' coarse grid loses against the fine one, and whether a bandwidth lies on an edge."""
    lines = []
    for name, title, rows in by_experiment(metrics, params):
        both = (seed_rows(metrics, name, grid, params.scale) for grid in ("authors", "fine"))
        coarse, fine = (found.set_index("seed").value for found in both)
        lost = fine - coarse
        span = f" (median {lost.median():z.1f}, from {lost.min():z.1f} to {lost.max():z.1f})" if len(lost) > 1 else ""
        on_edge = rows[rows.bandwidth_on_edge]
        edges = ", ".join(sorted(set(on_edge.model + " on the " + on_edge.grid + " grid")))
        edge = f"these bandwidths lie on the edge of a grid: {edges}" if edges else "no bandwidth lies on an edge"
        lines.append(
            f"{title}: the score on the fine grid is {lost.mean():z.1f} nats{span} higher than on the authors' "
            f"{len(params.experiment(name).grids['authors'])} bandwidths, mean over {count(len(lost), 'seed')}; {edge}."
        )
    return lines


def growth_trend(rows: pd.DataFrame, last: int = 0) -> Trend:
    """Fit a line through one experiment's rows of growth.csv on the fine grid; folds are averaged.

    Args:
        last: number of points, from the greatest number of samples back; 0: all.
    """
    means = rows[rows.grid == "fine"].groupby("n_samples").value.mean().iloc[-last:]
    return trend(means.index.tolist(), means.tolist())


def growth_sentences(frame: pd.DataFrame, params: Params) -> list[str]:
    """Say how much the log-likelihood grows with the number of samples alone."""
    lines = []
    for _, title, rows in by_experiment(frame, params):
        means = rows[rows.grid == "fine"].groupby("n_samples").value.mean()
        edge = "; a bandwidth lies on the edge of its grid" if rows.bandwidth_on_edge.any() else ""
        lines.append(
            f"{title}, seed {rows.seed.iloc[0]}{of_scale(rows, params)}: from {means.index[0]:,} to "
            f"{means.index[-1]:,} samples of one generator the score on the fine grid moves from {means.iloc[0]:.1f} "
            f"to {means.iloc[-1]:.1f} nats, {growth_trend(rows).nats_per_decade:+.1f} nats per factor of ten by least "
            f"squares over {len(means)} points, {growth_trend(rows, 2).nats_per_decade:+.1f} nats per factor of ten "
            f"between the last two{edge}.{other_runs(rows, params)}"
        )
    return lines


def oracle_gaps(frame: pd.DataFrame) -> pd.DataFrame:
    """Return truth minus estimate, nats: mean and sd over repeats, by family, d and n."""
    gaps = frame.assign(gap=frame.truth - frame.estimate)
    return gaps.groupby(["family", "d", "n"], sort=False).gap.agg(["mean", "std", "size"]).reset_index()


def oracle_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return how far below the truth the estimate falls, from the greater number of samples, as text."""
    gaps = oracle_gaps(frame)
    gaps = gaps[gaps.n == gaps.n.max()]
    texts = [f"{mean:.3g} ± {two_digits(sd)}" for mean, sd in zip(gaps["mean"], gaps["std"], strict=True)]
    table = gaps.assign(text=texts).pivot(index="d", columns="family", values="text")[frame.family.unique()]
    return table.rename_axis(index="dimensions", columns=None).reset_index()


def oracle_sentences(frame: pd.DataFrame) -> list[str]:
    """Say how far the estimate falls from the truth where it has most dimensions, and what more samples bring."""
    gaps = oracle_gaps(frame)
    at_most = gaps[gaps.d == gaps.d.max()]
    few, many = (at_most[at_most.n == n].set_index("family")["mean"] for n in (gaps.n.min(), gaps.n.max()))
    edge = (frame.place.eq(1) | frame.place.eq(frame["size"])).any()
    lacks = ", ".join(f"{many[family]:.0f} nats ({family})" for family in many.index)
    gains = ", ".join(f"{few[family] - many[family]:.0f}" for family in many.index)
    return [
        f"From {gaps.n.max():,} perfect samples in {gaps.d.max()} dimensions the estimate is still too low by {lacks}: "
        f"means over {gaps['size'].iloc[0]} densities of each kind. Going from {gaps.n.min():,} to "
        f"{gaps.n.max():,} samples reduced the error by {gains} nats."
        + (" A bandwidth lies on the edge of the grid." if edge else "")
    ]
