"""What is read off the claims' tables: rows with number, interval and n, and readings that flip when the data flip."""

import math

import pandas as pd
import pytest
from helpers import ROOT

from pipeline.claims import toys, trained
from pipeline.claims.claim import Claim
from pipeline.claims.sections import SECTIONS, shown
from pipeline.params import Params, load

EPOCHS, SEEDS = 30, range(6)
LEVELS = {"mnist-whole-loss": -40.0, "mnist-text": 25.0}  # nats above the 2014 code


@pytest.fixture(scope="module")
def params() -> Params:
    """Scale quick, with seeds and epochs enough to be read."""
    values = load(ROOT / "params.yaml").values
    values["scales"]["quick"]["claims"] |= {"seeds": len(SEEDS), "epochs": EPOCHS}
    return Params(values, "quick")


@pytest.fixture(scope="module")
def short() -> Params:
    return load(ROOT / "params.yaml", "quick")


def measures(params: Params, **levels: float) -> pd.DataFrame:
    """Every measure of every run: a level an experiment, a shift a seed, a little noise."""
    metrics = {
        trained.NATS: 100.0,
        "class_entropy": 2.2,
        "distinct_neighbours": 0.9,
        "classes_present": 10.0,
        "two_sample_accuracy": 0.97,
    }
    rows = []
    for experiment in params.claims.experiments:
        for seed in SEEDS:
            for metric, value in metrics.items():
                if metric == trained.NATS:
                    value += LEVELS.get(experiment, 0) + 30 * seed + 0.1 * ((seed * 7 + len(experiment)) % 5)
                value += levels.get(f"{experiment} {metric}", 0) + 1e-3 * (seed % 2)
                rows.append({"experiment": experiment, "seed": seed, "metric": metric, "value": value})
    return pd.DataFrame(rows)


def curves(params: Params, **at_end: float) -> pd.DataFrame:
    rows = [
        {"experiment": experiment, "seed": seed, "epoch": epoch, "validation_log_likelihood": 10.0 * epoch + seed}
        | {"D(x)": at_end.get("d_x", 0.6), "D(G(z))": at_end.get("d_g", 0.4)}
        for experiment in params.claims.experiments
        for seed in SEEDS
        for epoch in range(1, EPOCHS + 1)
    ]
    return pd.DataFrame(rows)


def readings(rows: list[Claim]) -> dict[str, str]:
    return {row.says: row.reading for row in rows}


def test_switches_gain_or_cost_what_the_pairs_say(params):
    found = trained.switches({"measures.csv": measures(params)}, params)
    by_name = {row.says.split(" in place")[0]: row for row in found}
    assert by_name["whole loss of D"].reading.startswith("costs ")
    assert by_name["whole loss of D"].value == pytest.approx(-40, abs=0.5)
    assert by_name["all of Algorithm 1"].reading.startswith("gains ")
    assert by_name["fresh noise for G"].reading.startswith("no effect shown")
    assert by_name["whole loss of D"].n == len(SEEDS)
    assert by_name["whole loss of D"].high < -39, "30 nats from seed to seed are in both runs of a pair"


def test_the_same_numbers_from_short_runs_are_not_read(short, params):
    found = trained.switches({"measures.csv": measures(params)}, short)
    assert all(row.reading.startswith("too short to tell: 3 of 20 epochs") for row in found)


def test_runs_that_diverged_are_told(params):
    frame = measures(params)
    extra = [
        {"experiment": "mnist-text", "seed": seed, "metric": "diverged", "value": float(seed < 2)} for seed in SEEDS
    ]
    found = readings(trained.switches({"measures.csv": pd.concat([frame, pd.DataFrame(extra)])}, params))
    told = found["all of Algorithm 1 in place of the 2014 code's"]
    assert told.endswith("2 of 6 runs diverged, scored at the best epoch before")
    assert "diverged" not in found["whole loss of D in place of the 2014 code's"]


def test_a_collapse_of_the_fast_generator_flips_the_reading(params):
    says = "G trained 5 times for each step of D shows digits less evenly"
    for change, expected in ((-0.7, "holds"), (0.3, "does not hold here: 0.3 nats, above 0 nats")):
        frames = {"measures.csv": measures(params, **{"mnist-fifth class_entropy": change})}
        assert readings(trained.helvetica(frames, params))[says] == expected


def test_digits_that_are_missing_flip_the_reading(params):
    says = "trained in step with D, G leaves out no digit"
    assert readings(trained.helvetica({"measures.csv": measures(params)}, params))[says] == "holds"
    frames = {"measures.csv": measures(params, **{f"{params.claims.code} classes_present": -4.0})}
    assert readings(trained.helvetica(frames, params))[says] == "does not hold here: 6 digits, below 9.5 digits"


