"""Write the report of a scale: table, figures and provenance in one HTML file that opens offline."""

import argparse
import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from gan.recipe import Recipe
from pipeline.claims.page import fit, part
from pipeline.config.params import Params
from pipeline.files.formats import read_csv, read_json, write_text
from pipeline.record.manifest import Record
from pipeline.record.runs import MANIFESTS, OUR_MODEL, audits, manifests, precision_of
from pipeline.reporting.cells import read_metrics
from pipeline.reporting.page import embedded, render
from pipeline.reporting.sentences import (
    audit_sentences,
    grid_sentences,
    growth_sentences,
    oracle_sentences,
    read_evidence,
    variance_sentences,
    variance_table,
)
from pipeline.reporting.verdicts import agreement, sentences
from pipeline.runtime import cli
from pipeline.table import parts

EXAMPLE = """--scale quick --results results/quick --runs runs/quick/mnist/seed0 runs/quick/mnist/seed1 \\
    --data data/raw/mnist/manifest.json data/prepared/mnist.manifest.json --output results/quick/report.html"""
ALT = {
    "table1": "Table 1 as a dot plot: quoted models and ours, with errors",
    "toy": "A one-dimensional GAN at four moments: densities of data and samples, D, and the map from z to x",
    "interpolation": "A strip of generated images that change gradually from one to the next",
    "samples": "Generated images in rows of five, each row's nearest training image framed in yellow",
    "bandwidth": "Mean validation log-likelihood against bandwidth, one curve per seed, chosen points marked",
    "variance": "Dots: standard deviation of one reported number by what is drawn anew, with intervals",
    "audit": "Rows of images from training images, k-means, a Gaussian and others, beside what each scores",
    "growth": "Mean test log-likelihood and chosen bandwidth against the number of samples of one generator",
    "oracle": "Truth minus estimate against dimensions, for known densities and two numbers of samples",
    "seeds": "Generated images of every seed in rows of five, each row's nearest training image framed in yellow",
    "progress": "Test log-likelihood against epochs of training, one line per seed, with the paper's value as a line",
    "rules": "Validation log-likelihood against epochs, one panel per seed; where two rules keep and stop",
    "learning": "Losses, discriminator outputs and validation log-likelihood against epochs, one line per seed",
}
CAPTIONS = {
    "table1": "Table 1. Bars of quoted rows: standard error over test images (MNIST) or folds (TFD). "
    "Ticks of our row: single seeds; its bar, drawn from 5 seeds on, is where one more seed is expected.",
    "toy": "Figure 1, re-enacted: the paper's is drawn by hand, this one is trained. Dotted: the data's density; "
    "green: the generator's; dashed: D; thin: the analytic optimum p_data / (p_data + p_g) (Proposition 1). Lines "
    "below: where G sends noise in equally probable steps; z is Gaussian here, uniform in the paper's drawing.",
    "interpolation": "Images along straight lines in z-space between five draws that nobody chose (Figure 3 shows "
    "MNIST; the paper does not give its path, this one is ours).",
    "samples": "Samples (Figure 2 of the paper): 20 fair random draws, not chosen. Column 6 is the training image "
    "nearest to column 5.",
    "bandwidth": "The bandwidth is chosen on validation images alone. Circles: the authors' 10-point grid.",
    "variance": "The standard deviation that one reported number would have, had only this been drawn anew, with its "
    "interval. The paper's ± on MNIST is the last row. 0: always the same bandwidth.",
    "audit": "The protocol of the paper, given images that no network made. What stands right of a line scores above "
    "that GAN; ticks: our seeds. A mean image is a single center.",
    "growth": "Nothing changes along the axis but the number of samples; the bandwidth is chosen anew for each number. "
    "Grey line: the number that the protocol asks for.",
    "oracle": "Samples and test points are drawn from a density that is known, so that an estimate without fault would "
    "lie at 0. Bars: sd over densities. Bandwidths are chosen on validation points, as for a GAN.",
    "seeds": "The same for every seed, of the generator that training kept, after the epoch named.",
    "progress": "The last generator after so many epochs, scored by the protocol; no choice follows from these test "
    "scores. Diamonds: the kept generators at the greatest length, with the interval of one more run.",
    "rules": "What two rules of keeping and stopping do to the same runs. Points: the first 1,000 validation images, "
    "fresh noise each time. Line: all 10,000, the same noise each time. A rule keeps the greatest and stops after its "
    "patience; the runs went on regardless.",
    "learning": "Training, one line per seed. With dropout active, D's outputs are those it was trained on.",
}


