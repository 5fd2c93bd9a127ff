"""What moves MNIST's score: the page shows what the committed files say, and its words follow from the numbers."""

from dataclasses import replace

import pytest
from helpers import ROOT

from benchmarks import gap
from gan.theory.readings import Estimate

FILES = gap.read(ROOT)


def by_name() -> dict[str, gap.Cause]:
    """Return the causes by what is changed."""
    return {one.what: one for one in gap.causes(FILES)}


def test_the_page_shows_the_committed_files():
    text = (ROOT / "docs/runs.md").read_text(encoding="utf-8")
    assert f"<!-- gap:begin -->\n{gap.passage(FILES)}\n<!-- gap:end -->" in text, "python -m benchmarks.gap"


def test_effects_are_differences_of_the_same_seeds():
    kept, fine = FILES.cells.kept["authors"], FILES.cells.kept["fine"]
    found = by_name()["the fine grid of bandwidths, not the authors'"]
    assert found.nats == pytest.approx(fine.seeds.mean - kept.seeds.mean)
    assert found.over == f"{kept.seeds.n} seeds"
    low, high = map(float, found.interval.split(" to "))
    assert high - low < fine.seeds.sd  # paired: the seeds' own spread cancels


def test_the_former_rule_loses_what_its_epoch_had_less():
    every = FILES.published("validation.csv").groupby(["seed", "epoch"]).log_likelihood.max()
    curves = FILES.published("curves.csv").dropna(subset=["validation_log_likelihood"])
    lost = []
    for seed, rows in curves.groupby("seed"):
        best, since = None, 0  # the former rule by hand: fresh measurements, 100 epochs of patience
        for row in rows.sort_values("epoch").itertuples():
            if best is None or row.validation_log_likelihood > best[1]:
                best, since = (row.epoch, row.validation_log_likelihood), row.epoch
            if row.epoch - since >= 100:
                break
        assert best is not None
        lost.append(every[seed, best[0]] - every[seed].max())
    assert by_name()[gap.FORMER_RULE].effect == f"{sum(lost) / len(lost):+.1f}"


def test_the_sentence_turns_where_an_effect_is_as_large_as_the_gap(monkeypatch):
    assert "does not close it alone" in gap.passage(FILES)
    large = gap._of_seeds("more of everything", Estimate(500, 400, 600, 5))
    monkeypatch.setattr(gap, "grid", lambda _: [large])
    assert "(more of everything: +500.0 nats) closes it alone" in gap.passage(FILES)


def test_a_switch_is_measured_or_named_as_too_short():
    rows = FILES.claims[FILES.claims.claim == gap.SWITCHED]
    names = [says.split(",")[0] for says in rows.says]
    text = gap.passage(FILES)
    assert all(name in text for name in names)
    long = replace(FILES, claims=FILES.claims.assign(outcome="no effect shown"))
    found = gap.causes(long)
    assert {row.says for row in rows.itertuples()} <= {one.what for one in found}
    assert "Not measured yet" not in gap.passage(long)
    assert not gap.unmeasured(long.claims)
