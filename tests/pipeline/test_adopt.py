"""Runs from elsewhere become the rows that they are: none is invented, none is lost."""

import pandas as pd
import pytest
from helpers import ROOT

from pipeline.adopt import merged, metrics
from pipeline.errors import UserError
from pipeline.params import load
from pipeline.runs import GAN

EXPERIMENT = load(ROOT / "params.yaml", "paper").experiment("mnist")
GRID = EXPERIMENT.grids["authors"]
MANIFEST = {"epochs_trained": 1000, "settings": {"n_samples": 10_000}}


def scored(**changes: object) -> dict[str, object]:
    """A row of test.csv."""
    row = {"seed": 0, "generator": "kept", "epoch": 980, "grid": "authors", "test": 213.0, "standard_error": 2.2}
    return row | {"validation": 209.0, "bandwidth": GRID[2], "place": 3} | changes


def test_metrics_are_those_of_the_file():
    found = metrics(pd.DataFrame([scored(), scored(generator="at", epoch=100, test=160.0)]), {0: MANIFEST}, EXPERIMENT)
    test = found[found.metric == "test_log_likelihood"]
    assert test[["generator", "length", "epoch", "value"]].to_numpy().tolist() == [
        ["best", 1000, 980, 213.0],
        ["last", 100, 100, 160.0],
    ]
    assert set(test.bandwidth_place) == {"3/10"}
    assert found[found.metric == "validation_log_likelihood"].value.tolist() == [209.0, 209.0]
    assert found[found.metric == "validation_log_likelihood"].standard_error.isna().all(), "it was not kept"


@pytest.mark.parametrize(
    ("row", "message"),
    [(scored(seed=1), r"seeds \[1\], expected \[0\]"), (scored(place=4), "is not bandwidth 4 of the authors grid")],
)
def test_metrics_refuse_what_does_not_fit(row, message):
    with pytest.raises(UserError, match=message):
        metrics(pd.DataFrame([row]), {0: MANIFEST}, EXPERIMENT)


def test_merged_replaces_our_rows_of_this_scale_and_keeps_the_others():
    rows = [(GAN, "paper", 1.0), (GAN, "cpu", 2.0), ("k-means", "cpu", 3.0)]
    before = pd.DataFrame(rows, columns=["model", "scale", "value"]).assign(experiment="mnist", seed=0)
    new = before[:1].assign(value=9.0)
    assert merged(before, new).value.tolist() == [9.0, 2.0, 3.0]
    assert merged(before.drop(columns="model"), new.drop(columns="model")).value.tolist() == [9.0, 2.0, 3.0]
    assert merged(pd.DataFrame(), new) is new
