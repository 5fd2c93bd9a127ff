"""The GAN beside other models under two estimates, in words and tables that follow from the CSV files."""

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from gan.scoring import standard_error
from gan.statistics import SeedSummary, summarise_seeds
from pipeline.config.params import Params
from pipeline.record.runs import OUR_MODEL
from pipeline.reporting.cells import count, mean_and_sd, quoted, two_digits
from pipeline.reporting.evidence import listed
from pipeline.reporting.gather import Frames
from pipeline.reporting.rankings import CHOSEN, NOT_RANKED, OUTCOMES, Ranking, label, of_choice, rankings, value
from pipeline.reporting.told_apart import told_parts

FILES = ("ais.csv", "ais_images.csv", "rivals.csv", "told.csv")
LARGE_GAP = 2.0  # nats between the bounds from which the estimate is called loose
SOURCES = {"c": "the authors' code", "p": "a paper's text", "r": "ours"}


def estimates_table(ais: pd.DataFrame, chosen_by: str, params: Params) -> pd.DataFrame:
    """Return what each model scores under each estimate on the same test images, as text, the best by AIS first."""
    lines = []
    for model, rows in of_choice(ais, chosen_by).items():
        parzen = rows[rows.metric == "parzen_log_likelihood"].sort_values("n_samples")
        annealed, exact = value(rows, "ais_log_likelihood"), value(rows, "exact_log_likelihood")
        best = exact if exact is not None else annealed
        simulated, gap = value(rows, "ais_log_likelihood", "simulated"), value(rows, "gap", "simulated")
        accepted = [f"{row.acceptance:.0%}" for row in (annealed, simulated) if row is not None]
        texts = {
            "model": label(model, params),
            "bandwidth": f"{rows.bandwidth.iloc[0]:.4g}",
            "Parzen": _cell(parzen.iloc[0]),
            "Parzen, more samples": _cell(parzen.iloc[-1]) if len(parzen) > 1 else "",
            "AIS": _cell(annealed),
            "exact": _cell(exact),
            "gap on simulated": "" if gap is None else f"{gap.value:.1f} ± {two_digits(gap.standard_error)}",
            "distributions": "" if annealed is None else f"{annealed.distributions:,.0f}",
            "accepted, test / simulated": " / ".join(accepted),
        }
        lines.append((-best.value if best is not None else 0.0, texts))
    return pd.DataFrame([texts for _, texts in sorted(lines, key=lambda line: line[0])])


def _cell(row: pd.Series | None) -> str:
    return "" if row is None else f"{row.value:.1f} ± {two_digits(row.standard_error)}"


def ranking_parts(frames: Frames, params: Params) -> list[str]:
    """Count the rankings of the Parzen score that the better estimate confirms and reverses, and list them."""
    parts = []
    for chosen_by, name in CHOSEN.items():
        pairs = len(rankings(frames, chosen_by, params.confidence))
        if pairs:
            found = rankings(frames, chosen_by, 1 - (1 - params.confidence) / pairs)  # Bonferroni
            said = _counted(found, name, frames["ais_images.csv"].image.nunique())
            parts += [said, pairs_table(found, params).to_markdown(index=False, disable_numparse=True)]
            parts.append(_how_to_read(found, params))
    return parts


def _counted(found: list[Ranking], chosen_by: str, n: int) -> str:
    outcomes = [one.outcome for one in found]
    of = {outcome: outcomes.count(outcome) for outcome in OUTCOMES}
    return (
        f"Of {count(len(found), 'pair')} of models, the Parzen score ranks {sum(of.values())} on these {n} test "
        "images. Of these rankings the better estimate (exact where known, else annealed importance sampling; at the "
        f"bandwidths that {chosen_by} chose) reverses {of['reversed']}, confirms {of['confirmed']} and leaves "
        f"{of['undecided']} undecided:"
    )


def pairs_table(found: list[Ranking], params: Params) -> pd.DataFrame:
    """Return both differences of the pairs that the Parzen score ranks, as text; what the better one reverses first."""
    ranked = [one for one in found if one.outcome != NOT_RANKED]
    rows = [
        {
            "first minus second": f"{label(one.first, params)} − {label(one.second, params)}",
            "Parzen": f"{one.parzen:+.1f}",
            "better estimate": f"{one.better:+.1f}",
            "its interval, all pairs jointly": f"{one.low:+.1f} to {one.high:+.1f}",
            "Parzen's ranking": one.outcome,
            "rests on the gap": "no" if one.needs_no_gap else "yes" if one.low > 0 or one.high < 0 else "",
        }
        for one in sorted(ranked, key=lambda one: OUTCOMES.index(one.outcome))
    ]
    return pd.DataFrame(rows)


