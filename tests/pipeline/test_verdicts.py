"""Verdicts, ranks and margins in words follow the numbers; sentences name mean, spread, seeds and lengths."""

import math

import pandas as pd
import pytest
from helpers import ROOT, SEEDS, metrics

from gan.statistics import MIN_SEEDS, Verdict, summarise_seeds, verdict
from pipeline.config.params import load
from pipeline.reporting.verdicts import (
    agreement,
    by_grids,
    explain,
    optimism,
    rank_in_words,
    sentences,
    verdict_in_words,
)

PARAMS = load(ROOT / "params.yaml", "paper")
OURS = [210.54913610036346, 213.10352669998812, 213.85775422487444, 215.4768932020502, 212.14966786434]


@pytest.mark.parametrize(
    ("values", "published", "margin", "reason", "expected"),
    [
        ([220.0, 225, 230, 223, 227], 225, 22, "scale quick", "not judged: scale quick"),
        ([220.0, 225, 230, 223, 227], None, 22, "", "not judged: nothing published"),
        ([220.0, 225, 230, 223], 225, 22, "", "too few seeds: n = 4 < 5"),
        ([200.0, 201, 202, 203, 204], 225, 22, "", "not reproduced: -23.0 nats (-14.5 sd)"),
        ([200.0] * 5, 225, 22, "", "not reproduced: -25.0 nats"),
        ([225.051] * 5, 225, 22, "", "not reproduced: +0.1 nats"),
        ([219.0, 222, 225, 228, 231], 225, 22, "", "undecided: 12 seeds would decide at this mean and sd"),
        ([200.0, 215, 225, 235, 250], 225, 22, "", "undecided: 1000 seeds would not decide either at this mean and sd"),
        ([200.0, 215, 225, 235, 250], 225, None, "", "undecided: no margin is set"),
        ([224.0, 225, 226, 225, 224], 225, 22, "", "reproduced"),
        ([246.0, 247, 248, 249, 250], 225, 22, "", "not reproduced: +23.0 nats (+14.5 sd)"),
        (OURS, 225, 22, "", "not reproduced: -12.0 nats (-6.5 sd)"),
    ],
)
def test_every_verdict_has_its_reason_in_words(values, published, margin, reason, expected):
    assert verdict_in_words(verdict(summarise_seeds(values), published, margin, reason)) == expected


def test_rank_in_words():
    assert rank_in_words(OURS, 225) == (
        "0 of 5 seeds reach the published 225 nats. If the published run were one more run like ours, it would rank "
        "this high or higher with probability 1/6 = 0.17, whatever the distribution of the scores. Alone it can "
        "reject at 5% from 19 seeds on, two-sided as the verdict is from 39 on."
    )
    assert rank_in_words(OURS, 215).startswith("1 of 5 seeds reaches the published 215 nats.")
    assert "5 of 5 seeds reach" in rank_in_words(OURS, 200)
    assert "probability 6/6 = 1," in rank_in_words(OURS, 200)


@pytest.mark.parametrize(("n", "can_reject"), [(5, False), (38, False), (39, True), (40, True)])
def test_rank_notes_that_few_seeds_cannot_reject(n, can_reject):
    assert ("Alone it can reject" not in rank_in_words([1.0] * n, 2)) == can_reject


def against(gap: float, name: str = "not reproduced", reason: str = "") -> Verdict:
    return Verdict(name, reason, 5, gap, math.nan, 22, 9)


def test_by_grids_is_one_verdict_where_the_names_agree():
    both = {"authors": against(-12), "fine": against(-9)}
    assert by_grids(both) == "not reproduced: -12.0 nats on the authors grid, -9.0 nats on the fine grid"
    short = against(0, "not judged", "too short")
    assert by_grids({"authors": short, "fine": short}) == "not judged: too short"
    assert by_grids({"authors": against(0, "reproduced")}) == "reproduced"


def test_by_grids_names_each_grid_where_they_differ():
    found = {"authors": against(-12), "fine": against(-5, "undecided")}
    assert by_grids(found) == "depends on the grid: not reproduced on the authors grid, undecided on the fine grid"


def test_explain_in_words():
    assert explain(OURS, 225) == [
        rank_in_words(OURS, 225),
        "At the 5% level the mean of runs like ours and that of runs like the published one differ by less than 16.3 "
        "nats; this test gives no smaller bound (two one-sided t-tests, n = 5 seeds against one run, sd 1.8 nats, "
        "assuming that runs like the published one have the same sd).",
        'The smallest true difference that four of five studies with n = 5 seeds would call "not reproduced" is 7.7 '
        "nats, if the true sd is 1.8 nats.",
        "A published run that was picked by hand is judged too harshly: for normally distributed scores, the best of 5 "
        'runs like ours would be called "not reproduced" in 9% of studies with n = 5 seeds, the best of 10 in 15%, and '
        "a run that was not picked in 5%.",
    ]


