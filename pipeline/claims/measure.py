"""Measure a run's samples: their classes, whether they have collapsed, whether they differ from real images.

They are samples of the last generator, because the best on validation images may be from before a collapse. The
log-likelihood is that of the best generator, as everywhere.
"""

import argparse
from pathlib import Path

import pandas as pd

from gan.evidence.classifier import Classifier, with_weights
from gan.sampling import draw_samples
from gan.seeding import stream
from pipeline.claims.evaluator import Evaluator, log_likelihood, measures_of, new_evaluator
from pipeline.config.params import Params
from pipeline.data.arrays import check_prepared
from pipeline.files.formats import one_line_errors, read_json, read_tensors, write_csv
from pipeline.record.manifest import Record
from pipeline.record.runs import GENERATORS, MANIFESTS, MEASURED, MEASURES, Run
from pipeline.runtime import cli
from pipeline.runtime.devices import add_device, use_device
from pipeline.runtime.networks import load_generator
from pipeline.runtime.scores import named

EXAMPLE = """--scale quick --experiment mnist --run runs/quick/mnist/seed0 --data data/prepared/mnist.npz \\
    --classifier results/quick/claims/classifier.safetensors"""


def main() -> None:
    """Command line."""
    parser = cli.parser("claims.measure", __doc__, EXAMPLE)
    cli.add_params(parser)
    add_device(parser)
    cli.add_experiment(parser)
    parser.add_argument("--run", type=Path, nargs="+", required=True, help="folders of finished runs of one experiment")
    parser.add_argument("--data", type=Path, required=True, help="npz file of `prepare`")
    parser.add_argument("--classifier", type=Path, required=True, help="safetensors file of `classify`")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.params(args)
    experiment, device = params.experiment(args.experiment), use_device(args, params)
    check_prepared(args.data)
    evaluator = new_evaluator(args.data, experiment, load_classifier(args.classifier), params.confidence, device)
    for folder in args.run:
        _measure(folder, args, params, evaluator)


def _measure(folder: Path, args: argparse.Namespace, params: Params, evaluator: Evaluator) -> None:
    """Write measures.csv and its manifest beside a run's other files."""
    experiment, device = evaluator.experiment, evaluator.images.device
    run = Run(folder, experiment, "train")
    behind = (*GENERATORS.values(), MANIFESTS["train"])
    inputs = [*(folder / name for name in behind), run.use(args.data), args.classifier]
    record = Record("claims.measure", inputs, params.measuring(experiment.name))
    if record.holds(folder / MEASURED):
        return
    samples = {}
    for which, name in GENERATORS.items():
        generator = load_generator(folder / name, experiment, device)
        noise = stream(run.seed, "evaluation samples", device=device)
        samples[which] = draw_samples(generator, experiment.recipe.noise_prior, experiment.n_samples, noise)
    rows = [log_likelihood(samples["best"], evaluator), *measures_of(samples["last"], evaluator, run.seed)]
    diverged = bool(read_json(folder / MANIFESTS["train"]).get("diverged"))
    rows.append({"metric": "diverged", "value": float(diverged), "unit": "runs", "n": 1})
    common = {"experiment": experiment.name, "seed": run.seed, "scale": params.scale}
    write_csv(folder / MEASURES, pd.DataFrame(named(rows, **common)))
    record.write(folder / MEASURED, [folder / MEASURES], seed=run.seed, device=device.type)


def load_classifier(path: Path) -> Classifier:
    """Load what `classify` trained; a file that is missing, damaged or of another network is a UserError."""
    state, _ = read_tensors(path)
    with one_line_errors(path):
        return with_weights(state)


if __name__ == "__main__":
    main()
