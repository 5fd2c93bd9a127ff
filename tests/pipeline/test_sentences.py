"""Sentences follow from the numbers and change with them."""

import numpy as np
import pandas as pd
from helpers import ROOT, metrics

from pipeline.config.params import load
from pipeline.reporting.evidence import (
    AUDITED,
    audit_sentences,
    checks,
    grid_sentences,
    growth_sentences,
    oracle_sentences,
    oracle_table,
    scales,
    why_averages_win,
)
from pipeline.reporting.sources import variance_sentences, variance_table

PARAMS = load(ROOT / "params.yaml", "paper")


def audited(gan: float, **scores: float) -> pd.DataFrame:
    """Rows of metrics.csv: seeds of the GAN around a value, two draws of each baseline."""
    base = metrics([gan - 1, gan + 1])
    draws = base[(base.generator == "best") & (base.grid == "authors") & (base.metric == "test_log_likelihood")]
    others = [
        draws.assign(model=model, generator="none", value=[scores[name] - 2, scores[name] + 2])
        for name, model in ((model.replace("-", "_"), model) for model in AUDITED)
        if name in scores
    ]
    return pd.concat([base, *others], ignore_index=True)


def test_the_audit_sentence_follows_the_ranking_and_flips_with_it():
    rows = audited(80, training_images=243, k_means=335, mean_image=79.5)
    (weak,) = audit_sentences(rows.astype({"n_samples": float}), PARAMS)  # as read from a file with gaps
    assert "k-means centroids (335.0) score above 10,000 real training images (243.0 nats)." in weak
    assert "Of our 2 seeds, none scores above real images (243.0); 1 scores above the mean image (79.5)." in weak
    (strong,) = audit_sentences(audited(250, training_images=243, k_means=335, mean_image=-59), PARAMS)
    assert "Of our 2 seeds, all score above real images (243.0) and the mean image (-59.0)." in strong
    (honest,) = audit_sentences(audited(80, training_images=243, k_means=200, all_training_images=300), PARAMS)
    assert "no baseline scores above 10,000 real training images (243.0 nats; all 10,000: 300.0)" in honest
    (flat,) = audit_sentences(audited(80, training_images=243, mean_image=335), PARAMS)
    assert "the mean image (335.0) scores above 10,000 real training images" in flat


def test_why_k_means_wins_is_said_where_it_does():
    rows = audited(80, training_images=243, k_means=335, all_training_images=300)
    (why,) = why_averages_win(rows, PARAMS)
    assert "score 57.0 nats more than so few of them; k-means is another 35.0 above these." in why
    (alone,) = why_averages_win(audited(80, training_images=243, k_means=335, all_training_images=340), PARAMS)
    assert alone.startswith("MNIST: a plausible reason why k-means is above real images: a mean of similar images")
    assert why_averages_win(audited(80, training_images=243, k_means=200), PARAMS) == []


def test_the_audit_sentence_names_what_others_print():
    (sentence,) = audit_sentences(audited(80, training_images=243), PARAMS)
    assert sentence.endswith("report 243 nats for training images and 313 nats for k-means centroids.")


def test_the_external_check_of_the_scorer_flips_with_our_score():
    (agrees,) = checks(audited(213, training_images=242.2), PARAMS)
    assert (
        "report 241.9 ± 2.3 nats (± over test examples; Sohl-Dickstein et al. 2015 Table 2: 349 ± 3.3 bits)." in agrees
    )
    ours = "Our scorer's value, 242.2 ± 2.8 (n = 2 draws of 10,000 training images; ± over draws),"
    assert f"{ours} agrees with it within that error." in agrees
    (differs,) = checks(audited(213, training_images=245), PARAMS)
    assert "differs from it by +3.1 nats, more than that error." in differs
    assert checks(audited(213, k_means=335), PARAMS) == []
    assert checks(audited(213, training_images=242.2), load(ROOT / "params.yaml", "smoke")) == []


def test_the_scales_are_named_where_they_differ():
    frames = {"metrics.csv": audited(213, training_images=242), "variance.csv": rows_of_growth(1)}
    same = scales(frames | {"growth.csv": rows_of_growth(1)}, PARAMS)
    assert same == "These numbers are of scale `paper`."
    other = scales(frames | {"growth.csv": rows_of_growth(1).assign(scale="cpu")}, PARAMS)
    assert other == "These numbers are of scale `paper`, except the number of samples (scale `cpu`)."


