"""The claims at scale smoke: one run of the whole target with few experiments, and what it leaves."""

import re
import shutil
from html import escape

import pytest
from helpers import ROOT, copy_project, edit, only_mnist, run_in

from pipeline.claims.sections import MORE, SECTIONS
from pipeline.io import read_csv
from pipeline.params import load

FEW = {"code": "mnist-k1", "switches": "[mnist-saturating]", "steps": "[mnist-k1, mnist-fifth]"}


@pytest.fixture(scope="module")
def claimed(tmp_path_factory):
    """A copy of the project after `snakemake claims`, with as few experiments as it takes."""
    folder = copy_project(tmp_path_factory.mktemp("claims"))
    only_mnist(folder)
    text = (folder / "params.yaml").read_text()
    for key, names in FEW.items():
        text, found = re.subn(rf"(?m)^  {key}: (\[[^]]*\]|mnist-\w+)", f"  {key}: {names}", text)
        assert found == 1
    (folder / "params.yaml").write_text(text)
    edit(folder / "params.yaml", "seeds_per_job: {cpu: 1,", "seeds_per_job: {cpu: 2,")
    done = run_in(folder, "-m", "snakemake", "--cores", "2", "claims")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_claim_has_number_interval_n_and_reading(claimed):
    claims = read_csv(claimed / "results/smoke/claims/claims.csv")
    assert list(dict.fromkeys(claims.claim)) == list(SECTIONS)
    assert claims[["value", "low", "high", "n", "reading"]].notna().all().all()
    assert (claims.low <= claims.value).all()
    assert (claims.value <= claims.high).all()
    trained = claims[claims.measured.str.contains("log-likelihood")]
    assert trained.reading.str.startswith("too short to tell: 2 of 5 seeds, 2 of 50 epochs").all()


def test_the_page_shows_every_section_and_figure(claimed):
    folder = claimed / "results/smoke/claims"
    page = (folder / "claims.html").read_text()
    assert page.count("<img") == len(SECTIONS) + len(MORE)
    assert all(escape(section.title) in page for section in SECTIONS.values())
    assert "made-up images" in page
    assert {path.stem for path in (folder / "figures").glob("*.svg")} == {
        *(section.figure for section in SECTIONS.values()),
        *MORE,
    }


def test_runs_of_one_seed_start_alike_and_part_where_they_differ(claimed):
    curves = (
        read_csv(claimed / "results/smoke/claims/curves.csv").set_index(["experiment", "seed", "epoch"]).sort_index()
    )
    code, saturating = (curves.loc[(name, 0)].validation_log_likelihood for name in ("mnist-k1", "mnist-saturating"))
    assert not code.equals(saturating)
    switching = curves.loc[("mnist-switching", 0)]["D(x)"]
    assert switching[1] == curves.loc[("mnist-saturating", 0)]["D(x)"][1], "the first epoch is the same game"
    assert switching[2] != curves.loc[("mnist-saturating", 0)]["D(x)"][2]


def test_verify_notices_a_changed_reading_and_publish_refuses_made_up_images(claimed, tmp_path):
    folder = tmp_path / "claimed"
    shutil.copytree(claimed, folder, copy_function=shutil.copyfile)
    refused = run_in(folder, "-m", "pipeline.publish_claims", "--scale", "smoke")
    assert "scale smoke has made-up images" in refused.stderr
    check = (
        "-c",
        "from pathlib import Path; from pipeline.params import load; from pipeline.verify import *; "
        "print(verify_claims(load(Path('params.yaml')), Path('runs'), Path('results')))",
    )
    done = run_in(folder, *check)
    assert done.stdout.strip() == "8", done.stderr
    path = folder / "results/smoke/claims/claims.csv"
    path.write_text(path.read_text().replace("too short to tell", "holds", 1))
    assert "does not follow from the runs" in run_in(folder, *check).stderr


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  code: mnist-code ", "  code: mnist ", "claims: mnist is an experiment of the scale"),
        ("  saturating: mnist-saturating\n", "  saturating: tfd\n", "claims: tfd has a first stage"),
        ("  switching: mnist-switching\n", "  switching: nobody\n", "claims: 'nobody' is unknown"),
        ("claims: {toys: 5, seeds: 2", "claims: {toys: 5, seeds: 1", "1 is less than the minimum of 2"),
    ],
)
def test_wrong_claims_are_one_line(tmp_path, old, new, message):
    shutil.copy(ROOT / "params.yaml", tmp_path)
    edit(tmp_path / "params.yaml", old, new)
    with pytest.raises(Exception, match=message):
        load(tmp_path / "params.yaml", "quick")
