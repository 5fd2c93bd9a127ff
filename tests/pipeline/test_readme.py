"""README.md's sentences about what is published follow from the files, and flip with them."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from helpers import ROOT, edit

from pipeline.config.params import load
from pipeline.files.formats import read_csv, read_json, write_csv
from pipeline.reporting.readme import COMPARED, readme_passages, scorecard_passage
from pipeline.reporting.scorecard import scorecard

PUBLISHED = ROOT / "results/published"
ENTRY = read_json(PUBLISHED / "published.json")
PARAMS = load(ROOT / "params.yaml", ENTRY["scale"], experiments=ENTRY["experiments"], seeds=ENTRY["seeds"])
METRICS = read_csv(PUBLISHED / "metrics.csv")


@pytest.fixture
def published(tmp_path):
    """A copy of what is published."""
    return shutil.copytree(PUBLISHED, tmp_path / "published", ignore=shutil.ignore_patterns("claims"))


def passages(published=PUBLISHED, entry=ENTRY, compared=ROOT / COMPARED):
    return readme_passages(published, "results/published", PARAMS, entry, compared)


SAID = passages()


def change(published, query, **columns):
    """Set columns of the rows of metrics.csv that a query finds."""
    frame = read_csv(published / "metrics.csv")
    chosen = frame.query(query).index
    assert len(chosen)
    for name, value in columns.items():
        frame.loc[chosen, name] = value
    write_csv(published / "metrics.csv", frame)


def test_the_grids_of_the_headline_are_those_of_the_params():
    assert "the authors' has 10 from 0.1 to 1, ours, the fine one, 91 from 0.05 to 0.5." in SAID["claim"]


def test_other_epochs_than_those_of_the_scores_are_named_beneath_the_picture(published):
    assert "pictures of epochs 1,000, 960, 940, 900 and 960, scores of epochs 990, 980" in SAID["samples"]
    for seed in range(5):
        epoch = read_json(published / f"runs/paper/mnist/seed{seed}/manifest.json")["best_epoch"]
        change(published, f"scale == 'paper' and seed == {seed} and generator == 'best'", epoch=epoch)
    assert passages(published)["samples"].splitlines()[1:] == []


def test_why_the_plan_was_not_finished_is_said_where_it_is_known_and_was_not(published):
    said = "Why 5 of 20 seeds and 1,000 of 2,000 epochs: no GPU was available again"
    assert said in SAID["table"]
    assert "Why 5 of" not in passages(entry={key: ENTRY[key] for key in ENTRY if key != "unfinished"})["table"]
    change(published, "scale == 'paper' and seed == 4 and generator == 'best'", seed=19)
    change(published, "scale == 'paper'", length=2000)
    assert "Why 5 of 20 seeds and 2,000 of 2,000 epochs" in passages(published)["table"]


def test_the_assumption_is_named_where_not_reproduced_rests_on_it(published):
    assert 'With 5 seeds, "not reproduced" rests on the assumption' in SAID["table"]
    assert "can reject from 19 seeds on, two-sided as the verdict is from 39 on." in SAID["table"]
    ours = METRICS.query("scale == 'paper' and model == 'adversarial-nets'")
    more = [ours.assign(seed=ours.seed + 5 * times) for times in range(1, 8)]
    write_csv(published / "metrics.csv", pd.concat([METRICS, *more]))
    assert "rests on the assumption" not in passages(published)["table"]
    change(published, "model == 'adversarial-nets' and metric == 'test_log_likelihood'", value=225.0)
    assert "rests on the assumption" not in passages(published)["table"]


def test_k_means_is_named_where_it_wins_and_held_against_the_other_estimate(published, tmp_path):
    table = SAID["table"]
    assert "k-means centroids (334.8) score above 10,000 real training images (242.2), and" in table
    assert "these above 5 of our 5 seeds: nats do not measure" in table
    n = read_csv(ROOT / COMPARED / "ais_images.csv").image.nunique()
    assert f"On [{n} test images under a better estimate]" in table
    assert '"K-means beats the GAN" does not survive' in table
    compared = shutil.copytree(ROOT / COMPARED, tmp_path / "compared")
    frame = read_csv(compared / "ais_images.csv")
    frame.loc[frame.model == "k-means", ["ais", "exact"]] += 1000
    write_csv(compared / "ais_images.csv", frame)
    assert '"K-means beats the GAN" does survive' in passages(compared=compared)["table"]
    assert "better estimate" not in passages(compared=tmp_path)["table"]
    change(published, "model == 'k-means'", value=100.0)
    assert "k-means" not in passages(published)["table"]


def test_the_outcomes_are_explained_with_the_numbers_of_the_params_and_of_our_cell():
    results = scorecard({"metrics.csv": METRICS}, PARAMS)
    said = scorecard_passage(results, METRICS, PARAMS)
    assert "fewer than 5 seeds or 50 epochs of training" in said
    assert "MNIST has the minimum of 5 seeds and is judged for 1,000 epochs only." in said
    assert "*Verified*" not in said
    verified = [replace(one, outcome="verified") for one in results]
    assert "*Verified*: only algebra, or checks of ours" in scorecard_passage(verified, METRICS, PARAMS)
    assert "*Undecided*" not in scorecard_passage(verified, METRICS, PARAMS)
    longer = METRICS.assign(length=METRICS.length.mask(METRICS.scale == "paper", 2000))
    assert "MNIST has the minimum of 5 seeds." in scorecard_passage(results, longer, PARAMS)


def test_the_example_of_a_variant_is_read_as_it_is_written(tmp_path):
    """docs/running.md: both pieces of YAML, put where it says."""
    page = (ROOT / "docs/running.md").read_text(encoding="utf-8")
    section = page.partition("## Change a setting and compare")[2].partition("\n## ")[0]
    entry, scale = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    params = Path(shutil.copy(ROOT / "params.yaml", tmp_path))
    first = "  tfd-pretrain:                       #"
    edit(params, first, entry + first)
    _, line = scale.split("experiments:\n")
    kept = next(text for text in line.splitlines(keepends=True) if "mnist:" in text)
    edit(
        params, f"CPU cores\n    experiments:\n{kept}    n_samples", f"CPU cores\n    experiments:\n{line}    n_samples"
    )
    both = load(params, "quick")
    ours, other = both.experiment("mnist"), both.experiment("mnist-momentum")
    assert both.asked == ["mnist", "mnist-momentum"]
    assert other.recipe == replace(ours.recipe, momentum_initial=ours.recipe.momentum_final)
    assert (other.epochs, other.generator) == (ours.epochs, ours.generator)
    assert ours == load(ROOT / "params.yaml", "quick").experiment("mnist")
