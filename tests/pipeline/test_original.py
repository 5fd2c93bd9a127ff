"""The 2014 code beside ours: the page is that of the files and flips with them; its generators are read right."""

import re
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from helpers import ROOT

from benchmarks import initial_weights
from benchmarks.original import page, starts
from benchmarks.original.score import read_generator, replace
from gan.initial_weights import INITIAL_WEIGHTS
from gan.seeding import stream
from pipeline.files.formats import read_csv, write_csv
from pipeline.reporting.page import with_passages
from pipeline.reporting.plots_training import Course, save_course

SETUP = ROOT / "benchmarks/original/setup.sh"
OUTSIDE = 400.0  # nats


def test_the_page_and_its_figure_are_those_of_the_files(tmp_path):
    text = (ROOT / page.PAGE).read_text(encoding="utf-8")
    assert with_passages(text, page.passages(ROOT), page.PAGE) == text
    svg, _ = page.save(page.figure(ROOT), tmp_path / "original.svg")
    assert svg.read_bytes() == (ROOT / page.FIGURE).read_bytes()


def test_the_page_counts_the_epochs_that_its_animation_shows(tmp_path):
    assert page.pictures(tmp_path) == "Not made yet."
    images = np.random.default_rng(0).integers(0, 256, (3, 25, 784), np.uint8)
    course = Course({"epochs": np.array([10, 20, 500]), "images": images}, (28, 28), "own", "")
    save_course(course, tmp_path / page.RESULTS, "original")
    assert "after 3 of its epochs, from 10 to 500;" in page.pictures(tmp_path)


def test_the_page_has_the_bounds_of_the_golden_test():
    bounds = re.search(r"^BOUNDS = \{(.*)\}", (ROOT / "tests/gan/test_golden.py").read_text(encoding="utf-8"), re.M)
    rows = re.findall(r"^\| `(.+?)` \|.*\| (\S+) \| (\S+) \|$", (ROOT / page.PAGE).read_text(encoding="utf-8"), re.M)
    shown = {name: (float(found), float(bound)) for name, found, bound in rows if name in bounds[1]}
    assert {name: bound for name, (_, bound) in shown.items()} == eval(f"{{{bounds[1]}}}")
    assert all(found < bound for found, bound in shown.values())


def log_likelihoods(runs: dict[str, float]) -> pd.DataFrame:
    return pd.DataFrame([{"run": run, "epoch": 100, "value": value} for run, value in runs.items()])


def test_log_likelihoods_outside_of_our_seeds_interval_are_named():
    ours = pd.DataFrame({"epoch": 100, "value": [158.0, 160, 162, 164, 166]})
    inside = page.likelihood(log_likelihoods({"own": 162.0, "seed2": 163.0}), ours)
    interval = "in the 95% interval in which one more of our seeds is expected"
    assert (
        f"at least 5 of our seeds are measured, 2 lie {interval}. They come from 2 runs, at 1 epoch of each" in inside
    )
    assert "are 19 nats wide: a difference of less than half of that, 10 nats, would mostly not be seen." in inside
    assert inside.endswith("Beyond epoch 100 nothing is compared.")
    assert "| 100 | 162.0 | 163.0 | 162.0 ± 3.2 (sd, n = 5) |" in inside
    outside = page.likelihood(log_likelihoods({"own": 162.0, "seed2": OUTSIDE}), ours)
    assert "Of the 2 values of the 2014 code" in outside
    assert f"1 lies {interval}; outside: `seed2` at 100 epochs (152.4 to 171.6). They come" in outside


def test_the_power_follows_the_spread_of_our_seeds_and_the_epochs():
    ours = pd.concat(
        pd.DataFrame({"epoch": epoch, "value": [160 + epoch / 50 * i for i in range(5)]}) for epoch in (100, 300)
    )
    theirs = pd.concat([log_likelihoods({"own": 162.0}).assign(epoch=epoch) for epoch in (100, 300, 400)])
    found = page.power(theirs, ours)
    assert found.startswith("They come from 1 run, at 2 epochs of each")
    assert "19 to 58 nats wide: a difference of less than half of that, 10 to 29 nats" in found
    assert found.endswith("Beyond epoch 300 nothing is compared.")
    assert page.power(theirs, ours.iloc[:4]) == "Nothing is compared yet."


def test_runs_that_start_faster_are_told_from_ours():
    theirs = pd.DataFrame({"epoch": [20, 20, 20, 30], "value": [103.0, 72, 105, 120]})
    noted = pd.DataFrame({"epoch": [20, 30], "value": [80.0, 90]})
    ours = pd.DataFrame({"value": [99.0, 90, -16], "late": [False, False, True]})
    assert starts.start(theirs, ours, noted) == (
        "After 20 epochs the 3 scored runs of the 2014 code have 72.0 to 105.0 nats (median 103.0), our 3 seeds on "
        "record -16.0 to 99.0 (median 90.0; 1 began late): no difference is shown (exact Mann-Whitney p = 0.4); "
        "1 noted run had 80.0 nats."
    )
    many = pd.DataFrame({"value": np.arange(16.0), "late": False})
    assert "the 2014 code starts higher (exact Mann-Whitney p = 0.0021)." in starts.start(theirs, many, noted[:0])
    assert "the 2014 code starts lower" in starts.start(theirs, many + 200, noted[:0])


