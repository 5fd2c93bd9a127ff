"""One dialect of YAML for stages, rules and DVC; what YAML takes without a word is one line."""

import re
from pathlib import Path

import pytest
import yaml
from dvc.utils.serialize import YAMLFileCorruptedError, modify_yaml
from dvc.utils.serialize import parse_yaml as parse_as_dvc
from helpers import ROOT, call, edit

from pipeline import table
from pipeline.config.params import load
from pipeline.files.errors import UserError
from pipeline.files.yaml_core import parse_yaml
from pipeline.rules.graph import Graph

SHIPPED = (ROOT / "params.yaml").read_text(encoding="utf-8")
RATE = "      learning_rate: 0.1\n"


@pytest.fixture
def params(tmp_path, monkeypatch) -> Path:
    """A copy of params.yaml in the working directory."""
    monkeypatch.chdir(tmp_path)
    path = Path("params.yaml")
    path.write_text(SHIPPED, encoding="utf-8")
    return path


def scalar(text: str) -> object:
    return parse_yaml(f"key: {text}\n", Path("file"))["key"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-05", 0.00001),
        ("1e-3", 0.001),
        ("1e6", 1e6),
        ("5.", 5.0),
        ("-2E+1", -20.0),
        (".inf", float("inf")),
        ("010", 10),
        ("0o10", 8),
        ("0x1F", 31),
        ("+1", 1),
        ("true", True),
        ("on", "on"),
        ("no", "no"),
        ("y", "y"),
        ("1:30", "1:30"),
        ("", None),
        ("~", None),
        ("nan", "nan"),
        ("'1e-05'", "1e-05"),
    ],
)
def test_a_scalar_is_what_dvc_takes_it_for(text, value):
    ours, of_dvc = scalar(text), parse_as_dvc(f"key: {text}\n", "file")["key"]
    assert (type(ours), ours) == (type(value), value) == (type(of_dvc), of_dvc)


@pytest.mark.parametrize("text", ["2014-06-10", "1_000", "0b11", "08:30:00"])
def test_what_the_core_schema_does_not_know_is_text(text):
    assert scalar(text) == text


def test_params_are_what_they_were():
    """Neither a type nor an order differs, so that no setting of a finished run does."""
    assert repr(parse_yaml(SHIPPED, Path("file"))) == repr(yaml.safe_load(SHIPPED))


def test_params_that_dvc_has_written_are_the_same_but_for_its_change(params):
    """As `dvc exp run -S catalogue.mnist.recipe.learning_rate=0.00001` writes them."""
    with modify_yaml(params) as values:
        values["catalogue"]["mnist"]["recipe"]["learning_rate"] = 0.00001
    assert "learning_rate: 1e-05" in params.read_text()
    assert re.search(r"^seeds: *(#|$)", params.read_text(), re.MULTILINE)  # null is written as nothing
    written = load(params).values
    assert written["catalogue"]["mnist"]["recipe"].pop("learning_rate") == 0.00001
    shipped = load(ROOT / "params.yaml").values
    assert shipped["catalogue"]["mnist"]["recipe"].pop("learning_rate") == 0.1
    assert written["catalogue"]["mnist"] == shipped["catalogue"]["mnist"]
    assert {**written, "catalogue": 0} == {**shipped, "catalogue": 0}


@pytest.mark.parametrize("rate", ["1e-05", "1e-3", "1E-3", "5e-2", "5.e-2", "1e-01"])
def test_stages_and_rules_read_the_same_number(params, rate):
    edit(params, RATE, RATE.replace("0.1", rate))
    for found in (load(params, "smoke"), Graph({"scale": "smoke"}).params):
        assert found.experiment("mnist").recipe.learning_rate == float(rate)


