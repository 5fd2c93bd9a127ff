"""Train a model that the GAN is compared with, by its published settings as far as they are known.

It is sampled and scored like the GAN.
"""

import argparse
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from gan import rivals
from gan.images import TRAIN, VALIDATION
from gan.validator import Validator
from pipeline.config.experiments import Experiment
from pipeline.data.arrays import check_prepared, load_images
from pipeline.files.errors import RunError, UserError
from pipeline.files.formats import sha256, write_compressed, write_csv, write_json, write_same, write_tensors
from pipeline.files.lock import lock
from pipeline.record.code import code_hash
from pipeline.record.manifest import Record
from pipeline.record.runs import CURVE, GENERATORS, MANIFESTS, PICTURES, TRAINING_FILES, VALIDATION_CURVE
from pipeline.runtime import cli
from pipeline.runtime.checkpoints import Checkpoint
from pipeline.runtime.devices import add_device, machine, use_device

EXAMPLE = """--scale cpu --experiment vae-1x500 --seeds 0 1 2 \\
    --data data/prepared/mnist.npz --output runs/cpu/vae-1x500 --work work/cpu/vae-1x500"""


def main() -> None:
    """Command line."""
    parser = cli.parser("rival", __doc__, EXAMPLE)
    cli.add_params(parser)
    parser.add_argument("--experiment", required=True, help="name in `rivals` of params.yaml, e.g. vae-1x500")
    cli.add_seeds(parser)
    add_device(parser)
    parser.add_argument("--data", type=Path, required=True, help="npz file of `prepare`")
    cli.add_runs(parser)
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.params(args)
    experiment = params.model(args.experiment)
    if experiment.rival is None:
        raise UserError(
            f"{experiment.name}: trained by `train`; name one of the `rivals` of params.yaml with --experiment"
        )
    check_prepared(args.data)
    record = Record("rival", [args.data], experiment.settings("train"))
    runs = [args.output / f"seed{seed}" for seed in args.seeds]
    todo = [run for run in runs if not record.holds(run / MANIFESTS["train"])]
    device = use_device(args, params) if todo else torch.device("cpu")
    with ExitStack() as locks:
        for run in todo:
            locks.enter_context(lock(args.work / f"{run.name}.lock", f"training of {experiment.name}, {run.name}"))
        for run in todo:
            _train(run, experiment, device, record, args)
    if args.finished is not None:
        write_json(args.finished, {run.name: sha256(run / MANIFESTS["train"]) for run in runs})


def _train(run: Path, experiment: Experiment, device: torch.device, record: Record, args: argparse.Namespace) -> None:
    """Train one seed to the end, with checkpoints, and write its files."""
    assert experiment.rival is not None
    seed = int(run.name.removeprefix("seed"))
    images = load_images(args.data, TRAIN, experiment.dataset).to(device)
    about = (experiment.noise_size, experiment.generator, experiment.rival.epochs, seed)
    model = rivals.new(experiment.rival.kind, images, *about)
    checkpoint = Checkpoint(args.work / f"{run.name}.safetensors", _fingerprint(experiment, seed, args.data, device))
    curve, saved = _restored(checkpoint, model, seed, experiment.epochs), time.perf_counter()
    rounds = range(len(curve) + 1, experiment.epochs + 1)
    bar = tqdm(rounds, f"{experiment.name} seed {seed}", experiment.epochs, unit="epoch", initial=len(curve))
    for epoch in bar:
        started = time.perf_counter()
        values = dict(zip(model.curves, model.train_epoch(epoch), strict=True))
        if not np.isfinite(list(values.values())).all():
            raise RunError(
                f"{experiment.name} seed {seed}: not finite in epoch {epoch}; its last state is {checkpoint.path}"
            )
        curve.append({"epoch": epoch, **values, "seconds": round(time.perf_counter() - started, 3)})
        bar.set_postfix(values, refresh=False)
        if time.perf_counter() - saved > args.checkpoint_seconds or epoch == experiment.epochs:
            checkpoint.write(model.state(), {"progress": {seed: {"epoch": epoch, "curve": curve}}})
            saved = time.perf_counter()
    _write(run, seed, model, curve, experiment, device, record, args.data)


def _fingerprint(experiment: Experiment, seed: int, data: Path, device: torch.device) -> dict[str, Any]:
    """Return what a continuation must share."""
    settings = experiment.settings("train")
    *first, _ = settings["rival"]["epochs"]  # more of the last phase make a run longer
    settings["rival"] |= {"epochs": first}
    facts = {"settings": settings, "seed": seed, "data": sha256(data)}
    return facts | {"code": code_hash("pipeline.rival"), "device": device.type}


def _restored(checkpoint: Checkpoint, model: rivals.Rival, seed: int, epochs: int) -> list[dict[str, Any]]:
    """Put the model where its checkpoint is, if one fits; return the curve so far."""
    if (saved := checkpoint.read(epochs)) is None:
        return []
    tensors, state = saved
    model.load_state(tensors)
    curve: list[dict[str, Any]] = state["progress"][str(seed)]["curve"]
    return curve


def _write(
    run: Path,
    seed: int,
    model: rivals.Rival,
    curve: list[dict[str, Any]],
    experiment: Experiment,
    device: torch.device,
    record: Record,
    data: Path,
) -> None:
    """Write the files that a trained run has; the manifest comes last."""
    generator, prior = model.generator(), experiment.recipe.noise_prior
    write_tensors(run / GENERATORS["last"], generator.state_dict())
    write_same(run / GENERATORS["best"], run / GENERATORS["last"])
    validation = load_images(data, VALIDATION, experiment.dataset).to(device)
    validator = Validator(validation, experiment.grids["authors"], experiment.n_samples, prior, is_normalised=False)
    write_csv(run / CURVE, pd.DataFrame(curve))
    write_csv(run / VALIDATION_CURVE, pd.DataFrame(columns=validator.columns))
    pictures = validator.pictures(generator, seed).numpy()
    write_compressed(run / PICTURES, epochs=np.array([len(curve)]), images=pictures[None])
    record.write(
        run / MANIFESTS["train"],
        [run / name for name in TRAINING_FILES],
        experiment=experiment.name,
        seed=seed,
        trained_together=[seed],
        length=experiment.epochs,
        device=device.type,
        machines=[machine(device) | {"first_epoch": 1, "last_epoch": len(curve)}],
        epochs_trained=len(curve),
        best_epoch=len(curve),
        best_log_likelihood=None,
        diverged="",
    )


if __name__ == "__main__":
    main()
