"""Names and labels in params.yaml: text to every reader of CSV, Markdown and LaTeX, or refused."""

import copy

import pandas as pd
import pytest
from test_params import VALUES, changed

from pipeline.config.params import Params
from pipeline.files.errors import UserError
from pipeline.files.formats import read_csv, write_csv


@pytest.mark.parametrize("section", ["catalogue", "scales", "datasets"])
@pytest.mark.parametrize("name", ["nan", "2014", "1e5", "inf", "infinity", "true", "null", "0", "1-2"])
def test_a_name_that_reads_as_something_else_in_a_csv_is_refused(section, name):
    values = copy.deepcopy(VALUES)
    values[section][name] = next(iter(values[section].values()))
    with pytest.raises(
        UserError, match=f"params: {section}: '{name}' does not match .*; expected text to every reader of CSV"
    ):
        Params(values)


@pytest.mark.parametrize("name", ["na", "none", "no", "nano", "e5", "inf-1", "t", "f", "x0", "mnist-2014"])
def test_other_names_are_text_in_a_csv(tmp_path, name):
    values = changed(f"catalogue.{name}", {"like": "mnist", "label": "x"})
    assert name in Params(values).values["catalogue"]
    write_csv(tmp_path / "a.csv", pd.DataFrame({"experiment": [name, name], "value": [1.0, 2.0]}))
    assert read_csv(tmp_path / "a.csv").experiment.tolist() == [name, name]


@pytest.mark.parametrize(
    "label",
    [
        "Ba$$in",
        "a|b",
        "a\\b",
        "a_b",
        "a*b",
        "R&D",
        "a<b",
        "`a`",
        "a\nb",
        "a\tb",
        "#1",
        "-a",
        " a",
        "a ",
        "a{b}",
        "\u202ea",
    ],
)
def test_a_label_with_markup_is_refused_at_once(label):
    with pytest.raises(UserError, match=r"^params: catalogue: fashion-mnist: label: .*: a label begins with") as error:
        Params(changed("catalogue.fashion-mnist.label", label))
    assert "\n" not in str(error.value)
