"""Write the report of a scale: table, figures and provenance in one HTML file that opens offline."""

import argparse
from pathlib import Path

from pipeline.claims.gather import fit
from pipeline.claims.tables import part
from pipeline.config.params import Params
from pipeline.files.formats import read_csv, read_json, write_text
from pipeline.record.manifest import Record
from pipeline.reporting.cells import QUOTED, read_metrics
from pipeline.reporting.evidence import evidence, read_evidence
from pipeline.reporting.page import EMBEDDED, embedded, render
from pipeline.reporting.provenance import facts, read_stages, recipes
from pipeline.reporting.sources import variance_table
from pipeline.reporting.tables import caption, every_seed, parts
from pipeline.runtime import cli

ALT = {
    "table1": "Table 1 as a dot plot: quoted models and ours, with errors",
    "toy": "A one-dimensional GAN at four moments: densities of data and samples, D, and the map from z to x",
    "interpolation": "A strip of generated images that change gradually from one to the next",
    "samples": "Generated images in rows of five, each row's nearest training image framed in yellow",
    "bandwidth": "Mean validation log-likelihood against bandwidth, one curve per seed, chosen points marked",
    "variance": "Dots: standard deviation of one reported number by source, with intervals",
    "audit": "Rows of images from training images, k-means, a Gaussian and others, beside the score of each",
    "growth": "Mean test log-likelihood and chosen bandwidth against the number of samples of one generator",
    "oracle": "Truth minus estimate against dimensions, for known densities and two numbers of samples",
    "seeds": "Generated images of every seed in rows of five, each row's nearest training image framed in yellow",
    "training": "Generated images, one row per noise vector, one column per epoch of training",
    "moving": "An animation of 25 generated images, one frame per epoch that training recorded",
    "progress": "Test log-likelihood against epochs of training, one line per seed, with the paper's value as a line",
    "rules": "Validation log-likelihood against epochs, one panel per seed; epochs at which two rules keep and stop",
    "extrapolation": "Validation log-likelihood against the share of learning rates spent, and extrapolated lines",
    "learning": "Losses, discriminator outputs and validation log-likelihood against epochs, one line per seed",
}
CAPTIONS = {
    "table1": "Table 1. Bars of quoted rows: standard error over test images (MNIST) or folds (TFD). Ticks of our "
    "row: single seeds; its bar, shown for 5 or more seeds, is the interval in which one more seed is expected.",
    "toy": "Figure 1, re-enacted: the paper's figure is drawn by hand, this one is computed from a trained GAN. "
    "Dotted: the data's density; green: the generator's; dashed: D; thin: the analytic optimum p_data / (p_data + "
    "p_g) (Proposition 1). Lines below: G's outputs for noise in equally probable steps; z is Gaussian here, uniform "
    "in the paper's drawing.",
    "interpolation": "Images along straight lines in z-space between five random draws, not selected (Figure 3 shows "
    "MNIST; the paper does not give its path, this one is ours).",
    "samples": "Samples (Figure 2 of the paper): 20 random draws, not selected. Column 6 is the training image "
    "nearest to column 5.",
    "bandwidth": "The bandwidth is chosen on validation images only. Circles: the authors' 10-point grid.",
    "variance": "The standard deviation that one reported number would have if only this source varied, with its "
    "interval if there is one. The paper's ± on MNIST is over test images. 0: other images lead to the same choice.",
    "audit": "The protocol of the paper, applied to images that no network generated. Images to the right of a line "
    "score above that GAN; ticks: our seeds. The mean image is a single center.",
    "growth": "Only the number of samples changes along the axis; the bandwidth is chosen again for each number. "
    "Grey line: the number of the protocol.",
    "oracle": "Samples and test points are drawn from a known density, so an estimate without error would "
    "lie at 0. Bars: sd over densities. Bandwidths are chosen on validation points, as for a GAN.",
    "seeds": "The same for every seed, from the kept generator, after the stated number of epochs.",
    "training": "Samples during training: the run of the first seed, and the first 8 of 25 draws of z, the same in "
    "every epoch. Neither is chosen. Of more than 10 recorded epochs some are shown, about equal ratios "
    "apart.",
    "moving": "The same run with all 25 draws of z, epoch by epoch; the animation repeats and holds the last epoch.",
    "progress": "The last generator after each number of epochs, scored by the protocol; nothing is chosen by these "
    "test scores. Diamonds: the kept generators at the greatest length, with the interval of one more run.",
    "rules": "Two rules that keep a generator and stop training, applied to the same runs. Points: the first 1,000 "
    "validation images, new noise each time. Line: all 10,000, the same noise each time. A rule keeps the greatest "
    "and stops after its patience; the runs continued regardless.",
    "extrapolation": "An extrapolation, not a result: the validation curves against the share of the sum of all "
    "learning rates so far, and the mean of each seed's line through its second half, extrapolated to the end.",
    "learning": "Training, one line per seed. D's outputs are measured in training, with dropout active.",
}

