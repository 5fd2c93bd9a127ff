"""What is read off the runs of Table 1: copies, a little nearer, or no difference; how wrong the estimate is."""

import pandas as pd
import pytest
from helpers import ROOT

from gan.theory.claim import Claim
from pipeline.claims import read_evidence as evidence
from pipeline.claims.files import COPIES, SEEN, UNSEEN, G
from pipeline.claims.plots_evidence import plot_memorised
from pipeline.config.params import Params, load
from pipeline.files.formats import read_csv

FAR = 4.5  # mean distance to the nearest held-out image


@pytest.fixture(scope="module")
def params() -> Params:
    return load(ROOT / "params.yaml", "quick")


def memorised(difference: float, epochs: int = 1000, seeds: int = 5, copies: float = 1.0) -> dict[str, pd.DataFrame]:
    sets = [(UNSEEN, 0, -0.07), (SEEN, 0, 0.01), (COPIES, 0, copies)]
    sets += [*((G, seed, difference + 0.002 * (seed - 1)) for seed in range(seeds))]
    rows = [
        {"of": of, "seed": seed, "epochs": epochs, "n_samples": 2000, "n_images": 20_000, "n_training": 50_000}
        | {"training": FAR - value, "held_out": FAR, "difference": value, "standard_error": 0.01, "nearer": 0.54}
        for of, seed, value in sets
    ]
    return {"memorised.csv": pd.DataFrame(rows)}


def first(frames: dict[str, pd.DataFrame], params: Params) -> Claim:
    return evidence.memorised(frames, params)[0]


@pytest.mark.parametrize(
    ("difference", "expected"),
    [
        (0.055, "holds; nearer to training images, by 1.3% of the distance"),
        (-0.002, "holds; no difference shown between training and held-out images"),
        (-0.1, "holds; nearer to held-out images, by 2.2% of the distance"),
        (0.178, "undecided: 0.176 to 0.184 pixel units crosses 0.18 pixel units; nearer to training images, by 4.0%"),
        (1.0, "does not hold here: 1 pixel units, not below 0.18 pixel units; nearer to training images, by 22.3%"),
    ],
)
def test_copies_a_little_nearer_and_no_difference_are_told_apart(params, difference, expected):
    row = first(memorised(difference), params)
    assert row.reading.startswith(expected)
    assert (row.n, row.over, row.kind) == (5, "seed", "paper")
    assert "54.0% are nearer to a training image; 5 generators of 1,000 epochs" in row.measured


def test_a_lone_generators_interval_is_over_its_samples(params):
    row = first(memorised(0.057, seeds=1), params)
    assert (row.n, row.over) == (2000, "sample")
    assert (row.low, row.high) == pytest.approx((0.055 - 0.0196, 0.055 + 0.0196), abs=1e-4)
    assert row.reading == "too short to tell: 1 of 5 seeds"


def test_short_runs_cannot_have_memorised(params):
    assert first(memorised(1.0, epochs=20), params).reading == "too short to tell: 20 of 50 epochs"


def test_copies_that_are_not_noticed_are_reported(params):
    seen, unseen, noticed = evidence.memorised(memorised(0.0), params)[1:]
    assert seen.reading == "holds; no difference shown between training and held-out images"
    assert unseen.reading == "holds; nearer to held-out images, by 1.6% of the distance"
    assert noticed.reading == "holds"
    *_, blind = evidence.memorised(memorised(0.0, copies=0.05), params)
    assert blind.reading == "does not hold here: 0.05 pixel units, not above 0.18 pixel units"


def test_the_figure_has_a_row_per_generator_and_yardstick(params):
    left, right = plot_memorised(memorised(0.05, seeds=3), params).axes
    names = [label.get_text() for label in left.get_yticklabels()]
    assert names == [UNSEEN, SEEN, COPIES, *(f"samples of G, seed {seed}" for seed in range(3))]
    assert len(right.containers) == 1


def estimates() -> dict[str, pd.DataFrame]:
    return {f"{name}.csv": read_csv(ROOT / f"results/published/{name}.csv") for name in ("oracle", "growth")}


def test_the_estimate_is_wrong_in_high_dimensions_and_right_in_two(params):
    """In the published numbers; where all gaps are those of two dimensions, each reading flips that ought to."""
    frames = estimates()
    found = evidence.estimate(frames, params)
    assert [row.reading for row in found] == ["holds"] * 4
    assert found[0].value == pytest.approx(212.4, abs=0.1), "the least: that of the Gaussian, over three draws"
    assert [row.over for row in found] == ["draw", "draw", "kind", "generator"]
    oracle = frames["oracle.csv"]
    gaps = (oracle.truth - oracle.estimate) / oracle.d**2
    frames["oracle.csv"] = oracle.assign(estimate=oracle.truth - gaps)
    flat = evidence.estimate(frames | {"growth.csv": frames["growth.csv"].assign(value=200.0)}, params)
    assert [row.outcome for row in flat] == ["does not hold", "holds", "does not hold", "does not hold"]


def test_an_error_in_two_dimensions_is_reported(params):
    frames = estimates()
    oracle = frames["oracle.csv"]
    frames["oracle.csv"] = oracle.assign(estimate=oracle.estimate - 1)
    assert evidence.estimate(frames, params)[1].reading.startswith("does not hold here: 1.01 nats")
