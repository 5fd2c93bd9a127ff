"""What is committed under results/published/ agrees with itself and with README.md."""

import re
from pathlib import Path

import pytest
from helpers import ROOT

from pipeline.claims import publish as publish_claims
from pipeline.config.params import load
from pipeline.files.errors import UserError
from pipeline.files.formats import read_csv, read_json, sha256
from pipeline.publish import LIMIT_BYTES, readme_passages, recover, replace
from pipeline.record.runs import GATHERED, OUR_MODEL, audits
from pipeline.reporting.gather import tidy
from pipeline.reporting.page import with_passages
from pipeline.reporting.sentences import passages, read_evidence
from pipeline.reporting.tables import render

PUBLISHED = ROOT / "results/published"
README, EVIDENCE = ROOT / "README.md", ROOT / "docs/evidence.md"
CLAIMS, CLAIMS_PAGE = PUBLISHED / "claims", ROOT / "docs/claims.md"
ENTRY = read_json(PUBLISHED / "published.json")
PARAMS = load(ROOT / "params.yaml", ENTRY["scale"], experiments=ENTRY["experiments"], seeds=ENTRY["seeds"])


def rendered(change: float = 0.0) -> dict[str, str]:
    """The tables made again from the published CSV files, with every log-likelihood changed."""
    frames = {name: tidy(read_csv(PUBLISHED / name)) for name in GATHERED}
    frames["metrics.csv"].loc[frames["metrics.csv"].metric == "test_log_likelihood", "value"] += change
    return render(frames, PARAMS)


def test_what_is_published_survives_a_kill_while_it_is_replaced(tmp_path, monkeypatch):
    target, new, rename = tmp_path / "published", tmp_path / "new", Path.rename
    for folder in (target, new):
        folder.mkdir()
        (folder / "file").write_text(folder.name)

    def killed(path: Path, to: Path) -> None:
        if path == new:
            raise KeyboardInterrupt
        rename(path, to)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Path, "rename", killed)
        replace(target, new)
    recover(target)
    assert (target / "file").read_text() == "published"
    replace(target, new)
    assert (target / "file").read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_readme_shows_the_published_table():
    readme = README.read_text()
    assert readme == with_passages(readme, readme_passages(PUBLISHED, "results/published", PARAMS), README)


def test_evidence_says_what_the_published_files_say():
    page = EVIDENCE.read_text()
    assert page == with_passages(page, passages(read_evidence(PUBLISHED), PARAMS), EVIDENCE)


def test_evidence_has_no_number_that_the_pipeline_did_not_write():
    by_hand = re.sub(r"<!-- (\w+):begin -->.*?<!-- \1:end -->", "", EVIDENCE.read_text(), flags=re.DOTALL)
    assert re.findall(r"\d+", by_hand.replace("Table 1", "")) == []


def test_evidence_notices_another_number():
    frames = read_evidence(PUBLISHED)
    said = passages(frames, PARAMS)
    for name, column, passage in (
        ("metrics.csv", "value", "audit"),
        ("variance.csv", "sd", "variance"),
        ("growth.csv", "value", "growth"),
        ("oracle.csv", "truth", "oracle"),
    ):
        other = frames | {name: frames[name].assign(**{column: frames[name][column] * 1.1})}
        assert passages(other, PARAMS)[passage] != said[passage]


def test_claims_page_says_what_the_published_claims_say():
    params = load(ROOT / "params.yaml", read_json(CLAIMS / "published.json")["scale"])
    text, readme = CLAIMS_PAGE.read_text(), README.read_text()
    assert readme == with_passages(readme, {"claims": publish_claims.readme_passage(CLAIMS)}, README)
    assert text == with_passages(text, publish_claims.passages(CLAIMS, params), CLAIMS_PAGE)
    pictures = re.findall(r"\((\.\./results/[^)]+\.svg)\)", text)
    assert {(CLAIMS_PAGE.parent / name).resolve() for name in pictures} == set((CLAIMS / "figures").glob("*.svg"))


def test_published_claims_are_those_that_their_manifests_record():
    for manifest in (*CLAIMS.glob("*.manifest.json"), *CLAIMS.glob("figures/manifest.json")):
        for name, digest in read_json(manifest)["outputs"].items():
            if (manifest.parent / name).suffix in (".csv", ".svg"):
                assert sha256(manifest.parent / name) == digest, name


def test_published_tables_follow_from_the_published_metrics():
    for name, text in rendered().items():
        assert text == (PUBLISHED / name).read_text(), name


def test_published_files_are_those_that_table_wrote():
    """Any changed digit in a published table changes its hash."""
    outputs = read_json(PUBLISHED / "table.manifest.json")["outputs"]
    assert {"metrics.csv", "curves.csv", "bandwidths.csv", "table1.csv", "table1.md", "table1.tex"} <= outputs.keys()
    for name, digest in outputs.items():
        assert sha256(PUBLISHED / name) == digest, name


def test_published_runs_come_from_commits():
    commits = ENTRY["commits"]
    assert commits
    assert all(len(commit) == 40 for commit in commits), "a run of a changed checkout cannot be made again"


def test_a_tampered_metric_changes_the_table():
    assert rendered(1.0)["table1.md"] != (PUBLISHED / "table1.md").read_text()


def test_every_published_run_has_its_manifests():
    metrics = read_csv(PUBLISHED / "metrics.csv")
    ours = metrics[(metrics.model == OUR_MODEL) & metrics.seed.notna()]
    for place in ours[["scale", "experiment", "seed"]].astype({"seed": int}).drop_duplicates().itertuples():
        run = PUBLISHED / f"runs/{place.scale}/{place.experiment}/seed{place.seed}"
        manifest = read_json(run / "manifest.json")
        assert manifest["seed"] == place.seed
        assert manifest["wall_seconds"] > 0
        assert (run / "samples.manifest.json").is_file()
        if place.scale == "cpu":  # the others were scored elsewhere: docs/runs.md
            assert (run / "metrics.manifest.json").is_file()
            assert all(path.is_file() for path in audits(run))


def test_published_files_are_small():
    assert sum(path.stat().st_size for path in PUBLISHED.rglob("*") if path.is_file()) <= LIMIT_BYTES


def test_with_blocks_replaces_what_is_between_the_markers():
    text = "a\n<!-- one:begin -->\nold\n<!-- one:end -->\nb\n"
    once = with_passages(text, {"one": "new\n"}, README)
    assert once == "a\n<!-- one:begin -->\nnew\n<!-- one:end -->\nb\n"
    assert with_passages(once, {"one": "new"}, README) == once
    with pytest.raises(UserError, match="markers <!-- two:begin -->"):
        with_passages(text, {"two": "new"}, README)
