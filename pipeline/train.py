"""Train one experiment's GAN with one seed or with several at once; keep each seed's best generator, and its last.

Best is the one with the greatest log-likelihood of the validation images, measured with the same noise each time.
Seeds that are trained together share matrix products, nothing else: which ones run side by side changes the rounding,
which training amplifies. A run that has ended goes on when it is asked for more epochs.
"""

import argparse
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from gan.ensemble import play_together
from gan.images import TRAIN, VALIDATION
from gan.keeping import is_over
from gan.precision import OPERANDS
from gan.scoring import Selection
from gan.training import CURVES, Divergence, Game
from pipeline.config.experiments import Dataset, Experiment
from pipeline.data.arrays import check_prepared, load_images
from pipeline.files.errors import RunError, Stopped, UserError
from pipeline.files.formats import read_tensors, sha256, write_compressed, write_csv, write_same, write_tensors
from pipeline.files.lock import lock
from pipeline.record.manifest import Record, code_hash, peak_memory_mb
from pipeline.record.places import remove_snapshots, snapshot_folder
from pipeline.record.runs import CURVE, GENERATORS, MANIFESTS, PICTURES, TRAINING_FILES, VALIDATION_CURVE, Run, name_of
from pipeline.runtime import cli
from pipeline.runtime.checkpoints import Checkpoint, Progress, is_begun
from pipeline.runtime.devices import add_device, computable, machine, training_precision, use_device
from pipeline.runtime.networks import generator_with, new_discriminator, new_generator, put_on_top
from pipeline.runtime.progress import Reporter
from pipeline.runtime.validator import Validator

EXAMPLE = """--scale quick --experiment mnist --seeds 0 1 \\
    --data data/prepared/mnist.npz --output runs/quick/mnist --work work/quick/mnist"""
COLUMNS = ("epoch", *CURVES, "validation_log_likelihood", "bandwidth", "seconds")  # of curve.csv
SAVING_SHARE = 0.05  # of the time may go to checkpoints


def main() -> None:
    """Command line."""
    parser = cli.parser("train", __doc__, EXAMPLE)
    cli.add_params(parser)
    cli.add_experiment(parser)
    cli.add_seeds(parser)
    add_device(parser)
    parser.add_argument("--data", type=Path, required=True, help="npz file of `prepare`")
    parser.add_argument("--pretrained", type=Path, help="folder of the first stage's runs, where there is one")
    parser.add_argument("--output", type=Path, required=True, help="folder of the finished runs: FOLDER/seedN")
    parser.add_argument("--work", type=Path, required=True, help="folder of checkpoints and locks")
    parser.add_argument(
        "--checkpoint-seconds", type=float, default=15, help="least time between checkpoints; default: %(default)s"
    )
    parser.add_argument("--lines", action="store_true", help="a line an epoch in place of a progress bar")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    params = cli.params(args)
    experiment = params.experiment(args.experiment)
    with ExitStack() as locks:
        for seed in args.seeds:
            locks.enter_context(lock(args.work / f"seed{seed}.lock", f"training of {experiment.name}, seed {seed}"))
        try:
            Training(args, experiment, params.dataset(experiment.dataset)).finish()
        except FloatingPointError as error:
            saved = args.work / f"{name_of(args.seeds)}.safetensors"
            kept = f"; {saved} has its last good state" if saved.is_file() else ""
            raise RunError(f"{experiment.name}: {error}; a lower learning rate may help{kept}") from error


