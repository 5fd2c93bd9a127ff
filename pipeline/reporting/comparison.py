"""The GAN beside other models under two estimates, in words and tables that follow from the CSV files."""

from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from gan.statistics import summarise_seeds
from pipeline.config.params import Params
from pipeline.record.runs import OUR_MODEL
from pipeline.reporting.cells import count, mean_and_sd, quoted, two_digits
from pipeline.reporting.evidence import in_words

FILES = ("ais.csv", "ais_images.csv", "rivals.csv")
LABELS = {OUR_MODEL: "our GAN", "k-means": "k-means centroids"}
LARGE_GAP = 2.0  # nats between the bounds from which the estimate is called loose
CHOSEN = {"parzen": "the Parzen estimate", "ais": "annealed importance sampling"}
SOURCES = {"c": "the authors' code", "p": "a paper's text", "r": "ours"}
Frames = dict[str, pd.DataFrame]


def label(model: str, params: Params) -> str:
    """Return a model's name for people."""
    return LABELS.get(model) or str(params.values["rivals"][model]["label"])


def value(rows: pd.DataFrame, metric: str, images: str = "test", n_samples: int | None = None) -> pd.Series | None:
    """Return the row of a metric among the rows of one model and bandwidth; None where there is none."""
    found = rows[(rows.metric == metric) & (rows.images == images)]
    found = found if n_samples is None else found[found.n_samples == n_samples]
    return None if found.empty else found.iloc[0]


def of_choice(ais: pd.DataFrame, chosen_by: str) -> dict[str, pd.DataFrame]:
    """Return the rows of each model at the bandwidth that an estimate has chosen, in the order of the file."""
    rows = ais[ais.chosen_by == chosen_by]
    return {model: rows[rows.model == model] for model in rows.model.unique()}


def estimates_table(ais: pd.DataFrame, chosen_by: str, params: Params) -> pd.DataFrame:
    """Return what each model scores under each estimate on the same test images, as text, the best by AIS first."""
    lines = []
    for model, rows in of_choice(ais, chosen_by).items():
        parzen = rows[rows.metric == "parzen_log_likelihood"].sort_values("n_samples")
        annealed, exact = value(rows, "ais_log_likelihood"), value(rows, "exact_log_likelihood")
        best = exact if exact is not None else annealed
        gap = value(rows, "gap", "simulated")
        texts = {
            "model": label(model, params),
            "bandwidth": f"{rows.bandwidth.iloc[0]:.4g}",
            "Parzen": _cell(parzen.iloc[0]),
            "Parzen, more samples": _cell(parzen.iloc[-1]) if len(parzen) > 1 else "",
            "AIS": _cell(annealed),
            "exact": _cell(exact),
            "gap between bounds": "" if gap is None else f"{gap.value:.1f} ± {two_digits(gap.standard_error)}",
            "acceptance": "" if annealed is None else f"{annealed.acceptance:.0%}",
        }
        lines.append((-best.value if best is not None else 0.0, texts))
    return pd.DataFrame([texts for _, texts in sorted(lines, key=lambda line: line[0])])


def _cell(row: pd.Series | None) -> str:
    return "" if row is None else f"{row.value:.1f} ± {two_digits(row.standard_error)}"


@dataclass(frozen=True)
class Ranking:
    """Two models under both estimates, the one that Parzen puts first first.

    Attributes:
        first, second: names.
        parzen: mean difference of the Parzen log-likelihoods over the test images, nats, >= 0.
        better: the same by the exact value or by annealed importance sampling.
        low, high: interval of the true difference: t-interval over the test images, widened by the gap between the
            bounds of a model that is known from below only.
    """

    first: str
    second: str
    parzen: float
    better: float
    low: float
    high: float

    @property
    def outcome(self) -> str:
        """Return what the better estimate does to this ranking."""
        return "confirms" if self.low > 0 else "reverses" if self.high < 0 else "leaves undecided"


