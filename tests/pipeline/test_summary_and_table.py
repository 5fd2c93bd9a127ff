"""Cells, verdicts and Table 1 from made-up metrics."""

import io
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
import yaml

from pipeline import table
from pipeline.config.params import Params, load
from pipeline.files.errors import UserError
from pipeline.files.formats import write_csv, write_json
from pipeline.reporting.cells import cell, published_value, quoted, read_metrics, why_missing
from pipeline.reporting.gather import divergence, tidy
from pipeline.reporting.verdicts import agreement, optimism, sentences

FILE = Path(__file__).parents[2] / "params.yaml"


EPOCHS = {"paper": 2000, "quick": 20, "smoke": 10}  # of MNIST


def metrics(values: list[float], scale: str = "paper", length: int | None = None, fine: float = 5) -> pd.DataFrame:
    """Rows as `evaluate` writes them; the fine grid gives some nats more, the last generator 100 less."""
    rows = [
        {
            "experiment": "mnist",
            "model": "adversarial-nets",
            "seed": seed,
            "fold": None,
            "generator": generator,
            "metric": f"{part}_log_likelihood",
            "value": value + fine * (grid == "fine") - 100 * (generator == "last") + 1000 * (part == "validation"),
            "unit": "nats",
            "standard_error": 2.0,
            "error_over": f"{part} images",
            "bandwidth": 0.2154,
            "bandwidth_place": "4/10",
            "bandwidth_on_edge": False,
            "grid": grid,
            "n_samples": 10000,
            "n_eval": 10000,
            "length": length or EPOCHS[scale],
            "epoch": length or EPOCHS[scale],
            "precision": "float32",
            "scale": scale,
        }
        for seed, value in enumerate(values)
        for generator in ("best", "last")
        for grid in ("authors", "fine")
        for part in ("validation", "test")
    ]
    return pd.DataFrame(rows)


def shown(values: list[float], scale: str = "paper") -> dict[str, str]:
    """MNIST's column of Table 1, by row title."""
    frame = table.table1(metrics(values, scale), load(FILE, scale))
    return dict(zip(frame.Model, frame.MNIST, strict=True))


def test_quoted_rows_are_the_papers():
    frame = table.table1(metrics([1.0]), load(FILE))
    assert frame.Model[:4].tolist() == ["DBN", "Stacked CAE", "Deep GSN", "Adversarial nets"]
    assert frame.MNIST[:4].tolist() == ["138 ± 2", "121 ± 1.6", "214 ± 1.1", "225 ± 2"]
    assert frame.TFD[:4].tolist() == ["1909 ± 66", "2110 ± 50", "1890 ± 29", "2057 ± 26"]


def test_every_quoted_number_has_a_source():
    for section in ("table 1", "later"):
        assert len(quoted(section)) > 0
        assert quoted(section).notna().all(axis=None)
    assert published_value("mnist") == 225
    assert published_value("fashion-mnist") is None


def test_our_cell_is_the_mean_over_seeds_of_the_best_generators_test_scores():
    our = cell(metrics([220.0, 230.0]), load(FILE), "mnist", "authors")
    assert our is not None
    assert our.seeds.mean == 225
    assert our.seeds.n == 2
    row = shown([220.0, 230.0])
    assert row[table.OURS] == "225.0 ± 7.1"
    assert row["ours: with a fine grid of bandwidths"] == "230.0 ± 7.1"
    assert row["ours: number of seeds, their range"] == "n = 2 of 20 planned, 220.0 to 230.0"
    assert row["ours: bandwidth (place in the grid)"] == "0.2154 (4/10)"
    assert row["ours: standard error of one seed's mean, averaged"] == "2.0 over 10000 test images"


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
    assert shown(values, scale)["ours: verdict"] == expected


@pytest.mark.parametrize("place", ["1/10", "10/10"])
def test_a_bandwidth_at_the_edge_of_the_grid_is_flagged(place):
    frame = table.table1(metrics([1.0]).assign(bandwidth_place=place), load(FILE))
    assert (
        frame.set_index("Model").MNIST["ours: bandwidth (place in the grid)"] == f"0.2154 ({place}: edge of the grid)"
    )


