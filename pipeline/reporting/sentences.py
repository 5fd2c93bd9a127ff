"""What the numbers are worth, in words: sentences and small tables that follow from the results' CSV files."""

import math
from pathlib import Path

import pandas as pd

from gan.evidence.growth import Trend, trend
from pipeline.config.params import Params
from pipeline.files.errors import UserError
from pipeline.files.formats import read_csv
from pipeline.record.runs import OUR_MODEL
from pipeline.reporting.cells import columns, count, model_rows, quoted, seed_rows, two_digits
from pipeline.reporting.gather import Frames
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
REAL, ALL_REAL = "training-images", "all-training-images"
FILES = ("metrics.csv", "variance.csv", "growth.csv", "oracle.csv")


def read_evidence(folder: Path, oracle: Path | None = None) -> Frames:
    """The frames that the evidence follows from.

    Args:
        folder: of the tables.
        oracle: csv file of `oracle`, where it is elsewhere.
    """
    paths = {name: folder / name for name in FILES} | ({"oracle.csv": oracle} if oracle else {})
    return {name: read_csv(path) for name, path in paths.items()}


def passages(frames: Frames, params: Params) -> dict[str, str]:
    """The evidence as Markdown, by the names of docs/evidence.md's passages."""
    metrics = frames["metrics.csv"]
    metrics = metrics[metrics.seed.notna()]
    return {
        "scale": scales(frames, params),
        "verdict": paragraphs(sentences(metrics, params)),
        "agreement": paragraphs(agreement(metrics, params)),
        "optimism": paragraphs(optimism(metrics, params)),
        "variance": _with_table(
            variance_table(frames["variance.csv"], params), variance_sentences(frames["variance.csv"], metrics, params)
        ),
        "grids": paragraphs(grid_sentences(metrics, params)),
        "audit": _with_table(audit_table(metrics, params), audit_sentences(metrics, params)),
        "growth": paragraphs(growth_sentences(frames["growth.csv"], params)),
        "oracle": _with_table(oracle_table(frames["oracle.csv"]), oracle_sentences(frames["oracle.csv"])),
    }


def scales(frames: Frames, params: Params) -> str:
    """Of which scale the numbers are."""
    metrics = frames["metrics.csv"]
    parts = {
        "the variance and the bandwidth curves": frames["variance.csv"],
        "the baselines": metrics[metrics.model != OUR_MODEL],
        "the number of samples": frames["growth.csv"],
    }
    others = {what: sorted(set(rows.scale) - {params.scale}) for what, rows in parts.items()}
    but = [f"{what} (scale `{', '.join(found)}`)" for what, found in others.items() if found]
    first = f"These numbers are of scale `{params.scale}`"
    return f"{first}, but for {_and(but)}." if but else f"{first}."


def paragraphs(lines: list[str]) -> str:
    """Markdown paragraphs."""
    return "\n\n".join(lines)


def _with_table(table: pd.DataFrame, lines: list[str]) -> str:
    return paragraphs([table.to_markdown(index=False), *lines])


def _titles(params: Params, present: pd.Series) -> dict[str, str]:
    """Titles of the experiments that are there, in the table's order."""
    return {name: title for name, title in columns(params).items() if name in set(present)}


