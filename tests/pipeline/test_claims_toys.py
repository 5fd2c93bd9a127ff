"""What is read off the toys' tables: readings that flip when the data flip."""

import math

import pandas as pd
import pytest
from helpers import ROOT

from gan.theory.claim import Claim
from pipeline.claims import read_advantages as advantages
from pipeline.claims import read_toys as toys
from pipeline.claims.files import GIBBS, G
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


def circle(of_g: float) -> dict[str, pd.DataFrame]:
    rows = [
        {"seed": seed, "model": model, "score": 0.5, "radial_sd": spread * (1 + 0.01 * seed)}
        for model, spread in (("G", of_g), ("kernels of equal score", 0.03), ("data", 1e-8))
        for seed in SEEDS
    ]
    return {"circle.csv": pd.DataFrame(rows)}


@pytest.mark.parametrize(
    ("of_g", "sharper", "on_it"),
    [
        (0.01, "holds", "holds"),
        (0.045, "does not hold here: 1.5, not below 1", "holds"),
        (0.3, "does not hold here: 10, not below 1", "does not hold here: 0.307 radii, not below 0.05 radii"),
    ],
)
def test_a_blurred_generator_flips_the_readings(params, of_g, sharper, on_it):
    found = advantages.sharpness(circle(of_g), params)
    assert [row.reading for row in found] == [sharper, on_it]
    assert [row.kind for row in found] == ["paper", "check"]


def chains(of_g: float = 0.0, sharp: float = 0.8, blurred: float = 0.2) -> dict[str, pd.DataFrame]:
    """Correlations at two lags; those at the second count for nothing."""
    levels = {(G, None): of_g, (GIBBS, 0.05): sharp, (GIBBS, 0.3): blurred}
    rows = [
        {"seed": seed, "sampler": sampler, "blur": blur, "n": 2500, "null_sd": 0.014, "lag": lag}
        | {"correlation": level + 0.001 * (seed % 2) if lag == 1 else -1.0}
        for (sampler, blur), level in levels.items()
        for seed in SEEDS
        for lag in (1, 10)
    ]
    machines = [
        {"seed": seed, "blur": blur, "exact": level, "switches": 3}
        for (_, blur), level in levels.items()
        if blur
        for seed in SEEDS
    ]
    return {"chains.csv": pd.DataFrame(rows), "machines.csv": pd.DataFrame(machines)}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, ["holds within 0.00107", "holds", "holds"]),
        ({"of_g": 0.4}, ["does not hold here: 0.401, not below 0.05", "holds", "holds"]),
        ({"sharp": 0.0, "blurred": 0.0}, [None, "does not hold here: 0.0005, not above 0.05", None]),
        ({"sharp": 0.3, "blurred": 0.5}, [None, "holds", "does not hold here: -0.2, not above 0"]),
    ],
)
def test_each_reading_of_the_samples_order_flips(params, changed, expected):
    found = [row.reading for row in advantages.independence(chains(**changed), params)]
    assert [text for text, wanted in zip(found, expected, strict=True) if wanted] == list(filter(None, expected))
