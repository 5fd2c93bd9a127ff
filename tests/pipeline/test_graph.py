"""Which seeds train together, what makes a first stage, and that no machine decides it."""

import copy
import re
import shutil
from types import SimpleNamespace

import pytest
import torch
import yaml
from helpers import ROOT

from pipeline.files.errors import UserError
from pipeline.files.formats import write_json
from pipeline.record.runs import name_of, seeds_of
from pipeline.rules.compared import Compared
from pipeline.rules.graph import Graph

VALUES = yaml.safe_load((ROOT / "params.yaml").read_text())


@pytest.fixture(autouse=True)
def root(monkeypatch):
    monkeypatch.chdir(ROOT)


def graph(**config: object) -> Graph:
    return Graph(copy.deepcopy(VALUES) | config)


def wildcards(**values: str) -> SimpleNamespace:
    return SimpleNamespace(**values)


def test_seeds_train_in_fixed_ensembles():
    found = graph(experiments=["mnist"], seeds=[0, 1, 19, 20, 41], seeds_per_job=20)
    names = ["seeds0-1_19", "seed20", "seed41"]
    assert found.lists() == [f"runs/paper/mnist/{name}.json" for name in names]
    options = found.training_options(wildcards(experiment="mnist", seeds=names[0]))
    assert options.startswith("--seeds 0 1 19 --output runs/paper/mnist --work work/paper/mnist ")
    assert found.trained(wildcards(experiment="mnist", seed="19")) == "runs/paper/mnist/seeds0-1_19.json"


def test_by_default_each_seed_is_a_job():
    found = graph(experiments=["mnist"], seeds=[3, 1])
    assert found.lists() == ["runs/paper/mnist/seed3.json", "runs/paper/mnist/seed1.json"]


@pytest.mark.parametrize("seeds", [[3], [0, 1, 2], [0, 2, 5], [0, 1, 7]])
def test_seeds_are_found_again_in_the_name_of_their_list(seeds):
    assert seeds_of(name_of(seeds)) == seeds


def test_a_first_stage_is_trained_for_every_seed_of_the_second():
    found = graph(scale="smoke", experiments=["tfd"], seeds=[0, 5], seeds_per_job=20)
    second = wildcards(experiment="tfd", seeds="seeds0_5")
    assert found.lists() == ["runs/smoke/tfd-pretrain/seeds0_5.json", "runs/smoke/tfd/seeds0_5.json"]
    assert found.pretrained(second) == ["runs/smoke/tfd-pretrain/seeds0_5.json"]
    assert "--pretrained runs/smoke/tfd-pretrain " in found.training_options(second)
    assert found.pretrained(wildcards(experiment="tfd-pretrain", seeds="seeds0_5")) == []


@pytest.mark.parametrize("device", ["auto", "cuda"])
def test_the_graph_is_the_same_with_and_without_a_gpu(monkeypatch, device):
    """Devices are chosen inside a job; a profile says which jobs share a GPU."""
    config = {"scale": "quick", "compute": VALUES["compute"] | {"device": device}}
    monkeypatch.setattr("pipeline.rules.graph.read", lambda _: copy.deepcopy(VALUES) | config)
    plans = []
    for available in (False, True):
        monkeypatch.setattr(torch.cuda, "is_available", lambda found=available: found)
        found = graph(**config)
        train = found.settings("train")(wildcards(experiment="mnist"))
        plans.append((found.lists(), found.lists(found.params.claims.experiments), found.threads, train))
    assert plans[0] == plans[1]


@pytest.mark.parametrize(
    ("config", "options"),
    [
        ({}, "--scale paper"),
        ({"experiments": ["mnist"], "seeds": ["0", "2"]}, "--scale paper --experiments mnist --seeds 0 2"),
    ],
)
def test_results_repeat_the_choice(config, options):
    assert graph(**config).selection() == options


@pytest.mark.parametrize(
    ("entry", "options"),
    [
        ({"experiments": None, "seeds": None}, "--scale cpu"),
        (
            {"experiments": ["mnist", "cifar10-fc"], "seeds": [0, 2]},
            "--scale cpu --experiments mnist cifar10-fc --seeds 0 2",
        ),
    ],
)
def test_what_was_published_is_made_again_as_it_was_chosen(monkeypatch, tmp_path, entry, options):
    shutil.copy(ROOT / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    write_json(tmp_path / "results/published/published.json", entry | {"scale": "cpu"})
    assert graph().published(None) == options


def test_the_report_shows_claims_that_have_been_read_and_is_made_again_when_they_change(monkeypatch, tmp_path):
    shutil.copy(ROOT / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    found, made_from = graph(scale="quick"), SimpleNamespace(downloads="", data="")
    assert found.known_claims() == ""
    assert "--claims" not in found.report_options(None, made_from)
    manifest = tmp_path / "results/quick/claims/claims.manifest.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text("{}")
    before = found.known_claims()
    assert "--claims results/quick/claims " in found.report_options(None, made_from)
    manifest.write_text("{ }")
    assert found.known_claims() != before


def test_what_is_compared_is_trained_beside_the_experiments():
    found = graph(scale="quick")
    compared = Compared(found)
    assert "runs/quick/mnist-k10/seed1.json" in compared.lists()
    assert len(compared.lists()) == 16 * 2
    assert compared.samples()[:2] == found.lists() == ["runs/quick/mnist/seed0.json", "runs/quick/mnist/seed1.json"]


def test_a_part_of_the_claims_trains_no_more_and_needs_no_run_of_the_results():
    """What they read of these runs is read off what is published."""
    part = Compared(graph(scale="quick", compared=["mnist-k10"]))
    assert part.runs() == [f"runs/quick/{name}/seed{seed}" for name in ("mnist-code", "mnist-k10") for seed in (0, 1)]
    assert part.options() == f"--compared mnist-k10 --runs {' '.join(part.runs())}"
    assert (part.looked_at(), part.samples()) == ("--published", ["weights/mnist-seed0/manifest.json"])
    assert part.growth() == ["results/published/growth.csv"]
    assert "n_samples" in part.memorised()["settings"]
    with pytest.raises(UserError, match="params: compared: 'mnist' is unknown; there are: mnist-code, "):
        graph(compared=["mnist"])


def test_jobs_that_use_the_gpu_take_turns():
    """The profile names each rule whose command chooses a device: those that are made from `with_data`."""
    rules = "".join(path.read_text() for path in sorted((ROOT / "pipeline/rules").glob("*.smk")))
    profile = yaml.safe_load((ROOT / "profiles/gpu/config.yaml").read_text())
    assert set(profile["set-resources"]) == set(re.findall(r"use rule with_data as (\w+) with", rules))
    assert all(resources == {"gpu": 1} for resources in profile["set-resources"].values())
