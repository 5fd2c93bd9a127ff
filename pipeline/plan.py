"""Say what a scale will do and how long that takes, before it begins."""

import argparse

from pipeline import cli


def main() -> None:
    """Command line."""
    parser = cli.parser("plan", __doc__, "--scale quick")
    cli.add_params(parser)
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.params(args)
    print(f"Scale {params.scale}: {params.cost}. A stopped run goes on where it was when started again.")
    for name in params.experiments:
        experiment, seeds = params.experiment(name), params.seeds(name)
        print(f"  {experiment.label}: {len(seeds)} seeds, up to {experiment.epochs} epochs each; then")
        print(f"  {experiment.n_samples} samples per seed, scored on all test images.")
    print(f"Results go to results/{params.scale}/.", flush=True)


if __name__ == "__main__":
    main()
