"""A wrong parameter is one line and exit code 2 from every stage, and the same line from Snakemake and DVC."""

import shutil
import subprocess
import sys
from importlib import import_module

import pytest
from helpers import ROOT, copy_project, edit, planned, run_in

STAGES = {
    "download": "--dataset mnist --output x",
    "prepare": "--dataset mnist --output x.npz",
    "train": "--experiment mnist --seeds 0 --data x.npz --output x --work x",
    "sample": "--experiment mnist --run x --data x.npz",
    "evaluate": "--experiment mnist --run x --data x.npz",
    "audit": "--experiment mnist --data x.npz --output x",
    "growth": "--experiment mnist --run x --data x.npz --output x",
    "oracle": "--output x.csv",
    "table": "--runs x --output x",
    "figures": "--results x --toy x --oracle x --sheets x --audits x --output x",
    "report": "--results x --runs x --data x --output x",
    "check": "",
    "verify": "",
    "publish": "",
}
WRONG = ("learning_rate: 0.1\n", "learning_rate: -0.1\n")
LINE = "params: catalogue: mnist: recipe: learning_rate: -0.1 is less than or equal to the minimum of 0"


@pytest.fixture(scope="module")
def wrong(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wrong")
    shutil.copy(ROOT / "params.yaml", folder / "params.yaml")
    edit(folder / "params.yaml", *WRONG)
    return folder


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_names_a_wrong_parameter_before_any_work(wrong, stage, monkeypatch, capsys, tally):
    params = ("--params", str(wrong / "params.yaml"))
    monkeypatch.setattr(sys, "argv", [stage, *params, *STAGES[stage].split()])
    with pytest.raises(SystemExit, match="2"):
        import_module(f"pipeline.{stage}").main()
    assert capsys.readouterr().err == f"{stage}: error: {LINE}\n"
    tally("a wrong parameter")


def test_snakemake_and_dvc_show_the_line(project, tally):
    edit(project / "params.yaml", *WRONG)
    for runner in (("snakemake", "--cores", "2"), ("dvc", "repro")):
        if runner[0] == "dvc":
            subprocess.run(["git", "init", "--quiet"], cwd=project, check=True)
        done = run_in(project, "-m", *runner)
        assert done.returncode != 0
        assert LINE in done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        tally("a wrong parameter")


def test_snakemake_reads_params_as_the_stages_do(tmp_path):
    """Numbers as DVC writes them; a key that appears twice is the stages' line."""
    folder = copy_project(tmp_path)
    edit(folder / "params.yaml", WRONG[0], "learning_rate: 1e-05\n")
    assert planned(folder, "--config", "scale=smoke", "experiments=[mnist]", "seeds=[0,7]")["train"] == 2
    edit(folder / "params.yaml", "learning_rate: 1e-05\n", "learning_rate: 1e-05\n      learning_rate: 0.05\n")
    done = run_in(folder, "-m", "snakemake", "-n", "--config", "scale=smoke")
    assert done.returncode != 0
    line = (folder / "params.yaml").read_text().splitlines().index("      learning_rate: 1e-05") + 1
    where = f"key 'learning_rate' appears on lines {line} and {line + 1}"
    assert f"params.yaml: not valid YAML: {where}" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
