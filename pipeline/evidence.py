"""What the numbers are worth, in words: sentences and small tables that follow from the results' CSV files."""

import math
from pathlib import Path

import pandas as pd

from gan.growth import Trend, trend
from pipeline.errors import UserError
from pipeline.io import read_csv
from pipeline.params import Params
from pipeline.summary import GAN, cell, columns, count, quoted, sentences, test_rows, two_digits

AUDITED = {
    "training-images": "training images, as many as samples of the GAN",
    "all-training-images": "all training images",
    "k-means": "k-means centroids, as many as samples",
    "k-means-draws": "draws from the centroids, by size of cluster",
    "gaussian": "Gaussian with the images' mean and covariance",
    "independent-pixels": "pixels drawn independently from the images",
    "mean-image": "mean image",
}
REAL = "training-images"
FILES = ("metrics.csv", "variance.csv", "growth.csv", "oracle.csv")
Frames = dict[str, pd.DataFrame]


def read_evidence(folder: Path) -> Frames:
    """The frames that the evidence follows from."""
    return {name: read_csv(folder / name) for name in FILES}


def blocks(frames: Frames, params: Params) -> dict[str, str]:
    """The evidence as Markdown, by the names of docs/evidence.md's blocks."""
    metrics = frames["metrics.csv"]
    metrics = metrics[metrics.seed.notna()]
    return {
        "scale": f"These numbers are of scale `{params.scale}`.",
        "verdict": paragraphs(sentences(metrics, params)),
        "variance": _with_table(
            variance_table(frames["variance.csv"], params), variance_sentences(frames["variance.csv"], params)
        ),
        "grids": paragraphs(grid_sentences(metrics, params)),
        "audit": _with_table(audit_table(metrics, params), audit_sentences(metrics, params)),
        "growth": paragraphs(growth_sentences(frames["growth.csv"], params)),
        "oracle": _with_table(oracle_table(frames["oracle.csv"]), oracle_sentences(frames["oracle.csv"])),
    }


def paragraphs(lines: list[str]) -> str:
    """Markdown paragraphs."""
    return "\n\n".join(lines)


def _with_table(table: pd.DataFrame, lines: list[str]) -> str:
    return paragraphs([table.to_markdown(index=False), *lines])


def _titles(params: Params, present: pd.Series) -> dict[str, str]:
    """Titles of the experiments that are there, in the table's order."""
    return {name: title for name, title in columns(params).items() if name in set(present)}


