"""Train a classifier of a data set's classes; measure real images and a deliberate collapse with it."""

import argparse
import math
from pathlib import Path

import pandas as pd
import torch

from gan.evidence import baselines
from gan.evidence.classifier import Classifier, accuracy, fit
from gan.images import N_CLASSES, TEST, TRAIN
from gan.seeding import stream
from pipeline.claims.evaluator import Evaluator, measures_of, new_evaluator
from pipeline.claims.files import CLASSIFIER
from pipeline.data.arrays import check_prepared, load_images, load_labels
from pipeline.files.formats import write_csv, write_tensors
from pipeline.record.manifest import Record
from pipeline.runtime import cli
from pipeline.runtime.devices import add_device, use_device
from pipeline.runtime.scores import Rows, named

EPOCHS = 8
SEED = 0
N_COPIED, NOISE = 3, 0.1  # training images in the collapse made on purpose, and the noise on its copies
FILES = (CLASSIFIER, "classifier.csv", "yardsticks.csv")
EXAMPLE = """--scale quick --experiment mnist --data data/prepared/mnist.npz \\
    --labels data/prepared/mnist.labels.npz --output results/quick/claims"""


def main() -> None:
    """Command line."""
    parser = cli.parser("claims.classify", __doc__, EXAMPLE)
    cli.add_params(parser)
    add_device(parser)
    cli.add_experiment(parser)
    parser.add_argument("--data", type=Path, required=True, help="npz file of `prepare`")
    parser.add_argument("--labels", type=Path, required=True, help="labels.npz file of `prepare`")
    parser.add_argument("--output", type=Path, required=True, help=f"folder of {', '.join(FILES)}")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.params(args)
    experiment, manifest = params.experiment(args.experiment), args.output / "classifier.manifest.json"
    check_prepared(args.data)
    check_prepared(args.labels)
    record = Record("claims.classify", [args.data, args.labels], params.measuring(experiment.name))
    if record.holds(manifest):
        return
    device = use_device(args, params)
    name = experiment.dataset
    sets = {}
    for part in (TRAIN, TEST):
        images, labels = load_images(args.data, part, name), load_labels(args.labels, part, name)
        sets[part] = (images.to(device), labels.to(device))
    classifier = fit(*sets[TRAIN], N_CLASSES, EPOCHS, stream(SEED, "classifier", device=device))
    common = {"experiment": experiment.name, "scale": params.scale}
    quality = {"n_train": len(sets[TRAIN][0])} | _quality(classifier, *sets[TEST])
    evaluator = new_evaluator(args.data, experiment, classifier, params.confidence, device)
    files = [args.output / name for name in FILES]
    write_tensors(files[0], classifier.state_dict())
    write_csv(files[1], pd.DataFrame([common | quality]))
    write_csv(files[2], pd.DataFrame(named(_yardsticks(evaluator), **common)))
    record.write(manifest, files, seed=SEED, device=device.type)


def _quality(classifier: Classifier, images: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
    """Measure and print how many test images are right, for classifier.csv."""
    share, n = accuracy(classifier, images, labels), len(images)
    print(f"classifier: {share:.2%} of {n} test images are classified correctly", flush=True)
    return {"n_test": n, "accuracy": share, "standard_error": math.sqrt(share * (1 - share) / n)}


def _yardsticks(evaluator: Evaluator) -> Rows:
    """Measure real images that no GAN has seen, and what has collapsed."""
    n, device = evaluator.experiment.n_samples, evaluator.images.device
    copies = _noisy_copies(evaluator.images, n, stream(SEED, "yardsticks", device=device))
    rows = Rows()
    for name, samples in {"validation images": evaluator.fold.validation[:n], "collapse on purpose": copies}.items():
        rows += named(measures_of(samples, evaluator, SEED), of=name)
    return rows


def _noisy_copies(images: torch.Tensor, n: int, random: torch.Generator) -> torch.Tensor:
    """Return n copies of N_COPIED images, each with noise of its own, within [0, 1]."""
    few = baselines.training_images(images, N_COPIED, random)
    copies = few[torch.randint(N_COPIED, (n,), generator=random, device=images.device)]
    noise = torch.empty_like(copies).normal_(generator=random)
    return (copies + NOISE * noise).clamp(0, 1)


if __name__ == "__main__":
    main()
