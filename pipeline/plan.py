"""Say what a scale will do and how long that takes, before it begins."""

import argparse

from pipeline.reporting.cells import count
from pipeline.runtime import cli


def main() -> None:
    """Command line."""
    parser = cli.parser("plan", __doc__, "--scale quick")
    cli.add_selection(parser)
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.selected_params(args)
    print(f"Scale {params.scale}, as a whole: {params.cost}. A stopped run goes on where it was when started again.")
    for name in params.experiments:
        experiment, seeds = params.experiment(name), params.seeds(name)
        first = (
            f"{count(experiment.pretraining.epochs, 'epoch')} of its first stage and " if experiment.pretraining else ""
        )
        at_most = "up to " if experiment.selection == "validation" else ""
        epochs = f"{first}{at_most}{count(experiment.epochs, 'epoch')}"
        print(f"  {experiment.label}: {count(len(seeds), 'seed')}, {epochs} each; then")
        print(f"  {experiment.n_samples} samples per seed, scored on all test images.")
    for name in params.asked:
        if name not in params.experiments:
            print(f"  {name}: skipped; {params.dataset(params.dataset_of(name)).how_to_supply}")
    print(f"Results go to results/{params.scale}/.", flush=True)


if __name__ == "__main__":
    main()
