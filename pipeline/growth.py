"""Score one generator with increasing numbers of samples, to show the effect of their number on its score."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import torch
from tqdm import tqdm

from gan.evidence.growth import counts_up_to, score_by_count
from gan.sampling import draw_samples
from gan.seeding import stream
from pipeline.config.experiments import Experiment
from pipeline.files.formats import write_csv
from pipeline.record.manifest import Record
from pipeline.record.runs import AUDITS, GENERATORS, GROWTH, OUR_MODEL, Run
from pipeline.runtime import cli
from pipeline.runtime.devices import add_device, use_device
from pipeline.runtime.networks import load_generator
from pipeline.runtime.scores import Fold, Rows, folds, named, place_in_grid

EXAMPLE = """--scale quick --experiment mnist --run runs/quick/mnist/seed0 \\
    --data data/prepared/mnist.npz --output runs/quick/mnist/audit"""


def main() -> None:
    """Command line."""
    parser = cli.parser("growth", __doc__, EXAMPLE)
    cli.add_params(parser)
    add_device(parser)
    cli.add_experiment(parser)
    parser.add_argument("--run", type=Path, required=True, help="folder of a finished run")
    parser.add_argument("--data", type=Path, required=True, help="npz file of `prepare`")
    parser.add_argument("--output", type=Path, required=True, help="folder of growth.csv")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.params(args)
    experiment = params.experiment(args.experiment)
    run = Run(args.run, experiment, "train")
    record = Record("growth", [args.run / GENERATORS["best"], run.use(args.data)], experiment.settings("growth"))
    if record.holds(args.output / AUDITS["growth"]):
        return
    device = use_device(args, params)
    common = {"experiment": experiment.name, "model": OUR_MODEL, "seed": run.seed, "scale": params.scale}
    rows = _rows(args.run, run.seed, folds(args.data, experiment, device), experiment, device)
    write_csv(args.output / GROWTH, pd.DataFrame(named(rows, **common)))
    record.write(
        args.output / AUDITS["growth"],
        outputs=[args.output / GROWTH],
        seed=run.seed,
        device=device.type,
    )


def _rows(folder: Path, seed: int, parts: list[Fold], experiment: Experiment, device: torch.device) -> Rows:
    """A row for each fold, grid and number of samples."""
    generator = load_generator(folder / GENERATORS["best"], experiment, device)
    counts, n = counts_up_to(experiment.most_samples), experiment.n_samples
    blocks = -(-counts[-1] // n)
    bar = tqdm(total=2 * blocks, desc=f"{experiment.name} growth", unit=f"{n} samples")

    def samples() -> Iterator[torch.Tensor]:
        """The run's own samples first, then more from the same stream; the same each time."""
        random = stream(seed, "evaluation samples", device=device)
        for _ in range(blocks):
            yield draw_samples(generator, experiment.recipe.noise_prior, n, random)
            bar.update()

    sets = [(part.validation[: part.n_validation], part.test) for part in parts]
    with bar:
        found = score_by_count(samples, counts, sets, experiment.grids)
    return [
        {"fold": fold, "grid": grid, "n_samples": point.n, "value": point.test, "unit": "nats"}
        | place_in_grid(point.selection)
        for fold, of_grids in enumerate(found)
        for grid, points in of_grids.items()
        for point in points
    ]


if __name__ == "__main__":
    main()
