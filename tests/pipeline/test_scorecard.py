"""The scorecard of the paper's results: its outcomes follow from the files, and flip with them."""

import re

import pandas as pd
import pytest
from helpers import ROOT, SEEDS, metrics

from pipeline.config.params import load
from pipeline.files.formats import csv_text
from pipeline.publish import published_params
from pipeline.record.places import CIFAR10_CURVES
from pipeline.reporting.paper import CLAIMED, HALF
from pipeline.reporting.readme import scorecard_passage
from pipeline.reporting.scorecard import SCORECARD, markdown, read_frames, scorecard, sentence, table

PUBLISHED = ROOT / "results/published"
PARAMS = load(ROOT / "params.yaml", "paper")
FRAMES = read_frames(PUBLISHED, PUBLISHED / "claims", ROOT / CIFAR10_CURVES)
RESULTS = scorecard(FRAMES, PARAMS)


def line(word, params=PARAMS, **changed):
    """The one result whose name has a word, with some frames changed."""
    frames = FRAMES | {name.replace("_", "."): frame for name, frame in changed.items()}
    (found,) = (result for result in scorecard(frames, params) if word in result.result)
    return found


def read_as(claim: str, **outcomes: str) -> pd.DataFrame:
    """claims.csv with all rows of a claim, by kind, read in another way."""
    claims = FRAMES["claims.csv"].copy()
    for kind, other in outcomes.items():
        chosen = (claims.claim == claim) & (claims.kind == kind)
        assert chosen.any()
        claims.loc[chosen, "outcome"] = other
    return claims


