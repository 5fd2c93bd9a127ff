"""The plan's parameters are those of params.yaml; runs that depart from it are named."""

import pandas as pd
from helpers import ROOT

from gan.keeping import replay
from pipeline.config.params import load
from pipeline.files.formats import read_csv, read_json
from pipeline.files.yaml_core import parse_yaml
from pipeline.reporting.plan import deviations, plan_passages, planned

PAGE, PUBLISHED = ROOT / "docs/runs.md", ROOT / "results/published"
PARAMS = load(ROOT / "params.yaml", "paper")


def test_the_plan_is_what_params_yaml_says():
    """A change of what the plan governs needs a dated amendment: change both in one commit."""
    block = PAGE.read_text(encoding="utf-8").partition("```yaml\n")[2].partition("```")[0]
    assert parse_yaml(block, PAGE) == planned(PARAMS)


def test_deviations_are_named_by_key():
    plan = planned(PARAMS)
    recipe = plan["training"]["recipe"] | {"learning_rate": 0.2}
    assert deviations(plan, {"settings": plan["training"]}) == []
    found = deviations(plan, {"settings": plan["training"] | {"recipe": recipe, "epochs": 7}})
    assert found == ["recipe.learning_rate: 0.1 -> 0.2", "epochs: 2000 -> 7"]


def test_the_page_names_the_deviations_of_the_published_runs():
    passage = plan_passages(PUBLISHED, PARAMS)["deviations"]
    assert f"<!-- deviations:begin -->\n{passage}\n<!-- deviations:end -->" in PAGE.read_text(encoding="utf-8")
    manifest = read_json(PUBLISHED / "runs/paper/mnist/seed0/manifest.json")
    assert all(line in passage for line in deviations(planned(PARAMS), manifest))
    assert "epochs: 2000 -> 1000" in passage


def test_a_published_folder_without_runs_of_the_plan_says_so(tmp_path):
    assert plan_passages(tmp_path, PARAMS)["deviations"] == "No run of scale `paper` is published."


def series(frame: pd.DataFrame, column: str) -> dict[int, pd.Series]:
    """The greatest value of each epoch, by seed, of the published runs of the plan."""
    mine = frame[frame.scale == "paper"].dropna(subset=[column])
    return {int(seed): rows.groupby("epoch")[column].max() for seed, rows in mine.groupby("seed")}


def test_the_published_generators_are_those_that_the_plans_rule_keeps():
    rule = PARAMS.experiment("mnist")
    measured = series(read_csv(PUBLISHED / "validation.csv"), "log_likelihood")
    kept = {seed: replay(rows.index, rows, rule.patience_epochs) for seed, rows in measured.items()}
    assert {last for _, last in kept.values()} == {1000}, "the rule stops none"
    best = read_csv(PUBLISHED / "metrics.csv").query("generator == 'best' and scale == 'paper'")
    assert best.groupby("seed").epoch.unique().map(list).to_dict() == {
        seed: [epoch] for seed, (epoch, _) in kept.items()
    }


def test_the_page_says_what_the_former_rule_would_have_done():
    former = series(read_csv(PUBLISHED / "curves.csv"), "validation_log_likelihood")
    present = series(read_csv(PUBLISHED / "validation.csv"), "log_likelihood")
    found = {seed: replay(rows.index, rows, 100) for seed, rows in former.items()}
    stops = sorted(last for _, last in found.values() if last < 1000)
    assert f"early, at epochs {stops[0]}, {stops[1]} and {stops[2]}," in PAGE.read_text(encoding="utf-8")
    losses = [present[seed].max() - present[seed][kept] for seed, (kept, _) in found.items()]
    worse = sorted(round(loss) for loss in losses if loss > 1.5)
    assert (len(worse), worse[0], worse[-1]) == (4, 5, 22)
    assert "in four of them kept a generator 5 to 22 nats worse" in PAGE.read_text(encoding="utf-8")


def test_the_published_numbers_are_those_that_the_script_of_the_runs_wrote():
    """No manifest names these files, so that their numbers are held against the published ones."""
    folder, of_runs = PUBLISHED / "runs/paper/mnist", "model == 'adversarial-nets' and metric == 'test_log_likelihood'"
    written = read_csv(folder / "test.csv").replace({"generator": {"kept": "best", "at": "last"}})
    rows = read_csv(PUBLISHED / "metrics.csv").query(f"{of_runs} and scale == 'paper' and experiment == 'mnist'")
    keys = ["seed", "generator", "epoch", "grid"]
    both = rows.merge(written, on=keys, validate="one_to_one")
    assert len(both) == len(rows) == len(written)
    assert (both.value - both.test).abs().max() < 1e-9
    measured = read_csv(folder / "looks.csv").merge(read_csv(PUBLISHED / "validation.csv"), on=["seed", "epoch"])
    assert len(measured) == 500
    assert (measured.validation_10000 - measured.log_likelihood).abs().max() < 1e-9
