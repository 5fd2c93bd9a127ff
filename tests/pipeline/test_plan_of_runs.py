"""The plan's parameters are those of params.yaml; runs that depart from it are named."""

from helpers import ROOT

from pipeline.io import read_json
from pipeline.params import load
from pipeline.plan_of_runs import deviations, plan_blocks, planned, read_plan

PAGE, PUBLISHED = ROOT / "docs/runs.md", ROOT / "results/published"
PARAMS = load(ROOT / "params.yaml", "paper")


def test_the_plan_is_what_params_yaml_says():
    """A change of what the plan governs needs a dated amendment: change both in one commit."""
    assert read_plan(PAGE) == planned(PARAMS)


def test_deviations_are_named_by_key():
    plan = planned(PARAMS)
    recipe = plan["training"]["recipe"] | {"learning_rate": 0.2}
    assert deviations(plan, {"settings": plan["training"]}) == []
    found = deviations(plan, {"settings": plan["training"] | {"recipe": recipe, "epochs": 7}})
    assert found == ["recipe.learning_rate: 0.1 -> 0.2", "epochs: 2000 -> 7"]


def test_the_page_names_the_deviations_of_the_published_runs():
    block = plan_blocks(PUBLISHED, PARAMS)["deviations"]
    assert f"<!-- deviations:begin -->\n{block}\n<!-- deviations:end -->" in PAGE.read_text(encoding="utf-8")
    manifest = read_json(PUBLISHED / "runs/paper/mnist/seed0/manifest.json")
    assert all(line in block for line in deviations(planned(PARAMS), manifest))
    assert "epochs: 2000 -> 1000" in block


def test_a_published_folder_without_runs_of_the_plan_says_so(tmp_path):
    assert plan_blocks(tmp_path, PARAMS)["deviations"] == "No run of scale `paper` is published."