def test_explain_follows_the_data():
    worse, near = explain(OURS, 225), explain(OURS, 213)
    assert "differ by less than 4.4 nats" in near[1]  # 0.03 + 2.13185 * 1.84442 * sqrt(6 / 5) = 4.33
    assert near[2:] == worse[2:]
    assert "differ by less than 0.1 nats" in explain([225.0] * 5, 225)[1]
    twenty = explain(OURS * 4, 225)
    assert "from 39 on" in twenty[0]
    assert "in 11% of studies with n = 20 seeds, the best of 10 in 20%" in twenty[3]
    assert explain(OURS, 225, confidence=0.9)[3].endswith("not picked in 10%.")


def test_explain_is_silent_below_the_least_number_of_seeds():
    assert explain(OURS[: MIN_SEEDS - 1], 225) == []
    assert len(explain(OURS[:MIN_SEEDS], 225)) == 4


def test_sentences_say_mean_spread_seeds_and_verdict():
    quick, *_ = sentences(metrics([220.0, 230.0], "quick"), load(ROOT / "params.yaml", "quick"))
    assert quick.startswith("MNIST: 225.0 ± 7.1 nats (mean and sd over 2 training seeds of 20 epochs; median 225.0). ")
    assert " The paper's one run scored 225. Not judged" in quick
    paper = sentences(metrics(SEEDS), PARAMS)
    assert "Not reproduced: -12.0 nats (-7.6 sd) on the authors' grid, -7.0 nats" in paper[0]
    assert any("set datasets: tfd: path in params.yaml to your TFD_48x48.mat" in line for line in paper[1:])


def test_sentences_name_seeds_that_diverged():
    frame = metrics([220.0, 90.0])
    frame["diverged"] = frame.seed.eq(1)
    line = sentences(frame, PARAMS)[0]
    assert "2 training seeds of 2,000 epochs (1 of them diverged: 1 scored with the best generator before)" in line


@pytest.mark.parametrize(
    ("untrained", "words"),
    [
        ([0], "2 of them diverged: 1 scored with the best generator before and 1 scored untrained"),
        ([0, 1], "2 of them diverged: 2 scored untrained"),
    ],
)
def test_sentences_tell_the_untrained_from_the_best_before(untrained, words):
    frame = metrics([220.0, 90.0]).assign(diverged=True)
    frame.loc[frame.seed.isin(untrained), "epoch"] = 0
    assert f"({words})" in sentences(frame, PARAMS)[0]


@pytest.mark.parametrize(
    ("gain", "words"),
    [
        (2.0, "The last generators' score still rose from epoch 1,900 to 2,000: +2.0 ± 0.084"),
        (-2.0, "fell from"),
        (0.0, "moved from"),
    ],
)
def test_the_sentence_says_whether_the_score_still_rises(gain, words):
    before = metrics([value - gain + 0.1 * (i % 3 - 1) for i, value in enumerate(SEEDS)], length=1900)
    frame = pd.concat([metrics(SEEDS), before[before.generator == "last"]])
    assert words in sentences(frame, PARAMS)[0]


def test_the_rise_is_over_all_seeds_that_have_both_lengths():
    """A seed that lacks an earlier length still counts."""
    before = metrics([value - 2 for value in SEEDS], length=1900)
    early = metrics(SEEDS[:2], length=100)
    frame = pd.concat([metrics(SEEDS), *(rows[rows.generator == "last"] for rows in (before, early))])
    assert "(sd over 5 seeds)" in sentences(frame, PARAMS)[0]


def test_optimism_is_what_training_measured_less_a_fresh_draw():
    about = {"experiment": "mnist", "model": "adversarial-nets", "scale": "paper", "n_eval": 10000, "length": 2000}
    both = {"kept_log_likelihood": (214.0, 216.0), "redrawn_log_likelihood": (213.0, 214.0)}
    rows = [about | {"metric": name, "seed": i, "value": v} for name, pair in both.items() for i, v in enumerate(pair)]
    (line,) = optimism(pd.concat([metrics(SEEDS), pd.DataFrame(rows)]), PARAMS)
    assert "training measured 1.5 ± 0.71 (sd) nats more than a new draw" in line
    assert "not known" in optimism(metrics(SEEDS), PARAMS)[0]


def test_agreement_speaks_of_judged_cells_only():
    lines = agreement(metrics(SEEDS), PARAMS)
    assert lines[0].startswith("MNIST: 0 of 5 seeds reach the published 225 nats.")
    assert agreement(metrics(SEEDS, "quick"), load(ROOT / "params.yaml", "quick")) == []
