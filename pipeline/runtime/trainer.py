"""The runs of several seeds that are trained together: epoch by epoch, with checkpoints, to their files."""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from gan.images import TRAIN, VALIDATION
from gan.keeping import is_better, is_over
from gan.scoring import Selection
from gan.together import play_together
from gan.training import CURVES, Divergence, Game
from gan.validator import Validator
from pipeline.config.experiments import Experiment
from pipeline.data.arrays import load_images
from pipeline.files.formats import (
    read_json,
    read_tensors,
    sha256,
    write_compressed,
    write_csv,
    write_same,
    write_tensors,
)
from pipeline.record.code import code_hash
from pipeline.record.manifest import Record, peak_memory_mb
from pipeline.record.places import remove_snapshots, snapshot_folder
from pipeline.record.runs import CURVE, GENERATORS, MANIFESTS, PICTURES, TRAINING_FILES, VALIDATION_CURVE, name_of
from pipeline.runtime.arithmetic import computable, training_precision
from pipeline.runtime.checkpoints import Checkpoint, Progress, is_begun
from pipeline.runtime.devices import machine
from pipeline.runtime.networks import generator_with, new_discriminator, new_generator, put_on_top
from pipeline.runtime.progress import Reporter

COLUMNS = ("epoch", *CURVES, "validation_log_likelihood", "bandwidth", "seconds")  # of curve.csv
SAVING_SHARE = 0.05  # of the time may go to checkpoints


class Trainer:
    """The runs of seeds that are trained together, from the command line to their files.

    Args:
        args: the command line.
        experiment: the settings.
        seeds: those to train.
        device: where.
        record: of the command.
        pretrained: each seed's pretraining run, if there is one.
        contrast_norm: see Dataset.
    """

    def __init__(
        self,
        args: argparse.Namespace,
        experiment: Experiment,
        seeds: list[int],
        device: torch.device,
        record: Record,
        pretrained: dict[int, Path],
        contrast_norm: float,
    ) -> None:
        self.args, self.experiment, self.seeds, self.device, self.record = args, experiment, seeds, device, record
        self.pretrained = {seed: pretrained[seed] for seed in seeds if seed in pretrained}
        self.precision = computable(experiment.precision, device)
        with training_precision(self.precision, device):
            self.machine = machine(device, self.precision)
        self.images = load_images(args.data, TRAIN, experiment.dataset).to(device)
        validation = load_images(args.data, VALIDATION, experiment.dataset)[: experiment.validation_images]
        self.validator = Validator(
            validation.to(device),
            experiment.grids["authors"],
            experiment.n_samples,
            experiment.recipe.noise_prior,
            is_normalised=contrast_norm > 0,
        )
        self.games = play_together([self._new_game(seed) for seed in seeds], seeds)
        self.checkpoint = Checkpoint(args.work / f"{name_of(seeds)}.safetensors", self._fingerprint())
        self.progress = self.checkpoint.restore(self.games, experiment.epochs)
        if not is_begun(self.progress, self.machine):
            remove_snapshots(args.work, [args.output / f"seed{seed}" for seed in seeds])  # of other runs

    def _new_game(self, seed: int) -> Game:
        generator = new_generator(self.experiment, seed, self.device, self.images.mean(dim=0))
        if seed in self.pretrained:
            put_on_top(generator, read_tensors(self.pretrained[seed] / GENERATORS["last"])[0])
        discriminator = new_discriminator(self.experiment, seed, self.device)
        return Game(generator, discriminator, self.experiment.recipe, self.precision)

    def _fingerprint(self) -> dict[str, object]:
        settings = self.experiment.settings("train")
        del settings["epochs"]  # more of them make a run longer
        return {
            "settings": settings,
            "seeds": self.seeds,
            "data_sha256": sha256(self.args.data),
            "pretrained_sha256": [sha256(run / GENERATORS["last"]) for run in self.pretrained.values()],
            "code": code_hash("pipeline.train"),
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
            length: epochs that the files represent; a seed that the rule has ended represents all requested ones.
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
        self.record.write(folder / MANIFESTS["train"], outputs, **self._facts(seed, length))

    def _facts(self, seed: int, length: int) -> dict[str, Any]:
        """What a run's manifest says of it."""
        run = self.progress[seed]
        return {
            "experiment": self.experiment.name,
            "seed": seed,
            "trained_together": self.seeds,
            "length": length,
            "device": self.device.type,
            "machines": run.machines,
            "epochs_trained": run.epoch,
            "best_epoch": run.best_epoch if run.best_epoch or run.diverged else run.epoch,
            "best_log_likelihood": run.best_log_likelihood if run.best_epoch else None,
            "diverged": run.diverged,
            "wall_seconds": round(run.seconds, 3),
            "peak_memory_mb": run.peak_memory_mb,
            **self._first_stage(seed),
        }

    def _first_stage(self, seed: int) -> dict[str, Any]:
        """What a run's manifest says of the run that it began from."""
        if seed not in self.pretrained:
            return {"pretrained_sha256": None}
        folder = self.pretrained[seed]
        machines = read_json(folder / MANIFESTS["train"]).get("machines", [])
        return {"pretrained_sha256": sha256(folder / GENERATORS["last"]), "pretrained_machines": machines}

    def _train(self) -> None:
        least, saved = self.args.checkpoint_seconds, time.perf_counter()
        title = f"{self.experiment.name} {name_of(self.seeds)}"
        with Reporter(title, self.experiment.epochs, self.progress, lines=self.args.lines) as reporter:
            while going_on := [seed for seed in self.games.seeds if not self._is_over(self.progress[seed])]:
                self._leave([seed for seed in self.games.seeds if seed not in going_on])
                self._epoch()
                self._snapshot()
                reporter.update([seed for seed in going_on if not self.progress[seed].diverged])
                if (started := time.perf_counter()) - saved >= least:
                    self.checkpoint.save(self.games, self.progress)
                    saved = time.perf_counter()
                    least = max(self.args.checkpoint_seconds, (saved - started) / SAVING_SHARE)

    def _is_over(self, run: Progress) -> bool:
        """Whether a run has ended; its patience ends at a measurement only."""
        experiment = self.experiment
        if run.epoch % experiment.every_epochs and run.epoch < experiment.epochs:
            return bool(run.diverged)
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
        """Copy the runs as they are at a multiple of some epochs; at a waypoint into their own folders, to stay."""
        for index, seed in enumerate(self.games.seeds):
            epoch = self.progress[seed].epoch
            if epoch % self.experiment.snapshot_epochs or self.progress[seed].diverged:
                continue
            is_waypoint = epoch in self.experiment.waypoints
            base = self.args.output / f"seed{seed}" if is_waypoint else self.args.work
            self._write(snapshot_folder(base, epoch, seed), seed, self.games.generator_state(index), epoch)

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
        """End a seed's run with its best generator so far, untrained before the first validation; other seeds continue.

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
            if is_better(chosen.log_likelihood, run.best_log_likelihood):
                run.best_epoch, run.best_log_likelihood, run.best = epoch, chosen.log_likelihood, state
        run.pictures[str(epoch)] = self.validator.pictures(generator, seed)
        return chosen
