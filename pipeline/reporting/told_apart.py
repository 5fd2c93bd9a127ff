"""How well new classifiers tell the samples of each model from test images, beside real images: a third yardstick."""

from collections.abc import Iterable

import pandas as pd

from gan.statistics import summarise_seeds
from pipeline.config.params import Params
from pipeline.reporting.cells import count, two_digits
from pipeline.reporting.rankings import label
from pipeline.reporting.two_sample import METRIC, REAL

K_MEANS = "k-means"
COLUMNS = ["model", "seed", "scale", "length", "value", "standard_error", "n_splits", "n_eval"]


def tests_of(metrics: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return the two-sample tests in several metrics.csv: of kept generators, at full length, and of sets of images."""
    rows = pd.concat([pd.DataFrame(columns=[*COLUMNS, "metric", "generator"]), *metrics], ignore_index=True)
    tests = rows[(rows.metric == METRIC) & (rows.generator != "last")][COLUMNS]
    longest = tests.sort_values("length", kind="stable").drop_duplicates(["model", "seed"], keep="last")
    return tests.loc[sorted(longest.index)]


def told_table(told: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Return each model's accuracy as text, that of the samples nearest to test images first."""
    lines = []
    for model, rows in told.groupby("model", sort=False):
        seeds, several = summarise_seeds(rows.value.tolist(), params.confidence), len(rows) > 1
        spread = seeds.sd if several else rows.standard_error.iloc[0]
        over = "sd over seeds" if several else f"standard error over {count(int(rows.n_splits.iloc[0]), 'split')}"
        n = "1 set" if model in (*REAL, K_MEANS) else count(seeds.n, "seed")
        texts = {
            "images": REAL.get(model) or label(str(model), params),
            "accuracy": f"{seeds.mean:.3f} ± {two_digits(spread)}",
        }
        lines.append((seeds.mean, texts | {"± is the": over, "n": n}))
    return pd.DataFrame([texts for _, texts in sorted(lines, key=lambda line: line[0])])


def told_parts(told: pd.DataFrame, params: Params) -> list[str]:
    """Return the table with the words that introduce it; nothing where nothing was measured."""
    if told.empty:
        return []
    return [
        "A third yardstick needs no density and no bandwidth: the accuracy of new classifiers that tell samples from "
        f"test images (0.5: not at all; 1: always; {int(told.n_eval.max()):,} held-out images), the hardest to tell "
        "first:",
        told_table(told, params).to_markdown(index=False, disable_numparse=True),
    ]
