"""What is read off the toys' tables: readings that flip when the data flip."""

import math

import pandas as pd
import pytest
from helpers import ROOT

from gan.theory.claim import Claim
from pipeline.claims import read_toys as toys
from pipeline.config.params import Params, load

SEEDS = range(6)


@pytest.fixture(scope="module")
def params() -> Params:
    return load(ROOT / "params.yaml", "quick")


def readings(rows: list[Claim]) -> dict[str, str]:
    return {row.says: row.reading for row in rows}


def theory(c_end: float = 0.0, reached: float = 0.01, wrong: float = 0.0) -> dict[str, pd.DataFrame]:
    """C(G) falls to -log 4 where t is 1."""
    rows = []
    for t in (0.0, 0.5, 1.0):
        c = -math.log(4) + (1 - t) * 0.8 + c_end * (t == 1)
        for seed in SEEDS:
            rows.append({"t": t, "seed": seed, "c": c, "jsd": (c + math.log(4)) / 2 + wrong, "reached": c - reached})
    return {"path.csv": pd.DataFrame(rows)}


@pytest.mark.parametrize(
    ("says", "changed", "expected"),
    [
        ("C(G) = V(G, D*) is −log 4 + 2 JSD", {"wrong": 0.1}, "does not hold here: 0.2 nats, not below 0.001 nats"),
        ("its minimum is where p_g = p_data", {"c_end": 0.5}, "does not hold here: -0.1 nats, not above 0.001 nats"),
        ("and is −log 4", {"c_end": 0.2}, "does not hold here: 0.2 nats, not below 0.001 nats"),
        ("a trained D reaches C(G)", {"reached": 0.3}, "does not hold here: 0.3 nats, not below 0.05 nats"),
    ],
)
def test_each_reading_of_the_global_optimum_flips(params, says, changed, expected):
    assert readings(toys.global_optimum(theory(), params))[says].startswith("holds")
    assert readings(toys.global_optimum(theory(**changed), params))[says] == expected


def modes(fast: float) -> dict[str, pd.DataFrame]:
    rows = [
        {"target": "ring of 8", "modes": 8, "setting": setting, "seed": seed, "epoch": 20}
        | {"covered": 8, "good": 0.6, "close": close}
        for setting, close in (("balanced", 0.1), ("G too fast", fast))
        for seed in SEEDS
    ]
    return {"modes.csv": pd.DataFrame(rows)}


def test_samples_that_stay_apart_flip_the_reading(params):
    says = "on the ring of 8, ten steps of G for each of D send more values of z to one place"
    assert readings(toys.mode_coverage(modes(0.6), params))[says] == "holds"
    assert readings(toys.mode_coverage(modes(0.1), params))[says] == "does not hold here: 0, not above 0"
