"""Numbers in the documents are those in the files beside them."""

import re
import shutil

from helpers import ROOT, call, edit, misfits

from benchmarks.toys import choose, text
from gan.theory.modes import TARGETS
from gan.theory.plane import CHOSEN
from pipeline import compare
from pipeline.files.formats import read_csv


def test_epochs_table_shows_the_csv():
    frame = read_csv(ROOT / "docs/epochs.csv").pivot(index="epoch", columns=["grid", "seed"], values="value")
    page = (ROOT / "docs/epochs.md").read_text()
    for epoch, row in frame.iterrows():
        (line,) = (line for line in page.splitlines() if line.startswith(f"| {epoch} |"))
        for value in row:
            assert f" {value:.1f} |" in line


def test_the_notes_on_length_show_the_curves():
    curves = read_csv(ROOT / "results/published/curves.csv").query("scale == 'cpu'")
    values = curves.pivot(index="epoch", columns="seed", values="validation_log_likelihood")
    shown = [f"{', '.join(f'{value:.0f}' for value in values.loc[epoch])}" for epoch in (20, 50, 100, 200, 250)]
    first, *others = zip(
        shown, ("nats after 20 epochs", "after 50", "after 100", "after 200", "after 250"), strict=True
    )
    words = " ".join((ROOT / "docs/reproduction-notes.md").read_text().split())
    for numbers, after in (first, *others):
        assert f"{numbers} {after}" in words


def test_the_second_opinion_shows_the_csv_files(tmp_path):
    """The passage and the figure follow from the committed measurements."""
    committed, page = ROOT / "benchmarks/results/comparison", tmp_path / "evidence.md"
    shutil.copy(ROOT / "docs/evidence.md", page)
    scale = ("--params", ROOT / "params.yaml", "--scale", read_csv(committed / "ais.csv").scale.iloc[0])
    done = call(compare, *scale, "--gathered", committed, "--output", tmp_path, "--page", page)
    assert done.returncode == 0, done.stderr
    assert page.read_text() == (ROOT / "docs/evidence.md").read_text()
    assert (tmp_path / "comparison.svg").read_bytes() == (committed / "comparison.svg").read_bytes()


def test_every_column_of_the_results_is_documented_with_its_type():
    assert misfits(ROOT / "results/published") == []


def test_the_types_of_the_columns_are_compared(tmp_path):
    for name in ("metrics.csv", "variance.csv", "toy.csv"):
        shutil.copy(ROOT / "results/published" / name, tmp_path)
    edit(tmp_path / "variance.csv", ",source,", ",origin,")
    metrics = read_csv(tmp_path / "metrics.csv")
    metrics.assign(bandwidth_place="3/10").to_csv(tmp_path / "metrics.csv", index=False)
    (tmp_path / "toy.csv").rename(tmp_path / "toys.csv")
    assert misfits(tmp_path) == [
        "metrics.csv: bandwidth_place is str, documented as number",
        "variance.csv: origin is str, documented as nothing",
        "variance.csv: has no source",
        "toys.csv: not documented",
    ]


def test_the_readmes_links_lead_somewhere_and_its_example_runs(capsys):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", readme) if "://" not in link]
    assert [link for link in links if not (ROOT / link).exists()] == []
    (example,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    exec(example, {})
    assert re.fullmatch(r"-?\d+\.\d ± \d+\.\d nats .*\n", capsys.readouterr().out)


def test_lock_holds_every_requirement():
    lock = (ROOT / "envs/requirements.lock").read_text().lower()
    for line in (ROOT / "envs/requirements.in").read_text().lower().splitlines():
        if line and not line.startswith("#"):
            assert f"\n{line.split('==')[0].split('[')[0]}==" in lock, line
    assert "+cpu" not in lock
    assert "@" not in lock


def test_the_page_of_claims_shows_the_distances_of_the_csv():
    frame = read_csv(ROOT / "benchmarks/results/memorised-seed0.csv").drop_duplicates("of").set_index("of")
    page, samples = (ROOT / "docs/claims.md").read_text(), frame.loc["G"]
    shown = (
        f"{samples.training:.3f} away",
        f"held-out ones {samples.held_out:.3f}",
        f"{samples.nearer:.1%} of the",
    )
    differences = (
        f"{row.difference:.3f} ± {row.standard_error:.3f}" for row in frame.drop("copies on purpose").itertuples()
    )
    for words in (*shown, *differences):
        assert words in page


def test_the_games_in_the_plane_are_played_with_the_setting_that_was_chosen():
    frame = read_csv(ROOT / "benchmarks/results/toys.csv")
    (chosen,) = frame[frame.chosen].setting.unique()
    assert chosen == text(CHOSEN) == choose(frame)
    assert not set(frame[frame.case == "tuning"].on) & set(TARGETS), "tuned on what the claims report"