def test_the_published_scorecard_follows_from_the_published_files():
    params = published_params(PUBLISHED, ROOT / "params.yaml")
    results = scorecard(FRAMES, params)
    assert csv_text(table(results)) == (PUBLISHED / SCORECARD).read_text(encoding="utf-8")
    passage = scorecard_passage(results, FRAMES["metrics.csv"], params)
    assert passage in (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_result_is_linked_to_a_file_or_heading_that_is_there():
    for result in RESULTS:
        path, _, heading = result.link.partition("#")
        assert (ROOT / path).exists(), result.link
        if heading:
            titles = re.findall(r"^#+ (.+)$", (ROOT / path).read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert heading in [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles]


def test_every_result_has_its_own_row_with_what_the_paper_says_and_n():
    assert len({result.result for result in RESULTS}) == len(RESULTS)
    for result in RESULTS:
        assert result.paper
        assert result.found
        missing = result.outcome in ("cannot be run", "not attempted") or "not trained" in result.found
        assert bool(result.n) != missing
        if result.n and result.outcome in ("reproduced", "verified", "not reproduced"):
            assert f"n = {result.n} {result.over}" in result.found


@pytest.mark.parametrize(
    ("shift", "seeds", "expected"),
    [
        (0.0, 5, "not reproduced"),
        (12.0, 5, "undecided"),  # the two grids of bandwidths differ
        (0.0, 4, "undecided"),
    ],
)
def test_table_1_follows_the_verdicts_of_both_grids(shift, seeds, expected):
    frame = metrics([value + shift for value in SEEDS][:seeds])
    assert line("Table 1, MNIST", metrics_csv=frame).outcome == expected


def test_table_1_is_reproduced_where_both_grids_say_so_and_its_pictures_with_it():
    frame = metrics([value + 11 for value in (213.0, 213, 214, 215, 212)], fine=1)
    for word in ("Table 1, MNIST", "Figures 2 a and 3"):
        assert line(word, metrics_csv=frame).outcome == "reproduced"
        assert line(word, metrics_csv=metrics(SEEDS)).outcome in ("not reproduced", "undecided")


def test_a_cell_that_was_not_run_is_restricted_or_not_attempted():
    others = FRAMES["metrics.csv"].query("model != 'adversarial-nets'")
    assert line("TFD").outcome == "cannot be run"
    assert line("Table 1, MNIST", metrics_csv=others).outcome == "not attempted"
    assert line("Figures 2 a and 3", metrics_csv=others).outcome == "not attempted"
    tfd = metrics([2000.0, 2010, 2020, 2030, 2040]).assign(experiment="tfd")
    assert line("TFD", metrics_csv=tfd).outcome in ("reproduced", "undecided", "not reproduced")


def test_short_scales_decide_nothing_of_table_1():
    params = load(ROOT / "params.yaml", "quick")
    found = line("Table 1, MNIST", params, metrics_csv=metrics([225.0, 226], "quick", 20))
    assert (found.outcome, found.n, found.scale) == ("undecided", 2, "quick")
    assert "20 of 2,000 epochs" in found.found


@pytest.mark.parametrize("spec", CLAIMED, ids=lambda spec: spec.result)
def test_a_claims_outcome_flips_with_its_readings(spec):
    (claim, *_), kind = spec.claims, spec.kinds[0]
    holds, fails = ("costs", "gains") if kind == "open" else ("holds", "does not hold")
    claims = FRAMES["claims.csv"].assign(n=5)
    good = claims.assign(outcome=claims.outcome.mask(claims.claim.isin(spec.claims), holds))
    frames = {name: frame for name, frame in FRAMES.items() if name != "curves.csv"}
    before = {result.result: result.outcome for result in scorecard(frames | {"claims.csv": good}, PARAMS)}
    kinds = set(claims[claims.claim.isin(spec.claims)].kind) & set(spec.kinds)
    assert before[spec.result] == ("verified" if kinds <= {"identity", "check"} else "reproduced")
    read = (claims.claim == claim) & (claims.kind == kind)
    read &= (claims.says + claims.measured).str.contains(spec.word, regex=False)
    for reading, expected in (
        (fails, "undecided" if spec is HALF else "not reproduced"),
        ("too short", "undecided"),
        ("undecided", "undecided"),
    ):
        changed = good.copy()
        changed.loc[changed[read].index[-1], "outcome"] = reading
        after = {result.result: result.outcome for result in scorecard(frames | {"claims.csv": changed}, PARAMS)}
        assert after == before | {spec.result: expected}


def test_other_rows_of_a_claim_decide_nothing():
    assert (
        line("Proposition 2", claims_csv=read_as("convergence", counterexample="does not hold")).outcome == "verified"
    )
    assert (
        line("Proposition 2", claims_csv=read_as("convergence", identity="does not hold")).outcome == "not reproduced"
    )


def test_figure_1_follows_the_games_and_shows_the_plotted_one():
    assert line("Figure 1", claims_csv=read_as("convergence", check="undecided")).outcome == "undecided"
    toy = FRAMES["toy.csv"]
    away = line("Figure 1", toy_csv=toy.assign(d=1.0)).found
    assert "not judged, D ends 0.5 from 1/2" in away
    assert away != line("Figure 1").found


def outputs(shift: float = 0.0, seeds: int = 5, epochs: int = 1000) -> pd.DataFrame:
    """The curves of the published runs, D's outputs moved towards 1/2, of some seeds and up to an epoch."""
    curves = FRAMES["curves.csv"].query("scale == 'paper' and seed < @seeds and epoch <= @epochs")
    return curves.assign(**{"D(x)": curves["D(x)"] - shift, "D(G(z))": curves["D(G(z))"] + shift})


@pytest.mark.parametrize(
    ("changes", "expected", "said"),
    [
        (
            {},
            "undecided",
            "not at the optimum: D(x) 0.560, D(G(z)) 0.440 after 1,000 epochs (bound: 0.45 to 0.55; n = 5 seeds",
        ),
        ({"shift": 0.05}, "reproduced", "D(x) 0.510, D(G(z)) 0.490 after 1,000 epochs"),
        ({"shift": 0.01}, "undecided", "D(x) 0.550"),  # its interval crosses the bound
        ({"seeds": 4}, "undecided", "not at the optimum: a fresh classifier"),  # runs of the claims
        ({"epochs": 49}, "undecided", "not at the optimum: a fresh classifier"),
    ],
)
def test_d_at_the_end_is_read_off_curves_that_are_long_enough(changes, expected, said):
    found = line("D = 1/2", curves_csv=outputs(**changes))
    assert found.outcome == expected
    assert said in found.found
    assert (found.scale, found.n) == ("cpu" if "fresh" in said else "paper", 5)


def test_curves_of_another_scale_or_of_a_run_without_outputs_decide_nothing():
    other, lost = outputs(), outputs()
    lost.loc[lost.epoch == 1000, "D(x)"] = float("nan")
    for curves in (other.assign(scale="cpu"), lost):
        assert line("D = 1/2", curves_csv=curves).scale == "cpu"


def test_verified_is_what_could_hardly_have_failed_and_rows_are_counted_by_kind():
    """The same rows as claims of the paper are "reproduced"."""
    verified = {result.result for result in RESULTS if result.outcome == "verified"}
    assert verified == {"Figure 1, a game in one dimension", "Proposition 1", "Theorem 1", "Proposition 2"}
    assert "4 of 4 rows hold (3 identities, 1 check)" in line("Theorem 1").found
    assert line("Proposition 2").found.startswith("1 identity holds; ")
    claims = FRAMES["claims.csv"]
    of_parzen = claims.claim.isin(["estimate", "sharp", "uncorrelated"]) & (claims.kind == "paper")
    assert line("Parzen").outcome == "reproduced"
    algebra = claims.assign(kind=claims.kind.mask(of_parzen, "identity"))
    assert line("Parzen", claims_csv=algebra).outcome == "verified"


def test_what_is_nothing_but_rounding_is_called_so():
    assert "0 nats up to rounding (bound: below 0.001" in line("Proposition 2").found
    claims = FRAMES["claims.csv"]
    more = claims.assign(value=claims.value.mask(claims.kind == "identity", 2e-4))
    assert "0.0002 nats (bound" in line("Proposition 2", claims_csv=more).found
    assert not [result.found for result in RESULTS if re.search(r"\de-\d", result.found)]


def test_why_runs_are_too_short_is_said_in_seeds_and_epochs():
    assert line("Helvetica").found.endswith("too short to tell: not trained")
    assert (line("k steps").outcome, line("k steps").n) == ("not attempted", 0)
    claims = FRAMES["claims.csv"]
    short = claims.assign(reading="too short to tell: 2 of 5 seeds, 3 of 50 epochs; diverged", n=2)
    assert line("k steps", claims_csv=short).found.endswith("too short to tell: 2 of 5 seeds, 3 of 50 epochs")
    unequal = claims.assign(reading="too short to tell: unequal epochs", n=2)
    assert (
        "too short to tell: unequal epochs" in line("k steps", claims_csv=unequal).found
    )  # where there is no other reason


def test_a_number_without_a_unit_says_what_it_is():
    assert "-0.00267 (correlation of consecutive samples, 2,500 of each seed; bound" in line("Parzen").found
    assert "0.032 (mean distance of D from D* in two dimensions; bound" in line("Proposition 1").found


def test_a_result_that_does_not_hold_is_told_with_its_reading():
    assert "no better than other real images: does not hold here: 0.983, not below 0.575 (" in line("D = 1/2").found


def test_what_has_no_file_is_not_attempted():
    results = scorecard({"metrics.csv": FRAMES["metrics.csv"]}, PARAMS)
    assert {result.outcome for result in results[2:]} == {"not attempted", "undecided"}
    assert [result.result for result in results if result.outcome == "undecided"] == ["Figures 2 a and 3, MNIST"]


def test_the_networks_of_cifar10_are_counted_where_they_were_trained():
    far = pd.DataFrame({"experiment": "cifar10-fc", "seed": [0, 1, 2], "epoch": 100, "scale": "paper"})
    found = line("CIFAR-10", curves_csv=far)
    assert "`cifar10-fc` n = 3 seeds, 100 of 100 epochs" in found.found
    assert "cifar10-conv" not in found.found
    assert (found.n, found.over) == (3, "seed")
    assert "n = 1 seed, 5 of 100 epochs" in line("CIFAR-10").found


def test_a_row_that_is_gone_is_an_error_not_a_result():
    claims = FRAMES["claims.csv"]
    with pytest.raises(ValueError, match=r"no row of .*multiply-adds"):
        scorecard(FRAMES | {"claims.csv": claims[~claims.says.str.contains("multiply-adds")]}, PARAMS)


def test_the_sentence_counts_and_the_table_has_a_line_each():
    counts = re.findall(r"(\d+) ([a-z ]+)", sentence(RESULTS).partition(": ")[2])
    outcomes = [result.outcome for result in RESULTS]
    assert set(counts) == {(str(outcomes.count(name)), name) for name in outcomes}
    lines = markdown(RESULTS, "../").splitlines()
    assert len(lines) == len(RESULTS) + 2
    assert all(text.count(" | ") == 4 for text in lines)
    assert "(../docs/evidence.md)" in lines[2]
