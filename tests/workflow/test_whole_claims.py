"""The claims at scale smoke: one run of the whole target with few experiments, and what it leaves."""

import re
import shutil

import pytest
from helpers import ROOT, call, copy_project, edit, jobs, only_mnist, run_in
from markupsafe import escape

from pipeline import publish
from pipeline.claims import advantages, classify, measure, memorised, modes, saturation, theory
from pipeline.claims.files import COPIES, FIGURES, OF_RUNS, OF_TOYS, SEEN, UNSEEN, G
from pipeline.claims.gather import gather_claims
from pipeline.claims.sections import SECTIONS
from pipeline.config.params import load
from pipeline.files.errors import UserError
from pipeline.files.formats import read_csv, read_json, write_json
from pipeline.verify import verify_claims

pytestmark = pytest.mark.usefixtures("one_thread")
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
    edit(folder / "params.yaml", "seeds_per_job: 1 ", "seeds_per_job: 2 ")
    done = run_in(folder, "-m", "snakemake", "--cores", "2", "claims")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.mark.long
def test_every_claim_has_number_interval_n_and_reading(claimed):
    claims = read_csv(claimed / "results/smoke/claims/claims.csv")
    assert list(dict.fromkeys(claims.claim)) == list(SECTIONS)
    known = claims[claims.n > 0]  # D of so small a game is never sure of itself
    assert len(known) >= len(claims) - 1
    assert known[["value", "low", "high", "reading"]].notna().all().all()
    assert ((known.low <= known.value) & (known.value <= known.high)).all()
    trained = claims[claims.measured.str.contains("log-likelihood")]
    assert trained.reading.str.startswith("too short to tell: 2 of 5 seeds, 2 of 50 epochs").all()


@pytest.mark.long
def test_the_page_shows_every_section_and_figure(claimed):
    folder = claimed / "results/smoke/claims"
    page = (folder / "claims.html").read_text()
    assert page.count("<img") == len(FIGURES)
    assert all(str(escape(section.title)) in page for section in SECTIONS.values())
    assert "synthetic images" in page
    assert {path.stem for path in (folder / "figures").glob("*.svg")} == set(FIGURES)


@pytest.mark.long
def test_runs_of_one_seed_start_alike_and_part_where_they_differ(claimed):
    curves = (
        read_csv(claimed / "results/smoke/claims/curves.csv").set_index(["experiment", "seed", "epoch"]).sort_index()
    )
    code, saturating = (curves.loc[(name, 0)].validation_log_likelihood for name in ("mnist-k1", "mnist-saturating"))
    assert not code.equals(saturating)
    switching = curves.loc[("mnist-switching", 0)]["D(x)"]
    assert switching[1] == curves.loc[("mnist-saturating", 0)]["D(x)"][1], "the first epoch is the same game"
    assert switching[2] != curves.loc[("mnist-saturating", 0)]["D(x)"][2]


@pytest.mark.long
def test_verify_notices_a_changed_reading_and_publish_refuses_made_up_images(claimed, tmp_path, monkeypatch):
    folder = tmp_path / "claimed"
    shutil.copytree(claimed, folder, copy_function=shutil.copyfile)
    monkeypatch.chdir(folder)
    assert "scale smoke has made-up images" in call(publish, "--claims", "--scale", "smoke").stderr
    params, places = load(folder / "params.yaml"), (folder / "runs", folder / "results")
    assert verify_claims(params, *places) == 2 * len(params.claims.experiments)
    path = folder / "results/smoke/claims/claims.csv"
    path.write_text(path.read_text().replace("too short to tell", "holds", 1))
    with pytest.raises(UserError, match="does not follow from the runs"):
        verify_claims(params, *places)


def test_the_claims_need_every_measure_once(project):
    done = run_in(project, "-m", "snakemake", "-n", "--cores", "2", "claims", "--quiet", "host", "reason", "rules")
    counts = jobs(done.stdout + done.stderr)
    runs = 2 * len(load(project / "params.yaml").claims.experiments)
    assert (counts["measure"], counts["read_claims"], counts["train"]) == (runs, 1, runs), "mnist itself is finished"


