"""The comparison of initial weights: it trains the claims' experiment, and its summary is the textbook's test."""

import numpy as np
import pandas as pd
import pytest
import torch
from helpers import ROOT

from benchmarks import initial_weights as benchmark
from gan.initial_weights import INITIAL_WEIGHTS
from gan.seeding import stream
from pipeline.config.params import load


def frame(shift: float, late: int = 0, n: int = 8) -> pd.DataFrame:
    """Scores of n seeds of each kind; those with shared weights are higher by a shift, some of them begin late."""
    return pd.DataFrame(
        [
            {"weights": kind, "seed": seed, "epoch": epoch, "log_likelihood": 10.0 * epoch + seed + shift * is_shared}
            | {"D(x)": 0.7 + seed / 100 + shift * is_shared, "D(G(z))": 0.01 if is_shared and seed < late else 0.2}
            for is_shared, kind in enumerate(INITIAL_WEIGHTS)
            for seed in range(n)
            for epoch in (10, 20)
        ]
    )


def test_the_comparison_is_of_the_claims_experiments():
    params = load(ROOT / "params.yaml", "cpu")
    for name, kind in (("mnist-code", "independent"), ("mnist-2014-weights", "shared")):
        experiment = params.experiment(name)
        assert experiment.initial_weights == kind
        assert (experiment.generator, experiment.discriminator) == (benchmark.GENERATOR, benchmark.DISCRIMINATOR)
        assert (experiment.noise_size, experiment.recipe) == (benchmark.NOISE_SIZE, benchmark.RECIPE)
        assert experiment.grids["authors"] == benchmark.GRID


def test_trained_gives_a_row_per_seed_and_epoch_that_differ_by_the_weights_alone(one_thread):
    images = torch.rand(200, 784, generator=stream(0, "images"))
    rows = {
        kind: benchmark.trained(kind, [0, 4], images, images[:20], [1, 2], n_samples=10) for kind in INITIAL_WEIGHTS
    }
    for found in rows.values():
        assert [(row["seed"], row["epoch"]) for row in found] == [(0, 1), (4, 1), (0, 2), (4, 2)]
        assert all(np.isfinite([row[name] for name in benchmark.SHOWN]).all() for row in found)
    assert rows["shared"][0]["log_likelihood"] != rows["independent"][0]["log_likelihood"]
    again = benchmark.trained("shared", [4], images, images[:20], [1], n_samples=10)
    assert again[0]["log_likelihood"] == pytest.approx(rows["shared"][1]["log_likelihood"], rel=1e-5)


def test_summary_of_two_kinds_that_do_not_overlap():
    """Of 16 seeds in two eights one order in C(16, 8) is that extreme on either side."""
    found = benchmark.summary(frame(100, late=3)).set_index(["epoch", "measure"])
    row = found.loc[(20, "log_likelihood")]
    assert row.p == pytest.approx(2 / 12870)
    assert (row.shared_mean, row.independent_mean) == (pytest.approx(303.5), pytest.approx(203.5))
    assert (row.shared_late, row.independent_late, row.shared_n) == (3, 0, 8)
    assert row.shared_sd == pytest.approx(np.std(range(8), ddof=1))


def test_summary_of_two_kinds_that_do_and_of_late_seeds_that_were_not_counted():
    found = benchmark.summary(frame(0.5).query("epoch == 20"))
    assert found.p[0] > 0.5
    assert found.shared_late.isna().all()