def _how_to_read(found: list[Ranking], params: Params) -> str:
    return (
        "Mean differences over the test images, nats. A pair counts as ranked, and its ranking as confirmed or "
        "reversed, where the t-interval of the paired differences excludes 0. For the better estimate that interval is "
        "widened by the upper end of the gap on simulated images, which may be too little for real ones; where the "
        "lower model is exact, the gap plays no part, for annealed importance sampling bounds the other one from below "
        "(on average). The level of each interval is such that those of "
        f"all {len(found)} pairs under one estimate hold together at {params.confidence:.0%} (Bonferroni)."
    )


def k_means_sentence(frames: Frames, params: Params) -> list[str]:
    """Say whether k-means is above our GAN under the better estimate."""
    lines, n = [], frames["ais_images.csv"].image.nunique()
    seeds = frames["ais.csv"].groupby("model").seed.nunique().min()
    for chosen_by, name in CHOSEN.items():
        for ranking in rankings(frames, chosen_by, params.confidence):
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
                "widened, on the GAN's side only, by the upper end of the gap between its bounds on simulated images; "
                "at another bandwidth the order may differ; "
                f"n = {count(seeds, 'seed')} of each model)."
            )
    return lines


def gap_sentences(ais: pd.DataFrame, params: Params) -> list[str]:
    """Say how annealed importance sampling was run, and where its bounds are far apart."""
    rows = ais[(ais.metric == "gap") & (ais.chosen_by != "tried")]
    if rows.empty:
        return ["No generator has been measured by annealed importance sampling yet."]
    sizes = {
        f"{chains:.0f} chains x {n:,.0f} distributions": listed([label(model, params) for model in same.model.unique()])
        for (chains, n), same in rows.groupby(["chains", "distributions"])
    }
    said = listed([size if len(sizes) == 1 else f"{size} ({models})" for size, models in sizes.items()])
    loose = rows[rows.value > LARGE_GAP].drop_duplicates(["model", "bandwidth"])
    names = [f"{label(r.model, params)} at bandwidth {r.bandwidth:.4g} ({r.value:.1f})" for r in loose.itertuples()]
    wide = f"exceeds {LARGE_GAP:g} nats for {listed(names)}" if names else f"is at most {rows.value.max():.1f} nats"
    return [
        f"Annealed importance sampling ran with {said}. The gap between its bounds, a mean over simulated images, "
        f"{wide}; on real images the error of the estimate may be larger."
    ]


def exact_sentences(frames: Frames, params: Params) -> list[str]:
    """State the error of annealed importance sampling on real images where the truth is known."""
    lines, of_images = [], frames["ais_images.csv"].dropna(subset=["exact", "ais"])
    for (_, model, bandwidth), rows in of_images.groupby(["chosen_by", "model", "bandwidth"], sort=False):
        off = (rows.ais - rows.exact).to_numpy()
        lines.append(
            f"The exact value of {label(str(model), params)} at bandwidth {bandwidth:.4g} is {rows.exact.mean():.1f} "
            f"nats over {len(rows)} test images; annealed importance sampling is off by {off.mean():+.1f} ± "
            f"{two_digits(standard_error(off))} (standard error of the paired differences)."
        )
    return list(dict.fromkeys(lines))


def shortfall_sentences(frames: Frames, params: Params) -> list[str]:
    """Say where, on real images, annealed importance sampling is below the Parzen estimate from more samples.

    Both are on average lower bounds of the same value, so that the first one is then too low by at least so much.
    """
    found, of_images = list[str](), frames["ais_images.csv"]
    for (_, model, bandwidth), rows in of_images.groupby(["chosen_by", "model", "bandwidth"], sort=False):
        short = (rows.parzen_of_many - rows.ais).clip(lower=0)
        if (short > 0).any():
            found.append(
                f"{label(str(model), params)} at bandwidth {bandwidth:.4g} ({count((short > 0).sum(), 'image')} of "
                f"{len(rows)}, by up to {short.max():.1f} nats; mean over all {len(rows)}: {short.mean():.2f})"
            )
    if not found:
        return []
    return [
        "On some test images annealed importance sampling is below the Parzen estimate from more samples, which is on "
        f"average a lower bound too: {listed(list(dict.fromkeys(found)))}. Its error there is probably at least that."
    ]


