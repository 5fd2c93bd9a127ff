"""What is committed under results/published/ agrees with itself and with README.md."""

import re
import shutil
from pathlib import Path

import pytest
from helpers import ROOT, edit

from pipeline import publish
from pipeline.claims.tables import page_passages
from pipeline.config.params import load
from pipeline.files.errors import UserError
from pipeline.files.formats import read_csv, read_json, sha256, write_json
from pipeline.record.runs import GATHERED, OUR_MODEL, SUMMARY, audits
from pipeline.reporting.evidence import answers, passages, read_evidence
from pipeline.reporting.gather import tidy
from pipeline.reporting.page import with_passages
from pipeline.reporting.readme import COMPARED, readme_passages
from pipeline.reporting.tables import render

PUBLISHED = ROOT / "results/published"
README, EVIDENCE, REVIEWERS = ROOT / "README.md", ROOT / "docs/evidence.md", ROOT / "docs/reviewers.md"
CLAIMS, CLAIMS_PAGE = PUBLISHED / "claims", ROOT / "docs/claims.md"
ENTRY = read_json(PUBLISHED / "published.json")
CLAIMS_SCALE = read_json(CLAIMS / "published.json")["scale"]
PARAMS = load(ROOT / "params.yaml", ENTRY["scale"], experiments=ENTRY["experiments"], seeds=ENTRY["seeds"])


def rendered(change: float = 0.0) -> dict[str, str]:
    """The tables made again from the published CSV files, with every log-likelihood changed."""
    frames = {name: tidy(read_csv(PUBLISHED / name)) for name in GATHERED}
    frames["metrics.csv"].loc[frames["metrics.csv"].metric == "test_log_likelihood", "value"] += change
    return render(frames, PARAMS)


@pytest.fixture
def clone(tmp_path, monkeypatch) -> Path:
    """Params, pages and what is published, in a folder of their own."""
    for name in ("README.md", "docs", "results/published", "benchmarks/results"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def claims(clone, monkeypatch) -> Path:
    """The published claims where `snakemake claims` leaves them, verified as they are; their published folder."""
    shutil.copytree(CLAIMS, clone / "results" / CLAIMS_SCALE / "claims")
    shutil.copytree(CLAIMS / "runs", clone / "runs" / CLAIMS_SCALE)
    _, *rest = publish.PARTS["claims"]
    monkeypatch.setitem(publish.PARTS, "claims", (lambda *_, **__: 0, *rest))
    return clone / "results/published/claims"


def call(monkeypatch, *options: str) -> None:
    monkeypatch.setattr("sys.argv", ["publish", *options])
    publish.main()


def contents(folder: Path) -> dict[str, bytes]:
    """All files by name; the empty folders with nothing."""
    return {str(path.relative_to(folder)): path.is_file() and path.read_bytes() for path in folder.rglob("*")}


def test_publishing_claims_replaces_all_of_them_and_nothing_else(clone, claims, monkeypatch):
    before = contents(clone)
    (claims / "claims.csv").write_text("of another run")
    (claims / "stray.csv").write_text("stray")
    (claims / "runs/mnist-code/seed7").mkdir()
    (claims / "runs/mnist-code/seed7/manifest.json").write_text('{"commit": "another"}')
    edit(clone / "README.md", "results of the paper", "results of another paper")
    (clone / "results/published/scorecard.csv").write_text("of another run")
    call(monkeypatch, "--claims", "--scale", CLAIMS_SCALE)
    assert contents(clone) == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--scale", "smoke"), "scale smoke has synthetic images; --force publishes them nevertheless"),
        (("--scale", "quick"), f"claims contains scale {CLAIMS_SCALE}; --force replaces it by scale quick"),
        (("--scale", CLAIMS_SCALE, "--seeds", "0"), "leave out --experiments and --seeds"),
        (("--scale", CLAIMS_SCALE), "/claims/path.csv: not found"),
    ],
)
def test_what_is_refused_leaves_all_as_it_was(clone, claims, monkeypatch, capsys, options, message):
    made = clone / "results" / CLAIMS_SCALE / "claims"
    (made / "path.csv").unlink()
    (made / "claims.csv").write_text("new")
    before = contents(clone)
    with pytest.raises(SystemExit):
        call(monkeypatch, "--claims", *options)
    assert message in capsys.readouterr().err
    assert contents(clone) == before


def test_too_much_is_refused(clone, claims, monkeypatch, capsys):
    (clone / "results" / CLAIMS_SCALE / "claims/path.csv").write_bytes(bytes(publish.LIMIT_BYTES))
    with pytest.raises(SystemExit):
        call(monkeypatch, "--claims", "--scale", CLAIMS_SCALE)
    assert "MB to publish, limit 10 MB: publish fewer runs" in capsys.readouterr().err


