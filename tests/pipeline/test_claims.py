"""What is read off the tables of trained runs: rows with number, interval and n; readings that flip with the data."""

import pandas as pd
import pytest
from helpers import ROOT

from gan.theory.claim import Claim
from pipeline.claims import read_trained as trained
from pipeline.claims.__main__ import main
from pipeline.claims.files import FIGURES, OF_RUNS
from pipeline.claims.plots_trained import plot_effects, plot_half, plot_steps
from pipeline.claims.sections import SECTIONS
from pipeline.claims.tables import OUTCOMES, scoreboard, shown, summary
from pipeline.config.params import Params, load
from pipeline.files.formats import read_json
from pipeline.reporting.plots import save

EPOCHS, SEEDS = 60, range(6)
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


MEASURED = ("class_entropy", "distinct_neighbours", "two_sample_accuracy")
YARDSTICKS = {
    "yardsticks.csv": pd.DataFrame(
        [
            {"of": of, "metric": metric, "value": value, "high": value + 0.01}
            for of, values in {"validation images": (2.3, 0.98, 0.56), "collapse on purpose": (1.1, 0.003, 1.0)}.items()
            for metric, value in zip(MEASURED, values, strict=True)
        ]
    )
}


def readings(rows: list[Claim]) -> dict[str, str]:
    return {row.says: row.reading for row in rows}


def test_switches_gain_or_cost_what_the_pairs_say(params):
    found = trained.switches({"measures.csv": measures(params)}, params)
    by_name = {row.says.split(", against")[0]: row for row in found}
    assert by_name["whole loss of D"].reading.startswith("costs ")
    assert by_name["whole loss of D"].value == pytest.approx(-40, abs=0.5)
    assert by_name["all of Algorithm 1"].reading.startswith("gains ")
    assert by_name["fresh noise for G"].reading.startswith("no effect shown")
    assert by_name["whole loss of D"].n == len(SEEDS)
    assert by_name["whole loss of D"].high < -39, "30 nats from seed to seed are in both runs of a pair"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("mnist-bfloat16", "products in bfloat16, against the 2014 code"),
        ("mnist-2014-weights", "initial weights shared as in 2014, against independent ones"),
    ],
)
def test_a_switch_alone_has_an_interval_of_its_own_and_widens_no_other(params, name, says):
    assert name in params.claims.alone
    frame = measures(params)
    found = {row.says: row for row in trained.switches({"measures.csv": frame}, params)}
    assert found[says].high == trained.difference({"measures.csv": frame}, params, name, params.claims.code).high
    others = {"measures.csv": frame[frame.experiment != name]}
    without = {row.says: row for row in trained.switches(others, params)}
    assert without.pop(says).reading == "too short to tell: not trained"
    assert without == {one: row for one, row in found.items() if one != says}


def test_the_same_numbers_from_short_runs_are_not_read(short, params):
    found = trained.switches({"measures.csv": measures(params)}, short)
    assert all(row.reading.startswith("too short to tell: 3 of 50 epochs") for row in found)


def test_what_was_not_trained_is_listed_and_leaves_the_rest_as_it_is(params, tmp_path):
    runs, there = {"measures.csv": measures(params), "curves.csv": curves(params)}, ["mnist-code", "mnist-whole-loss"]
    part = YARDSTICKS | {name: rows[rows.experiment.isin(there)] for name, rows in runs.items()}
    sections = (trained.switches, trained.discriminator_steps, trained.helvetica, trained.half)
    before, after = ([row for read in sections for row in read(frames, params)] for frames in (runs | YARDSTICKS, part))
    assert [row.says for row in after] == [row.says for row in before]
    read = {row.says: row for row in after if row.outcome != "too short"}
    assert "whole loss of D, against the 2014 code" in read and len(read) == 7
    assert all(row == read.get(row.says, row) for row in before), "intervals still hold all at once"
    lost = {(row.n, row.reading[:31]) for row in after if row.outcome == "too short"}
    assert lost == {(0, "too short to tell: not trained")}
    for plot in (plot_effects, plot_steps, plot_half):
        save(plot(part, params), tmp_path / "figure")
    assert [label.get_text() for label in plot_effects(part, params).axes[0].get_yticklabels()] == ["whole loss of D"]


def test_runs_that_diverged_are_counted(params):
    frame = measures(params)
    extra = [
        {"experiment": "mnist-text", "seed": seed, "metric": "diverged", "value": float(seed < 2)} for seed in SEEDS
    ]
    found = readings(trained.switches({"measures.csv": pd.concat([frame, pd.DataFrame(extra)])}, params))
    reading = found["all of Algorithm 1, against the 2014 code"]
    assert reading.endswith("2 of 6 runs diverged or drew one image only, taken at the best before")
    assert "diverged" not in found["whole loss of D, against the 2014 code"]


