"""What the report is put together from: figures as addresses, manifests that lead to each other, linked tables."""

import re
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pandas as pd
import pytest
from helpers import ROOT

from pipeline.config.params import load
from pipeline.files.formats import read_csv
from pipeline.reporting.linked import lines, linked, quoted_table, seeds_table
from pipeline.reporting.page import embedded
from pipeline.reporting.provenance import Link, Manifests
from pipeline.reporting.scorecard import scorecard

PUBLISHED = ROOT / "results/published"
LINK = Link("M1", "#manifest-1", "M1", "manifest M1: table, results")


def drawn(text: str) -> list[tuple[str, dict[str, str]]]:
    """Return the elements of a picture with their attributes, metadata apart, white space evened."""
    elements = [one for one in ElementTree.fromstring(text).iter() if isinstance(one.tag, str)]
    found = [(one.tag, {key: re.sub(r"\s+", " ", value) for key, value in one.attrib.items()}) for one in elements]
    return [one for one in found if one[0].startswith("{http://www.w3.org/2000/svg}") and "metadata" not in one[0]]


@pytest.mark.parametrize("path", sorted(PUBLISHED.glob("**/figures/*.svg")), ids=lambda path: path.stem)
def test_an_embedded_figure_is_the_whole_figure_and_fits_its_attribute(path):
    figure = embedded(path, "a caption", "a text")
    assert not set(figure["source"]) & set("'<>#\n")
    assert len(figure["source"]) < len(path.read_text()) * 1.05  # in base64 it would be 1.33
    address, _, text = figure["source"].partition(",")
    assert address == "data:image/svg+xml"
    assert drawn(unquote(text)) == drawn(path.read_text())


def manifest(stage: str, inputs: dict[str, str], outputs: dict[str, str], **facts: object) -> dict[str, object]:
    return {"stage": stage, "inputs": inputs, "outputs": outputs, "environment": {}, **facts}


def test_what_a_stage_read_leads_to_the_stage_that_wrote_it():
    run = Path("runs/smoke/mnist/seed0")
    made = Manifests(
        {
            run / "manifest.json": manifest("train", {"mnist.npz": "a"}, {"generator": "b"}, seed=0, code="c"),
            run / "samples.manifest.json": manifest("sample", {"generator": "b"}, {"samples": "d"}, code_sha256="e"),
            Path("results/table.manifest.json"): manifest("table", {"same": "f", "mnist.npz": "a"}, {"same": "f"}),
        }
    )
    train, sample, table = made
    assert [maker and maker.href for *_, maker in made.files(sample)] == [train.link.href, None]
    assert [maker for *_, maker in made.files(table)] == [None] * 3, "what it read it did not write, nor did another"
    assert made.of_run("smoke/mnist/seed0") == sample.link, "the run's last manifest"
    assert made.of_run("smoke/mnist/seed1") is None
    assert made.of_run("mnist/seed0/") is None
    assert [train.code, sample.code, table.code] == ["c", "e", "not recorded"]
    assert train.others == {"seed": "0"}
    assert made.links("table") == [table.link]


def test_a_link_is_where_a_number_is():
    frame = pd.DataFrame({"seed 1": ["a 1", "b"], "x": ["-6.5 ± 2", "not run"], "n": [3, 4]})
    cells = linked(frame, lambda row, column: LINK if column == "x" or row.x == "not run" else None)
    assert cells.to_numpy().tolist() == [
        ["a 1", LINK.showing("-6.5 ± 2"), 3],
        ["b", "not run", LINK.showing("4")],
    ]


def test_scores_of_runs_without_a_manifest_are_plain():
    metrics = read_csv(PUBLISHED / "metrics.csv")
    path = Path("runs/paper/mnist/seed3/metrics.manifest.json")
    table = seeds_table(metrics, Manifests({path: manifest("evaluate", {}, {})}))
    is_link = table.nats.map(lambda value: isinstance(value, Link))
    assert is_link.any()
    assert (is_link == ((table.seed == 3) & (table.scale == "paper"))).all()


def test_every_quoted_number_has_a_source():
    table = quoted_table()
    assert len(table) > 10
    assert table.source.str.len().gt(10).all()
    assert "nan" not in table.to_csv()


def test_a_scorecard_without_claims_says_that_they_were_not_run():
    frames = {"metrics.csv": read_csv(PUBLISHED / "metrics.csv"), "toy.csv": read_csv(PUBLISHED / "toy.csv")}
    results = scorecard(frames, load(ROOT / "params.yaml", "paper", experiments=["mnist"]))
    made = Manifests({Path("results/paper/table.manifest.json"): manifest("table", {}, {})})
    found = lines(results, {"figure-toy", "figure-other"}, made)
    not_run = [line for line in found if "the claims were not run at this scale" in line.found]
    assert len(not_run) > 5
    assert {line.result.outcome for line in not_run} == {"not attempted"}
    assert not any(line.made_by for line in not_run)
    assert {line.place for line in not_run} == {"", "figure-toy"}, "claims are not on this page"
    assert [found[0].place, found[0].made_by] == ["table-1", made.links("table")]
    assert {line.place for line in found} == {"table-1", "figure-toy", ""}, "nor are other figures"
