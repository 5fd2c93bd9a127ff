"""Table 1 from synthetic metrics: its rows, columns and formats, and the metrics summed up over seeds."""

import io

import pandas as pd
import pytest
import yaml
from helpers import ROOT, SEEDS, metrics

from pipeline.config.params import Params, load
from pipeline.reporting.cells import our_cells
from pipeline.reporting.gather import tidy
from pipeline.reporting.tables import OURS, caption, latex, markdown, parts, render, table1

FILE = ROOT / "params.yaml"


def table(frame: pd.DataFrame, params: Params | None = None) -> pd.DataFrame:
    """Table 1 from metrics, by default of scale `paper`."""
    params = params or load(FILE, "paper")
    return table1(frame, our_cells(frame, params), params)


def shown(frame: pd.DataFrame, params: Params | None = None) -> dict[str, str]:
    """MNIST's column of Table 1, by row title."""
    found = table(frame, params)
    return dict(zip(found.Model, found.MNIST, strict=True))


def test_quoted_rows_are_the_papers():
    frame = table(metrics([1.0]))
    assert frame.part.unique().tolist() == ["table 1", "ours", "audit", "later"], "no test is among these metrics"
    assert frame.Model[:4].tolist() == ["DBN", "Stacked CAE", "Deep GSN", "Adversarial nets"]
    assert frame.MNIST[:4].tolist() == ["138 ± 2", "121 ± 1.6", "214 ± 1.1", "225 ± 2"]
    assert frame.TFD[:4].tolist() == ["1909 ± 66", "2110 ± 50", "1890 ± 29", "2057 ± 26"]


def test_our_rows_are_the_mean_over_seeds_and_what_is_behind_it():
    row = shown(metrics([220.0, 230.0]))
    assert row[OURS] == "225.0 ± 7.1"
    assert row["ours: with a fine grid of bandwidths"] == "230.0 ± 7.1"
    assert row["ours: number of seeds, their range"] == "n = 2 of 20 planned, 220.0 to 230.0"
    assert row["ours: bandwidth (place in the grid)"] == "0.2154 (4/10)"
    assert row["ours: standard error of one seed's mean, averaged"] == "2.0 over 10000 test images"
    assert row["ours: last generator"] == "125.0 ± 7.1"


@pytest.mark.parametrize(
    ("values", "scale", "expected"),
    [
        (
            [222.0, 223, 224, 223, 222],
            "paper",
            "depends on the grid: reproduced on the authors' grid, not reproduced on the fine grid",
        ),
        (
            [204.0, 205, 206, 205, 204],
            "paper",
            "not reproduced: -20.2 nats (-24.1 sd) on the authors' grid, -15.2 nats (-18.2 sd) on the fine grid",
        ),
        ([224.0, 225, 226], "paper", "too few seeds: n = 3 < 5"),
        ([224.0, 225, 226, 225, 224], "quick", "not judged: scale quick is shorter than the full run"),
    ],
)
def test_the_verdict_follows_the_data(values, scale, expected):
    assert shown(metrics(values, scale), load(FILE, scale))["ours: verdict"] == expected


@pytest.mark.parametrize("place", [1, 10])
def test_a_bandwidth_at_the_edge_of_the_grid_is_flagged(place):
    row = shown(metrics([1.0]).assign(bandwidth_place=place, bandwidth_on_edge=True))
    assert row["ours: bandwidth (place in the grid)"] == f"0.2154 ({place}/10: edge of the grid)"
    assert row["ours: with a fine grid of bandwidths"] == "6.0 (edge of the grid)"


@pytest.mark.parametrize(
    ("key", "value"), [("synthetic", True), ("max_units", 16)], ids=["synthetic images", "shrunk networks"]
)
def test_nothing_is_judged_that_is_not_the_papers(key, value):
    values = yaml.safe_load(FILE.read_text())
    values["scales"]["paper"][key] = value
    row = shown(metrics([224.0, 225, 226, 225, 224]), Params(values))
    assert row["ours: verdict"].startswith("not judged")


