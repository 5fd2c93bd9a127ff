"""The committed results made again, as a reader would who has no GPU and little time."""

import shutil
import time

import pandas as pd
import pytest
from helpers import ROOT, copy_project, edit, jobs, run_in

from pipeline.config.params import load
from pipeline.files.errors import UserError
from pipeline.files.formats import csv_text, read_csv
from pipeline.record.runs import CHOICES, GATHERED, IMAGES, MANIFESTS, REDRAWN, SUMMARY, VARIANCE
from pipeline.reporting.gather import tidy
from pipeline.reporting.page import EMBEDDED
from pipeline.reporting.variance import variance_again


def test_published_results_regenerate_byte_for_byte(tmp_path):
    """`snakemake published` in a fresh clone: tables and figures from the committed CSVs, nothing trained."""
    folder = copy_project(tmp_path)
    for name in ("results/published", "docs/cifar10", "benchmarks/results"):
        shutil.copytree(ROOT / name, folder / name)
    started = time.perf_counter()
    done = run_in(folder, "-m", "snakemake", "--cores", "2", "published")
    assert done.returncode == 0, done.stdout + done.stderr
    assert time.perf_counter() - started < 90  # 35 alone, on two cores
    again = {"published", "regenerate_table", "regenerate_figures", "regenerate_report", "regenerate_claims"}
    assert set(jobs(done.stdout + done.stderr)) <= again
    published, regenerated = folder / "results/published", folder / "results/regenerated"
    for name in (*GATHERED, CHOICES, SUMMARY, "table1.csv", "table1.md", "table1.tex", "claims/claims.csv"):
        assert (regenerated / name).read_bytes() == (published / name).read_bytes(), name
    figures = sorted(path.name for path in (published / "figures").iterdir())
    assert figures == sorted(path.name for path in (regenerated / "figures").iterdir() if path.suffix in EMBEDDED)
    for name in figures:
        assert (regenerated / "figures" / name).read_bytes() == (published / "figures" / name).read_bytes(), name
    # The report also prints the commit, versions and times of its own making.
    shown = (regenerated / "report.html").read_text(encoding="utf-8").split('<h2 id="provenance">')[0]
    assert shown == (published / "report.html").read_text(encoding="utf-8").split('<h2 id="provenance">')[0]


def test_the_variance_is_made_again_from_published_runs(finished, tmp_path):
    """From redrawn.csv, test_images.npz and the manifests alone; the runs are copied as `publish` copies them."""
    params, results = load(finished / "params.yaml", "smoke"), finished / "results/smoke"
    frames = {name: tidy(read_csv(results / name)) for name in GATHERED}
    frames[VARIANCE].loc[0, "sd"] *= 2
    folders = []
    for run in sorted((finished / "runs/smoke/mnist").glob("seed*/")):
        folders.append(tmp_path / "published/runs/smoke/mnist" / run.name)
        folders[-1].mkdir(parents=True)
        for name in (REDRAWN, IMAGES, *MANIFESTS.values()):
            shutil.copy(run / name, folders[-1])
    again = variance_again(frames, folders, params)
    for name in (VARIANCE, CHOICES):
        assert csv_text(tidy(again[name])) == (results / name).read_text(), name
    edit(folders[1] / REDRAWN, ",1,0,0,", ",1,0,00,")
    with pytest.raises(UserError, match=r"redrawn\.csv is not the bytes .*restore it with git"):
        variance_again(frames, folders, params)


def test_variance_that_cannot_be_made_again_stays_without_intervals():
    rows = pd.DataFrame(
        {"experiment": ["mnist"], "source": ["training seed"], "sd": [4.0], "low": [2.0], "high": [9.0]}
    )
    again = variance_again({VARIANCE: rows, "validation.csv": pd.DataFrame()}, [], load(ROOT / "params.yaml", "paper"))
    assert again[VARIANCE].sd.tolist() == [4.0]
    assert again[VARIANCE][["low", "high"]].isna().all(axis=None)
    assert again[CHOICES].empty
