"""What the first seed pictured in training is a figure of the scale, in its report, and published."""

import numpy as np
from helpers import call

from pipeline import figures, publish, report
from pipeline.config.params import load
from pipeline.files.formats import read_arrays, read_json, sha256, write_compressed
from pipeline.reporting.plots_training import epochs_shown

SHOWN = ("training-mnist.svg", "training-mnist.png", "moving-mnist.gif")


def test_the_first_seeds_training_is_plotted_shown_and_published(project, monkeypatch):
    """At scale smoke a run pictures one epoch and there is nothing to plot; here it has more."""
    monkeypatch.chdir(project)
    folder, runs = project / "results/smoke/figures", [f"runs/smoke/mnist/seed{seed}" for seed in (1, 0)]
    assert not any((folder / name).exists() for name in SHOWN)
    (folder / "moving-stray.gif").write_text("of another selection")
    kept = {run: read_arrays(project / run / "pictures.npz")["images"] for run in runs}
    for run, epochs in zip(runs, ([7, 8], [5, 10, 15]), strict=True):
        images = np.concatenate([kept[run]] * len(epochs))
        write_compressed(project / run / "pictures.npz", epochs=np.array(epochs), images=images)
    plot = [
        *("--results", "results/smoke", "--toy", "results/smoke/toy.csv", "--oracle", "results/smoke/oracle.csv"),
        *("--sheets", *(f"{run}/sheet.npz" for run in runs), "--audits", "runs/smoke/mnist/audit/sheet.npz"),
        *("--output", folder),
    ]
    assert call(figures, *plot).returncode == 0
    assert not (folder / "moving-stray.gif").exists()
    manifest = read_json(folder / "manifest.json")
    assert set(SHOWN) <= manifest["outputs"].keys()
    assert manifest["inputs"]["pictures.npz"] == sha256(project / runs[1] / "pictures.npz")
    assert epochs_shown(folder / SHOWN[2]) == [5, 10, 15]
    assert all(f"<!-- {n} -->" in (folder / SHOWN[0]).read_text(encoding="utf-8") for n in (5, 10, 15))

    shown = ["--results", "results/smoke", "--runs", *runs, "--output", "results/smoke/report.html"]
    assert call(report, *shown).returncode == 0
    page = (project / "results/smoke/report.html").read_text(encoding="utf-8")
    assert page.count("src='data:image/gif;base64,") == 1
    assert page.count("<img ") == page.count('alt="') == 3 + 9 + 2

    params = load(project / "params.yaml", "smoke")
    published = publish.collect_results(params, project / "results/smoke", project / "runs")
    assert {"figures/training-mnist.svg", "figures/moving-mnist.gif", f"{runs[1]}/pictures.npz"} <= published.keys()
    assert not {"figures/training-mnist.png", f"{runs[0]}/pictures.npz"} & published.keys()
