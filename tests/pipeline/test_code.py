"""What a change of code or settings re-runs: nothing where no number can change, else exactly what it reaches."""

import ast
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from helpers import ROOT, edit, planned

from pipeline.record import code
from pipeline.rules.claims_graph import ClaimsGraph
from pipeline.rules.graph import Graph

Folder = Path
Change = Callable[[Path], None]


def move_a_helper(folder: Folder) -> None:
    """From one module of reporting/ to another."""
    page, report = folder / "pipeline/reporting/page.py", folder / "pipeline/report.py"
    text = page.read_text()
    start = text.index("def embedded(")
    page.write_text(text[:start].rstrip() + "\n")
    head = "import re\nfrom pathlib import Path\nfrom urllib.parse import quote\n\n\n"
    (folder / "pipeline/reporting/pictures.py").write_text(head + text[start:])
    edit(report, "from pipeline.reporting.page import", "from pipeline.reporting.pictures import")


def add_a_command(folder: Folder) -> None:
    shutil.copy(folder / "pipeline/toy.py", folder / "pipeline/toy_again.py")


def replace(name: str, old: str, new: str) -> Change:
    return lambda folder: edit(folder / name, old, new)


NOTHING = {
    "a message": replace("gan/scoring.py", "validation log-likelihoods must be finite", "not finite"),
    "a comment": replace("gan/parzen.py", "\nimport torch\n", "\nimport torch  # tensors\n"),
    "a docstring": replace("gan/objectives.py", "what the discriminator minimises.", "the loss of D."),
    "a verdict's wording": replace("pipeline/reporting/verdicts.py", "whatever the distribution", "for any shape"),
    "a reason not to judge": replace("pipeline/config/params.py", "is shorter than the full run", "is no full run"),
    "a progress bar": replace("pipeline/audit.py", 'unit="set"', 'unit="baseline"'),
    "a figure's colour": replace("pipeline/reporting/plots.py", '"0.6", linestyle=":"', '"0.5", linestyle=":"'),
    "the file lock": replace("pipeline/files/lock.py", "BUSY = 75", "BUSY = 76"),
    "a help text": replace("pipeline/train.py", '"one line per epoch', '"a line per epoch'),
    "a new command": add_a_command,
    "a moved helper": move_a_helper,
}
DROPPED = "{units: 240, pieces: 5, activation: maxout, weight_range: 0.005, keep: 0.7}"
# What a change reaches by itself; what is made from that follows through its inputs.
TRAINED = {"train", "claims.saturation"}
TOYS = {"toy", "claims.theory", "claims.modes", "claims.advantages"}
SCORED = {"evaluate", "audit", "growth"}
OF_CLAIMS = {"claims.classify", "claims.measure"}
REACHED = {
    "a loss": (replace("gan/objectives.py", "return scale * (", "return 0.9 * scale * ("), TRAINED | TOYS),
    "a reader": (replace("pipeline/data/readers.py", "TFD_CODES = {0: TRAIN,", "TFD_CODES = {0: UNUSED,"), {"prepare"}),
    "the estimate": (
        replace("gan/parzen.py", "math.sqrt(2 * math.pi)", "math.sqrt(6)"),
        {"train", "oracle", "claims.theory", "claims.modes", "claims.advantages"} | SCORED | OF_CLAIMS,
    ),
    "a baseline": (
        replace("gan/evidence/baselines.py", "norms = centers.square()", "norms = centers.abs()"),
        {"audit", "claims.classify"},
    ),
    "a stream's name": (replace("gan/validator.py", '"validation samples"', '"validation"'), {"train"}),
    "the samples' stream": (replace("pipeline/sample.py", '"evaluation samples"', '"samples"'), {"sample"}),
    "a grid": (replace("params.yaml", "count: 91", "count: 46"), SCORED | OF_CLAIMS),
    "dropout": (
        replace(
            "params.yaml",
            "240, pieces: 5, activation: maxout, weight_range: 0.005, keep: 0.8",
            "240, pieces: 5, activation: maxout, weight_range: 0.005, keep: 0.7",
        ),
        TRAINED,
    ),
    "momentum": (replace("params.yaml", "momentum_initial: 0.5", "momentum_initial: 0.6"), TRAINED),
    "an initial weight": (
        replace("gan/initial_weights.py", '"generator weights"', '"weights of G"'),
        TRAINED | {"sample", "evaluate", "growth", "claims.measure", "claims.memorised"},
    ),
}