def test_measures_of_a_run_and_of_the_yardsticks(project, monkeypatch):
    monkeypatch.chdir(project)
    folder = project / "results/smoke/claims"
    data = ("--data", "data/prepared/synthetic-mnist.npz", "--threads", "1")
    about = ("--scale", "smoke", "--experiment", "mnist", *data)
    labels = ("--labels", "data/prepared/synthetic-mnist.labels.npz")
    of_run = ("--run", "runs/smoke/mnist/seed0", "--classifier", folder / "classifier.safetensors")
    assert call(classify, *about, *labels, "--output", folder).returncode == 0
    assert call(measure, *about, *of_run).returncode == 0
    assert call(saturation, *about, "--seeds", "0", "--output", folder / "saturation.csv").returncode == 0
    both = ("--run", "runs/smoke/mnist/seed0", "runs/smoke/mnist/seed1", "--output", folder / "memorised.csv")
    assert call(memorised, *about, *both).returncode == 0
    near = read_csv(folder / "memorised.csv").set_index(["of", "seed"])
    assert list(near.index) == [(of, 0) for of in (UNSEEN, SEEN, COPIES, G)] + [(G, 1)]
    assert near.nearer[COPIES, 0] > 0.6
    assert all(abs(near.nearer[of, 0] - 0.5) < 0.1 for of in (UNSEEN, SEEN))
    measures = read_csv(project / "runs/smoke/mnist/seed0/measures.csv").set_index("metric").value
    metrics = read_csv(project / "runs/smoke/mnist/seed0/metrics.csv").query(
        "generator == 'best' and grid == 'authors'"
    )
    score = metrics.set_index("metric").value["test_log_likelihood"]
    assert measures["test_log_likelihood"] == pytest.approx(score, abs=1e-6), "the samples are those of the table"
    assert sum(measures[f"share_of_class_{digit}"] for digit in range(10)) == pytest.approx(1)
    known = read_csv(folder / "yardsticks.csv").set_index(["of", "metric"]).value
    for metric in ("class_entropy", "distinct_neighbours"):
        assert known["collapse on purpose", metric] < 0.5 * known["validation images", metric]
    assert read_csv(folder / "classifier.csv").accuracy.item() > 0.8
    assert read_csv(folder / "saturation.csv").step.tolist() == [0, 5]
    runs, params = [project / "runs/smoke/mnist/seed0"], load(project / "params.yaml", "smoke")
    gathered = gather_claims(runs, params, folder)
    assert all(len(gathered[f"{name}.csv"]) > 0 for name in OF_RUNS)
    content = read_json(folder / "classifier.manifest.json")
    content["outputs"]["classifier.safetensors"] = "another"
    write_json(folder / "classifier.manifest.json", content)
    with pytest.raises(UserError, match="used another classifier"):
        gather_claims(runs, params, folder)


@pytest.mark.parametrize("stage", [theory, modes, advantages])
def test_the_toys_leave_their_tables(tmp_path, monkeypatch, stage):
    options = ("--params", ROOT / "params.yaml", "--scale", "smoke", "--output", tmp_path)
    assert call(stage, *options).returncode == 0
    (manifest,) = tmp_path.glob("*.manifest.json")
    outputs = read_json(manifest)["outputs"]
    assert {name.removesuffix(".csv") for name in outputs} <= set(OF_TOYS)
    assert all(len(read_csv(tmp_path / name)) > 5 for name in outputs)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  code: mnist-code ", "  code: mnist ", "claims: mnist is an experiment of the scale"),
        ("  main: mnist ", "  main: mnist-code ", "claims: main: 'mnist-code' is unknown"),
        ("switching: mnist-switching\n", "switching: tfd\n", "claims: tfd has a first stage"),
        ("  switching: mnist-switching\n", "  switching: nobody\n", "claims: 'nobody' is unknown"),
        ("claims: {toys: 5, seeds: 2", "claims: {toys: 5, seeds: 1", "1 is less than the minimum of 2"),
    ],
)
def test_wrong_claims_are_one_line(tmp_path, old, new, message):
    shutil.copy(ROOT / "params.yaml", tmp_path)
    edit(tmp_path / "params.yaml", old, new)
    with pytest.raises(Exception, match=message):
        load(tmp_path / "params.yaml", "quick")
