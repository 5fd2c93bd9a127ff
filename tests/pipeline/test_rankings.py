"""What is said of models under both estimates: rankings, gaps, the figure, re-runs beside published scores."""

import pandas as pd
import pytest
from helpers import ROOT

from pipeline.config.params import load
from pipeline.reporting import plots_comparison
from pipeline.reporting.comparison import (
    estimates_table,
    exact_sentences,
    gap_sentences,
    k_means_sentence,
    pairs_table,
    published_sentences,
    ranking_parts,
    rivals_table,
    shortfall_sentences,
)
from pipeline.reporting.rankings import rankings

PARAMS = load(ROOT / "params.yaml", "smoke")


def frames(gan: float, gap: float, n: int = 40) -> dict[str, pd.DataFrame]:
    """k-means at 300 nats exactly; our GAN at 200 by Parzen, at `gan` by annealed importance sampling."""
    about = {
        "scale": "smoke",
        "seed": 0,
        "images": "test",
        "bandwidth": 0.2,
        "chosen_by": "parzen",
        "standard_error": 1.0,
    }
    about |= {"n_eval": n, "chains": 4, "distributions": 10, "acceptance": 0.6, "n_samples": None}
    ours, k_means = about | {"model": "adversarial-nets"}, about | {"model": "k-means"}
    rows = [
        ours | {"metric": "ais_log_likelihood", "value": gan},
        ours | {"metric": "gap", "images": "simulated", "value": gap},
        k_means | {"metric": "exact_log_likelihood", "value": 300.0},
    ]
    rows += [
        model | {"metric": "parzen_log_likelihood", "value": parzen, "n_samples": 10_000}
        for model, parzen in ((ours, 200.0), (k_means, 300.0))
    ]
    images = [
        {"scale": "smoke", "chosen_by": "parzen", "image": image, "model": model}
        | {"bandwidth": 0.2, "parzen": parzen, "parzen_of_many": None, "ais": annealed, "exact": exact}
        for image in range(n)
        for model, parzen, annealed, exact in (
            ("adversarial-nets", 200.0, gan + image % 2, None),
            ("k-means", 300.0, None, 300.0),
        )
    ]
    return {"ais.csv": pd.DataFrame(rows), "ais_images.csv": pd.DataFrame(images), "rivals.csv": pd.DataFrame()}


@pytest.mark.parametrize(
    ("gan", "gap", "outcome", "survives"),
    [
        (250.0, 1.0, "confirmed", "does survive"),
        (350.0, 1.0, "reversed", "does not survive"),
        (350.0, 500.0, "reversed", "does not survive"),  # the GAN may be higher still
        (250.0, 80.0, "undecided", "is not shown to survive"),
    ],
)
def test_sentences_flip_with_the_data(gan, gap, outcome, survives):
    found = frames(gan, gap)
    (ranking,) = rankings(found, "parzen", PARAMS.confidence)
    assert (ranking.first, ranking.parzen, ranking.outcome) == ("k-means", 100.0, outcome)
    counted, *_ = ranking_parts(found, PARAMS)
    assert "the Parzen score ranks 1 on these 40 test images" in counted
    verb = {"confirmed": "confirms 1", "reversed": "reverses 1", "undecided": "leaves 1 undecided"}[outcome]
    assert verb in counted
    (row,) = pairs_table([ranking], PARAMS).to_dict("records")
    assert row["first minus second"] == "k-means centroids − our GAN"
    assert (row["Parzen"], row["better estimate"]) == ("+100.0", f"{300 - gan - 0.5:+.1f}")
    assert row["Parzen's ranking"] == outcome
    # Only where k-means, which is known exactly, is below: the GAN's lower bound is enough.
    assert row["rests on the gap"] == {"confirmed": "yes", "reversed": "no", "undecided": ""}[outcome]
    (sentence,) = k_means_sentence(found, PARAMS)
    assert f'"K-means beats the GAN" {survives}' in sentence
    assert f"{300 - gan - 0.5:+.1f} nats" in sentence
    assert ": t-interval over 40 test images, widened, on the GAN's side only, by the upper end of the gap" in sentence
    assert "n = 1 seed of each model" in sentence


def test_a_gap_counts_with_its_own_error_and_on_one_side_only():
    found = frames(350.0, 30.0)
    (narrow,) = rankings(frames(350.0, 0.0), "parzen", 0.95)
    (ranking,) = rankings(found, "parzen", 0.95)
    assert ranking.high == narrow.high
    # The gap's standard error is 1 nat over 40 images, so that its interval ends t(39) = 2.023 nats above.
    assert ranking.low == pytest.approx(-50.5 - 0.162 - 30 - 2.023, abs=0.01)


def test_a_difference_of_parzen_scores_within_its_error_is_no_ranking():
    found = frames(350.0, 1.0)
    images = found["ais_images.csv"]
    ours = images.model == "adversarial-nets"
    images.loc[ours, "parzen"] += 2 * (100 - 1) * (images[ours].image % 2)  # 1 nat below k-means, +- 99 nats
    (ranking,) = rankings(found, "parzen", 0.95)
    assert (ranking.first, ranking.parzen, ranking.outcome) == ("k-means", pytest.approx(1), "not ranked")
    counted, *_ = ranking_parts(found, PARAMS)
    assert "the Parzen score ranks 0 on" in counted
    assert "reverses 0, confirms 0 and leaves 0 undecided" in counted