def main() -> None:
    """Command line."""
    parser = cli.parser("report", __doc__, EXAMPLE)
    cli.add_selection(parser)
    parser.add_argument("--results", type=Path, required=True, help="folder that `table` and `figures` filled")
    parser.add_argument("--runs", type=Path, nargs="+", required=True, help="folders of the runs in the table")
    parser.add_argument("--data", type=Path, nargs="+", default=[], help="manifests of `download` and `prepare`")
    parser.add_argument("--oracle", type=Path, help="csv file of `oracle`; default: in the folder of --results")
    parser.add_argument("--claims", type=Path, help="folder that `claims` filled, to be shown too")
    parser.add_argument("--command", default="python -m pipeline.report", help="what made the results, to be printed")
    parser.add_argument("--output", type=Path, required=True, help="the html file to write")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    record = Record("report")
    params = cli.selected_params(args)
    metrics = read_metrics(args.results / "metrics.csv", params)
    metrics = metrics[metrics.seed.notna()]
    worth = read_evidence(args.results, args.oracle)
    stages = read_stages(args)
    stages.append({"of": str(args.output.parent), **record.content([], [])})
    page = render(
        "report.html.j2",
        scale=params.scale,
        is_real=params.is_real,
        verdicts=sentences(metrics, params),
        agreement=agreement(metrics, params),
        tables=parts(read_csv(args.results / "table1.csv").fillna("")),
        variance=variance_table(worth["variance.csv"], params),
        on_variance=variance_sentences(worth["variance.csv"], metrics, params) + grid_sentences(metrics, params),
        on_audit=audit_sentences(metrics, params),
        on_number=growth_sentences(worth["growth.csv"], params) + oracle_sentences(worth["oracle.csv"]),
        seeds=seed_rows(metrics[metrics.model == OUR_MODEL]),
        recipes=recipes(args.runs),
        claims=part(args.claims, params) if args.claims and fit(args.claims, params) else [],
        figures=figures(args.results / "figures", params),
        facts=facts(params, stages),
        stages=stages,
        command=args.command,
    )
    write_text(args.output, page)
    made_from = [args.results / "table.manifest.json", args.results / "figures" / "manifest.json"]
    manifest = args.output.with_suffix(".manifest.json")
    record.write(manifest, made_from, [args.output], settings=params.presentation())


def seed_rows(metrics: pd.DataFrame) -> pd.DataFrame:
    """Test log-likelihoods, a row per seed, generator and grid."""
    titles = {
        "experiment": "experiment",
        "scale": "scale",
        "length": "epochs",
        "seed": "seed",
        "value": "nats",
        "fold": "fold",
        "standard_error": "SE",
        "error_over": "over",
        "generator": "generator",
        "grid": "grid",
        "bandwidth": "bandwidth",
        "bandwidth_place": "place in grid",
        "bandwidth_on_edge": "on its edge",
    }
    chosen = metrics[metrics.metric == "test_log_likelihood"].round({"value": 2, "standard_error": 2, "bandwidth": 4})
    counts = dict.fromkeys(("seed", "fold", "length"), "Int64")
    rows = chosen[list(titles)].astype(counts).astype(object)
    rows["bandwidth_on_edge"] = rows.bandwidth_on_edge.map(
        lambda edge: "yes: a wider grid might do better" if edge else ""
    )
    return rows.where(rows.notna(), "").rename(columns=titles)


def figures(folder: Path, params: Params) -> list[dict[str, str]]:
    """The SVG files that `figures` wrote, as data addresses, with caption and alternative text."""
    found = []
    for name in read_json(folder / "manifest.json")["outputs"]:
        kind, _, experiment = Path(name).stem.partition("-")
        if not name.endswith(".svg"):
            continue
        title = f"{params.experiment(experiment).label}. " if experiment else ""
        found.append(embedded(folder / name, title + CAPTIONS[kind], title + ALT[kind]))
    return found


def recipes(runs: list[Path]) -> list[dict[str, Any]]:
    """How each experiment was trained, from its runs' manifests; what is not the 2014 code's default is marked."""
    defaults, found = asdict(Recipe()), {}
    trained = [path for run in runs for path in manifests(run) if path.name == MANIFESTS["train"]]
    for path in trained:
        manifest = read_json(path)
        settings = manifest["settings"]
        rows = [{"key": k, "value": v, "changed": v != defaults[k]} for k, v in settings["recipe"].items()]
        first = (settings["pretraining"] or {}).get("name")
        plain = {key: settings[key] for key in ("noise_size", "selection", "precision")} | {"first stage": first}
        plain |= {"products computed in": precision_of(manifest)}
        networks = {key: [_layer_text(line) for line in settings[key]] for key in ("generator", "discriminator")}
        rows += [{"key": k, "value": v, "changed": False} for k, v in plain.items()]
        rows += [{"key": k, "value": "; ".join(lines), "changed": False} for k, lines in networks.items()]
        found[settings["name"]] = {
            "experiment": settings["name"],
            "epochs": settings["epochs"],
            "rows": [row | {"value": "none" if row["value"] is None else row["value"]} for row in rows],
        }
    return list(found.values())


def _layer_text(layer: dict[str, Any]) -> str:
    """A layer in words, without what it does not have."""
    return ", ".join(f"{key} {value}" for key, value in layer.items() if value not in (0, 0.0, None, ""))


def read_stages(args: argparse.Namespace) -> list[dict[str, Any]]:
    """The manifests of all stages behind the results, in order."""
    paths = [*args.data]
    paths += [path for run in args.runs for path in manifests(run)]
    paths += dict.fromkeys(path for run in args.runs for path in audits(run))
    paths += [
        args.results / "oracle.manifest.json",
        args.results / "table.manifest.json",
        args.results / "figures" / "manifest.json",
    ]
    there = [path for path in paths if path.is_file()]  # runs taken in from elsewhere lack some
    return [{"of": str(path.parent)} | read_json(path) for path in there]


def facts(params: Params, stages: list[dict[str, Any]]) -> dict[str, str]:
    """Parameters, data, commits and versions behind the results; several values where stages differ."""
    content = json.dumps(params.values, sort_keys=True).encode()
    rows = {"params.yaml (SHA-256 of its content)": [hashlib.sha256(content).hexdigest()]}
    for stage in stages:
        if stage["stage"] in ("download", "prepare"):
            rows |= {f"{name} (SHA-256)": [digest] for name, digest in stage["outputs"].items()}
    for stage in stages:
        for name, value in {"commit": stage["commit"], **stage["environment"]}.items():
            rows.setdefault(name, []).append(value)
    return {name: ", ".join(dict.fromkeys(values)) for name, values in rows.items()}


if __name__ == "__main__":
    main()
