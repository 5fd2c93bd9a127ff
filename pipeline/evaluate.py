"""Score a run: bandwidths chosen on validation images, mean log-likelihood of the test images; fold by fold.

And score its best generator again, from other draws of samples and with other validation images, to show how much
of a number is their choice.
"""

import argparse
from pathlib import Path

import pandas as pd
import torch

from gan.sampling import draw_samples
from gan.scoring import score_by_subset
from gan.seeding import stream
from pipeline import cli
from pipeline.devices import add_device, use_device
from pipeline.experiments import Experiment
from pipeline.io import read_array, write_arrays, write_csv
from pipeline.networks import load_generator
from pipeline.provenance import Record
from pipeline.runs import BANDWIDTHS, GAN, GENERATORS, IMAGES, MANIFESTS, METRICS, REDRAWN, SAMPLES, Run
from pipeline.scores import Fold, Rows, folds, named, place_in_grid, score_folds

EXAMPLE = "--scale quick --experiment mnist --run runs/quick/mnist/seed0 --data data/prepared/mnist.npz"


def main() -> None:
    """Command line."""
    parser = cli.parser("evaluate", __doc__, EXAMPLE)
    cli.add_params(parser)
    add_device(parser)
    cli.add_experiment(parser)
    parser.add_argument("--run", type=Path, required=True, help="folder of a sampled run; the metrics go there too")
    parser.add_argument("--data", type=Path, required=True, help="npz file of `prepare`")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    record = Record("evaluate")
    params = cli.params(args)
    experiment = params.experiment(args.experiment)
    run = Run(args.run, experiment, "sample")
    data, device = run.use(args.data), use_device(args)
    parts = folds(data, experiment, device)
    print(f"{experiment.name}: scoring {args.run}", flush=True)
    samples = {name: torch.from_numpy(read_array(args.run / file)).to(device) for name, file in SAMPLES.items()}
    scored = {"best": score_folds(samples["best"], parts, experiment)}
    # Where nothing was selected, both generators are the same: scored once, told twice.
    same = experiment.selection == "last"
    scored["last"] = scored["best"] if same else score_folds(samples["last"], parts, experiment)
    common = {"experiment": experiment.name, "model": GAN, "seed": run.seed, "scale": params.scale}
    tables = {
        METRICS: [row for name, found in scored.items() for row in named(found.metrics, **common, generator=name)],
        BANDWIDTHS: [
            row for name, found in scored.items() for row in named(found.bandwidths, **common, generator=name)
        ],
        REDRAWN: named(_redrawn(samples["best"], run, parts, experiment, device), **common, generator="best"),
    }
    for name, rows in tables.items():
        write_csv(args.run / name, pd.DataFrame(rows))
    write_arrays(args.run / IMAGES, **scored["best"].test_images)
    record.write(
        args.run / MANIFESTS["evaluate"],
        inputs=[*(args.run / name for name in (*SAMPLES.values(), GENERATORS["best"])), args.data],
        outputs=[args.run / name for name in (*tables, IMAGES)],
        settings=experiment.settings("evaluate"),
        device=device.type,
    )


def _redrawn(first: torch.Tensor, run: Run, parts: list[Fold], experiment: Experiment, device: torch.device) -> Rows:
    """The protocol with each draw of samples, the first of which is the run's own, and each validation subset."""
    generator = load_generator(run.folder / GENERATORS["best"], experiment, device)
    prior, rows = experiment.recipe.noise_prior, Rows()
    for draw in range(experiment.n_draws):
        random = stream(run.seed, "evaluation samples", draw, device)
        samples = draw_samples(generator, prior, experiment.n_samples, random) if draw else first
        for fold, part in enumerate(parts):
            grid = experiment.grids["authors"]
            found = score_by_subset(samples, part.validation, part.n_validation, part.test, grid)
            rows += [
                {
                    "draw": draw,
                    "fold": fold,
                    "subset": subset,
                    "value": mean,
                    "unit": "nats",
                    **place_in_grid(selection),
                }
                for subset, (selection, mean) in enumerate(found)
            ]
    return rows


if __name__ == "__main__":
    main()