def test_more_pairs_need_larger_differences():
    """With three models each interval is wider than with two, so that all hold together."""
    found = frames(298.0, 0.0)
    for name in ("ais.csv", "ais_images.csv"):
        third = found[name][found[name].model == "k-means"].assign(model="linear-gaussian")
        found[name] = pd.concat([found[name], third.assign(parzen=0.0)])
    alone, together = (rankings(found, "parzen", confidence)[0] for confidence in (0.95, 1 - 0.05 / 3))
    assert together.low < alone.low < alone.better
    ais = found["ais.csv"]
    # The gap's upper end is just below the difference of 1.5 nats for one pair, and above it for three.
    ais.loc[ais.metric == "gap", "standard_error"] = (1.5 - 0.17) / 2.03
    assert rankings(found, "parzen", 0.95)[0].outcome == "confirmed"
    _, table, how = ranking_parts(found, PARAMS)
    (line,) = (line for line in table.splitlines() if line.startswith("| k-means centroids − our GAN"))
    assert "| undecided" in line
    assert "those of all 3 pairs" in how


def test_models_with_different_numbers_of_distributions_are_named_with_them():
    ais = frames(250.0, 1.0)["ais.csv"]
    assert "ran with 4 chains x 10 distributions. The gap" in gap_sentences(ais, PARAMS)[0]
    ours = ais[ais.model == "adversarial-nets"]
    both = pd.concat([ais, ours.assign(model="vae-1x500", distributions=2000, value=5.0)])
    sentence = gap_sentences(both, PARAMS)[0]
    assert "4 chains x 10 distributions (our GAN) and 4 chains x 2,000 distributions (VAE, 1 x 500 units)." in sentence
    assert "exceeds 2 nats for VAE, 1 x 500 units at bandwidth 0.2 (5.0)" in sentence
    table = estimates_table(both, "parzen", PARAMS).set_index("model").distributions
    assert table.to_dict() == {"k-means centroids": "", "our GAN": "10", "VAE, 1 x 500 units": "2,000"}


def test_the_error_is_stated_where_the_truth_is_known():
    found = frames(250.0, 1.0, n=4)
    assert exact_sentences(found, PARAMS) == []  # nothing is both annealed and exact
    images = found["ais_images.csv"]
    images.loc[images.model == "adversarial-nets", "exact"] = 252.0  # 250 and 251 are off by 2 and 1
    (sentence,) = exact_sentences(found, PARAMS)
    assert "of our GAN at bandwidth 0.2 is 252.0 nats over 4 test images" in sentence
    assert "off by -1.5 ± 0.25 (standard error of the paired differences)" in sentence


def test_an_estimate_below_another_lower_bound_is_said_to_be_too_low():
    found = frames(250.0, 1.0, n=4)
    assert shortfall_sentences(found, PARAMS) == []
    images = found["ais_images.csv"]
    images.loc[images.model == "adversarial-nets", "parzen_of_many"] = [240.0, 261.0, 249.0, 241.0]
    (sentence,) = shortfall_sentences(found, PARAMS)
    assert "our GAN at bandwidth 0.2 (1 image of 4, by up to 10.0 nats; mean over all 4: 2.50)" in sentence


def test_the_figure_says_how_many_images_and_has_a_row_for_each_model():
    ais = frames(250.0, 1.0)["ais.csv"]
    ours = ais[ais.model == "adversarial-nets"]
    names = ["vae-1x500", "vae-3x500", "gmmn-ae"]
    figure = plots_comparison.comparison(pd.concat([ais, *(ours.assign(model=name) for name in names)]), PARAMS)
    (axes,) = figure.axes
    assert axes.get_xlabel().startswith("mean log-likelihood of the same 40 test images\n")
    assert [tick.get_text().split("\n")[0] for tick in axes.get_yticklabels()] == [
        "our GAN",
        "k-means centroids",
        "VAE, 1 x 500 units",
        "VAE, 3 x 500 units",
        "GMMN + autoencoder",
    ]


def test_rivals_are_held_against_what_is_published():
    rows = [
        {"model": "vae-1x500", "metric": "test_log_likelihood", "grid": "authors", "generator": "last"}
        | {"value": value, "length": 100}
        for value in (280.0, 284.0)
    ]
    (line,) = rivals_table(pd.DataFrame(rows), PARAMS).to_dict("records")
    assert line["published, nats"] == "283"
    assert line["re-run, nats"] == "282.0 ± 2.8 (n = 2)"
    assert line["epochs"] == "100 of 200"
    assert line["difference"] == "-1.0"
    assert line["95% interval of one more run"] == "238.0 to 326.0"  # t(1) = 12.71 times 2.83 sqrt(3 / 2)
    inside = "The published score lies in the interval of one more run of ours for VAE, 1 x 500 units."
    assert published_sentences(pd.DataFrame(rows), PARAMS) == [inside]
    apart = pd.DataFrame(rows).assign(value=[280.0, 280.1])
    assert published_sentences(apart, PARAMS) == [inside.replace("lies in", "lies outside")]
    (line,) = rivals_table(pd.DataFrame(rows[:1]), PARAMS).to_dict("records")
    assert line["re-run, nats"] == "280.0 (n = 1)"
    assert line["95% interval of one more run"] == ""
    assert published_sentences(pd.DataFrame(rows[:1]), PARAMS) == []