def rankings(frames: Frames, chosen_by: str, params: Params) -> list[Ranking]:
    """Return every pair of models that both estimates know on the same test images.

    Args:
        frames: as FILES names them.
        chosen_by: whose bandwidths the better estimate has; the Parzen score always has its own.
        params: for the confidence of the intervals.
    """
    of_images, ais, found = frames["ais_images.csv"], of_choice(frames["ais.csv"], chosen_by), []
    by_parzen, by_better = (of_images[of_images.chosen_by == name] for name in ("parzen", chosen_by))
    parzen = by_parzen.pivot(index="image", columns="model", values="parzen").mean()
    exact, annealed = (by_better.pivot(index="image", columns="model", values=name) for name in ("exact", "ais"))
    better = exact.fillna(annealed)
    for pair in combinations([model for model in ais if model in parzen.index], 2):
        first, second = sorted(pair, key=lambda model: -parzen[model])
        differences = (better[first] - better[second]).dropna()
        if len(differences) < 2:
            continue
        over = summarise_seeds(differences.tolist(), params.confidence)
        low, high = over.mean_interval
        ends = (low - _slack(ais[second]), high + _slack(ais[first]))
        found.append(Ranking(first, second, float(parzen[first] - parzen[second]), over.mean, *ends))
    return found


def _slack(rows: pd.DataFrame) -> float:
    """Return how far above its estimate a model's value may be: 0 where it is exact."""
    gap = value(rows, "gap", "simulated")
    return 0.0 if gap is None or value(rows, "exact_log_likelihood") is not None else max(0.0, float(gap.value))


def ranking_sentences(frames: Frames, params: Params) -> list[str]:
    """Say which rankings of the Parzen score the better estimate confirms and which it reverses."""
    lines = []
    for chosen_by, name in CHOSEN.items():
        found = rankings(frames, chosen_by, params)
        if not found:
            continue
        groups = {
            outcome: [_pair(ranking, params) for ranking in found if ranking.outcome == outcome]
            for outcome in ("confirms", "reverses", "leaves undecided")
        }
        said = "; it ".join(f"{outcome} {in_words(pairs) if pairs else 'none'}" for outcome, pairs in groups.items())
        n = frames["ais_images.csv"].image.nunique()
        lines.append(
            f"Of {count(len(found), 'ranking')} by the Parzen score, the better estimate (exact where known, else "
            f"annealed importance sampling; at the bandwidths that {name} chose; {n} test images; in brackets the "
            f"differences in nats, by Parzen, then by the better estimate) {said}."
        )
    return lines


def _pair(ranking: Ranking, params: Params) -> str:
    first, second = (label(model, params) for model in (ranking.first, ranking.second))
    return f"{first} above {second} ({ranking.parzen:+.1f}, then {ranking.better:+.1f})"


def k_means_sentence(frames: Frames, params: Params) -> list[str]:
    """Say whether k-means is above our GAN under the better estimate."""
    lines, n = [], frames["ais_images.csv"].image.nunique()
    seeds = frames["ais.csv"].groupby("model").seed.nunique().min()
    for chosen_by, name in CHOSEN.items():
        for ranking in rankings(frames, chosen_by, params):
            if {ranking.first, ranking.second} != {OUR_MODEL, "k-means"}:
                continue
            sign = 1 if ranking.first == "k-means" else -1
            low, high = sorted((sign * ranking.low, sign * ranking.high))
            survives = "does" if low > 0 else "does not" if high < 0 else "is not shown to"
            lines.append(
                f'"K-means beats the GAN" {survives} survive at the bandwidths that {name} chose: k-means minus GAN is '
                f"{sign * ranking.parzen:+.1f} nats by the Parzen score, and {sign * ranking.better:+.1f} nats with "
                "k-means measured exactly and the GAN by a tighter bound, annealed importance sampling "
                f"({params.confidence:.0%} interval {low:+.1f} to {high:+.1f}: t-interval over {n} test images, "
                "widened by the gap between the bounds; at another bandwidth the order may differ; "
                f"n = {count(seeds, 'seed')} of each model)."
            )
    return lines


