"""Which seeds train together, what makes a first stage, and that no machine decides it."""

import copy
import re
import shutil
from types import SimpleNamespace

import pytest
import torch
import yaml
from helpers import ROOT

from pipeline.config.params import load
from pipeline.files.errors import UserError
from pipeline.files.formats import write_json
from pipeline.record.runs import name_of, seeds_of
from pipeline.rules.claims_graph import ClaimsGraph
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
    compared = ClaimsGraph(found)
    assert "runs/quick/mnist-k10/seed1.json" in compared.lists()
    assert len(compared.lists()) == 16 * 2
    assert compared.samples()[:2] == found.lists() == ["runs/quick/mnist/seed0.json", "runs/quick/mnist/seed1.json"]


def test_some_variants_train_no_others_and_need_no_run_of_the_results():
    """What their claims read of these runs is read off what is published."""
    part = ClaimsGraph(graph(scale="quick", variants=["mnist-saturating"]))
    names = ("mnist-code", "mnist-saturating")
    assert part.runs() == [f"runs/quick/{name}/seed{seed}" for name in names for seed in (0, 1)]
    assert part.options() == f"--variants {' '.join(names)} --runs {' '.join(part.runs())}"
    assert (part.looked_at(), part.samples()) == ("--published", ["weights/mnist-seed0/manifest.json"])
    assert part.growth() == ["results/published/growth.csv"]
    published = load(ROOT / "params.yaml", "paper").experiment("mnist")
    assert part.depends("memorised")["settings"] == published.settings("sample")


def test_a_k_is_trained_with_the_k_that_it_is_compared_with():
    runs = ClaimsGraph(graph(scale="quick", variants=["mnist-k10"])).runs()
    assert [run.split("/")[2] for run in runs[::2]] == ["mnist-code", "mnist-k1", "mnist-k10"]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"variants": ["mnist"]}, "params: variants: 'mnist' is unknown; there are: mnist-code, "),
        ({"variants": [], "scale": "smoke"}, "variants: scale smoke has synthetic images"),
    ],
)
def test_variants_that_cannot_be_are_one_line(config, message):
    with pytest.raises(UserError, match=message):
        graph(**config)


def test_jobs_that_use_the_gpu_take_turns():
    """The profile names each rule whose command chooses a device: those that are made from `with_data`."""
    rules = "".join(path.read_text() for path in sorted((ROOT / "pipeline/rules").glob("*.smk")))
    profile = yaml.safe_load((ROOT / "profiles/gpu/config.yaml").read_text())
    assert set(profile["set-resources"]) == set(re.findall(r"use rule with_data as (\w+) with", rules))
    assert all(resources == {"gpu": 1} for resources in profile["set-resources"].values())
