"""The page's extrapolation follows from the published curves, and its words from its numbers."""

import numpy as np
import pandas as pd
import pytest
from helpers import ROOT

from pipeline.config.params import load
from pipeline.files.formats import read_csv
from pipeline.reporting.extrapolation import (
    Outlook,
    extrapolation_passage,
    extrapolation_plot,
    extrapolation_table,
    outlook,
)

PUBLISHED = ROOT / "results/published"
PARAMS = load(ROOT / "params.yaml", "paper")


def scores_of(frame: pd.DataFrame, lower: float = 0) -> pd.DataFrame:
    """Return test scores of the last generators every 100 epochs, so many nats below the validation curves."""
    rows = frame[frame.epoch % 100 == 0]
    about = {"model": "adversarial-nets", "metric": "test_log_likelihood", "grid": "authors", "generator": "last"}
    return rows.assign(length=rows.epoch, value=rows.log_likelihood - lower, fold=float("nan"), **about)


def found_of(frame: pd.DataFrame, lower: float = 0) -> Outlook:
    """Return the outlook of such curves."""
    found = outlook(frame, scores_of(frame, lower), PARAMS, "mnist")
    assert found is not None
    return found


def curves(end: float, seeds: int = 3) -> pd.DataFrame:
    """Return curves of 1,000 epochs that lead along a line in the share to `end` nats, seeds a nat apart."""
    epochs = np.arange(10, 1001, 10)
    shares = -np.expm1(-0.002 * epochs)
    rows = [
        pd.DataFrame({"seed": seed, "epoch": epochs, "log_likelihood": end - 50 * (1 - shares) + seed - 1})
        for seed in range(seeds)
    ]
    return pd.concat(rows).assign(experiment="mnist", scale="paper")


def test_the_page_shows_the_published_curves():
    validation, metrics = (read_csv(PUBLISHED / name) for name in ("validation.csv", "metrics.csv"))
    passage = extrapolation_passage(validation, metrics, PARAMS, "mnist")
    text = (ROOT / "docs/runs.md").read_text(encoding="utf-8")
    assert f"<!-- extrapolation:begin -->\n{passage}\n<!-- extrapolation:end -->" in text
    assert "An extrapolation, not a result" in passage


def test_a_straight_curve_is_carried_on():
    found = found_of(curves(230))
    first = extrapolation_table(found).iloc[0]
    assert first["line in the"] == "share"
    assert first["all spent"] == "230.0 ± 1"
    assert first["at 2,000 epochs"] == "229.1 ± 1"


def test_curves_are_lowered_to_the_test_scores():
    found = found_of(curves(230), lower=4)
    assert found.lowered == pytest.approx(dict.fromkeys(range(3), 4))
    assert extrapolation_table(found).iloc[0]["all spent"] == "226.0 ± 1"


def test_the_words_follow_the_numbers():
    high, low = (extrapolation_passage(curves(end), scores_of(curves(end)), PARAMS, "mnist") for end in (230, 210))
    assert "learning rates spent: 3 of 3 by the share" in high
    assert "learning rates spent: 0 of 3 by the share and 0 of 3 by the logarithm of the share" in low
    assert "errors from +0.0 to +0.0 in the share" in high or "errors from -0.0 to +0.0 in the share" in high


def test_short_curves_and_experiments_without_a_published_value_have_none():
    short = curves(230)
    scores = scores_of(short)
    assert outlook(short, scores.iloc[:0], PARAMS, "mnist") is None
    assert outlook(short[short.epoch <= 100], scores, PARAMS, "mnist") is None
    assert outlook(short.assign(experiment="cifar10-fc"), scores, PARAMS, "cifar10-fc") is None
    assert outlook(short.iloc[:0], scores, PARAMS, "mnist") is None
    assert (
        extrapolation_passage(short.iloc[:0], scores, PARAMS, "mnist") == "No curve is long enough to be extrapolated."
    )


def test_the_figure_names_what_was_not_trained():
    figure = extrapolation_plot(found_of(curves(230)), PARAMS, "mnist")
    (axes,) = figure.axes
    assert "not trained" in axes.get_xlabel()
    assert [text.get_text() for text in axes.get_legend().get_texts()][-1] == "the paper: 225"
    assert len(axes.lines) == 3 + 2 + 1