def gap_sentences(ais: pd.DataFrame, params: Params) -> list[str]:
    """Say how annealed importance sampling was run, where its bounds are far apart, and its error where the truth is
    known."""
    rows = ais[(ais.metric == "gap") & (ais.chosen_by != "tried")]
    if rows.empty:
        return ["No generator has been measured by annealed importance sampling yet."]
    sizes = rows[["chains", "distributions", "n_eval"]].drop_duplicates()
    said = in_words([f"{r.chains:.0f} chains x {r.distributions:,.0f} distributions" for r in sizes.itertuples()])
    loose = rows[rows.value > LARGE_GAP].drop_duplicates(["model", "bandwidth"])
    names = [f"{label(r.model, params)} at bandwidth {r.bandwidth:.4g} ({r.value:.1f})" for r in loose.itertuples()]
    wide = f"exceeds {LARGE_GAP:g} nats for {in_words(names)}" if names else f"is at most {rows.value.max():.1f} nats"
    lines = [
        f"Annealed importance sampling ran with {said}. The gap between its bounds, a mean over simulated images, "
        f"{wide}; on real images the error of the estimate may be larger."
    ]
    for chosen_by in CHOSEN:
        for model, of_model in of_choice(ais, chosen_by).items():
            exact, annealed = value(of_model, "exact_log_likelihood"), value(of_model, "ais_log_likelihood")
            if exact is not None and annealed is not None:
                off = annealed.value - exact.value
                lines.append(
                    f"The exact value of {label(model, params)} at bandwidth {exact.bandwidth:.4g} on the test images "
                    f"is {exact.value:.1f} nats; annealed importance sampling is off by {off:+.1f}."
                )
    return list(dict.fromkeys(lines))


def rivals_table(metrics: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Return our re-runs of other models beside what is published, on the authors' grid, as text."""
    lines, published = [], quoted("rivals").set_index("model")
    rows = metrics.query("metric == 'test_log_likelihood' and grid == 'authors' and generator == 'last'")
    for model, mine in rows.groupby("model", sort=False):
        values, entry = summarise_seeds(mine.value.tolist(), params.confidence), params.values["rivals"][model]
        there = published.loc[model] if model in published.index else None
        error = "" if there is None or pd.isna(there.error) else f" ± {there.error:g}"
        lines.append(
            {
                "model": entry["label"],
                "settings from": SOURCES[entry["settings_from"]],
                "published, nats": "" if there is None else f"{there.value:g}{error}",
                "re-run, nats": f"{mean_and_sd(values)} (n = {values.n})",
                "epochs": f"{int(mine.length.max()):,} of {sum(entry['epochs']):,}",
                "difference": "" if there is None else f"{values.mean - there.value:+.1f}",
            }
        )
    return pd.DataFrame(lines)


def comparison_markdown(frames: Frames, params: Params) -> str:
    """Return the comparison as Markdown: tables, then sentences."""
    ais, rivals = frames["ais.csv"], frames["rivals.csv"]
    parts = []
    for chosen_by, name in CHOSEN.items():
        table = estimates_table(ais, chosen_by, params)
        if len(table):
            n = int(ais[(ais.chosen_by == chosen_by) & (ais.images == "test")].n_eval.max())
            said = f"mean over {n} test images (of the gap: over simulated images) ± its standard error, nats"
            head = f"At the bandwidth that {name} chose on validation images; {said}:"
            parts += [head, table.to_markdown(index=False, disable_numparse=True)]
    parts += [*gap_sentences(ais, params), *ranking_sentences(frames, params), *k_means_sentence(frames, params)]
    if len(rivals):
        head = "The Parzen scores of the other models, all 10,000 test images; ± is the sd over training seeds:"
        parts += [head, rivals_table(rivals, params).to_markdown(index=False, disable_numparse=True)]
    return "\n\n".join([f"Scale `{params.scale}`.", *parts])