@dataclass(frozen=True)
class Rerun:
    """A model trained again, on the authors' grid.

    Attributes:
        entry: its settings.
        seeds: our scores of the last generators, nats.
        length: epochs trained.
        published: the score, nats, and its standard error over test images; None where there is none.
        error: nan where none is published.
    """

    entry: dict[str, Any]
    seeds: SeedSummary
    length: int
    published: float | None
    error: float

    @property
    def agrees(self) -> bool | None:
        """Whether the published score lies where one more run of ours is expected; None where that is not known."""
        low, high = self.seeds.prediction_interval
        return None if self.published is None or self.seeds.n < 2 else low <= self.published <= high


def reruns(metrics: pd.DataFrame, params: Params) -> list[Rerun]:
    """Return the models of rivals.csv, in its order."""
    found, published = [], quoted("rivals").set_index("model")
    rows = metrics.query("metric == 'test_log_likelihood' and grid == 'authors' and generator == 'last'")
    for model, mine in rows.groupby("model", sort=False):
        entry, values = params.values["rivals"][model], summarise_seeds(mine.value.tolist(), params.confidence)
        there = published.loc[model] if model in published.index else None
        score, error = (None, math.nan) if there is None else (float(there.value), float(there.error))
        found.append(Rerun(entry, values, int(mine.length.max()), score, error))
    return found


def rivals_table(metrics: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Return our re-runs of other models beside what is published, as text."""
    lines = []
    for one in reruns(metrics, params):
        error = "" if math.isnan(one.error) else f" ± {one.error:g}"
        lines.append(
            {
                "model": one.entry["label"],
                "settings from": SOURCES[one.entry["settings_from"]],
                "published, nats": "" if one.published is None else f"{one.published:g}{error}",
                "re-run, nats": f"{mean_and_sd(one.seeds)} (n = {one.seeds.n})",
                "epochs": f"{one.length:,} of {sum(one.entry['epochs']):,}",
                "difference": "" if one.published is None else f"{one.seeds.mean - one.published:+.1f}",
                f"{params.confidence:.0%} interval of one more run": _one_more(one.seeds),
            }
        )
    return pd.DataFrame(lines)


def published_sentences(metrics: pd.DataFrame, params: Params) -> list[str]:
    """State for which models the published score is one that another run of ours could have."""
    lines = []
    for agrees, where in ((True, "lies in"), (False, "lies outside")):
        names = [one.entry["label"] for one in reruns(metrics, params) if one.agrees is agrees]
        if names:
            lines.append(f"The published score {where} the interval of one more run of ours for {listed(names)}.")
    return [" ".join(lines)] if lines else []


def _one_more(values: SeedSummary) -> str:
    low, high = values.prediction_interval
    return f"{low:.1f} to {high:.1f}" if values.n > 1 else ""


def comparison_markdown(frames: Frames, params: Params) -> str:
    """Return the comparison as Markdown: tables, then sentences."""
    ais, rivals = frames["ais.csv"], frames["rivals.csv"]
    parts = []
    for chosen_by, name in CHOSEN.items():
        table = estimates_table(ais, chosen_by, params)
        if len(table):
            n = int(ais[(ais.chosen_by == chosen_by) & (ais.images == "test")].n_eval.max())
            sizes = listed([f"{size:,.0f}" for size in sorted(ais.n_samples.dropna().unique())])
            said = f"mean over {n} test images (of the gap: over as many simulated ones) ± its standard error, nats; "
            said += f"Parzen from {sizes} samples"
            head = f"At the bandwidth that {name} chose on validation images; {said}:"
            parts += [head, table.to_markdown(index=False, disable_numparse=True)]
    parts += [*gap_sentences(ais, params), *exact_sentences(frames, params), *shortfall_sentences(frames, params)]
    parts += [*ranking_parts(frames, params), *k_means_sentence(frames, params)]
    if len(rivals):
        head = (
            f"The Parzen scores of the other models, all {rivals.n_eval.max():,} test images. ± is the sd over n "
            "training seeds; of a published value, the standard error over test images. The interval assumes normally "
            "distributed scores of seeds:"
        )
        parts += [head, rivals_table(rivals, params).to_markdown(index=False, disable_numparse=True)]
        parts += published_sentences(rivals, params)
    parts += told_parts(frames["told.csv"], params)
    return "\n\n".join([f"Scale `{params.scale}`.", *parts])