def test_the_coarse_grid_costs_what_the_fine_one_gains():
    (sentence,) = grid_sentences(metrics([220.0, 230.0]), PARAMS)
    assert "score on the fine grid is 5.0 nats (median 5.0, from 5.0 to 5.0) higher than on the authors' 10" in sentence
    assert "mean over 2 seeds" in sentence
    assert "no bandwidth lies on an edge" in sentence
    (flagged,) = grid_sentences(metrics([220.0]).assign(bandwidth_on_edge=True), PARAMS)
    assert "edge of a grid: adversarial-nets on the authors grid, adversarial-nets on the fine grid" in flagged


def rows_of_growth(slope: float) -> pd.DataFrame:
    counts = [1000, 10_000, 100_000]
    common = {"experiment": "mnist", "seed": 3, "grid": "fine", "bandwidth_on_edge": False, "scale": "paper"}
    return pd.DataFrame([common | {"n_samples": n, "value": 100 + slope * np.log10(n)} for n in counts])


def test_growth_is_stated_per_decade():
    (sentence,) = growth_sentences(rows_of_growth(7), PARAMS)
    assert sentence.startswith("MNIST, seed 3: from 1,000 to 100,000 samples")
    assert "from 121.0 to 135.0 nats, +7.0 nats per factor of ten by least squares over 3 points" in sentence
    assert sentence.endswith(", +7.0 nats per factor of ten between the last two.")


def test_growth_and_its_edge_flip_with_the_rows():
    (falling,) = growth_sentences(rows_of_growth(-7).assign(scale="cpu"), PARAMS)
    assert "seed 3 at scale `cpu`: from 1,000" in falling
    assert "-7.0 nats per factor of ten by least squares" in falling
    assert falling.endswith("the last two. Runs of scale `cpu` are others than those that are judged.")
    (edge,) = growth_sentences(rows_of_growth(7).assign(bandwidth_on_edge=[True, False, False]), PARAMS)
    assert edge.endswith("the last two; a bandwidth lies on the edge of its grid.")


def test_oracle_gaps_are_truth_minus_estimate_over_repeats():
    rows = [
        {"family": "Gaussian", "d": d, "seed": seed, "n": n, "truth": -10.0, "estimate": -10 - d * 100 / n - seed}
        | {"place": 2, "size": 9}
        for d in (2, 8)
        for n in (10, 100)
        for seed in (0, 1, 2)
    ]
    table = oracle_table(pd.DataFrame(rows))
    assert table.Gaussian.tolist() == ["3 ± 1", "9 ± 1"]
    (sentence,) = oracle_sentences(pd.DataFrame(rows))
    assert "in 8 dimensions the estimate is still too low by 9 nats (Gaussian)" in sentence
    assert sentence.endswith("Going from 10 to 100 samples reduced the error by 72 nats.")
    (edge,) = oracle_sentences(pd.DataFrame(rows).assign(place=9))
    assert edge.endswith("A bandwidth lies on the edge of the grid.")


def test_the_variance_sentence_names_what_moves_a_number_most():
    rows = {"experiment": "mnist", "n": 3, "scale": "paper"}
    frame = pd.DataFrame(
        [
            rows | {"source": "test images", "sd": 2.0, "low": 1.9, "high": 2.1},
            rows | {"source": "training seed", "sd": 4.0, "low": 2.5, "high": 9.0},
        ]
    )
    (sentence,) = variance_sentences(frame, metrics([220.0, 230.0]), PARAMS)
    assert "the largest source of variance is the training seed (sd in nats: training seed 4; test" in sentence
    assert "images 2). 2 seeds: 220.0, 230.0" in sentence
    frame["low"] = [1.9, 2.0]
    assert (
        "no source dominates; the largest is the training seed"
        in variance_sentences(frame, metrics([220.0, 230.0]), PARAMS)[0]
    )
    frame.loc[1, "low"] = np.nan
    assert (
        "the largest, without an interval, is the training seed"
        in variance_sentences(frame, metrics([220.0]), PARAMS)[0]
    )
    frame.loc[1, "sd"] = np.nan
    (unsure,) = variance_sentences(frame, metrics([220.0]), PARAMS)
    assert "Not known from so few: training seed, which may have a larger effect." in unsure
    assert variance_table(frame, PARAMS)["sd, nats"].tolist() == ["2", "unknown"]


def test_the_variance_of_other_runs_says_that_they_are_not_judged():
    rows = {"experiment": "mnist", "source": "test images", "sd": 2.0, "low": 1.9, "high": 2.1, "n": 3}
    for scale, ends in (("cpu", "are others than those that are judged."), ("paper", "; median 225.0.")):
        frame = pd.DataFrame([rows | {"scale": scale}])
        (sentence,) = variance_sentences(frame, metrics([220.0, 230.0]).assign(scale=scale), PARAMS)
        assert sentence.endswith(ends)
