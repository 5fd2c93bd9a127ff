"""Whether samples can be told apart from real images: two-sample tests as cells, sentences and rows of a table.

The yardstick is real images against the test images: a data set's own parts differ, so 1/2 is not what a perfect
generator would reach. Where several parts were measured, samples are compared with the one that is told apart best.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from gan.evidence.two_sample import TwoSample, beyond
from gan.statistics import SeedSummary, summarise_seeds
from pipeline.config.params import Params
from pipeline.record.runs import OUR_MODEL
from pipeline.reporting.cells import columns, count, in_order, seed_rows, two_digits

METRIC = "two_sample_accuracy"
REAL = {"training-images": "real training images", "validation-images": "real validation images"}
OTHERS = {"k-means": "k-means centroids, as many as samples"}
NOT_MEASURED = "not measured"
CAPTION = (
    "Another measure of the same runs, not in nats and not the paper's: accuracy of new classifiers that tell samples "
    "from test images (0.5: not at all; 1: always). Ours: ± is the sd over training seeds; other rows: the standard "
    "error over splits."
)


@dataclass(frozen=True)
class Told:
    """Two-sample tests of one experiment's kept generators, and of images that no network made.

    Attributes:
        rows: of metrics.csv, one per measured seed, at one length of training.
        seeds: their accuracies, summed up.
        n_scored: how many seeds have a log-likelihood at this length.
        others: tests of what is in REAL and OTHERS, where measured.
        gaps: by seed, by how much its samples are told better than the yardstick, with the ends of the interval; empty
            where no real images were measured.
    """

    rows: pd.DataFrame
    seeds: SeedSummary
    n_scored: int
    others: Mapping[str, TwoSample]
    gaps: Mapping[int, tuple[float, float, float]]

    @property
    def length(self) -> int:
        """Return the epochs of training."""
        return int(self.rows.length.iloc[0])

    @property
    def beyond_real(self) -> int:
        """Return the number of seeds whose interval lies above the yardstick."""
        return sum(low > 0 for _, low, _ in self.gaps.values())


def told(metrics: pd.DataFrame, params: Params, experiment: str) -> Told | None:
    """Return an experiment's tests at the params' scale, or None where no seed was measured."""
    found = metrics[(metrics.experiment == experiment) & (metrics.metric == METRIC)]
    rows = found[(found.model == OUR_MODEL) & (found.scale == params.scale) & (found.generator == "best")]
    if rows.empty:
        return None
    length = in_order(rows)[0]
    rows = rows[rows.length == length].sort_values("seed")
    tests = dict(zip(rows.seed.astype(int), map(_test, rows.itertuples()), strict=True))
    others = {row.model: _test(row) for row in found[found.model != OUR_MODEL].itertuples()}
    real = [others[model] for model in REAL if model in others]
    yardstick = max(real, key=lambda test: test.accuracy, default=None)
    gaps = {seed: beyond(test, yardstick, params.confidence) for seed, test in tests.items() if yardstick}
    n_scored = len(seed_rows(metrics, experiment, "authors", params.scale, length=length))
    return Told(rows, summarise_seeds(rows.value.tolist(), params.confidence), n_scored, others, gaps)


def _test(row: Any) -> TwoSample:
    return TwoSample(float(row.value), float(row.standard_error), int(row.n_splits))


def told_sentences(metrics: pd.DataFrame, params: Params) -> list[str]:
    """Say for each experiment whether samples are told apart from real images, and how much better than real ones."""
    titles = {name: title for name, title in columns(params).items() if name in set(metrics.experiment)}
    found = {title: told(metrics, params, name) for name, title in titles.items()}
    return [
        f"{title}: {NOT_MEASURED} for these runs." if one is None else f"{title}: {_sentence(one, params.confidence)}"
        for title, one in found.items()
    ]


def _sentence(one: Told, confidence: float) -> str:
    """Say what was measured, then what it means."""
    error, several = float(one.rows.standard_error.iloc[0]), one.seeds.n > 1
    spread = f"{two_digits(one.seeds.sd)} (sd)" if several else f"{two_digits(error)} (standard error over splits)"
    scored = count(one.n_scored, "training seed")
    seeds = scored if one.seeds.n == one.n_scored else f"{one.seeds.n} of {scored}"
    splits = int(one.rows.n_splits.iloc[0])
    real = [f"{_accuracy(one.others[model])} for {what}" for model, what in REAL.items() if model in one.others]
    other = [
        f"For {what}, it is {_accuracy(one.others[model])}." for model, what in OTHERS.items() if model in one.others
    ]
    first = (
        f"new classifiers tell samples from test images with an accuracy of {one.seeds.mean:.3f} ± {spread} over "
        f"{seeds} of {one.length:,} epochs, where 0.5 is chance ({splits} splits per seed, "
        f"{int(one.rows.n_eval.iloc[0]):,} held-out images per split)."
    )
    second = [f"It is {' and '.join(real)} (± is the standard error over splits)."] if real else []
    return " ".join([first, *second, _reading(one, confidence), *other])


def _accuracy(test: TwoSample) -> str:
    return f"{test.accuracy:.3f} ± {two_digits(test.standard_error)}"


def _reading(one: Told, confidence: float) -> str:
    """Say how many seeds' samples are told better than real images."""
    if not one.gaps:
        return "Real images were not measured, so how much of that is due to the data set alone is not known."
    n, told_better = len(one.gaps), one.beyond_real
    gap = sum(gap for gap, _, _ in one.gaps.values()) / n
    least = min(low for _, low, _ in one.gaps.values())
    surely = f"at {confidence:.0%} confidence{' for each seed' * (n > 1)}"
    if told_better == n:
        who = "The samples of the one seed" if n == 1 else f"The samples of all {n} seeds"
        return (
            f"{who} are told apart from test images better than real images are, by {gap:.3f}{' on average' * (n > 1)} "
            f"({surely} by {least:.3f} or more)."
        )
    if told_better == 0:
        which = "the one seed" if n == 1 else f"any of {n} seeds"
        return (
            f"That the samples of {which} are told apart better than real images is not shown ({surely}; difference "
            f"{gap:+.3f}{' on average' * (n > 1)})."
        )
    return (
        f"The samples of {told_better} of {n} seeds are told apart from test images better than real images are "
        f"({surely}); for the others this is not shown. The difference is {gap:+.3f} on average."
    )