def test_a_collapse_of_the_fast_generator_flips_the_reading(params):
    says = "G trained 5 times for each step of D shows digits less evenly"
    for change, expected in ((-0.7, "holds"), (0.3, "does not hold here: 0.3 nats, not below 0 nats")):
        frames = {"measures.csv": measures(params, **{"mnist-fifth class_entropy": change}), **YARDSTICKS}
        assert readings(trained.helvetica(frames, params))[says] == expected


def test_digits_that_are_missing_flip_the_reading(params):
    says = "trained in step with D, G leaves out no digit"
    assert readings(trained.helvetica({"measures.csv": measures(params), **YARDSTICKS}, params))[says] == "holds"
    frames = {"measures.csv": measures(params, **{f"{params.claims.code} classes_present": -4.0}), **YARDSTICKS}
    assert readings(trained.helvetica(frames, params))[says] == "does not hold here: 6 digits, not above 9.5 digits"


def test_a_measure_that_does_not_fire_on_a_collapse_is_reported(params):
    says = "a collapse made on purpose shows digits less evenly"
    assert readings(trained.helvetica({"measures.csv": measures(params), **YARDSTICKS}, params))[says] == "holds"
    blind = {"yardsticks.csv": YARDSTICKS["yardsticks.csv"].assign(value=1.0)}
    found = readings(trained.helvetica({"measures.csv": measures(params), **blind}, params))
    assert found[says] == "does not hold here: 0 nats, not below 0 nats"


def test_half_holds_at_half_only(params):
    frames = {"measures.csv": measures(params), "curves.csv": curves(params), **YARDSTICKS}
    says = "the mean of D(x) is 1/2 at the end"
    assert readings(trained.half(frames, params))[says] == "does not hold here: 0.6, not below 0.55"
    frames["curves.csv"] = curves(params, d_x=0.51)
    assert readings(trained.half(frames, params))[says] == "holds within 0.01 of 0.5"


def test_k_is_compared_at_equal_steps_of_the_generator_and_at_equal_compute(params):
    frames = {"measures.csv": measures(params), "curves.csv": curves(params)}
    table = trained.steps_table(params).set_index("experiment").generator_steps
    assert table[["mnist-k1", "mnist-k5", "mnist-fifth"]].tolist() == [500, 100, 2500]
    found = {row.says: row for row in trained.discriminator_steps(frames, params)}
    # The curves rise by 10 nats an epoch, and k = 5 needs five epochs for the steps of one: 60 epochs against 12.
    rows = {name: found[f"k = {name} against k = 1, as many steps of G"] for name in ("5", "1/5")}
    assert rows["5"].value == pytest.approx(480)
    assert "of epoch 60 against epoch 12" in rows["5"].measured
    assert rows["1/5"].value == pytest.approx(-480)
    assert rows["5"].reading.startswith("too short to tell: 12 of 50 epochs")
    assert found["k = 5 against k = 1, as many images"].reading.startswith("no effect")
    more = found["k = 2 against k = 1, as many multiply-adds"]
    assert 0 < more.value < 600, "a step of D is cheaper than one of each"
    assert more.reading.startswith("too short" if "against epoch 4" in more.measured else "gains")


def test_a_lucky_measurement_on_the_way_counts_for_nothing(params):
    """The best of more measurements is better without being better."""
    rows = curves(params)
    rows.loc[(rows.experiment == "mnist-k1") & (rows.epoch == 3), "validation_log_likelihood"] = 1e4
    frames = {"measures.csv": measures(params), "curves.csv": rows}
    found = {row.says: row for row in trained.discriminator_steps(frames, params)}
    assert found["k = 5 against k = 1, as many steps of G"].value == pytest.approx(480)


def test_a_run_that_diverged_counts_with_its_last_epoch_before(params):
    rows = curves(params)
    lost = (rows.experiment == "mnist-k5") & (rows.seed < 4) & (rows.epoch > 2)
    frames = {"measures.csv": measures(params), "curves.csv": rows[~lost]}
    found = {row.says: row for row in trained.discriminator_steps(frames, params)}
    row = found["k = 5 against k = 1, as many steps of G"]
    assert row.n == len(SEEDS)
    assert row.value == pytest.approx((4 * (20 - 120) + 2 * 480) / 6)


@pytest.mark.parametrize("lost", [("mnist-k5",), ("mnist-k1", "mnist-code"), None])
def test_runs_that_diverged_before_they_were_measured_are_too_short(params, lost, tmp_path):
    """A network of a learning rate that is too high loses every seed in its first epoch."""
    rows = curves(params)
    rows = rows.iloc[:0] if lost is None else rows[~rows.experiment.isin(lost)]
    frames = {"measures.csv": measures(params), "curves.csv": rows} | YARDSTICKS
    rows = {row.says: row for row in trained.discriminator_steps(frames, params) + trained.half(frames, params)}
    assert rows["k = 5 against k = 1, as many steps of G"].n == 0
    assert rows["k = 5 against k = 1, as many steps of G"].outcome == "too short"
    halves = [row for says, row in rows.items() if says.startswith("the mean of D")]
    assert [row.n for row in halves] == [6 if lost == ("mnist-k5",) else 0] * 2
    assert [row.reading.startswith("too short to tell: n = 0") for row in halves] == [row.n == 0 for row in halves]
    for plot, n_panels in ((plot_steps, 2), (plot_half, 2)):
        figure = plot(frames, params)
        save(figure, tmp_path / "figure")
        assert len(figure.axes) == n_panels