@pytest.mark.parametrize(
    ("key", "value"), [("synthetic", True), ("max_units", 16)], ids=["made-up images", "shrunk networks"]
)
def test_nothing_is_judged_that_is_not_the_papers(key, value):
    values = yaml.safe_load(FILE.read_text())
    values["scales"]["paper"][key] = value
    frame = table.table1(metrics([224.0, 225, 226, 225, 224]), Params(values))
    assert frame.set_index("Model").MNIST["ours: verdict"].startswith("not judged")


def test_another_experiment_gets_a_column_and_no_verdict():
    values = yaml.safe_load(FILE.read_text())
    values["catalogue"]["mnist-slow"] = values["catalogue"]["mnist"] | {"label": "MNIST, Algorithm 1"}
    values["scales"]["paper"]["experiments"]["mnist-slow"] = {"seeds": 2, "epochs": 3}
    both = pd.concat([metrics([224.0]), metrics([1.0, 3.0]).assign(experiment="mnist-slow")])
    frame = table.table1(both, Params(values)).set_index("Model")
    assert frame["MNIST, Algorithm 1"][table.OURS] == "2.0 ± 1.4"
    assert frame["MNIST, Algorithm 1"]["ours: verdict"] == "not judged: not an experiment of Table 1"


def test_a_seed_that_diverged_is_told(tmp_path):
    about = {"experiment": "mnist", "best_epoch": 5, "length": 2000}
    write_json(tmp_path / "manifest.json", about | {"diverged": "loss not finite"})
    run = SimpleNamespace(folder=tmp_path, seed=1)
    (row,) = divergence(run, "paper")
    frame, params = pd.concat([metrics([220.0, 90.0]), row]), load(FILE)
    assert cell(frame, params, "mnist", "authors").diverged == 1
    assert "2 training seeds of 2,000 epochs (1 of them diverged" in sentences(frame, params)[0]
    column = table.table1(frame, params).set_index("Model").MNIST
    assert column["ours: number of seeds, their range"] == "n = 2 of 20 planned, 90.0 to 220.0; 1 diverged"
    write_json(tmp_path / "manifest.json", about | {"diverged": ""})
    assert divergence(run, "paper") == []


def test_read_metrics_refuses_another_scale(tmp_path):
    write_csv(tmp_path / "metrics.csv", metrics([1.0], "smoke"))
    with pytest.raises(UserError, match="metrics of scale smoke, not paper"):
        read_metrics(tmp_path / "metrics.csv", load(FILE, "paper"))


def test_tfd_says_why_it_has_no_number():
    frame = table.table1(metrics([1.0]), load(FILE))
    assert frame.set_index("Model").TFD[table.OURS] == "not run: data not available"
    assert why_missing(load(FILE), "mnist") == "not part of this run"


def test_markdown_and_latex_hold_every_cell_and_the_scale():
    params = load(FILE, "quick")
    frame = table.table1(metrics([220.0, 230.0], "quick"), params)
    markdown, latex = table.markdown(frame, metrics([220.0, 230.0], "quick"), params), table.latex(frame, params)
    for text in frame.to_numpy().ravel():
        shown_text = text.removeprefix(table.LATER).removeprefix(table.AUDIT)
        assert shown_text in markdown
        assert shown_text.replace("±", r"$\pm$").replace("%", r"\%") in latex
    assert latex.count("%") == latex.count(r"\%") + 1, "a bare % hides the rest of its line"
    assert "scale `quick`" in markdown
    assert "MNIST: 225.0 ± 7.1 (sd; median 225.0) nats over 2 training seeds of 20 epochs; " in markdown
    assert "; the paper's one run gave 225; not judged" in markdown
    assert "scale quick" in latex
    assert r"\toprule" in latex


def with_folds(seeds: list[list[float]]) -> pd.DataFrame:
    """TFD's rows as `evaluate` writes them, from each seed's five fold means."""
    frame = metrics([sum(folds) / len(folds) for folds in seeds])
    frame = frame.assign(experiment="tfd", bandwidth=None, bandwidth_place=None, error_over="5 folds")
    folds = [
        row | {"fold": fold, "value": value, "bandwidth": 0.1 * (fold + 1), "bandwidth_place": f"{fold + 1}/10"}
        for row in frame.to_dict("records")
        for fold, value in enumerate(seeds[row["seed"]])
    ]
    return pd.concat([frame, pd.DataFrame(folds)], ignore_index=True)


