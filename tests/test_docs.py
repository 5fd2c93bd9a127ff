"""Numbers in the documents are those in the files beside them; links lead somewhere."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from helpers import ROOT, call, edit, misfits
from scipy.stats import fisher_exact

from benchmarks.initial_weights import LATE_BELOW
from benchmarks.toys import choose, text
from gan.scoring import score
from gan.theory.modes import TARGETS
from gan.theory.plane import CHOSEN
from pipeline import compare
from pipeline.files.formats import read_csv, read_json, sha256


def test_epochs_table_shows_the_csv():
    frame = read_csv(ROOT / "benchmarks/results/epochs.csv").pivot(
        index="epoch", columns=["grid", "seed"], values="value"
    )
    page = (ROOT / "docs/runs.md").read_text()
    for epoch, row in frame.iterrows():
        (line,) = (line for line in page.splitlines() if line.startswith(f"| {epoch} |"))
        for value in row:
            assert f" {value:.1f} |" in line


def test_the_recipes_whose_seeds_had_begun_to_learn_are_counted():
    section = (
        (ROOT / "docs/runs.md").read_text().partition("### When a seed has begun to learn")[2].partition("\n### ")[0]
    )
    shown, curves = (
        dict(re.findall(r"`(mnist-[\w-]+)` (\d)\b", section)),
        ROOT / "benchmarks/results/pairs",
    )
    last = {name: [read_csv(curves / f"{name}/seed{seed}/curve.csv").iloc[-1] for seed in range(5)] for name in shown}
    assert {name: int(n) for name, n in shown.items()} == {
        name: sum(row["D(G(z))"] >= LATE_BELOW for row in rows) for name, rows in last.items()
    }
    assert {row.epoch for rows in last.values() for row in rows} == {50}
    assert set(shown) | {"mnist-text"} == {path.name for path in curves.glob("mnist-*")}
    one, other = ([int(shown[name]), 5 - int(shown[name])] for name in ("mnist-alternating", "mnist-code"))
    assert f"Fisher's exact test p = {fisher_exact([one, other]).pvalue:.3f}" in section


def test_the_second_opinion_shows_the_csv_files(tmp_path):
    """The passage and the figures follow from the committed measurements and images."""
    committed, page = ROOT / "benchmarks/results/comparison", tmp_path / "evidence.md"
    shutil.copy(ROOT / "docs/evidence.md", page)
    scale = ("--params", ROOT / "params.yaml", "--scale", read_csv(committed / "ais.csv").scale.iloc[0])
    done = call(compare, *scale, "--gathered", committed, "--output", tmp_path, "--page", page)
    assert done.returncode == 0, done.stderr
    assert page.read_text() == (ROOT / "docs/evidence.md").read_text()
    for name in ("comparison.svg", "samples.svg"):
        assert (tmp_path / name).read_bytes() == (committed / name).read_bytes()


def test_the_second_opinion_follows_from_the_runs_that_it_names():
    """Scores are those of the runs beside them, of the generators that were trained there and annealed."""
    committed = ROOT / "benchmarks/results/comparison"
    scores, trained = read_csv(committed / "rivals.csv"), {}
    for (model, seed), rows in scores.groupby(["model", "seed"]):
        run = committed / f"runs/{model}/seed{seed}"
        of_run, scored = (read_json(run / name) for name in ("manifest.json", "metrics.manifest.json"))
        assert of_run["outputs"]["curve.csv"] == sha256(run / "curve.csv")
        assert scored["outputs"]["metrics.csv"] == sha256(run / "metrics.csv")
        mine = read_csv(run / "metrics.csv").query("metric.isin(@rows.metric)")
        assert mine.value.tolist() == rows.value.tolist()
        assert set(rows.length) == {len(read_csv(run / "curve.csv"))}
        trained[model, seed] = of_run["outputs"]["generator.safetensors"]
    for model, rows in read_csv(committed / "ais.csv").groupby("model"):
        made = read_json(committed / f"ais/{model}.manifest.json")
        assert set(rows.distributions.dropna()) <= {made["settings"]["distributions"]}
        assert set(rows.n_eval) == {made["settings"]["images"]}
        if (run := (model, made["seed"])) in trained:
            assert made["inputs"]["generator.safetensors"] == trained[run]


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


def test_the_example_for_other_packages_passes():
    page = (ROOT / "docs/contributing.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(def test_.*?)```", page, re.DOTALL)
    names = {"np": np, "pytest": pytest, "score": score}
    exec(example, names)
    names["test_the_score_has_its_known_value"]()


def test_lock_holds_every_requirement():
    lock = (ROOT / "envs/requirements.lock").read_text().lower()
    for line in (ROOT / "envs/requirements.in").read_text().lower().splitlines():
        if line and not line.startswith("#"):
            assert f"\n{line.split('==')[0].split('[')[0]}==" in lock, line
    assert "+cpu" not in lock
    assert "@" not in lock


def test_the_games_in_the_plane_are_played_with_the_setting_that_was_chosen():
    frame = read_csv(ROOT / "benchmarks/results/toys.csv")
    (chosen,) = frame[frame.chosen].setting.unique()
    assert chosen == text(CHOSEN) == choose(frame)
    assert not set(frame[frame.case == "tuning"].on) & set(TARGETS), "tuned on what the claims report"


PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
PAGES += [*sorted(ROOT.glob("weights/*/README.md")), *sorted(ROOT.glob("benchmarks/results/*/README.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def headings(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    lines = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


def broken(page: Path) -> list[str]:
    """Return the links of a page that lead to no file or to no heading of a page."""
    found = []
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        place, _, anchor = link.partition("#")
        target = page.parent / place if place else page
        if "://" not in link and (not target.exists() or (anchor and anchor not in headings(target))):
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_file_and_a_heading(page):
    assert broken(page) == []


def test_links_that_lead_nowhere_are_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A `b`, c\n[here](#a-b-c) [there](page.md#a-b-c) [web](https://a.b/c#d)\n[x](no.md) [y](#a-b)\n")
    assert broken(page) == ["no.md", "#a-b"]


def test_every_document_is_linked_from_the_readme_and_short():
    """Generated pages and the columns of the CSV files may be longer."""
    links = {link.partition("#")[0] for link in LINK.findall((ROOT / "README.md").read_text(encoding="utf-8"))}
    for page in (*(ROOT / "docs").glob("*.md"), *(ROOT / "docs").glob("*.ipynb")):
        assert f"docs/{page.name}" in links, page.name
        n = len(page.read_text(encoding="utf-8").splitlines())
        assert n <= 300 or page.name in ("api.md", "claims.md", "data.md", "tour.ipynb"), page.name


def test_documents_that_the_sources_name_exist():
    kinds = [f"*.{kind}" for kind in ("py", "smk", "yaml", "yml", "j2", "in", "toml")] + ["Makefile", "Snakefile"]
    command = ["git", "grep", "-ohE", r"docs/[a-z-]+\.(md|csv|ipynb)", "--", *kinds]
    names = set(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())
    assert "docs/runs.md" in names
    assert [name for name in sorted(names) if not (ROOT / name).exists()] == []