def test_another_experiment_gets_a_column_and_no_verdict():
    values = yaml.safe_load(FILE.read_text())
    values["catalogue"]["mnist-slow"] = values["catalogue"]["mnist"] | {"label": "MNIST, Algorithm 1"}
    values["scales"]["paper"]["experiments"]["mnist-slow"] = {"seeds": 2, "epochs": 3}
    both = pd.concat([metrics([224.0]), metrics([1.0, 3.0]).assign(experiment="mnist-slow")])
    frame = table(both, Params(values)).set_index("Model")
    assert frame["MNIST, Algorithm 1"][OURS] == "2.0 ± 1.4"
    assert frame["MNIST, Algorithm 1"]["ours: verdict"] == "not judged: not an experiment of Table 1"


def test_a_seed_that_diverged_is_named():
    frame = metrics([220.0, 90.0])
    frame["diverged"] = frame.seed.eq(1)
    row = shown(frame)
    assert row["ours: number of seeds, their range"] == "n = 2 of 20 planned, 90.0 to 220.0; 1 diverged"


def test_tfd_says_why_it_has_no_number():
    assert table(metrics([1.0])).set_index("Model").TFD[OURS] == "not run: data not available"


def test_markdown_and_latex_hold_every_cell_and_the_scale():
    params = load(FILE, "quick")
    frame = table(metrics([220.0, 230.0], "quick"), params)
    as_markdown, as_latex = markdown(frame, ["First a verdict."], params), latex(frame, params)
    for text in frame.drop(columns="part").to_numpy().ravel():
        assert text in as_markdown
        assert text.replace("±", r"$\pm$").replace("%", r"\%") in as_latex
    assert as_latex.count("%") == as_latex.count(r"\%") + 1, "a bare % hides the rest of its line"
    assert as_markdown.startswith("First a verdict.\n\nTable 1: ")
    assert "scale `quick`" in as_markdown
    assert "scale quick" in as_latex
    assert r"\toprule" in as_latex


def test_other_experiments_are_apart_from_the_papers_columns():
    found = parts(table(metrics([300.0]).assign(experiment="fashion-mnist")))
    papers, others, audit, later = found.values()
    assert "Fashion-MNIST" not in papers
    assert "not run: data not available" in set(papers.TFD)
    assert others.set_index("Model")["Fashion-MNIST"][OURS] == "300.0"
    assert "not judged: not an experiment of Table 1" in set(others["Fashion-MNIST"])
    assert "mean image" in set(audit.Model)
    assert "Diffusion" in set(later.Model)


def test_the_caption_warns_of_what_is_less_than_the_paper():
    assert "synthetic images" in caption(load(FILE, "smoke"))
    assert "Fewer epochs and seeds" in caption(load(FILE, "quick"))
    assert caption(load(FILE, "paper")).endswith("over training seeds.")


