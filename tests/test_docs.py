"""Numbers in the documents are those in the files beside them."""

from helpers import ROOT

from pipeline.files.formats import read_csv


def test_epochs_table_shows_the_csv():
    frame = read_csv(ROOT / "docs/epochs.csv").pivot(index="epoch", columns=["grid", "seed"], values="value")
    page = (ROOT / "docs/epochs.md").read_text()
    for epoch, row in frame.iterrows():
        (line,) = (line for line in page.splitlines() if line.startswith(f"| {epoch} |"))
        for value in row:
            assert f" {value:.1f} |" in line


def test_lock_holds_every_requirement():
    lock = (ROOT / "envs/requirements.lock").read_text().lower()
    for line in (ROOT / "envs/requirements.in").read_text().lower().splitlines():
        if line and not line.startswith("#"):
            assert f"\n{line.split('==')[0].split('[')[0]}==" in lock, line
    assert "+cpu" not in lock
    assert "@" not in lock
