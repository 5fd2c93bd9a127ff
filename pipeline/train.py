"""Train one experiment's GAN with one seed or with several at once; save each seed's best and last generators.

Best is the one with the greatest log-likelihood of the validation images, measured with the same noise each time.
Seeds that are trained together share matrix products, nothing else: which ones run side by side changes the rounding,
which training amplifies. A finished run resumes when more epochs are requested.
"""

import argparse
from contextlib import ExitStack
from pathlib import Path

from pipeline.config.experiments import Experiment
from pipeline.data.arrays import check_prepared
from pipeline.files.errors import RunError, UserError
from pipeline.files.formats import read_json, sha256, write_json
from pipeline.files.lock import lock
from pipeline.record.manifest import Record
from pipeline.record.runs import GENERATORS, MANIFESTS, Run, seeds_of
from pipeline.runtime import cli
from pipeline.runtime.devices import add_device, use_device
from pipeline.runtime.trainer import Trainer

EXAMPLE = """--scale quick --experiment mnist --seeds 0 1 \\
    --data data/prepared/mnist.npz --output runs/quick/mnist --work work/quick/mnist"""


def main() -> None:
    """Command line."""
    parser = cli.parser("train", __doc__, EXAMPLE)
    cli.add_params(parser)
    cli.add_experiment(parser)
    cli.add_seeds(parser)
    add_device(parser)
    parser.add_argument("--data", type=Path, required=True, help="npz file of `prepare`")
    parser.add_argument("--pretrained", type=Path, help="folder of the pretraining's runs, if the experiment has one")
    cli.add_runs(parser)
    parser.add_argument("--lines", action="store_true", help="one line per epoch instead of a progress bar")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.params(args)
    experiment, runs = params.experiment(args.experiment), [args.output / f"seed{seed}" for seed in args.seeds]
    check_prepared(args.data)
    record, pretrained = Record("train", [args.data], experiment.settings("train")), _pretrained(args, experiment)
    with ExitStack() as locks:
        for seed in args.seeds:
            locks.enter_context(lock(args.work / f"seed{seed}.lock", f"training of {experiment.name}, seed {seed}"))
        todo = [seed for seed in args.seeds if not _is_finished(args.output / f"seed{seed}", record, pretrained)]
        if todo:
            device, contrast = use_device(args, params), params.dataset(experiment.dataset).contrast_norm
            for seeds in _together(args.work, args.seeds, todo):
                _finish(Trainer(args, experiment, seeds, device, record, pretrained, contrast))
    if args.finished is not None:
        write_json(args.finished, {run.name: sha256(run / MANIFESTS["train"]) for run in runs})


def _pretrained(args: argparse.Namespace, experiment: Experiment) -> dict[int, Path]:
    """Return the folder of each seed's pretraining run.

    Raises:
        UserError: there is pretraining and its runs are missing, or were made with other settings.
    """
    first, folder = experiment.pretraining, args.pretrained
    if (first is None) != (folder is None):
        hint = "has no first stage: leave --pretrained out" if first is None else f"needs --pretrained {first.name}"
        raise UserError(f"{experiment.name} {hint}")
    if first is None:
        return {}
    runs = {seed: Run(folder / f"seed{seed}", first, "train") for seed in args.seeds}
    for run in runs.values():
        run.use(args.data)
    return {seed: run.folder for seed, run in runs.items()}


def _is_finished(run: Path, record: Record, pretrained: dict[int, Path]) -> bool:
    """Whether a seed's run is there, made with the present settings from the present pretraining run."""
    path, below = run / MANIFESTS["train"], pretrained.get(int(run.name.removeprefix("seed")))
    if not record.holds(path):
        return False
    return below is None or read_json(path).get("pretrained_sha256") == sha256(below / GENERATORS["last"])


def _together(work: Path, seeds: list[int], todo: list[int]) -> list[list[int]]:
    """Return which seeds to train together: those of a checkpoint resume together, the others begin together."""
    groups, left = [], set(seeds)
    checkpoints = [seeds_of(path.stem) for path in work.glob("seed*.safetensors")]
    for group in sorted(checkpoints, key=len, reverse=True):
        if set(group) <= left and set(group) & set(todo):
            groups.append(group)
            left -= set(group)
    new = [seed for seed in todo if seed in left]
    return [*groups, new] if new else groups


def _finish(trainer: Trainer) -> None:
    """Train to the end; a loss that is not finite becomes one line."""
    try:
        trainer.finish()
    except FloatingPointError as error:
        saved = trainer.checkpoint.path
        kept = f"; {saved} has its last good state" if saved.is_file() else ""
        raise RunError(f"{trainer.experiment.name}: {error}; a lower learning rate may help{kept}") from error


if __name__ == "__main__":
    main()