def variance_table(frame: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Each source's standard deviation in one reported number, with interval and share, as text."""
    titles = _titles(params, frame.experiment)
    rows = frame[frame.experiment.isin(titles)].sort_values(
        "experiment", key=lambda e: e.map(list(titles).index), kind="stable"
    )
    interval = f"{params.values['statistics']['confidence']:.0%} interval"
    return pd.DataFrame(
        {
            "": rows.experiment.map(titles),
            "drawn anew": rows.source,
            "sd, nats": rows.sd.map(_number),
            interval: [_interval(low, high) for low, high in zip(rows.low, rows.high, strict=True)],
            "share of variance": rows.share.map(lambda share: "" if math.isnan(share) else f"{share:.2%}"),
            "n": rows.n,
        }
    )


def _number(value: float) -> str:
    return "unknown" if math.isnan(value) else f"{value:.3g}"


def _interval(low: float, high: float) -> str:
    return "unknown" if math.isnan(low) else f"{_number(low)} to {_number(high)}"


def variance_sentences(frame: pd.DataFrame, params: Params) -> list[str]:
    """Which source dominates."""
    lines = []
    for name, title in _titles(params, frame.experiment).items():
        rows = frame[frame.experiment == name]
        first = rows.sort_values("share", ascending=False).iloc[0]
        lacking = rows[rows.sd.isna()].source.tolist()
        but = f" (not known from so few: {', '.join(lacking)})" if lacking else ""
        lines.append(f"{title}: {first.share:.2%} of the variance of one number comes from the {first.source}{but}.")
    return lines


def audit_cells(metrics: pd.DataFrame, experiment: str, model: str) -> str:
    """What a baseline scores on the authors' grid: mean over its draws, their sd and number."""
    values = test_rows(metrics, experiment, "authors", "none", model).value
    if values.empty:
        return ""
    return f"{values.mean():.1f}" + (f" ± {two_digits(values.std())} (n = {len(values)})" if len(values) > 1 else "")


def audit_table(metrics: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Our GANs and the baselines, a column an experiment."""
    titles = _titles(params, metrics.experiment)
    rows = [
        {"mean test log-likelihood, nats": label} | {t: audit_cells(metrics, e, m) for e, t in titles.items()}
        for m, label in AUDITED.items()
    ]
    ours = {t: f"{our.seeds.mean:.1f}" for e, t in titles.items() if (our := cell(metrics, params, e, "authors"))}
    return pd.DataFrame([{"mean test log-likelihood, nats": "our GAN"} | ours, *rows])


def audit_sentences(metrics: pd.DataFrame, params: Params) -> list[str]:
    """For each experiment, what scores above real images and what above our GAN."""
    lines = []
    for name, title in _titles(params, metrics.experiment).items():
        our = cell(metrics, params, name, "authors")
        means = {
            model: float(values.mean())
            for model in AUDITED
            if not (values := test_rows(metrics, name, "authors", "none", model).value).empty
        }
        if our is not None and REAL in means:
            lines.append(f"{title}: {_ranking(our.seeds.mean, means)}{_printed_elsewhere(name)}")
    return lines


def _printed_elsewhere(experiment: str) -> str:
    """What others print for the baselines, with the source."""
    rows = quoted("audit").query("dataset == @experiment")
    if rows.empty:
        return ""
    values = [f"{row.value:g} nats for {AUDITED[row.model].split(',')[0]}" for row in rows.itertuples()]
    return f" {rows.source.iloc[0]} print {' and '.join(values)}."


def _ranking(ours: float, means: dict[str, float]) -> str:
    """What beats real images, what the GAN, and what neither."""
    real = means[REAL]
    above_real = [model for model in means if means[model] > real]
    others = [model for model in means if model not in above_real and model != REAL]
    gan = f"our GAN ({ours:.1f}) {'beats' if ours > real else 'does not beat'} them"
    beat, beaten = ([m for m in others if (means[m] > ours) == wanted] for wanted in (True, False))
    rest = [
        f"{_list(beat, means)} beat{'s' * (len(beat) == 1)} our GAN" * bool(beat),
        f"our GAN beats {_list(beaten, means)}" * bool(beaten),
    ]
    winners = _list(above_real, means) or "nothing that was tried"
    return (
        f"{winners} beat{'s' * (len(above_real) < 2)} real training images ({real:.1f} nats) under this estimate, "
        f"and {gan}; {'; '.join(filter(None, rest))}."
    )


def _list(models: list[str], means: dict[str, float]) -> str:
    """In words, greatest first."""
    ordered = sorted(models, key=lambda model: -means[model])
    words = [f"{AUDITED[model].split(',')[0]} ({means[model]:.1f})" for model in ordered]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def grid_sentences(metrics: pd.DataFrame, params: Params) -> list[str]:
    """What the authors' coarse grid costs against the fine one, and whether a bandwidth lies on an edge."""
    lines = []
    for name, title in _titles(params, metrics.experiment).items():
        coarse, fine = (test_rows(metrics, name, grid).set_index("seed").value for grid in ("authors", "fine"))
        lost = fine - coarse
        spread = f" ± {two_digits(lost.std())} (sd)" if len(lost) > 1 else ""
        rows = metrics[(metrics.experiment == name) & (metrics.model == GAN) & (metrics.generator == "best")]
        edges = sorted(set(rows[rows.bandwidth_on_edge.astype(bool)].grid))
        edge = (
            f"a chosen bandwidth lies on the edge of the grid: {', '.join(edges)}"
            if edges
            else "no chosen bandwidth lies on an edge"
        )
        lines.append(
            f"{title}: the authors' grid of {len(params.experiment(name).grids['authors'])} bandwidths costs "
            f"{lost.mean():.1f}{spread} nats over {count(len(lost), 'seed')} against the fine one; {edge}."
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
        lines.append(
            f"{title}, seed {rows.seed.iloc[0]}: from {means.index[0]:,} to {means.index[-1]:,} samples of one "
            f"generator the fine grid's number moves from {means.iloc[0]:.1f} to {means.iloc[-1]:.1f} nats, "
            f"{growth_trend(rows).nats_per_decade:+.1f} nats a decade by least squares over {len(means)} points."
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
        text=[f"{mean:.1f} ± {two_digits(sd)}" for mean, sd in zip(gaps["mean"], gaps["std"], strict=True)]
    )
    table = text.pivot(index="d", columns="family", values="text")[frame.family.unique()].reset_index()
    table.columns.name = None
    return table.rename(columns={"d": "dimensions"})


def oracle_sentences(frame: pd.DataFrame) -> list[str]:
    """How far the estimate falls from the truth where it has most dimensions, and what more samples bring."""
    gaps = oracle_gaps(frame)
    at_most = gaps[gaps.d == gaps.d.max()]
    few, many = (at_most[at_most.n == n].set_index("family")["mean"] for n in (gaps.n.min(), gaps.n.max()))
    lacks = ", ".join(f"{many[family]:.0f} nats ({family})" for family in many.index)
    gains = ", ".join(f"{few[family] - many[family]:.0f}" for family in many.index)
    return [
        f"From {gaps.n.max():,} perfect samples in {gaps.d.max()} dimensions the estimate still lacks {lacks}: "
        f"means over {gaps['size'].iloc[0]} densities of each kind. Ten times as many samples bring it nearer by "
        f"{gains} nats than {gaps.n.min():,}."
    ]


def with_blocks(text: str, found: dict[str, str], path: Path) -> str:
    """The text with what stands between each block's markers replaced.

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