def dependencies(folder: Folder) -> dict[str, object]:
    """Return what the jobs of each stage depend on beside their inputs, as the rules have it."""
    forget()
    graph = Graph(yaml.safe_load((folder / "params.yaml").read_text()) | {"scale": "quick"}, folder / "params.yaml")
    one, params, compared = SimpleNamespace(experiment="mnist", dataset="mnist"), graph.params, ClaimsGraph(graph)
    of_runs = {stage: graph.settings(stage)(one) for stage in ("train", "sample", "evaluate", "audit", "growth")}
    of_claims = {stage: compared.measuring(stage)(one) for stage in ("claims.classify", "claims.measure")}
    of_claims |= {
        f"claims.{name}": compared.depends(name)
        for name in ("theory", "modes", "advantages", "saturation", "memorised")
    }
    others = {
        "download": graph.files(one),
        "prepare": graph.preparation(one),
        "oracle": graph.depends("oracle", params.oracle),
        "toy": graph.depends("toy"),
    }
    return of_runs | of_claims | others


def forget() -> None:
    for remembered in (code.code_hash, code._parse, code._essence_of):
        remembered.cache_clear()


@pytest.fixture(scope="module")
def sources(tmp_path_factory) -> Folder:
    """Return a copy of what decides what is run."""
    folder = tmp_path_factory.mktemp("sources")
    for name in ("gan", "pipeline"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "params.yaml", folder)
    return folder


@pytest.fixture(scope="module")
def before() -> dict[str, object]:
    return dependencies(ROOT)


@pytest.fixture
def changed(sources, before, tmp_path, monkeypatch) -> Iterator[Callable[[Change], set[str]]]:
    """Return a function for the stages that depend on something else after a change."""

    def stages(change: Change) -> set[str]:
        folder = Path(shutil.copytree(sources, tmp_path / "changed"))
        change(folder)
        monkeypatch.setattr(code, "ROOT", folder)
        after = dependencies(folder)
        return {stage for stage in before if before[stage] != after[stage]}

    yield stages
    forget()


@pytest.mark.parametrize("name", NOTHING)
def test_what_changes_no_number_re_runs_nothing(name, changed):
    assert changed(NOTHING[name]) == set()


@pytest.mark.parametrize("name", REACHED)
def test_what_changes_a_number_re_runs_what_it_reaches(name, changed):
    change, reached = REACHED[name]
    assert changed(change) == reached


def test_snakemake_plans_nothing_after_all_of_the_first_and_the_right_jobs_after_a_loss(project):
    """The same with Snakemake itself, in a project whose results are finished."""
    for change in NOTHING.values():
        change(project)
    assert planned(project) == {}
    REACHED["a loss"][0](project)
    again = planned(project)
    assert (again["train"], again["sample"], again["evaluate"], again["toy"]) == (2, 2, 2, 1)
    assert not {"prepare", "audit", "oracle"} & set(again)


def test_the_hash_is_of_structure_alone_and_the_same_in_every_version_of_python():
    """Not of `ast.dump`'s text, which differs between versions; 3.10 to 3.13 gave the same hashes."""
    source = 'def f(x, y=1.5):\n    """Doc."""\n    print("no")  # nor this\n    return x["b"] + y\n'
    said = "Expr(value=Call(func=Name(id='print',ctx=Load()),args=[]))"
    got = "Return(value=BinOp(left=Subscript(value=Name(id='x',ctx=Load()),slice=Constant(value='b'),ctx=Load()),"
    arguments = "arguments(args=[arg(arg='x'),arg(arg='y')],defaults=[Constant(value=1.5)])"
    body = f"[{said},{got}op=Add(),right=Name(id='y',ctx=Load())))]"
    assert code._essence(ast.parse(source)) == f"Module(body=[FunctionDef(name='f',args={arguments},body={body})])"