def test_half_holds_at_half_only(params):
    frames = {"measures.csv": measures(params), "curves.csv": curves(params)}
    assert readings(trained.half(frames, params))["D(x) is 1/2 at the end"].startswith("does not hold here: 0.6, above")
    frames["curves.csv"] = curves(params, d_x=0.51)
    assert readings(trained.half(frames, params))["D(x) is 1/2 at the end"].startswith("holds within")


def test_k_is_compared_at_equal_steps_of_the_generator_and_at_equal_compute(params):
    frames = {"measures.csv": measures(params), "curves.csv": curves(params)}
    table = trained.steps_table(params).set_index("experiment").generator_steps
    assert table["mnist-k1"] == 500
    assert table["mnist-k5"] == 100
    assert table["mnist-fifth"] == 2500
    found = {row.says: row for row in trained.discriminator_steps(frames, params)}
    # The curves rise by 10 nats an epoch, and k = 5 needs five epochs for the steps of one: 30 epochs against 6.
    assert found["k = 5 against k = 1, as many steps of G"].value == pytest.approx(240)
    assert found["k = 1/5 against k = 1, as many steps of G"].value == pytest.approx(-240)
    assert found["k = 5 against k = 1, as many images"].reading.startswith("no effect")
    more = found["k = 5 against k = 1, as many multiply-adds"].value
    assert 0 < more < 240, "a step of D is cheaper than one of each"


def test_steps_that_no_epoch_matches_are_not_read(params):
    few = curves(params).query("epoch <= 3")
    values = {**params.values, "scales": {**params.values["scales"]}}
    values["scales"]["quick"] = values["scales"]["quick"] | {"claims": {"toys": 2, "seeds": 6, "epochs": 3}}
    values["claims"] = values["claims"] | {"least_epochs": 2}
    frames = {"measures.csv": measures(params), "curves.csv": few}
    found = readings(trained.discriminator_steps(frames, Params(values, "quick")))
    assert "the nearest epochs differ by a factor of" in found["k = 10 against k = 1, as many steps of G"]


def test_the_saturating_gradient_is_read_from_the_ratio(params):
    def frame(ratio: float) -> dict[str, pd.DataFrame]:
        rows = [
            {"seed": seed, "step": step, "saturating": ratio * (1 + 0.01 * seed), "non_saturating": 1.0}
            for seed in SEEDS
            for step in (0, 5, 499)
        ]
        return {"saturation.csv": pd.DataFrame(rows), "measures.csv": measures(params)}

    weak, strong = (trained.saturating_loss(frame(ratio), params)[0] for ratio in (0.3, 3.0))
    assert weak.reading == "holds"
    assert strong.reading.startswith("does not hold here: 3.")
    assert weak.measured.endswith("500 steps")


def theory(c_end: float = 0.0, reached: float = 0.01) -> dict[str, pd.DataFrame]:
    minimum = -math.log(4)
    path = [
        {"t": t, "seed": seed, "c": minimum + (1 - t) * 0.8 + c_end * (t == 1)}
        | {"reached": minimum + (1 - t) * 0.8 - reached}
        for t in (0.0, 0.5, 1.0)
        for seed in SEEDS
    ]
    return {"path.csv": pd.DataFrame(path)}


def test_the_global_optimum_is_read_from_the_path(params):
    names = ("C(G) is −log 4 where p_g = p_data", "a trained D reaches C(G) = −log 4 + 2 JSD", "no D exceeds C(G)")
    fine = readings(toys.global_optimum(theory(), params))
    assert [fine[name].split(" within")[0] for name in names] == ["holds"] * 3
    high = readings(toys.global_optimum(theory(c_end=0.2, reached=0.3), params))
    assert high[names[0]].startswith("does not hold here")
    assert high[names[1]].startswith("does not hold here")
    above = readings(toys.global_optimum(theory(reached=-0.1), params))
    assert above[names[2]].startswith("does not hold here: 0.1 nats, above")


def test_shown_is_text_with_interval_and_n(params):
    rows = trained.switches({"measures.csv": measures(params)}, params)
    table = shown(pd.DataFrame([vars(row) for row in rows]).assign(claim="switches"), "switches", 0.95)
    assert list(table.columns) == ["claim", "measured", "number", "95% interval", "n", "reading"]
    assert table["n"].iloc[0] == "6 seeds"
    assert table.number.str.endswith("nats").all()


def test_the_page_has_a_place_for_every_section():
    text = (ROOT / "docs/claims.md").read_text()
    for name, section in SECTIONS.items():
        assert f"<!-- {name}:begin -->" in text
        assert f"figures/{section.figure}.svg" in text