EXAMPLE = """--scale quick --results results/quick --runs runs/quick/mnist/seed0 runs/quick/mnist/seed1 \\
    --data data/raw/mnist/manifest.json data/prepared/mnist.manifest.json --output results/quick/report.html"""


def main() -> None:
    """Command line."""
    parser = cli.parser("report", __doc__, EXAMPLE)
    cli.add_selection(parser)
    parser.add_argument("--results", type=Path, required=True, help="folder that `table` and `figures` filled")
    parser.add_argument("--runs", type=Path, nargs="+", required=True, help="folders of the runs in the table")
    parser.add_argument("--data", type=Path, nargs="+", default=[], help="manifests of `download` and `prepare`")
    parser.add_argument(
        "--oracle", type=Path, help="csv file of `oracle`; default: oracle.csv in the folder of --results"
    )
    parser.add_argument("--claims", type=Path, help="folder that `claims` filled; adds the claims to the report")
    parser.add_argument(
        "--command", default="python -m pipeline.report", help="command that made the results, printed in the report"
    )
    parser.add_argument("--output", type=Path, required=True, help="the html file to write")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.selected_params(args)
    made_from = [args.results / "table.manifest.json", args.results / "figures" / "manifest.json", QUOTED]
    record = Record("report", made_from, params.presentation())
    metrics = read_metrics(args.results / "metrics.csv", params)
    frames = read_evidence(args.results, args.oracle)
    stages = read_stages(args.results, args.runs, args.data)
    stages.append({"of": str(args.output.parent), **record.content([])})
    page = render(
        "report.html.j2",
        scale=params.scale,
        is_real=params.is_real,
        said=evidence(frames, params),
        caption=caption(params).replace("`", ""),
        tables=parts(read_csv(args.results / "table1.csv").fillna("")),
        variance=variance_table(frames["variance.csv"], params),
        seeds=every_seed(metrics),
        recipes=recipes(args.runs),
        claims=part(args.claims, params) if args.claims and fit(args.claims, params) else [],
        figures=figures(args.results / "figures", params),
        facts=facts(params, stages),
        stages=stages,
        command=args.command,
    )
    write_text(args.output, page)
    manifest = args.output.with_suffix(".manifest.json")
    record.write(manifest, [args.output])


def figures(folder: Path, params: Params) -> list[dict[str, str]]:
    """Return the SVG and GIF files that `figures` wrote, as data addresses, with caption and alternative text."""
    found = []
    for path in map(Path, read_json(folder / "manifest.json")["outputs"]):
        if path.suffix in EMBEDDED:
            kind, _, experiment = path.stem.partition("-")
            title = f"{params.experiment(experiment).label}. " if experiment else ""
            found.append(embedded(folder / path, title + CAPTIONS[kind], title + ALT[kind]))
    return found


if __name__ == "__main__":
    main()
