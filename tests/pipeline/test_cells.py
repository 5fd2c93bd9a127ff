"""Cells follow from the metrics: which seeds, lengths and scales count, and what is beside their mean."""

from types import SimpleNamespace

import pandas as pd
import pytest
from helpers import ROOT, SEEDS, metrics

from pipeline.config.params import load
from pipeline.files.errors import UserError
from pipeline.files.formats import write_csv, write_json
from pipeline.reporting import cells
from pipeline.reporting.cells import cell, our_cells, published_value, quoted, read_metrics, why_missing
from pipeline.reporting.gather import diverged

PARAMS = load(ROOT / "params.yaml", "paper")


def test_every_quoted_number_has_a_source():
    for section in ("table 1", "later"):
        assert len(quoted(section)) > 0
        assert quoted(section).notna().all(axis=None)
    assert published_value("mnist") == 225
    assert published_value("fashion-mnist") is None


def test_quoted_numbers_are_read_once(monkeypatch):
    cells._all_quoted.cache_clear()
    read, paths = cells.read_csv, []
    monkeypatch.setattr(cells, "read_csv", lambda path: paths.append(path) or read(path))
    for _ in range(2):
        our_cells(metrics(SEEDS), PARAMS)
    assert paths == [cells.QUOTED]


def test_our_cell_is_the_mean_over_seeds_of_the_best_generators_test_scores():
    our = cell(metrics([220.0, 230.0]), PARAMS, "mnist", "authors")
    assert our is not None
    assert (our.seeds.mean, our.seeds.n, our.published) == (225, 2, 225)
    assert cell(metrics([220.0, 230.0]), PARAMS, "tfd", "authors") is None


def test_our_cells_are_those_of_both_grids_both_generators_and_all_lengths():
    frame = pd.concat([metrics(SEEDS), metrics(SEEDS, length=1000, fine=1), metrics(SEEDS[:4], length=3000)])
    ours = our_cells(pd.concat([frame, metrics([1.0], "quick").assign(experiment="tfd")]), PARAMS)
    assert list(ours) == ["mnist"], "what has no rows of the scale was not run"
    mnist = ours["mnist"]
    assert {grid: (our.length, our.seeds.mean) for grid, our in mnist.kept.items()} == {
        "authors": (2000, 213),
        "fine": (2000, 218),
    }
    assert (mnist.last.length, mnist.last.seeds.mean) == (2000, 113)
    assert {length: found["fine"].seeds.mean for length, found in mnist.waypoints.items()} == {3000: 218.25, 1000: 214}


def with_folds(seeds: list[list[float]]) -> pd.DataFrame:
    """TFD's rows as `evaluate` writes them, from each seed's five fold means."""
    frame = metrics([sum(folds) / len(folds) for folds in seeds])
    frame = frame.assign(experiment="tfd", bandwidth=None, bandwidth_place=None, error_over="5 folds")
    folds = [
        row | {"fold": fold, "value": value, "bandwidth": 0.1 * (fold + 1), "bandwidth_place": fold + 1}
        for row in frame.to_dict("records")
        for fold, value in enumerate(seeds[row["seed"]])
    ]
    return pd.concat([frame, pd.DataFrame(folds)], ignore_index=True)


def test_folds_make_one_number_a_seed_with_a_bandwidth_each():
    our = cell(with_folds([[2000.0, 2010, 2020, 2030, 2040]] * 5), PARAMS, "tfd", "authors")
    assert our is not None
    assert (our.seeds.n, our.seeds.mean, our.published, our.error_over) == (5, 2020, 2057, "5 folds")
    assert our.bandwidths[:2] == ("0.1 (1/10: edge of the grid)", "0.2 (2/10)")
    assert len(our.bandwidths) == 25
    longer = pd.concat([with_folds([[2000.0] * 5] * 5), with_folds([[1.0] * 5]).assign(length=3000)])
    assert len(cell(longer, PARAMS, "tfd", "authors").bandwidths) == 25, "those of another length are another cell's"
    assert our.verdict.name == "not reproduced"


@pytest.mark.parametrize(("message", "expected"), [("", [False] * 3), ("loss not finite", [False, False, True])])
def test_a_run_has_diverged_at_lengths_that_it_did_not_reach(tmp_path, message, expected):
    write_json(tmp_path / "manifest.json", {"epochs_trained": 1000, "length": 2000, "diverged": message})
    found = diverged(SimpleNamespace(folder=tmp_path), pd.Series([500, 1000, 2000], dtype="Int64"))
    assert (found.dtype, found.tolist()) == (bool, expected)


def test_seeds_that_diverged_are_counted_in_their_own_scale_and_length_only():
    frame = pd.concat([metrics(SEEDS), metrics(SEEDS, length=1000), metrics(SEEDS, "quick")], ignore_index=True)
    for of, at_end, at_1000 in (
        (frame.length.eq(2000) & frame.seed.isin([1, 3]), 2, 0),
        (frame.scale.eq("paper") & frame.seed.eq(1), 1, 1),
        (frame.scale.eq("quick"), 0, 0),
    ):
        found = frame.assign(diverged=of)
        counts = [cell(found, PARAMS, "mnist", "authors", length=length).diverged for length in (2000, 1000)]
        assert counts == [at_end, at_1000]


def test_read_metrics_refuses_another_scale(tmp_path):
    write_csv(tmp_path / "metrics.csv", metrics([1.0], "smoke"))
    with pytest.raises(UserError, match="metrics of scale smoke, not paper"):
        read_metrics(tmp_path / "metrics.csv", PARAMS)


def test_what_was_not_run_has_a_reason():
    assert why_missing(PARAMS, "tfd") == "not run: data not available"
    assert why_missing(PARAMS, "mnist") == "not part of this run"