def told_rows(metrics: pd.DataFrame, params: Params, titles: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the rows of Table 1's companion as text, a column per experiment: `titles` by experiment.

    None where nothing was measured.
    """
    found = {titles[name]: told(metrics, params, name) for name in titles if name in set(metrics.experiment)}
    texts = {title: _texts(one) for title, one in found.items()} if any(found.values()) else {}
    labels = dict.fromkeys(label for cells in texts.values() for label in cells)
    return [{"Model": label} | {title: cells.get(label, "") for title, cells in texts.items()} for label in labels]


def _texts(one: Told | None) -> dict[str, str]:
    """Return one experiment's cells by the rows' titles."""
    ours = "samples of our GAN"
    if one is None:
        return {ours: NOT_MEASURED}
    spread = f" ± {two_digits(one.seeds.sd)}" if one.seeds.n > 1 else ""
    beyond_real = f"{one.beyond_real} of {len(one.gaps)}" if one.gaps else "real images not measured"
    texts = {
        ours: f"{one.seeds.mean:.3f}{spread}",
        "ours: seeds measured, of those scored": f"{one.seeds.n} of {one.n_scored}",
        "ours: epochs": f"{one.length:,}",
        "ours: splits, held-out images per split": f"{one.rows.n_splits.iloc[0]:.0f}, {one.rows.n_eval.iloc[0]:,.0f}",
        "ours: standard error of one seed, averaged": two_digits(one.rows.standard_error.mean()),
        "ours: seeds told apart better than real images": beyond_real,
    }
    return texts | {
        what: _accuracy(one.others[model]) for model, what in (REAL | OTHERS).items() if model in one.others
    }
