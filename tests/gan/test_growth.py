"""A growing set of samples scores at each size what that many samples score by themselves."""

import pytest
import torch

from gan.evidence.growth import counts_up_to, score_by_count, trend
from gan.scoring import score
from gan.seeding import stream

GRIDS = {"coarse": (0.2, 0.4, 0.8), "fine": (0.25, 0.3, 0.35, 0.4)}


def uniform(n: int, name: str) -> torch.Tensor:
    return torch.rand(n, 12, generator=stream(0, name))


@pytest.mark.parametrize("block", [7, 40, 100])
def test_score_by_count_equals_score_of_the_first_samples(block):
    samples, validation, test = uniform(100, "s"), uniform(20, "v"), uniform(30, "t")
    others = uniform(15, "v2"), uniform(25, "t2")
    folds = [(validation, test), others]
    found = score_by_count(lambda: samples.split(block), [10, 40, 100], folds, GRIDS)
    pairs = [(fold, name) for fold in range(2) for name in GRIDS]
    for fold, name in pairs:
        for point in found[fold][name]:
            alone = score(samples[: point.n], *folds[fold], GRIDS)[name]
            assert point.selection.bandwidth == alone.selection.bandwidth
            assert point.test == pytest.approx(alone.test, abs=1e-9)


def test_score_by_count_takes_no_more_samples_than_it_needs():
    taken = []

    def blocks():
        for number in range(10):
            taken.append(number)
            yield uniform(10, f"block {number}")

    score_by_count(blocks, [5, 25], [(uniform(20, "v"), uniform(30, "t"))], GRIDS)
    assert len(set(taken)) <= 4


@pytest.mark.parametrize(
    ("counts", "message"), [([5, 5], "ascending"), ([0, 5], "from 1 on"), ([5, 200], "expected 200 samples, got 100")]
)
def test_score_by_count_refuses(counts, message):
    with pytest.raises(ValueError, match=message):
        score_by_count(lambda: [uniform(100, "s")], counts, [(uniform(20, "v"), uniform(30, "t"))], GRIDS)


def test_counts_up_to_end_where_they_should():
    assert counts_up_to(1_000_000)[:4] == [1000, 2000, 5000, 10_000]
    assert counts_up_to(1_000_000)[-2:] == [500_000, 1_000_000]
    assert counts_up_to(500) == [100, 200, 500]
    assert counts_up_to(50_000)[-1] == 50_000


def test_trend_of_points_on_a_line():
    line = trend([10, 100, 1000], [107.0, 114.0, 121.0])
    assert (line.nats_per_decade, line.at_one) == pytest.approx((7, 100))