def variance_table(frame: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Each source's standard deviation in one reported number, with its interval, as text."""
    titles = _titles(params, frame.experiment)
    rows = pd.concat([frame[frame.experiment == name] for name in titles])
    interval = f"{params.confidence:.0%} interval"
    return pd.DataFrame(
        {
            "": rows.experiment.map(titles),
            "drawn anew": rows.source,
            "sd, nats": rows.sd.map(_number),
            interval: [_interval(low, high) for low, high in zip(rows.low, rows.high, strict=True)],
            "n": rows.n,
        }
    )


def _number(value: float) -> str:
    return "unknown" if math.isnan(value) else f"{value:.3g}"


def _interval(low: float, high: float) -> str:
    return "unknown" if math.isnan(low) else f"{_number(low)} to {_number(high)}"


def variance_sentences(frame: pd.DataFrame, metrics: pd.DataFrame, params: Params) -> list[str]:
    """Which source moves a number most, and the seeds' numbers themselves."""
    lines = []
    for name, title in _titles(params, frame.experiment).items():
        rows = frame[frame.experiment == name]
        known = rows.dropna(subset=["sd"]).sort_values("sd", ascending=False)
        lacking = rows[rows.sd.isna()].source.tolist()
        most = "; ".join(f"{row.source} {_number(row.sd)}" for row in known.itertuples())
        alone = len(known) == 1 or known.low.iloc[0] > known.iloc[1:][["sd", "high"]].max(axis=None)
        first = "what moves one number most is the" if alone else "no source stands out; the largest is the"
        but = f" Not known from so few: {', '.join(lacking)}, which may move it more." if lacking else ""
        values = seed_rows(metrics, name, "authors", rows.scale.iloc[0]).value
        seeds = ", ".join(f"{value:.1f}" for value in values)
        lines.append(
            f"{title}{_of_scale(rows, params)}: {first} {known.source.iloc[0]} (sd in nats: {most}).{but} "
            f"{count(len(values), 'seed')}: {seeds} nats; median {values.median():.1f}."
        )
    return lines


def _of_scale(rows: pd.DataFrame, params: Params) -> str:
    """The scale of the rows, where it is not that of the params."""
    scale = rows.scale.iloc[0]
    return "" if scale == params.scale else f" at scale `{scale}`"


def audit_cells(metrics: pd.DataFrame, params: Params, experiment: str, model: str) -> str:
    """What a baseline, or our GAN, scores on the authors' grid: mean over its draws or seeds, their sd and number."""
    ours = model == OUR_MODEL
    found = seed_rows(metrics, experiment, "authors", params.scale) if ours else None
    values = (model_rows(metrics, experiment, "authors", model) if found is None else found).value
    if values.empty:
        return ""
    spread = f" ± {two_digits(values.std())}" if len(values) > 1 else ""
    return f"{values.mean():.1f}{spread} (n = {len(values)})"


def audit_table(metrics: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Our GANs and the baselines, a column an experiment."""
    titles = _titles(params, metrics.experiment)
    return pd.DataFrame(
        [
            {"mean test log-likelihood, nats": label}
            | {title: audit_cells(metrics, params, name, model) for name, title in titles.items()}
            for model, label in ({OUR_MODEL: "our GAN"} | AUDITED).items()
        ]
    )


def audit_sentences(metrics: pd.DataFrame, params: Params) -> list[str]:
    """For each experiment, what scores above real images, and how many of our seeds beat what."""
    lines = []
    for name, title in _titles(params, metrics.experiment).items():
        ours = seed_rows(metrics, name, "authors", params.scale).value
        scores = {model: model_rows(metrics, name, "authors", model) for model in AUDITED}
        means = {model: float(rows.value.mean()) for model, rows in scores.items() if not rows.empty}
        if len(ours) and REAL in means:
            real = f"{int(scores[REAL].n_samples.iloc[0]):,} real training images ({means[REAL]:.1f} nats"
            real += (
                f"; all {int(scores[ALL_REAL].n_samples.iloc[0]):,}: {means[ALL_REAL]:.1f})"
                if ALL_REAL in means
                else ")"
            )
            lines.append(f"{title}: {_beaten(real, ours, means)}{_printed_elsewhere(name)}")
    return lines


def _beaten(real: str, ours: pd.Series, means: dict[str, float]) -> str:
    """What beats real images, and what is beaten by how many of our seeds; means of the baselines decide."""
    others = sorted(means.keys() - {REAL, ALL_REAL}, key=lambda model: -means[model])
    above = [f"{AUDITED[model].split(',')[0]} ({means[model]:.1f})" for model in others if means[model] > means[REAL]]
    below = {"real images": means[REAL]} | {
        AUDITED[model].split(",")[0]: means[model] for model in others if means[model] <= means[REAL]
    }
    seeds = ", ".join(f"{(ours > value).sum()} beat {name} ({value:.1f})" for name, value in below.items())
    winners = f"{_and(above)} score above" if above else "nothing that was tried scores above"
    return f"under this estimate {winners} {real}. Of our {count(len(ours), 'seed')}, {seeds}."


def _and(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _printed_elsewhere(experiment: str) -> str:
    """What others print for the baselines, with the source."""
    rows = quoted("audit").query("dataset == @experiment")
    if rows.empty:
        return ""
    values = [f"{row.value:g} nats for {AUDITED[row.model].split(',')[0]}" for row in rows.itertuples()]
    return f" {rows.source.iloc[0]} print {' and '.join(values)}."


def grid_sentences(metrics: pd.DataFrame, params: Params) -> list[str]:
    """What the authors' coarse grid loses against the fine one, and whether a bandwidth lies on an edge."""
    lines = []
    for name, title in _titles(params, metrics.experiment).items():
        both = (seed_rows(metrics, name, grid, params.scale) for grid in ("authors", "fine"))
        coarse, fine = (rows.set_index("seed").value for rows in both)
        lost = fine - coarse
        span = f" (median {lost.median():z.1f}, from {lost.min():z.1f} to {lost.max():z.1f})" if len(lost) > 1 else ""
        rows = metrics[(metrics.experiment == name) & metrics.bandwidth_on_edge.astype(str).eq("True")]
        edges = sorted({f"{row.model} on the {row.grid} grid" for row in rows.itertuples()})
        edge = (
            f"on the edge of a grid lie bandwidths of {', '.join(edges)}" if edges else "no bandwidth lies on an edge"
        )
        lines.append(
            f"{title}: the fine grid gives {lost.mean():z.1f} nats{span} more than the authors' "
            f"{len(params.experiment(name).grids['authors'])} bandwidths, mean over {count(len(lost), 'seed')}; {edge}."
        )
    return lines


def growth_trend(rows: pd.DataFrame) -> Trend:
    """The line through one experiment's rows of growth.csv on the fine grid; folds are averaged."""
    means = rows[rows.grid == "fine"].groupby("n_samples").value.mean()
    return trend(means.index.tolist(), means.tolist())


def growth_sentences(frame: pd.DataFrame, params: Params) -> list[str]:
    """How much the log-likelihood grows with the number of samples alone."""
    lines = []
    for name, title in _titles(params, frame.experiment).items():
        rows = frame[frame.experiment == name]
        means = rows[rows.grid == "fine"].groupby("n_samples").value.mean()
        last = trend(means.index[-2:].tolist(), means.tolist()[-2:]).nats_per_decade
        edge = "; a bandwidth lies on the edge of its grid" if rows.bandwidth_on_edge.any() else ""
        lines.append(
            f"{title}, seed {rows.seed.iloc[0]}{_of_scale(rows, params)}: from {means.index[0]:,} to "
            f"{means.index[-1]:,} samples of one generator the fine grid's number moves from {means.iloc[0]:.1f} to "
            f"{means.iloc[-1]:.1f} nats, {growth_trend(rows).nats_per_decade:+.1f} nats a decade by least squares over "
            f"{len(means)} points, "
            f"{last:+.1f} nats a decade between the last two{edge}."
        )
    return lines


def oracle_gaps(frame: pd.DataFrame) -> pd.DataFrame:
    """Truth minus estimate, nats: mean and sd over repeats, by family, d and n."""
    gaps = frame.assign(gap=frame.truth - frame.estimate)
    return gaps.groupby(["family", "d", "n"], sort=False).gap.agg(["mean", "std", "size"]).reset_index()


def oracle_table(frame: pd.DataFrame) -> pd.DataFrame:
    """How far below the truth the estimate falls, from the greater number of samples, as text."""
    gaps = oracle_gaps(frame)
    gaps = gaps[gaps.n == gaps.n.max()]
    text = gaps.assign(
        text=[f"{mean:.3g} ± {two_digits(sd)}" for mean, sd in zip(gaps["mean"], gaps["std"], strict=True)]
    )
    table = text.pivot(index="d", columns="family", values="text")[frame.family.unique()].reset_index()
    table.columns.name = None
    return table.rename(columns={"d": "dimensions"})


def oracle_sentences(frame: pd.DataFrame) -> list[str]:
    """How far the estimate falls from the truth where it has most dimensions, and what more samples bring."""
    gaps = oracle_gaps(frame)
    at_most = gaps[gaps.d == gaps.d.max()]
    few, many = (at_most[at_most.n == n].set_index("family")["mean"] for n in (gaps.n.min(), gaps.n.max()))
    edge = (frame.place.eq(1) | frame.place.eq(frame["size"])).any()
    lacks = ", ".join(f"{many[family]:.0f} nats ({family})" for family in many.index)
    gains = ", ".join(f"{few[family] - many[family]:.0f}" for family in many.index)
    return [
        f"From {gaps.n.max():,} perfect samples in {gaps.d.max()} dimensions the estimate still lacks {lacks}: "
        f"means over {gaps['size'].iloc[0]} densities of each kind. Going from {gaps.n.min():,} to "
        f"{gaps.n.max():,} samples brought it nearer by {gains}."
        + (" A bandwidth lies on the edge of the grid." if edge else "")
    ]


def with_passages(text: str, found: dict[str, str], path: Path) -> str:
    """The text with what stands between each passage's markers replaced.

    Args:
        text: with the markers <!-- NAME:begin --> and <!-- NAME:end -->.
        found: contents by name.
        path: of the text, for the error.
    Raises:
        UserError: a name's markers are missing.
    """
    for name, content in found.items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        if begin not in text or end not in text:
            raise UserError(f"{path}: the markers {begin} and {end} are missing")
        before, rest = text.split(begin, 1)
        text = f"{before}{begin}\n{content.rstrip()}\n{end}{rest.split(end, 1)[1]}"
    return text
