"""Sentences about where the variance comes from follow from the tables, and flip with them."""

import numpy as np
import pandas as pd
import pytest
from helpers import ROOT, metrics

from gan.evidence.reselection import Measured, resampled, reselect
from pipeline.config.params import load
from pipeline.reporting.sources import choice_sentences, variance_table
from pipeline.reporting.variance import EPOCH, OF_CHOICES, SUBSET, bandwidths, epochs, measurements

PARAMS = load(ROOT / "params.yaml", "paper")
SOURCES = {"training seed": (4.0, 2.0, 9.0, 2), SUBSET: (0.4, np.nan, np.nan, 3), EPOCH: (0.2, np.nan, np.nan, 10)}


def variance(**changes: tuple[float, ...]) -> pd.DataFrame:
    rows = {"experiment": "mnist", "scale": "paper"}
    return pd.DataFrame(
        [
            rows | dict(zip(("source", "sd", "low", "high", "n"), (source, *values), strict=True))
            for source, values in (SOURCES | changes).items()
        ]
    )


def redrawn(*places: float) -> pd.DataFrame:
    """Rows of redrawn.csv: bandwidths of two seeds, with a draw each and as many subsets as fit."""
    subsets = len(places) // 2
    rows = [(seed, subset) for seed in (0, 1) for subset in range(subsets)]
    return pd.DataFrame(rows, columns=["seed", "subset"]).assign(draw=0, bandwidth=places)


def choices(found: list[dict], seeds: tuple[int, ...] = (0, 1)) -> pd.DataFrame:
    frame = pd.DataFrame(found, columns=list(OF_CHOICES)).assign(experiment="mnist", scale="paper")
    return frame[frame.seed.isin(seeds)]


def said(found: list[dict], seeds: tuple[int, ...] = (0, 1)) -> list[str]:
    return choice_sentences(choices(found, seeds), variance(), metrics([213.0, 214.0]), PARAMS)


def reselected(*blocks: list[list[float]]) -> list[dict]:
    """Rows of choices.csv of seeds measured after epochs 10 and 20, by two blocks, on four fixed resamples."""
    counts = np.array([[1, 1], [1, 1], [2, 0], [0, 2]])
    runs = [reselect(Measured([10, 20], np.array(rows)[:, None], 50), counts) for rows in blocks]
    return [row for seed, run in enumerate(runs) for row in epochs(seed, run)]


def test_bandwidths_are_counted():
    two, _ = said(bandwidths(redrawn(0.2, 0.2, 0.2, 0.2, 0.2, 0.3)))
    assert two == (
        "MNIST: the bandwidths chosen by 3 validation subsets, 1 draw of 2 seeds: 0.2 in 5 of 6, 0.3 in 1 of 6."
    )
    one, _ = said(bandwidths(redrawn(0.2, 0.2, 0.2, 0.2, 0.2, 0.2)))
    assert "0.2 in 6 of 6." in one
    rows = choices(bandwidths(redrawn(0.2, 0.3, 0.3, 0.3, 0.3, 0.2)))
    assert rows[rows.own].set_index("seed").choice.to_dict() == {0: 0.2, 1: 0.3}  # of the first subset


def test_the_kept_epoch_of_other_images():
    """Seed 0 keeps epoch 20, and by its second block alone epoch 10, a nat worse by all images; seed 1 stays."""
    (_, moved) = said(reselected([[0, 5], [4, 3]], [[0, 0], [1, 1]]))
    assert "2 seeds), the rule keeps another epoch in 12% of cases (seed 0 from 10 to 10 instead of 20), and" in moved
    assert "with its 10 blocks of validation images resampled (4 times for each of 2 seeds)" in moved
    assert moved.endswith("kept has 0.12 nats less by all validation images, on average over all cases.")
    (_, still) = said(reselected([[0, 0], [1, 1]], [[0, 0], [1, 1]]))
    assert still.endswith("for each of 2 seeds), the rule keeps the same epoch each time.")


def test_what_is_not_known_is_named_with_its_seeds():
    both = bandwidths(redrawn(0.2, 0.2, 0.2, 0.3)) + reselected([[0, 5], [4, 3]], [[0, 0], [1, 1]])
    lines = said(both, seeds=(1,))
    assert lines[0].endswith(" Not known for seed 0: no further draws were scored.")
    assert lines[1].endswith(" Not known for seed 0: measurements by block were not recorded.")
    assert not any("ot known" in line for line in said(both))
    subset, epoch = said([])
    assert subset == "MNIST: which bandwidths the validation subsets chose is not published for these runs."
    assert "the effect of other images on the kept epoch is not known; these runs' measurements were not" in epoch


def test_a_source_without_an_interval_shows_none():
    assert variance_table(variance(), PARAMS)["95% interval"].tolist() == ["2 to 9", "none", "none"]


def test_measurements_are_those_of_the_rows(tmp_path):
    (tmp_path / "manifest.json").write_text('{"settings": {"patience_epochs": 70}}')
    rows = pd.DataFrame(
        {"epoch": [10, 10, 20], "place": [3, 4, 4], "block_1": [1.0, 2, 3], "block_2": [4.0, 5, 6], "block_3": np.nan}
    )
    found = measurements(rows, tmp_path)
    assert (found.epochs, found.patience) == ([10, 20], 70)
    np.testing.assert_equal(found.blocks, [[[1, 4], [2, 5]], [[np.nan, np.nan], [3, 6]]])
    assert measurements(rows.drop(columns="block_2"), tmp_path) is None


def test_the_standard_deviation_follows_from_the_choices():
    random = np.random.default_rng(0)
    run = reselect(Measured([10, 20, 30], random.normal(size=(3, 2, 10)), 100), resampled(10, 400, random))
    rows = pd.DataFrame(epochs(0, run))
    assert rows["count"].sum() == 400
    again = np.repeat(rows.lost, rows["count"]).std(ddof=1)
    assert again == pytest.approx(run.lost.std(ddof=1))
    assert (rows.own == (rows.choice == run.own)).all()
