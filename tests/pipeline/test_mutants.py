"""`check` fails on every scorer that was really broken and run; a long test breaks and runs them again."""

from pathlib import Path

import pytest
from helpers import ROOT

from benchmarks.mutants import MUTANTS, RECORDS, SURVIVORS, findings_of, found, measure, table
from pipeline.files.formats import read_json
from pipeline.reporting.regression import ON_RECORD, read_rows

# What the first line of each says.
NAMES = {
    "grid": "bandwidth",
    "norm": "log_likelihood of all-training-images",
    "swapped": "standard error",
    "scale": "standard error",
    "threshold": "of the best generator, fine grid, seed 0: bandwidth",
    "image": "9999 images, expected 10000 (-1)",
    "bandwidth": "(+5.0%)",
    "silent": "standard error",
    "half": "5000 samples, expected 10000 (-5000)",
    "median": "test_log_likelihood of",
    "untrained": "generator",
    "twice": "seeds [0, 1] have the very same value",
    "float16": "log_likelihood of",
    "peeking": "standard error",
    "density": "log_likelihood of",
    "error": "standard error",
}


@pytest.mark.parametrize("name", sorted(set(MUTANTS) - set(SURVIVORS)))
def test_check_names_what_a_broken_scorer_gets_wrong(name):
    first, *_ = found(name)
    assert first.startswith("mnist, ")
    assert NAMES[name] in first, first


@pytest.mark.parametrize("name", SURVIVORS)
def test_what_is_too_little_off_to_be_seen_passes(name):
    assert found(name) == []


def test_the_page_has_the_table_of_mutants():
    page = (ROOT / "docs/contributing.md").read_text(encoding="utf-8")
    assert f"<!-- mutants:begin -->\n{table().rstrip()}\n<!-- mutants:end -->" in page
    record = read_json(RECORDS / "quick.json")
    ours = next(entry for entry in record["metrics"] if entry["model"] == "adversarial-nets")
    seeds = f"{ours['n']} of {ours['n'] + record['late'].count('seed')} seeds"
    assert f"{ours['value']:.0f} ± {ours['tolerance']:.0f} nats (authors' grid) | {seeds} |" in page


def test_every_edit_still_finds_its_place():
    for mutant in MUTANTS.values():
        assert (ROOT / mutant.path).read_text(encoding="utf-8").count(mutant.old) == 1, mutant.what


@pytest.mark.long
@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_scorer_gives_these_metrics_again(name, tmp_path):
    """A few minutes each; numbers of the same runs, so equal up to rounding where the runs are this machine's."""
    if not (ROOT / "runs/quick/mnist/seed1.json").is_file():
        pytest.skip("needs the runs of `make quick`")
    results = measure(MUTANTS[name], ROOT, tmp_path)
    made, _ = read_rows(results / "metrics.csv", Path("none"))
    kept, _ = read_rows(RECORDS / "mutants" / f"{name}.csv", Path("none"))
    no_network = made.model.ne("adversarial-nets")  # what no network made is the same on every machine
    assert made[no_network].value.tolist() == pytest.approx(kept[no_network].value.tolist(), abs=0.05, rel=1e-4)
    assert set(made.metric) == set(ON_RECORD)
    lines = findings_of(results / "metrics.csv", results / "curves.csv")
    assert bool(lines) == (name not in SURVIVORS)
    assert name in SURVIVORS or NAMES[name] in lines[0], lines