class Training:
    """The runs of one command line, from its arguments to their files.

    Args:
        args: the command line.
        experiment: the settings.
        dataset: what the images are of.
    """

    def __init__(self, args: argparse.Namespace, experiment: Experiment, dataset: Dataset) -> None:
        self.args, self.experiment, self.seeds = args, experiment, args.seeds
        self.record, self.device = Record("train"), use_device(args)
        self.precision = computable(experiment.precision, self.device)
        with training_precision(self.precision, self.device):
            self.machine = machine(self.device, OPERANDS[self.precision])
        check_prepared(args.data)
        self.images = load_images(args.data, TRAIN, experiment.dataset).to(self.device)
        validation = load_images(args.data, VALIDATION, experiment.dataset)[: experiment.validation_images]
        self.validator = Validator(experiment, validation.to(self.device), dataset.contrast_norm)
        self.pretrained = self._pretrained()
        self.games = play_together([self._new_game(seed) for seed in self.seeds], self.seeds)
        self.checkpoint = Checkpoint(args.work / f"{name_of(self.seeds)}.safetensors", self._fingerprint())
        self.progress = self.checkpoint.restore(self.games, experiment.epochs)
        if not is_begun(self.progress, self.machine):
            remove_snapshots(args.work, self.seeds)  # of another run

    def _pretrained(self) -> dict[int, Path]:
        """Each seed's generator of the first stage.

        Raises:
            UserError: there is a first stage and its runs are not there, or were made otherwise.
        """
        first, folder = self.experiment.pretraining, self.args.pretrained
        if (first is None) != (folder is None):
            hint = "has no first stage: leave --pretrained out" if first is None else f"needs --pretrained {first.name}"
            raise UserError(f"{self.experiment.name} {hint}")
        if first is None:
            return {}
        runs = {seed: Run(folder / f"seed{seed}", first, "train") for seed in self.seeds}
        for run in runs.values():
            run.use(self.args.data)
        return {seed: run.folder / GENERATORS["last"] for seed, run in runs.items()}

    def _new_game(self, seed: int) -> Game:
        generator = new_generator(self.experiment, seed, self.device, self.images.mean(dim=0))
        if seed in self.pretrained:
            put_on_top(generator, read_tensors(self.pretrained[seed])[0])
        discriminator = new_discriminator(self.experiment, seed, self.device)
        return Game(generator, discriminator, self.experiment.recipe, self.precision)

    def _fingerprint(self) -> dict[str, object]:
        settings = self.experiment.settings("train")
        del settings["epochs"]  # more of them make a run longer
        return {
            "settings": settings,
            "seeds": self.seeds,
            "data_sha256": sha256(self.args.data),
            "pretrained_sha256": [sha256(path) for path in self.pretrained.values()],
            "code_sha256": code_hash("pipeline.train"),
            "device": self.device.type,  # another kind draws other random numbers
        }

    def finish(self) -> None:
        """Train to the end and write the runs' files; the whole state stays, for more epochs."""
        self._train()
        self.checkpoint.save(self.games, self.progress)
        self._leave(self.games.seeds)
        for seed, run in self.progress.items():
            self._write(self.args.output / f"seed{seed}", seed, run.last, self.experiment.epochs)

    def _write(self, folder: Path, seed: int, last: dict[str, torch.Tensor], length: int) -> None:
        """Write a run as it is now; its manifest comes last.

        Args:
            folder: of the run, or of a snapshot of it.
            seed: the run's.
            last: its last generator.
            length: epochs that the files stand for; a seed that the rule has ended stands for all that were asked for.
        """
        run = self.progress[seed]
        write_tensors(folder / GENERATORS["last"], last)
        if run.best and run.best_epoch != run.epoch:
            write_tensors(folder / GENERATORS["best"], run.best)
        else:
            write_same(folder / GENERATORS["best"], folder / GENERATORS["last"])
        write_csv(folder / CURVE, pd.DataFrame(run.curve, columns=COLUMNS))
        write_csv(folder / VALIDATION_CURVE, pd.DataFrame(run.validation, columns=self.validator.columns))
        epochs = sorted(map(int, run.pictures))
        pictures = [run.pictures[str(epoch)].numpy() for epoch in epochs]
        write_compressed(folder / PICTURES, epochs=np.array(epochs), images=np.array(pictures))
        outputs = [folder / name for name in TRAINING_FILES]
        self.record.write(folder / MANIFESTS["train"], [self.args.data], outputs, **self._facts(seed, length))

    def _facts(self, seed: int, length: int) -> dict[str, Any]:
        """What a run's manifest says of it."""
        run = self.progress[seed]
        return {
            "experiment": self.experiment.name,
            "seed": seed,
            "trained_together": self.seeds,
            "settings": self.experiment.settings("train"),
            "length": length,
            "device": self.device.type,
            "machines": run.machines,
            "epochs_trained": run.epoch,
            "best_epoch": run.best_epoch if run.best_epoch or run.diverged else run.epoch,
            "best_log_likelihood": run.best_log_likelihood if run.best_epoch else None,
            "diverged": run.diverged,
            "pretrained_sha256": sha256(self.pretrained[seed]) if seed in self.pretrained else None,
            "wall_seconds": round(run.seconds, 3),
            "peak_memory_mb": run.peak_memory_mb,
        }

    def _train(self) -> None:
        least, saved, exit_ = self.args.checkpoint_seconds, time.perf_counter(), self.args.exit
        title = f"{self.experiment.name} {name_of(self.seeds)}"
        with Reporter(title, self.experiment.epochs, self.progress, lines=self.args.lines) as reporter:
            while going_on := [seed for seed in self.games.seeds if not self._is_over(self.progress[seed])]:
                self._leave([seed for seed in self.games.seeds if seed not in going_on])
                self._epoch()
                self._snapshot()
                reporter.update([seed for seed in going_on if not self.progress[seed].diverged])
                exit_.at_once = False  # an epoch more than the checkpoint has
                if exit_.asked or time.perf_counter() - saved >= least:
                    started = time.perf_counter()
                    self.checkpoint.save(self.games, self.progress)
                    saved, exit_.at_once = time.perf_counter(), True
                    least = max(self.args.checkpoint_seconds, (saved - started) / SAVING_SHARE)
                if exit_.asked:
                    raise Stopped(f"{exit_.asked} after a checkpoint at epoch {self.progress[going_on[0]].epoch}")
        exit_.at_once = False  # what is left takes no time

    def _is_over(self, run: Progress) -> bool:
        experiment = self.experiment
        over = is_over(run.epoch, experiment.epochs, run.best_epoch, experiment.patience_epochs)
        return over or bool(run.diverged)

    def _leave(self, seeds: list[int]) -> None:
        """Take seeds out of the ensemble and keep their last generators; of those that diverged the best."""
        staying = [index for index, seed in enumerate(self.games.seeds) if seed not in seeds]
        for index, seed in enumerate(self.games.seeds):
            if seed in seeds:
                run = self.progress[seed]
                kept = {name: tensor.clone() for name, tensor in run.best.items()}
                run.last = kept if run.diverged else self.games.generator_state(index)
        if 0 < len(staying) < len(self.games.seeds):
            self.games.keep(staying)

    def _snapshot(self) -> None:
        """Copy the runs, as they are at a multiple of some epochs, into the folder of work in progress."""
        for index, seed in enumerate(self.games.seeds):
            epoch = self.progress[seed].epoch
            due = epoch % self.experiment.snapshot_epochs == 0
            if due and not self.progress[seed].diverged:
                self._write(
                    snapshot_folder(self.args.work, epoch, seed), seed, self.games.generator_state(index), epoch
                )

    def _epoch(self) -> None:
        """Train every seed in the ensemble for an epoch, and measure it where that is due."""
        started = time.perf_counter()
        epoch = self.progress[self.games.seeds[0]].epoch + 1
        means = self._play(epoch)
        is_due = epoch % self.experiment.every_epochs == 0 or epoch == self.experiment.epochs
        chosen = [self._measure(index, epoch) if is_due else None for index in range(len(self.games.seeds))]
        seconds, memory = time.perf_counter() - started, peak_memory_mb()
        for seed, row, selection in zip(self.games.seeds, means.tolist(), chosen, strict=True):
            if (run := self.progress[seed]).diverged:
                continue
            run.add_epoch(epoch, seconds, memory, self.machine)
            run.curve.append(
                {"epoch": epoch}
                | dict(zip(CURVES, row, strict=True))
                | {"validation_log_likelihood": selection and selection.log_likelihood}
                | {"bandwidth": selection and selection.bandwidth, "seconds": round(run.seconds, 3)}
            )

    def _play(self, epoch: int) -> torch.Tensor:
        """An epoch's means of the CURVES, (S, 4)."""
        try:
            with training_precision(self.precision, self.device):
                return self.games.train_epoch(self.images, epoch)
        except Divergence as error:
            for seed, message in error.messages.items():
                self._diverged(seed, error, message)
            return error.means

    def _diverged(self, seed: int, error: FloatingPointError, message: str) -> None:
        """End a seed's run with its best generator so far, untrained before the first validation; the others go on.

        Raises:
            FloatingPointError: no generator is kept on the way.
        """
        run = self.progress[seed]
        if self.experiment.selection != "validation":
            raise error
        run.diverged = message
        run.best = run.best or self._new_game(seed).generator.state_dict()
        untrained = "" if run.best_epoch else ", untrained: a lower learning rate may help"
        kept = f"ends with its generator of epoch {run.best_epoch}{untrained}"
        print(f"{self.experiment.name} {message}; {kept}", flush=True)

    def _measure(self, index: int, epoch: int) -> Selection | None:
        """Picture a seed's generator and, where the experiment selects, validate it and keep a new best one."""
        seed = self.games.seeds[index]
        run, state = self.progress[seed], self.games.generator_state(index)
        if run.diverged:
            return None
        generator, chosen = generator_with(state, self.experiment, self.device), None
        if self.experiment.selection == "validation":
            try:
                found = self.validator.validate(generator, seed)
            except FloatingPointError as error:
                message = f"seed {seed}, after epoch {epoch}: {error}"
                self._diverged(seed, FloatingPointError(message), message)
                return None
            run.validation += self.validator.rows(epoch, found)
            chosen = found.selection
            if chosen.log_likelihood > run.best_log_likelihood:
                run.best_epoch, run.best_log_likelihood, run.best = epoch, chosen.log_likelihood, state
        run.pictures[str(epoch)] = self.validator.pictures(generator, seed)
        return chosen


if __name__ == "__main__":
    main()