def test_steps_that_no_epoch_matches_are_not_read(params):
    few = curves(params).query("epoch <= 3")
    values = {**params.values, "scales": {**params.values["scales"]}}
    values["scales"]["quick"] = values["scales"]["quick"] | {"claims": {"toys": 2, "seeds": 6, "epochs": 3}}
    values["claims"] = values["claims"] | {"least_epochs": 2}
    frames = {"measures.csv": measures(params), "curves.csv": few}
    found = readings(trained.discriminator_steps(frames, Params(values, "quick")))
    assert found["k = 10 against k = 1, as many steps of G"].endswith(" times the steps of G of the other")


def test_the_saturating_gradient_is_read_from_the_ratio(params):
    def frame(ratio: float, d: float = 0.05) -> dict[str, pd.DataFrame]:
        rows = [
            {"seed": seed, "step": step, "d": d, "saturating": ratio * (1 + 0.01 * seed), "non_saturating": 1.0}
            for seed in SEEDS
            for step in (0, 5, 495)
        ]
        return {"saturation.csv": pd.DataFrame(rows), "measures.csv": measures(params)}

    weak, strong = (trained.saturating_loss(frame(ratio), params)[:3] for ratio in (0.3, 3.0))
    assert [row.kind for row in weak] == ["paper", "paper", "check"]
    assert [row.reading for row in weak] == ["holds"] * 3
    for row in strong[1:]:
        assert row.reading.startswith("does not hold here: 3.")
        assert row.reading.endswith("not below 1")
    assert weak[1].measured.endswith("the first 500 steps")
    trusting = trained.saturating_loss(frame(0.3, d=0.5), params)[:3]
    assert trusting[0].reading == "does not hold here: 0.5, not below 0.1"
    assert trusting[1].reading == "holds"
    assert trusting[2].reading.startswith("too short to tell"), "D never rejects"


def test_shown_is_text_with_interval_and_n(params):
    rows = trained.switches({"measures.csv": measures(params)}, params)
    table = shown(pd.DataFrame([vars(row) for row in rows]).assign(claim="switches"), "switches", 0.95)
    assert list(table.columns) == ["claim", "kind", "reading", "number", "95% interval", "n", "holds if", "measured"]
    assert set(table.kind) == {"open"}
    assert table["n"].iloc[0] == "6 pairs"
    assert table.number.str.endswith("nats").all()


def test_a_number_that_is_not_read_is_not_shown(short):
    rows = trained.switches({"measures.csv": measures(short)}, short)
    table = shown(pd.DataFrame([vars(row) for row in rows]).assign(claim="switches"), "switches", 0.95)
    assert set(table.number) == set(table["95% interval"]) == {""}


def test_the_scoreboard_counts_every_reading():
    outcomes = [first for first, *_ in OUTCOMES.values()]
    claims = pd.DataFrame({"claim": "k", "kind": "paper", "outcome": outcomes, "scale": "quick"})
    board = scoreboard(pd.concat([claims, claims.assign(kind="check")])).set_index("rows of kind")
    assert board.loc["paper"].tolist() == board.loc["check"].tolist() == [1] * len(OUTCOMES)
    assert board.loc["identity"].tolist() == [""] * len(OUTCOMES)
    assert "of 5 numbers compared with them, 1 holds, 1 does not hold" in summary(claims)


def test_claims_again_from_what_is_published(tmp_path, monkeypatch):
    """The command writes claims.csv byte for byte, and the figures that the rules wait for."""
    published = ROOT / "results/published/claims"
    entry = read_json(published / "published.json")
    scale = ("--params", ROOT / "params.yaml", "--scale", entry["scale"], "--variants", *entry["variants"])
    command = ("claims", *scale, "--gathered", published, "--output", tmp_path)
    monkeypatch.setattr("sys.argv", list(map(str, command)))
    main()
    for name in ("claims.csv", *(f"{name}.csv" for name in OF_RUNS)):
        assert (tmp_path / name).read_bytes() == (published / name).read_bytes(), name
    assert {path.name for path in (tmp_path / "figures").glob("*.svg")} == {f"{name}.svg" for name in FIGURES}


def test_the_page_has_a_place_for_every_section():
    text = (ROOT / "docs/claims.md").read_text(encoding="utf-8")
    for name, section in SECTIONS.items():
        assert f"<!-- {name}:begin -->" in text
        assert all(f"figures/{picture}.svg" in text for picture in section.pictures)
