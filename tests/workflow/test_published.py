"""The committed results made again, as a reader would who has no GPU and little time."""

import shutil
import time

from helpers import ROOT, copy_project, jobs, run_in

from pipeline.record.runs import GATHERED, SUMMARY


def test_published_results_regenerate_byte_for_byte(tmp_path):
    """`snakemake published` in a fresh clone: tables and figures from the committed CSVs, nothing trained."""
    folder = copy_project(tmp_path)
    shutil.copytree(ROOT / "results/published", folder / "results/published")
    started = time.perf_counter()
    done = run_in(folder, "-m", "snakemake", "--cores", "2", "published")
    assert done.returncode == 0, done.stdout + done.stderr
    assert time.perf_counter() - started < 90  # 35 alone, on two cores
    again = {"published", "regenerate_table", "regenerate_figures", "regenerate_report", "regenerate_claims"}
    assert set(jobs(done.stdout + done.stderr)) <= again
    published, regenerated = folder / "results/published", folder / "results/regenerated"
    for name in (*GATHERED, SUMMARY, "table1.csv", "table1.md", "table1.tex", "claims/claims.csv"):
        assert (regenerated / name).read_bytes() == (published / name).read_bytes(), name
    figures = sorted(path.name for path in (published / "figures").iterdir())
    assert figures == sorted(path.name for path in (regenerated / "figures").glob("*.svg"))
    for name in figures:
        assert (regenerated / "figures" / name).read_bytes() == (published / "figures" / name).read_bytes(), name
    # The report also prints the commit, versions and times of its own making.
    shown = (regenerated / "report.html").read_text(encoding="utf-8").split("<h2>Provenance</h2>")[0]
    assert shown == (published / "report.html").read_text(encoding="utf-8").split("<h2>Provenance</h2>")[0]
