"""DVC around Snakemake: every way known to us of recording a wrong result is recomputed or refused."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from helpers import edit, jobs, run_in

from pipeline.files.formats import read_json

LEARNING_RATE = ("learning_rate: 0.1\n", "learning_rate: 0.2\n")


def dvc(folder: Path, *arguments: str, fails: bool = False) -> str:
    """Run DVC and return what it printed."""
    done = run_in(folder, "-m", "dvc", *arguments)
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done.stdout + done.stderr


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=test", "-c", "user.email=test@localhost")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def learning_rate_of(folder: Path) -> float:
    """The rate that the first run on disk was trained with."""
    return read_json(folder / "runs/smoke/mnist/seed0/manifest.json")["settings"]["recipe"]["learning_rate"]


@pytest.fixture(scope="module")
def committed(finished, tmp_path_factory) -> Path:
    """The finished project as a git repository after `dvc repro`, everything committed."""
    folder = tmp_path_factory.mktemp("dvc") / "project"
    shutil.copytree(finished, folder)
    git(folder, "init", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--message=project")
    printed = dvc(folder, "repro")
    assert "train" not in jobs(printed), "dvc repro after a finished Snakemake run trains nothing"
    git(folder, "add", "dvc.lock")
    git(folder, "commit", "--message=results")
    return folder


@pytest.fixture
def versioned(committed, tmp_path) -> Path:
    """A copy of it to work in."""
    return Path(shutil.copytree(committed, tmp_path / "project"))


def clone_with_results(project: Path, place: Path) -> Path:
    dvc(project, "push")
    git(place.parent, "clone", str(project), str(place))
    dvc(place, "remote", "add", "--local", "--default", "origin", str(project.parent / "gan-dvc-remote"))
    dvc(place, "pull")
    return place


def test_snakemake_after_repro_does_nothing_and_the_tree_is_clean(versioned):
    done = run_in(versioned, "-m", "snakemake", "--cores", "2")
    assert "Nothing to be done" in done.stdout + done.stderr
    status = subprocess.run(["git", "status", "--porcelain"], cwd=versioned, capture_output=True, text=True, check=True)
    assert status.stdout == ""
    assert "mnist.authors.nats" in dvc(versioned, "metrics", "show")
    dvc(versioned, "plots", "show")
    assert list((versioned / "dvc_plots").rglob("*.png"))


@pytest.mark.long
def test_an_experiment_with_another_learning_rate_trains_and_leaves_the_workspace_alone(versioned):
    before = (versioned / "results/smoke/metrics.csv").read_bytes()
    printed = dvc(versioned, "exp", "run", "--temp", "-S", "catalogue.mnist.recipe.learning_rate=0.2", "--name", "fast")
    assert jobs(printed)["train"] == 2
    assert (versioned / "results/smoke/metrics.csv").read_bytes() == before
    rows = json.loads(dvc(versioned, "metrics", "diff", "HEAD", "fast", "--json"))
    changed = rows["results/smoke/metrics.json"]["mnist.authors.nats"]
    assert changed["old"] != changed["new"]


def test_a_pulled_clone_elsewhere_has_nothing_to_do_and_notices_a_change(versioned, tmp_path):
    clone = clone_with_results(versioned, tmp_path / "clone")
    done = run_in(clone, "-m", "snakemake", "--cores", "2")
    assert "Nothing to be done" in done.stdout + done.stderr
    seeds = run_in(clone, "-m", "snakemake", "--cores", "2", "-n", "--quiet", "rules", "--config", "seeds=[0,1,2]")
    assert jobs(seeds.stdout + seeds.stderr)["train"] == 1
    edit(clone / "params.yaml", "n_validation: 1000 ", "n_validation: 999 ")
    again = run_in(clone, "-m", "snakemake", "--cores", "2", "-n", "--quiet", "rules")
    found = jobs(again.stdout + again.stderr)
    assert found["evaluate"] == 2
    assert "train" not in found


def test_touch_and_commit_cannot_pass_old_runs_off_as_new(versioned):
    """`snakemake --touch` makes Snakemake believe, `dvc commit -f` DVC; the manifests believe neither."""
    edit(versioned / "params.yaml", *LEARNING_RATE)
    assert run_in(versioned, "-m", "snakemake", "--cores", "2", "--touch").returncode == 0
    dvc(versioned, "commit", "--force")
    printed = dvc(versioned, "repro", fails=True)
    assert "recipe.learning_rate: 0.1 -> 0.2" in printed
    assert learning_rate_of(versioned) == 0.1


@pytest.mark.long
def test_commit_alone_cannot_either(versioned):
    edit(versioned / "params.yaml", *LEARNING_RATE)
    dvc(versioned, "commit", "--force")
    assert jobs(dvc(versioned, "repro"))["train"] == 2
    assert learning_rate_of(versioned) == 0.2


@pytest.mark.long
def test_push_and_pull_through_s3(versioned, tmp_path, monkeypatch):
    """Against a store on loopback."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    try:
        for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(key, "testing")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        host, port = server.get_host_and_port()
        import boto3

        boto3.client("s3", endpoint_url=f"http://{host}:{port}").create_bucket(Bucket="bucket")
        git(tmp_path, "clone", str(versioned), "clone")
        for folder in (versioned, tmp_path / "clone"):
            dvc(folder, "remote", "add", "--local", "--default", "s3", "s3://bucket/folder")
            dvc(folder, "remote", "modify", "--local", "s3", "endpointurl", f"http://{host}:{port}")
        dvc(versioned, "push")
        dvc(tmp_path / "clone", "pull")
    finally:
        server.stop()
    names = ("metrics.csv", "table1.csv", "report.html")
    for name in names:
        pulled = tmp_path / "clone/results/smoke" / name
        assert pulled.read_bytes() == (versioned / "results/smoke" / name).read_bytes()