@pytest.fixture
def regenerated(clone) -> Path:
    """What `snakemake published` leaves, with the bytes of what is published; the published folder."""
    published = clone / "results/published"
    for part, (stage, inputs, _) in publish.AGAIN.items():
        manifest = published / part / f"{stage}.manifest.json"
        known = {name: sha256(published / part / name) for name in inputs}
        write_json(manifest, read_json(manifest) | {"inputs": known})
    shutil.copytree(published, clone / "results/regenerated", ignore=shutil.ignore_patterns("runs"))
    return published


def test_what_was_made_again_is_put_beside_the_rest_and_on_all_pages(clone, regenerated, monkeypatch):
    published, before = regenerated, contents(clone)
    (published / "table1.tex").write_text("of another style")
    (published / "scorecard.csv").write_text("of other rules")
    (published / "claims/claims.csv").write_text("of other words")
    for folder in (published, published / "claims"):
        (folder / "figures/samples-stray.svg").write_text("stray")
    edit(clone / "docs/reviewers.md", "The paper's claims as experiments", "Other claims")
    edit(clone / "docs/reviewers.md", "<!-- verdict:begin -->", "<!-- verdict:begin -->\n- Of other runs.")
    edit(clone / "docs/claims.md", "seeds of each toy", "seeds of no toy")
    call(monkeypatch, "--regenerated")
    assert contents(clone) == before


@pytest.mark.parametrize("name", ["metrics.csv", "claims/measures.csv"])
def test_what_was_made_from_other_published_files_is_refused(clone, regenerated, monkeypatch, capsys, name):
    (regenerated / name).write_text("of other runs")
    before = contents(clone)
    with pytest.raises(SystemExit):
        call(monkeypatch, "--regenerated")
    assert "not made from the present published files" in capsys.readouterr().err
    assert contents(clone) == before


def test_readme_shows_the_published_table():
    readme = README.read_text()
    found = readme_passages(PUBLISHED, "results/published", PARAMS, ENTRY, ROOT / COMPARED)
    assert readme == with_passages(readme, found, README)
    assert set(re.findall(r"<!-- (\w+):begin -->", readme)) == {*found, "scorecard"}
    assert len(readme.splitlines()) <= 140


def test_evidence_says_what_the_published_files_say():
    page = EVIDENCE.read_text()
    assert page == with_passages(page, passages(read_evidence(PUBLISHED), PARAMS), EVIDENCE)


def test_reviewers_are_answered_from_the_published_files():
    page, line = REVIEWERS.read_text(), publish.claims_line(CLAIMS)
    found = answers(read_evidence(PUBLISHED), PARAMS) | {"claims": line}
    assert page == with_passages(page, found, REVIEWERS)
    assert set(re.findall(r"<!-- (\w+):begin -->", page)) == set(found)
    assert len(page.splitlines()) <= 150
    assert [int(number) for number in re.findall(r"^## (\d+)", page, re.MULTILINE)] == list(range(1, 11))


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
    params = publish.published_params(CLAIMS, ROOT / "params.yaml")
    text = CLAIMS_PAGE.read_text()
    assert text == with_passages(text, page_passages(CLAIMS, params), CLAIMS_PAGE)
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
    assert {*GATHERED, SUMMARY, "table1.csv", "table1.md", "table1.tex"} <= outputs.keys()
    for name, digest in outputs.items():
        assert sha256(PUBLISHED / name) == digest, name


def test_published_runs_come_from_commits():
    for folder in (PUBLISHED, CLAIMS):
        commits = read_json(folder / "published.json")["commits"]
        assert commits == publish.commits(folder)
        assert commits
        assert all(len(commit) == 40 for commit in commits), "a run of a changed checkout cannot be made again"


def test_a_tampered_metric_changes_the_table():
    assert rendered(1.0)["table1.md"] != (PUBLISHED / "table1.md").read_text()


def test_every_published_run_has_its_manifests():
    metrics = read_csv(PUBLISHED / "metrics.csv")
    ours = metrics[metrics.model == OUR_MODEL]
    for place in ours[["scale", "experiment", "seed"]].drop_duplicates().itertuples():
        run = PUBLISHED / f"runs/{place.scale}/{place.experiment}/seed{place.seed}"
        manifest = read_json(run / "manifest.json")
        assert manifest["seed"] == place.seed
        assert manifest["wall_seconds"] > 0
        assert (run / "samples.manifest.json").is_file()
        if place.scale == "cpu":  # the others were scored elsewhere: docs/runs.md
            assert (run / "metrics.manifest.json").is_file()
            assert all(path.is_file() for path in audits(run))


def test_published_files_are_small():
    assert sum(path.stat().st_size for path in PUBLISHED.rglob("*") if path.is_file()) <= publish.LIMIT_BYTES


def test_with_blocks_replaces_what_is_between_the_markers():
    text = "a\n<!-- one:begin -->\nold\n<!-- one:end -->\nb\n"
    once = with_passages(text, {"one": "new\n"}, README)
    assert once == "a\n<!-- one:begin -->\nnew\n<!-- one:end -->\nb\n"
    assert with_passages(once, {"one": "new"}, README) == once
    with pytest.raises(UserError, match="markers <!-- two:begin -->"):
        with_passages(text, {"two": "new"}, README)