def test_runs_with_other_seeds_share_a_column():
    theirs = log_likelihoods({"own": 162.0, "seed2": 163.0, "seed3": 161.0})
    assert "| 100 | 162.0 | 163.0, 161.0 | 160.0, 161.0 |" in page.likelihood(
        theirs, pd.DataFrame({"epoch": 100, "value": [160.0, 161]})
    )


def test_the_record_has_each_seed_once():
    found = starts.record(ROOT)
    assert found.index.tolist() == list(range(16))
    assert found.value[found.late].max() < 0 < found.value[~found.late].min()


def weights_measured(root: Path, shift: float) -> str:
    """The passage for 20 seeds of each kind, those with shared weights higher by a shift."""
    rows = [
        {"weights": kind, "seed": seed, "epoch": epoch, "log_likelihood": 3.0 * epoch + 2 * seed + shift * is_shared}
        | {"D(x)": 0.7, "D(G(z))": 0.01 if seed == 3 and is_shared else 0.2}
        for is_shared, kind in enumerate(INITIAL_WEIGHTS)
        for seed in range(20)
        for epoch in (10, 20)
    ]
    write_csv(root / starts.RESULTS / "initial-weights.csv", pd.DataFrame(rows))
    return starts.weights(root)


def test_the_initial_weights_matter_or_not_as_their_csv_says(tmp_path):
    assert starts.weights(tmp_path) == "Not measured yet."
    found = weights_measured(tmp_path, 0.5)
    assert "| 20 | 79.5; 79.5 ± 11.8 (1 began late) | 79.0; 79.0 ± 11.8 (0 began late) | " in found
    assert "\n\nNo effect shown: with shared ones the median is 0.5 nats higher after 20 epochs" in found
    assert "matter: with shared ones the median is 40.5 nats higher after 20" in weights_measured(tmp_path, 40.5)
    assert "matter: with shared ones the median is 40.5 nats lower after 20" in weights_measured(tmp_path, -40.5)


def test_both_scorers_are_not_measured_or_shown(tmp_path):
    assert page.scorers(tmp_path) == "Not measured yet."
    rows = {"scorer": ["theirs", "ours"], "generator": "own/epoch-0100", "bandwidth": 0.2154, "standard_error": 1.5}
    frame = pd.DataFrame(rows | {"value": [160.25, 160.25002], "n_samples": 10_000, "n_images": 1000})
    write_csv(tmp_path / page.RESULTS / "original-scorers.csv", frame)
    assert page.scorers(tmp_path).split("\n") == [
        "| generator | test images | `ours` | `theirs` | difference |",
        "|---|---|---|---|---|",
        "| `own/epoch-0100` | 1,000 | 160.250020 ± 1.500000 | 160.250000 ± 1.500000 | 2e-05 |",
    ]


def kept_generator(path: Path) -> list[np.ndarray]:
    """Write a file as the 2014 code's training keeps them; return weights and biases by layer."""
    sizes, random = (100, 1200, 1200, 784), np.random.default_rng(0)
    arrays = {}
    for name, inputs, units in zip(("h0", "h1", "y"), sizes[:-1], sizes[1:], strict=True):
        arrays[f"generator.{name}_W"] = random.uniform(-0.05, 0.05, (inputs, units)).astype(np.float16)
        arrays[f"generator.{name}_b"] = random.uniform(-1, 1, units).astype(np.float16)
    np.savez(path, **arrays)
    return [value.astype(np.float32) for value in arrays.values()]


def test_a_kept_generator_of_the_2014_code_is_read_in_our_layout(tmp_path):
    values = kept_generator(tmp_path / "epoch-0010.npz")
    z = torch.rand(3, 100, generator=stream(0, "noise"))
    h = z.numpy()
    for weight, bias in zip(values[0:4:2], values[1:4:2], strict=True):
        h = np.maximum(h @ weight + bias, 0)
    expected = 1 / (1 + np.exp(-(h @ values[4] + values[5])))
    found = read_generator(tmp_path / "epoch-0010.npz")(z)
    np.testing.assert_allclose(found.detach(), expected, atol=1e-5)


def test_rows_take_the_place_of_those_of_the_same_run_and_epoch(tmp_path):
    path = tmp_path / "scores.csv"
    for run, epoch, value in (("own", 20, 1.0), ("own", 10, 2.0), ("seed2", 10, 3.0), ("own", 20, 4.0)):
        replace(path, pd.DataFrame([{"run": run, "epoch": epoch, "value": value}]), ["run", "epoch"])
    assert read_csv(path).values.tolist() == [["own", 10, 2], ["own", 20, 4], ["seed2", 10, 3]]


def test_the_late_criterion_is_that_of_check():
    record = (ROOT / "tests/regression/quick.json").read_text(encoding="utf-8")
    assert f'"late_below": {initial_weights.LATE_BELOW}' in record
    assert (
        "begins late* when the mean of D(G(z)) over epoch 10 of its 20 is below 0.1"
        in (ROOT / "docs/runs.md").read_text()
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [((), "usage: benchmarks/original/setup.sh FOLDER MNIST"), (("{tmp}/a", "{tmp}/absent"), "absent: no such folder")],
)
def test_setup_says_what_it_needs_and_what_is_missing(tmp_path, arguments, says):
    command = [SETUP, *(text.format(tmp=tmp_path) for text in arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert says in done.stdout + done.stderr
    assert "27eac03" in done.stdout or not arguments
    assert done.stderr.count("\n") <= 1
