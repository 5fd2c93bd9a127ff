"""Which seeds train together, and what makes a first stage."""

import copy
import shutil

import pytest
import yaml
from helpers import ROOT

from pipeline.claims.graph import ClaimsGraph
from pipeline.files.formats import write_json
from pipeline.rules.graph import Graph

VALUES = yaml.safe_load((ROOT / "params.yaml").read_text())


def blocks(monkeypatch, device: str = "cpu", claims: bool = False, **config: object) -> dict[str, list[str]]:
    """Folders of the runs of each training job: of the scale's experiments, or of those of the claims."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(Graph, "gpus", lambda _: int(device == "cuda"))
    graph = Graph(copy.deepcopy(VALUES) | config)
    found = {block.name: [run.rpartition("/")[2] for run in block.runs] for block in graph.blocks()}
    compared = {block.name for block in graph.blocks() if block.experiment in graph.params.claims.experiments}
    return {name: runs for name, runs in found.items() if (name in compared) == claims}


def test_a_gpu_trains_fixed_blocks_of_twenty(monkeypatch):
    found = blocks(monkeypatch, "cuda", experiments=["mnist"], seeds=[0, 1, 19, 20, 41])
    assert found == {
        "mnist_seeds0_1_19": ["seed0", "seed1", "seed19"],
        "mnist_seed20": ["seed20"],
        "mnist_seed41": ["seed41"],
    }


def test_a_cpu_trains_seed_by_seed(monkeypatch):
    assert list(blocks(monkeypatch, experiments=["mnist"], seeds=[3, 1])) == ["mnist_seed1", "mnist_seed3"]


def test_a_first_stage_is_trained_for_every_seed_of_the_second(monkeypatch):
    found = blocks(monkeypatch, scale="smoke", experiments=["tfd"], seeds=[0, 5])
    assert list(found) == ["tfd_pretrain_seed0", "tfd_pretrain_seed5", "tfd_seed0", "tfd_seed5"]


def test_seeds_come_from_the_files_of_a_job(monkeypatch):
    monkeypatch.chdir(ROOT)
    graph = Graph(copy.deepcopy(VALUES) | {"experiments": ["mnist"], "seeds": [4]})
    block = graph.blocks()[0]
    assert graph.seeds_of(None, block.files) == ["4"]


@pytest.mark.parametrize(
    ("config", "options"),
    [({}, ""), ({"experiments": ["mnist"], "seeds": ["0", "2"]}, "--experiments mnist --seeds 0 2")],
)
def test_chosen_repeats_the_choice(monkeypatch, config, options):
    monkeypatch.chdir(ROOT)
    assert Graph(copy.deepcopy(VALUES) | config).chosen() == options


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
    assert Graph(copy.deepcopy(VALUES)).published_selection(None) == options


def test_the_report_shows_claims_that_have_been_read_and_is_made_again_when_they_change(monkeypatch, tmp_path):
    shutil.copy(ROOT / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    graph = ClaimsGraph(Graph(copy.deepcopy(VALUES) | {"scale": "quick"}))
    assert (graph.option(), graph.known()) == ("", "")
    manifest = tmp_path / "results/quick/claims/claims.manifest.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text("{}")
    before = graph.known()
    assert graph.option() == "--claims results/quick/claims"
    manifest.write_text("{ }")
    assert graph.known() != before


def test_what_is_compared_is_trained_beside_the_experiments(monkeypatch):
    found = blocks(monkeypatch, scale="quick", claims=True)
    assert found["mnist_k10_seed1"] == ["seed1"]
    assert len(found) == 15 * 2
    assert list(blocks(monkeypatch, scale="quick")) == ["mnist_seed0", "mnist_seed1"]
