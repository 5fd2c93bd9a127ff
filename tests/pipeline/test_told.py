"""Two-sample tests are measured by `evaluate` and `audit`; what is said of them flips with the numbers."""

import io

import pandas as pd
import pytest
import torch
from helpers import ROOT, SEEDS, call, metrics

from gan.evidence import two_sample as science
from gan.seeding import stream
from pipeline import audit, prepare
from pipeline.config.params import load
from pipeline.files.formats import read_csv
from pipeline.reporting.cells import our_cells
from pipeline.reporting.evidence import audit_sentences
from pipeline.reporting.gather import tidy
from pipeline.reporting.tables import parts, render, table1
from pipeline.reporting.two_sample import CAPTION, told, told_rows, told_sentences
from pipeline.reporting.verdicts import sentences
from pipeline.runtime.two_sample import two_sample_rows

PARAMS = load(ROOT / "params.yaml", "paper")
ROW = {"experiment": "mnist", "generator": "none", "grid": "none", "metric": "two_sample_accuracy", "unit": "share"}
ROW |= {"standard_error": 0.004, "error_over": "splits of both sets", "n_splits": 10, "n_samples": 10_000}
ROW |= {"n_eval": 10_000, "bandwidth_on_edge": False, "diverged": False, "seed": 0, "scale": "cpu"}
GAN = {"model": "adversarial-nets", "generator": "best", "precision": "float32", "scale": "paper"}


def measured(accuracies: list[float], length: int = 2000, **real: float) -> pd.DataFrame:
    """Metrics of as many scored seeds as in SEEDS, of which the last are measured; and of real images."""
    first = len(SEEDS) - len(accuracies)
    ours = [ROW | GAN | {"seed": first + i, "value": v, "length": length} for i, v in enumerate(accuracies)]
    others = [ROW | {"model": model.replace("_", "-"), "value": value} for model, value in real.items()]
    return pd.concat([metrics(SEEDS, length=length), pd.DataFrame(ours + others)], ignore_index=True)


def said(accuracies: list[float], **real: float) -> str:
    (sentence,) = told_sentences(measured(accuracies, **real), PARAMS)
    return sentence


def test_the_sentence_says_what_was_measured_and_flips_with_it():
    real = {"training_images": 0.531, "validation_images": 0.565, "k_means": 0.999}
    told_apart = said([0.788, 0.792, 0.79, 0.79, 0.79], **real)
    assert told_apart.startswith("MNIST: new classifiers tell samples from test images with an accuracy of 0.790 ± ")
    assert (
        "0.0014 (sd) over 5 training seeds of 2,000 epochs, where 0.5 is chance (10 splits per seed, 10,000"
        in told_apart
    )
    assert "0.531 ± 0.004 for real training images and 0.565 ± 0.004 for real validation images" in told_apart
    assert (
        "samples of all 5 seeds are told apart from test images better than real images are, by 0.225 on" in told_apart
    )
    assert told_apart.endswith("For k-means centroids, as many as samples, it is 0.999 ± 0.004.")
    assert "The samples of 2 of 5 seeds are told apart from" in said([0.566, 0.79, 0.79, 0.56, 0.57], **real)
    alike = said([0.566] * 5, **real)
    assert "That the samples of any of 5 seeds are told apart better than real images is not shown" in alike
    assert "difference +0.001 on average" in alike
    assert "are told apart from" in said([0.566] * 5, training_images=0.531), (
        "the yardstick is the real images told apart best"
    )


def test_the_sentence_says_how_surely():
    """Of one seed, 0.225 beyond real images; t of 18 degrees of freedom times 0.004 root 2."""
    gap, low, _ = told(measured([0.79], validation_images=0.565), PARAMS, "mnist").gaps[4]
    assert (gap, low) == pytest.approx((0.225, 0.225 - 2.100922 * 0.004 * 2**0.5))
    sentence = said([0.79], validation_images=0.565)
    assert "The samples of the one seed are told" in sentence
    assert "by 0.225 (at 95% confidence by 0.213 or more)." in sentence
    assert "an accuracy of 0.790 ± 0.004 (standard error over splits) over 1 of 5 training seeds" in sentence


def test_absence_is_stated():
    assert told_sentences(metrics(SEEDS), PARAMS) == ["MNIST: not measured for these runs."]
    assert "over 2 of 5 training seeds" in said([0.79, 0.8], validation_images=0.565)
    assert "Real images were not measured, so how much of that is due to the data set alone is not" in said([0.79])


def test_the_longest_length_of_five_seeds_is_told_of_as_in_the_cell():
    both = pd.concat([measured([0.79] * 5, length=1000), measured([0.6], length=2000)])
    found = told(both, PARAMS, "mnist")
    assert (found.length, found.seeds.n, found.seeds.mean) == (1000, 5, pytest.approx(0.79))


