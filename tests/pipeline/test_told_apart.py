"""The tables beside both estimates: two-sample tests, and the models that are known exactly at other bandwidths."""

import pandas as pd
from helpers import ROOT

from benchmarks.exact_models import RESULTS, passage
from pipeline.config.params import load
from pipeline.files.formats import read_csv
from pipeline.reporting.told_apart import tests_of as told_of
from pipeline.reporting.told_apart import told_parts, told_table

PARAMS = load(ROOT / "params.yaml", "cpu")
COMMITTED = ROOT / "benchmarks/results/comparison"


def row(model: str, value: float, seed: int = 0, **others: object) -> dict[str, object]:
    about = {"model": model, "seed": seed, "scale": "cpu", "length": 9, "value": value, "standard_error": 0.01}
    return about | {"n_splits": 10, "n_eval": 500, "metric": "two_sample_accuracy", "generator": "best"} | others


def test_kept_generators_and_sets_of_images_count_once():
    rows = [row("vae-1x500", 0.9), row("vae-1x500", 0.8, generator="last"), row("k-means", 0.7, generator="none")]
    rows.append(row("vae-1x500", 280.0, metric="test_log_likelihood"))
    assert told_of([pd.DataFrame(rows[:2]), pd.DataFrame(rows[2:])]).value.tolist() == [0.9, 0.7]
    assert told_parts(told_of([]), PARAMS) == []


def test_the_hardest_to_tell_is_first_and_every_spread_says_over_what():
    rows = [row("vae-1x500", 0.90 + 0.02 * seed, seed) for seed in range(3)]
    rows += [row("adversarial-nets", 0.79), row("training-images", 0.53), row("k-means", 0.76)]
    table = told_table(told_of([pd.DataFrame(rows)]), PARAMS)
    names = ["real training images", "k-means centroids", "our GAN", "VAE, 1 x 500 units"]
    assert table.images.tolist() == names
    assert table.accuracy.tolist() == ["0.530 ± 0.01", "0.760 ± 0.01", "0.790 ± 0.01", "0.920 ± 0.02"]
    assert table["± is the"].tolist() == [*["standard error over 10 splits"] * 3, "sd over seeds"]
    assert table.n.tolist() == ["1 set", "1 set", "1 seed", "3 seeds"]


def test_the_committed_tests_of_other_models_are_those_of_their_runs():
    told = read_csv(COMMITTED / "told.csv").set_index(["model", "seed"]).value
    runs = told_of(read_csv(path) for path in COMMITTED.glob("runs/*/seed*/metrics.csv")).set_index(["model", "seed"])
    assert len(runs) == 10
    assert told[runs.index].tolist() == runs.value.tolist()


def test_the_page_shows_the_exact_models_and_which_bandwidth_their_likelihood_chooses():
    rows = read_csv(ROOT / RESULTS)
    text = (ROOT / "docs/evidence.md").read_text(encoding="utf-8")
    assert f"<!-- exact:begin -->\n{passage(rows, PARAMS)}\n<!-- exact:end -->" in text
    reversed_order = rows.assign(value=-rows.value)
    assert "chooses 0.1 for k-means" not in passage(rows, PARAMS)
    assert "chooses 1 for k-means and 1 for the linear Gaussian" in passage(reversed_order, PARAMS)