def test_folds_make_one_number_a_seed_with_a_bandwidth_each():
    params = load(FILE)
    our = cell(with_folds([[2000.0, 2010, 2020, 2030, 2040]] * 5), params, "tfd", "authors")
    assert our is not None
    assert (our.seeds.n, our.seeds.mean, our.published, our.error_over) == (5, 2020, 2057, "5 folds")
    assert our.bandwidths[:2] == ("0.1 (1/10: edge of the grid)", "0.2 (2/10)")
    assert len(our.bandwidths) == 25
    assert our.verdict.name == "not reproduced"


def test_other_experiments_stand_apart_from_the_papers_columns():
    params = load(FILE)
    rows = metrics([300.0]).assign(experiment="fashion-mnist")
    text = table.markdown(table.table1(rows, params), rows, params)
    papers, others, later = (
        text.split("\n\nOur other experiments")[0],
        *text.split("Our other experiments")[1].split("Later papers"),
    )
    assert "Fashion-MNIST |" not in papers
    assert "300.0" in others
    assert "not judged: not an experiment of Table 1" in others
    assert "Diffusion" in later
    assert "not run: data not available" in papers
    assert "set datasets: tfd: path in params.yaml to your TFD_48x48.mat" in papers


def test_smoke_says_that_its_numbers_mean_nothing():
    params = load(FILE, "smoke")
    frame = table.table1(metrics([1.0], "smoke"), params)
    assert "made-up images" in table.markdown(frame, metrics([1.0], "smoke"), params)


def frames(values: list[float]) -> dict[str, pd.DataFrame]:
    """What `gather` gives, as far as the tables read it."""
    return {"metrics.csv": metrics(values)}


def test_metrics_sum_up_the_seeds_with_the_verdict():
    written = pd.read_csv(io.StringIO(table.render(frames([200.0, 201, 202, 203, 204]), load(FILE))["metrics.csv"]))
    summed = written[written.seed.isna()]
    values = {(row.metric, row.unit): row.value for row in summed.itertuples()}
    assert values["mean_over_seeds", "nats"] == 202
    assert values["gap_to_paper", "nats"] == -23
    assert values["gap_to_paper", "sd"] == pytest.approx(-23 / 2.5**0.5)
    assert set(summed.verdict) == {"not reproduced: -23.0 nats (-14.5 sd)"}
    undecided = pd.read_csv(io.StringIO(table.render(frames([219.0, 222, 225, 228, 231]), load(FILE))["metrics.csv"]))
    assert undecided[undecided.metric == "seeds_to_decide"].value.tolist() == [12]


def test_tables_of_published_metrics_are_the_same_again():
    """The rows over seeds, which published metrics have already, are made anew."""
    params = load(FILE)
    first = table.render(frames([224.0, 225, 226, 225, 224]), params)
    again = table.render({"metrics.csv": tidy(pd.read_csv(io.StringIO(first["metrics.csv"])))}, params)
    assert first == again


def test_the_gap_stands_in_the_table():
    assert shown([200.0, 201, 202, 203, 204])["ours: gap to the paper's value"] == "-23.0 nats (-14.5 sd)"


SEEDS = [211.0, 213, 214, 215, 212]


def test_a_waypoint_is_judged_at_its_length_and_stands_beneath_the_whole_length():
    half = metrics(SEEDS, length=1000, fine=0)
    alone = shown_of(half)
    assert alone[table.OURS] == "213.0 ± 1.6"
    assert alone["ours: epochs"] == "1,000 of 2,000 planned"
    assert alone["ours: verdict"] == "not reproduced at 1,000 epochs: -12.0 nats (-7.6 sd)"
    four = shown_of(pd.concat([half, metrics([218.0] * 4)]))
    assert four[table.OURS] == "213.0 ± 1.6", "four seeds of the whole length are too few for the cell"
    assert four["ours: at 2,000 epochs"] == "218.0 ± 0: too few seeds: n = 4 < 5"
    both = shown_of(pd.concat([half, metrics([value + 12 for value in SEEDS], fine=0)]))
    assert both[table.OURS] == "225.0 ± 1.6"
    assert both["ours: verdict"] == "reproduced"
    assert both["ours: at 1,000 epochs"].startswith("213.0 ± 1.6: not reproduced at 1,000 epochs: -12.0 nats")


