"""What is committed under results/published/ agrees with itself and with README.md."""

import pytest
from helpers import ROOT

from pipeline import table
from pipeline.errors import UserError
from pipeline.io import read_csv, read_json, sha256
from pipeline.params import load
from pipeline.publish import BEGIN, END, LIMIT_BYTES, readme_block, with_block

PUBLISHED = ROOT / "results/published"


def test_readme_shows_the_published_table():
    readme = (ROOT / "README.md").read_text()
    assert readme == with_block(readme, readme_block(PUBLISHED, "results/published"))


def test_published_table_follows_from_the_published_metrics():
    params = load(ROOT / "params.yaml", read_json(PUBLISHED / "published.json")["scale"])
    frame = table.table1(read_csv(PUBLISHED / "metrics.csv"), params)
    assert table.markdown(frame, read_csv(PUBLISHED / "metrics.csv"), params) == (PUBLISHED / "table1.md").read_text()
    assert frame.to_csv(index=False) == (PUBLISHED / "table1.csv").read_text()
    assert table.latex(frame, params) == (PUBLISHED / "table1.tex").read_text()


def test_published_files_are_those_that_table_wrote():
    """Any changed digit in a published table changes its hash."""
    outputs = read_json(PUBLISHED / "table.manifest.json")["outputs"]
    assert {"metrics.csv", "curves.csv", "bandwidths.csv", "table1.csv", "table1.md", "table1.tex"} <= outputs.keys()
    for name, digest in outputs.items():
        assert sha256(PUBLISHED / name) == digest, name


def test_published_runs_come_from_commits():
    commits = read_json(PUBLISHED / "published.json")["commits"]
    assert commits
    assert all(len(commit) == 40 for commit in commits), "a run of a changed checkout cannot be made again"


def test_a_tampered_metric_changes_the_table():
    params = load(ROOT / "params.yaml", read_json(PUBLISHED / "published.json")["scale"])
    metrics = read_csv(PUBLISHED / "metrics.csv")
    metrics.loc[metrics.metric == "test_log_likelihood", "value"] += 1
    assert table.markdown(table.table1(metrics, params), metrics, params) != (PUBLISHED / "table1.md").read_text()


def test_every_published_run_has_its_manifests():
    places = read_csv(PUBLISHED / "metrics.csv")[["experiment", "seed", "scale"]].drop_duplicates()
    for place in places.itertuples():
        run = PUBLISHED / f"runs/{place.experiment}/seed{place.seed}"
        manifest = read_json(run / "manifest.json")
        assert manifest["seed"] == place.seed
        assert manifest["wall_seconds"] > 0
        assert (run / "samples.manifest.json").is_file()
        assert (run / "metrics.manifest.json").is_file()


def test_published_files_are_small():
    assert sum(path.stat().st_size for path in PUBLISHED.rglob("*") if path.is_file()) <= LIMIT_BYTES


def test_with_block_replaces_what_is_between_the_markers():
    text = f"a\n{BEGIN}\nold\n{END}\nb\n"
    assert with_block(text, "new\n") == f"a\n{BEGIN}\nnew\n{END}\nb\n"
    assert with_block(with_block(text, "new\n"), "new\n") == with_block(text, "new\n")
    with pytest.raises(UserError, match="markers"):
        with_block("no markers", "new")