def companion(frame: pd.DataFrame) -> pd.DataFrame:
    """The companion of Table 1, by row."""
    return parts(table1(frame, our_cells(frame, PARAMS), PARAMS))[CAPTION].set_index("Model")


def test_the_companion_of_table_1_is_no_part_of_the_papers_table():
    frame = measured([0.788, 0.792], training_images=0.531, k_means=1.0)
    paper, *_ = parts(table1(frame, our_cells(frame, PARAMS), PARAMS)).values()
    assert not paper.Model.str.contains("real").any()
    assert companion(frame).MNIST.to_dict() == {
        "samples of our GAN": "0.790 ± 0.0028",
        "ours: seeds measured, of those scored": "2 of 5",
        "ours: epochs": "2,000",
        "ours: splits, held-out images per split": "10, 10,000",
        "ours: standard error of one seed, averaged": "0.004",
        "ours: seeds told apart better than real images": "2 of 2",
        "real training images": "0.531 ± 0.004",
        "k-means centroids, as many as samples": "1.000 ± 0.004",
    }
    both = pd.concat([frame, metrics(SEEDS).assign(experiment="tfd")])
    assert told_rows(both, PARAMS, {"mnist": "MNIST", "tfd": "TFD"})[0]["TFD"] == "not measured"
    assert told_rows(metrics(SEEDS), PARAMS, {"mnist": "MNIST"}) == [], "nothing to put beside the table"


def test_nothing_that_is_said_of_nats_changes_with_it():
    with_tests, without = measured([0.79] * 5, validation_images=0.565, k_means=1.0), metrics(SEEDS)
    for say in (sentences, audit_sentences):
        assert say(with_tests, PARAMS) == say(without, PARAMS)
    assert our_cells(with_tests, PARAMS) == our_cells(without, PARAMS)


def test_the_summary_has_a_row_of_it_without_a_verdict():
    text = render({"metrics.csv": measured([0.788, 0.792], validation_images=0.565)}, PARAMS)["summary.csv"]
    found = pd.read_csv(io.StringIO(text))
    assert found.metric.tolist() == ["test_log_likelihood"] * 4 + ["two_sample_accuracy"]
    row = found.iloc[-1]
    assert row[["n", "mean", "low", "high", "standard_error"]].tolist() == pytest.approx([2, 0.79, 0.788, 0.792, 0.004])
    texts = ["share", "none", "best", "not judged", "not the paper's measure"]
    assert row[["unit", "grid", "generator", "verdict", "reason"]].tolist() == texts
    assert row[["published", "gap"]].isna().all()
    assert set(found.unit[:-1]) == {"nats"}


def test_tables_of_published_tests_are_the_same_again():
    first = render({"metrics.csv": tidy(measured([0.788, 0.792], training_images=0.53))}, PARAMS)
    again = render({"metrics.csv": tidy(pd.read_csv(io.StringIO(first["metrics.csv"])))}, PARAMS)
    assert first == again
    assert "new classifiers tell samples" in first["table1.md"]


def test_the_row_is_the_mean_over_splits_of_the_seeds_own_streams():
    real, samples = torch.rand(60, 4, generator=stream(0, "a")), torch.rand(50, 4, generator=stream(0, "b"))
    (row,) = two_sample_rows(real, samples, 3, 2)
    expected = [science.split_accuracy(real, samples, stream(3, "two-sample test", split)) for split in (0, 1)]
    assert row["value"] == pytest.approx(sum(expected) / 2)
    assert (row["n_samples"], row["n_eval"], row["n_splits"], row["unit"]) == (50, 50, 2, "share")


@pytest.mark.parametrize(
    ("experiment", "sets"),
    [("mnist", {"training-images", "k-means", "validation-images"}), ("tfd", {"training-images", "k-means"})],
)
def test_audit_measures_the_yardstick_against_all_test_images(tmp_path, experiment, sets):
    """Validation images of one fold are test images of another."""
    common = ("--params", ROOT / "params.yaml")
    data = tmp_path / f"{experiment}.npz"
    done = call(prepare, *common, "--dataset", f"synthetic-{experiment}", "--output", data)
    assert done.returncode == 0, done.stderr
    options = ("--scale", "smoke", "--experiment", experiment, "--data", data, "--output", tmp_path / "audit")
    done = call(audit, *common, *options)
    assert done.returncode == 0, done.stderr
    rows = read_csv(tmp_path / "audit/metrics.csv").query("metric == 'two_sample_accuracy'").set_index("model")
    assert set(rows.index) == sets
    assert set(rows.n_eval) == {200}
    assert set(rows.n_splits) == {2}
    assert rows.value["k-means"] > rows.value["training-images"]
    assert rows.value["training-images"] < 0.65