def shown_of(frame: pd.DataFrame) -> dict[str, str]:
    """MNIST's column of Table 1 from metrics."""
    found = table.table1(frame, load(FILE, "paper"))
    return dict(zip(found.Model, found.MNIST, strict=True))


def test_rows_of_another_scale_make_no_cell():
    frame = pd.concat([metrics(SEEDS), metrics([100.0] * 9, "quick")])
    assert shown_of(frame)[table.OURS] == "213.0 ± 1.6"


@pytest.mark.parametrize(
    ("gain", "words"),
    [
        (2.0, "The last generators' score still rose from epoch 1,900 to 2,000: +2.0 ± 0.084"),
        (-2.0, "fell from"),
        (0.0, "moved from"),
    ],
)
def test_the_sentence_says_whether_the_score_still_rises(gain, words):
    before = metrics([value - gain + 0.1 * (i % 3 - 1) for i, value in enumerate(SEEDS)], length=1900)
    frame = pd.concat([metrics(SEEDS), before[before.generator == "last"]])
    assert words in sentences(frame, load(FILE, "paper"))[0]


def test_the_rise_is_over_all_seeds_that_have_both_lengths():
    """A seed that lacks an earlier length still counts."""
    before = metrics([value - 2 for value in SEEDS], length=1900)
    early = metrics(SEEDS[:2], length=100)
    frame = pd.concat([metrics(SEEDS), *(rows[rows.generator == "last"] for rows in (before, early))])
    assert "(sd over 5 seeds)" in sentences(frame, load(FILE, "paper"))[0]


def test_a_divergence_counts_in_its_own_scale_seed_and_length_only():
    diverged = {"experiment": "mnist", "model": "adversarial-nets", "metric": "best_epoch_before_divergence"}
    diverged |= {"seed": 1, "scale": "paper", "length": 2000, "epoch": 1500, "value": 1500}
    params = load(FILE, "paper")
    both = [metrics(SEEDS), metrics(SEEDS, length=1000)]
    for change, at_end, at_1000 in (({}, 1, 0), ({"scale": "cpu"}, 0, 0), ({"seed": 9}, 0, 0), ({"epoch": 500}, 1, 1)):
        frame = pd.concat([*both, pd.DataFrame([diverged | change])])
        counts = [cell(frame, params, "mnist", "authors", length=length).diverged for length in (2000, 1000)]
        assert counts == [at_end, at_1000], change


def test_optimism_is_what_training_measured_less_a_fresh_draw():
    about = {"experiment": "mnist", "model": "adversarial-nets", "scale": "paper", "n_eval": 10000, "length": 2000}
    both = {"kept_log_likelihood": (214.0, 216.0), "redrawn_log_likelihood": (213.0, 214.0)}
    rows = [about | {"metric": name, "seed": i, "value": v} for name, pair in both.items() for i, v in enumerate(pair)]
    params = load(FILE, "paper")
    (line,) = optimism(pd.concat([metrics(SEEDS), pd.DataFrame(rows)]), params)
    assert "training measured 1.5 ± 0.71 (sd) nats more than a fresh draw" in line
    assert "not known" in optimism(metrics(SEEDS), params)[0]


def test_agreement_speaks_of_judged_cells_only():
    lines = agreement(metrics(SEEDS), load(FILE, "paper"))
    assert lines[0].startswith("MNIST: 0 of 5 seeds reach the published 225 nats.")
    assert agreement(metrics(SEEDS, "quick"), load(FILE, "quick")) == []


def test_precisions_are_named_and_never_mixed_in_a_verdict():
    assert shown_of(metrics(SEEDS))["ours: precision of training"] == "float32"
    other = shown_of(metrics(SEEDS).assign(precision="bfloat16"))
    assert other["ours: verdict"].startswith("not judged: trained in bfloat16")
    mixed = metrics(SEEDS)
    mixed.loc[mixed.seed == 0, "precision"] = "bfloat16"
    assert shown_of(mixed)["ours: precision of training"] == "bfloat16, float32"
    assert shown_of(mixed)["ours: verdict"].startswith("not judged: trained in bfloat16 and float32")
