"""Components of variance are those of the rows."""

import numpy as np
import pandas as pd
import pytest

from pipeline.files.errors import UserError
from pipeline.reporting.gather import _read
from pipeline.reporting.variance import components

STATISTICS = {"confidence": 0.95, "resamples": 200}


def redrawn(seed_sd: float, draw_sd: float, subset_sd: float, seeds: int = 40, folds: bool = False) -> pd.DataFrame:
    """Rows of redrawn.csv with known components; a fold's effect stands in the place of a subset's."""
    random = np.random.default_rng(0)
    of_subset = subset_sd * random.normal(size=30)
    return pd.DataFrame(
        [
            {
                "seed": seed,
                "draw": draw,
                "fold": k if folds else 0,
                "subset": 0 if folds else k,
                "value": value + effect,
            }
            for seed, of_seed in enumerate(seed_sd * random.normal(size=seeds))
            for draw, value in enumerate(225 + of_seed + draw_sd * random.normal(size=30))
            for k, effect in enumerate(of_subset)
        ]
    )


def test_components_are_those_of_the_rows():
    images = [200 * np.random.default_rng(1).normal(size=10_000)] * 40
    found = components(redrawn(10, 3, 2), images, "mnist", STATISTICS)
    assert [round(one.sd) for one in found.values()] == pytest.approx([10, 3, 2, 2], abs=2)
    assert found["draw of samples"].sd == pytest.approx(3, rel=0.1)
    assert found["test images"].sd == pytest.approx(2, rel=0.05)
    assert (found["training seed"].n, found["validation subset"].n) == (40, 30)


def test_components_of_folds_are_of_their_mean():
    found = components(redrawn(10, 3, 20, folds=True), [None] * 40, "tfd", STATISTICS)
    assert list(found) == ["training seed", "draw of samples", "fold"]
    assert found["fold"].sd == pytest.approx(20 / np.sqrt(30), rel=0.35)


def test_components_refuse_seeds_with_different_draws():
    rows = redrawn(1, 1, 1, seeds=2)
    with pytest.raises(UserError, match=r"different draws; delete each metrics\.manifest\.json and run again"):
        components(rows[(rows.seed == 0) | (rows.draw < 5)], [None] * 2, "mnist", STATISTICS)


def test_scores_of_the_former_form_are_refused_in_one_line(tmp_path):
    (tmp_path / "metrics.csv").write_text("seed,bandwidth_place\n0,4/10\n")
    with pytest.raises(
        UserError, match=r"metrics\.csv: damaged, or not the kind of file .*; delete it and run the stage"
    ):
        _read(tmp_path / "metrics.csv")