def refusals(params: Path) -> set[str]:
    """Return the line with which a stage, and the rules, refuse a file."""
    done = call(table, "--params", params, "--runs", "x", "--output", "x")
    assert done.returncode == 2
    with pytest.raises(UserError) as error:
        Graph({})
    assert done.stderr.count("\n") == 1
    return {done.stderr.removeprefix("table: error: ").rstrip(), str(error.value)}


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        (RATE, RATE + RATE.replace("0.1", "0.05"), "learning_rate"),
        ("seeds: null ", "seeds: [7]\nseeds: null ", "seeds"),
        ("seeds: null ", "seeds: null\n'seeds': [7] ", "seeds"),
        ("mnist: {seeds: 20, ", "mnist: {seeds: 20,\n        seeds: 3, ", "seeds"),
        ("  cifar10-fc:\n    like", "  cifar10-fc: {}\n  cifar10-fc:\n    like", "cifar10-fc"),
        ("    fine: {spacing: linear, first: 0.05", "    fine: {}\n    fine: {spacing: linear, first: 0.05", "fine"),
        ("  confidence: 0.95", "  confidence: 0.9\n  confidence: 0.95", "confidence"),
    ],
)
def test_a_key_that_appears_twice_is_refused_with_both_lines(params, old, new, key):
    edit(params, old, new)
    line = SHIPPED[: SHIPPED.index(old)].count("\n") + 1
    assert refusals(params) == {
        f"params.yaml: not valid YAML: key {key!r} appears on lines {line} and {line + 1}; keep one"
    }
    with pytest.raises(YAMLFileCorruptedError):  # DVC's own refusal
        parse_as_dvc(params.read_text(), "params.yaml")


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ("  extra: !!python/object/apply:os.getcwd []\n", "could not determine a constructor"),
        ("  extra: !!timestamp x\n", "could not determine a constructor for the tag 'tag:yaml.org,2002:timestamp'"),
        ("  extra: !!set {a, b}\n", "could not determine a constructor for the tag 'tag:yaml.org,2002:set'"),
        ("  extra: !!int x\n", "invalid literal for int"),
        ("  extra: !!bool x\n", "'x'"),
        ("  ? [a]\n  : b\n", "found unhashable key"),
        ("\textra: 1\n", "found character '.t' that cannot start any token"),
        ("  extra: " + 500 * "[" + "\n", "maximum recursion depth"),
        ("---\nscale: paper\n", "expected a single document"),
        ("  extra: \xe9\n", "unacceptable character"),
    ],
    ids=range(10),
)
def test_what_is_not_yaml_of_the_core_schema_is_one_line(params, new, message):
    params.write_bytes(f"catalogue:\n{new}".encode("latin-1"))
    (line,) = refusals(params)
    assert re.match(rf"params\.yaml: not valid YAML: .*{message}", line)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("<<: {like: mnist}", "params: catalogue: '<<' does not match"),
        ("2014: {like: mnist}", "params: catalogue: 2014 is not of type 'string'"),
        ("null: {like: mnist}", "params: catalogue: None is not of type 'string'"),
        ("true: {like: mnist}", "params: catalogue: True is not of type 'string'"),
        ("1e3: {like: mnist}", "params: catalogue: 1000.0 is not of type 'string'"),
        ("2014: {like: cats}", "params: catalogue: 2014: like: 'cats' is unknown; there are: 2014, mnist"),
        ("extra: {<<: {label: Extra}, like: mnist, label: x}", "params: catalogue: extra: .*'<<' was unexpected"),
        ("extra: {1: 2, like: mnist, label: x}", "params: catalogue: extra: .*1 was unexpected"),
    ],
)
def test_a_key_that_is_no_text_or_merges_is_refused(params, key, message):
    text = params.read_text()
    place = text.index("  mnist:         ")
    params.write_text(f"{text[:place]}  {key}\n{text[place:]}")
    (line,) = refusals(params)
    assert re.match(message, line), line


@pytest.mark.parametrize(("text", "got"), [("", "None"), ("# only\n", "None"), ("- a\n", "['a']"), ("a", "'a'")])
def test_params_that_are_no_mapping_are_one_line(params, text, got):
    params.write_text(text)
    assert refusals(params) == {f"params.yaml: expected keys with values, got {got}"}


def test_the_rules_take_no_more_of_the_command_line_than_before(params):
    found = Graph({"scale": "smoke", "experiments": ["mnist"], "seeds": ["4", "2"], "seeds_per_job": 2})
    assert found.selection() == "--scale smoke --experiments mnist --seeds 4 2"
    assert found.lists() == ["runs/smoke/mnist/seed4.json", "runs/smoke/mnist/seed2.json"]
    with pytest.raises(UserError, match=r"to change catalogue, colour edit params\.yaml"):
        Graph({"catalogue": {"mnist": {"noise_size": 3}}, "colour": "red"})
