"""The jobs of .github/workflows: which may write, and what the comparison with the record does and reports."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from helpers import ROOT

from pipeline.files.yaml_core import parse_yaml

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
LATE = "check: error: mnist: every seed began late (D(G(z)) below 0.1 at half of the epochs): no score is checked"
OFF = "check: error: mnist, test_log_likelihood of mean-image, fine grid, seed 0: -30, expected -55 +- 0.05 (25 above)"


def workflow(path: Path) -> dict[str, Any]:
    return parse_yaml(path.read_text(encoding="utf-8"), path)


def jobs(name: str) -> dict[str, Any]:
    return workflow(ROOT / f".github/workflows/{name}.yml")["jobs"]


def scripts(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_no_job_that_runs_a_changes_code_may_write(path):
    content = workflow(path)
    assert content["permissions"] == {"contents": "read"}
    for job in content["jobs"].values():
        runs_code = any("checkout" in step.get("uses", "") for step in job["steps"])
        assert not (runs_code and "permissions" in job)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_script_is_bash(path):
    for job in workflow(path)["jobs"].values():
        for script in scripts(job):
            subprocess.run(["bash", "-n"], input=script, text=True, check=True, timeout=10)


def test_the_page_names_the_commands_of_the_cheap_job():
    *_, pipeline, check = scripts(jobs("metrics")["scorer"])
    page = (ROOT / "docs/contributing.md").read_text(encoding="utf-8")
    assert f"{pipeline}\n{check}\n" in page


def compared(folder: Path, seeds: str, outcomes: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the comparison's script with a `make` and a Python that print what is wrong with some seeds, or nothing."""
    cases = "".join(f'*"{name}") echo "{line}" >&2; exit {int(bool(line))} ;; ' for name, line in outcomes.items())
    (folder / "make").write_text(f'#!/bin/sh\necho "$*" >> log\ncase "$*" in {cases} esac\n', encoding="utf-8")
    python = folder / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$*" >> log\n', encoding="utf-8")
    for path in (folder / "make", python):
        path.chmod(0o755)
    (script,) = (one for one in scripts(jobs("metrics")["quick"]) if "check.md" in one)
    environment = {"PATH": f"{folder}:/usr/bin:/bin", "SEEDS": seeds, "GITHUB_STEP_SUMMARY": str(folder / "summary")}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]  # as GitHub runs `shell: bash`
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize(
    ("outcomes", "asked", "passes"),
    [
        ({"0,1": ""}, ["0,1"], True),
        ({"0,1": OFF}, ["0,1"], False),
        ({"0,1": LATE, "2,3": ""}, ["0,1", "2,3"], True),
        ({"0,1": LATE, "2,3": OFF}, ["0,1", "2,3"], False),
    ],
)
def test_seeds_that_all_begin_late_are_followed_by_others(outcomes, asked, passes, tmp_path):
    done = compared(tmp_path, "0,1", outcomes)
    assert (done.returncode == 0) is passes, done.stderr
    log = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    check = f"-m pipeline.check --scale quick --seeds {asked[-1].replace(',', ' ')}"
    assert log == [*(f"quick SEEDS={seeds}" for seeds in asked), check]
    comment = (tmp_path / "check.md").read_text(encoding="utf-8")
    assert comment.startswith(f"### Metrics of `make quick SEEDS={asked[-1]}` against")
    assert comment == (tmp_path / "summary").read_text(encoding="utf-8")


def test_make_quick_takes_other_seeds():
    command = ["make", "-n", "-o", "setup", "quick", "SEEDS=2,3"]
    planned = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30).stdout
    assert "--config scale=quick 'seeds=[2,3]'\n" in planned
    for name in ("verify", "check", "show"):
        assert f"python -m pipeline.{name} --scale quick --seeds 2 3\n" in planned