def rendered(values: list[float]) -> dict[str, str]:
    return render({"metrics.csv": metrics(values)}, load(FILE, "paper"))


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Read summary.csv as a reader would, with a row for each grid, generator and length."""
    text = render({"metrics.csv": frame}, load(FILE, "paper"))["summary.csv"]
    found = pd.read_csv(io.StringIO(text))
    assert set(found.experiment) == {"mnist"}
    return found.set_index(["generator", "length", "grid"])


def test_the_summary_has_the_seeds_numbers_with_the_verdict():
    found = summary(metrics([200.0, 201, 202, 203, 204])).loc["best", 2000, "authors"]
    values = {"n": 5, "mean": 202, "median": 202, "low": 200, "high": 204, "standard_error": 2, "diverged": 0}
    values |= {"published": 225, "gap": -23, "sd": 2.5**0.5, "gap_in_sd": -23 / 2.5**0.5}
    assert found[list(values)].to_dict() == pytest.approx(values)
    assert found.prediction_high - found.prediction_low == pytest.approx(6**0.5 * (found.mean_high - found.mean_low))
    texts = ["error_over", "precision", "verdict", "reason", "scale"]
    expected = ["10000 test images", "float32", "not reproduced", "-23.0 nats (-14.5 sd)", "paper"]
    assert found[texts].tolist() == expected
    undecided = summary(metrics([219.0, 222, 225, 228, 231]))
    assert undecided.loc[("best", 2000, "authors"), "seeds_to_decide"] == 12


def test_the_summary_has_a_row_for_each_grid_generator_and_length():
    early = metrics([100.0], length=100)
    frame = pd.concat([metrics(SEEDS), metrics(SEEDS[:3], length=1000), early[early.generator == "last"]])
    counts = summary(pd.concat([frame, metrics([1.0] * 9, "quick")])).n.to_dict()
    places = [(generator, 2000, 5) for generator in ("best", "last")] + [("best", 1000, 3), ("last", 1000, 3)]
    places += [("last", 100, 1)]
    assert counts == {(*place, grid): n for *place, n in places for grid in ("authors", "fine")}
    alone = summary(early).loc["best", 100, "authors"]
    assert alone[["sd", "mean_low", "prediction_high"]].isna().all()


def test_tables_of_published_metrics_are_the_same_again():
    first = rendered([224.0, 225, 226, 225, 224])
    again = render({"metrics.csv": tidy(pd.read_csv(io.StringIO(first["metrics.csv"])))}, load(FILE, "paper"))
    assert first == again


def test_the_gap_is_in_the_table():
    assert shown(metrics([200.0, 201, 202, 203, 204]))["ours: gap to the paper's value"] == "-23.0 nats (-14.5 sd)"
    unjudged = shown(metrics([200.0, 201, 202, 203, 204], "quick"), load(FILE, "quick"))
    assert unjudged["ours: gap to the paper's value"] == "-23.0 nats"


def test_a_waypoint_is_judged_at_its_length_and_is_beneath_the_whole_length():
    half = metrics(SEEDS, length=1000, fine=0)
    alone = shown(half)
    assert alone[OURS] == "213.0 ± 1.6"
    assert alone["ours: epochs"] == "1,000 of 2,000 planned"
    assert alone["ours: verdict"] == "not reproduced at 1,000 epochs: -12.0 nats (-7.6 sd)"
    four = shown(pd.concat([half, metrics([218.0] * 4)]))
    assert four[OURS] == "213.0 ± 1.6", "four seeds of the whole length are too few for the cell"
    assert four["ours: at 2,000 epochs"] == "218.0 ± 0: too few seeds: n = 4 < 5"
    both = shown(pd.concat([half, metrics([value + 12 for value in SEEDS], fine=0)]))
    assert both[OURS] == "225.0 ± 1.6"
    assert both["ours: verdict"] == "reproduced"
    assert both["ours: at 1,000 epochs"].startswith("213.0 ± 1.6: not reproduced at 1,000 epochs: -12.0 nats")


def test_rows_of_another_scale_make_no_cell():
    frame = pd.concat([metrics(SEEDS), metrics([100.0] * 9, "quick")])
    assert shown(frame)[OURS] == "213.0 ± 1.6"


def test_precisions_are_named_and_never_mixed_in_a_verdict():
    assert shown(metrics(SEEDS))["ours: precision of training"] == "float32"
    other = shown(metrics(SEEDS).assign(precision="bfloat16"))
    assert other["ours: verdict"].startswith("not judged: trained in bfloat16")
    mixed = metrics(SEEDS)
    mixed.loc[mixed.seed == 0, "precision"] = "bfloat16"
    assert shown(mixed)["ours: precision of training"] == "bfloat16, float32"
    assert shown(mixed)["ours: verdict"].startswith("not judged: trained in bfloat16 and float32")
