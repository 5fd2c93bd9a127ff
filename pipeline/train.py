"""Train one experiment's GAN with one seed; keep the best generator on validation data, and the last."""

import argparse
import time
from pathlib import Path

import pandas as pd
import torch
from tqdm import tqdm

from gan.ensemble import Ensemble
from gan.parzen import Selection, cross_validate
from gan.sampling import draw_samples
from gan.seeding import stream
from gan.splits import TRAIN, VALIDATION
from gan.training import CURVES, Game, is_over
from pipeline import cli
from pipeline.checkpoints import Checkpoint, Progress
from pipeline.datasets import check_prepared, load_images
from pipeline.devices import add_device, hardware, use_device
from pipeline.errors import RunError
from pipeline.io import sha256, write_csv, write_tensors
from pipeline.lock import lock
from pipeline.params import Experiment
from pipeline.provenance import Record, code_hash, peak_memory_mb
from pipeline.runs import CURVE, GENERATORS, MANIFESTS, new_discriminator, new_generator

EXAMPLE = """--scale quick --experiment mnist --seed 0 \\
    --data data/prepared/mnist.npz --output runs/quick/mnist/seed0 --work work/quick/mnist/seed0"""


def main() -> None:
    """Command line."""
    parser = cli.parser("train", __doc__, EXAMPLE)
    cli.add_params(parser)
    cli.add_run(parser)
    add_device(parser)
    parser.add_argument("--data", type=Path, required=True, help="npz file of `prepare`")
    parser.add_argument("--output", type=Path, required=True, help="folder of the finished run")
    parser.add_argument("--work", type=Path, required=True, help="folder of the checkpoint and the lock")
    parser.add_argument(
        "--checkpoint-seconds", type=float, default=15, help="least time between checkpoints; default: %(default)s"
    )
    parser.add_argument("--lines", action="store_true", help="a line an epoch in place of a progress bar")
    cli.run(parser, _work)


def _work(args: argparse.Namespace) -> None:
    experiment = cli.params(args).experiment(args.experiment)
    with lock(args.work / "lock", f"training of {experiment.name}, seed {args.seed}"):
        try:
            Training(args, experiment).finish()
        except FloatingPointError as error:
            raise RunError(f"{experiment.name}: {error}; lower the learning rate") from error


class Training:
    """One training run from its arguments to its files.

    Args:
        args: the command line.
        experiment: the settings.
    """

    def __init__(self, args: argparse.Namespace, experiment: Experiment) -> None:
        self.args, self.experiment, self.seed = args, experiment, args.seed
        self.record = Record("train")
        self.device = use_device(args)
        check_prepared(args.data)
        self.images = load_images(args.data, TRAIN, experiment.dataset).to(self.device)
        validation = load_images(args.data, VALIDATION, experiment.dataset)[: experiment.n_validation]
        self.validation = validation.to(self.device)
        self.generator = new_generator(experiment, self.seed, self.device, self.images.mean(dim=0))
        game = Game(self.generator, new_discriminator(experiment, self.seed, self.device), experiment.recipe)
        self.games = Ensemble([game], [self.seed])
        self.checkpoint = Checkpoint(args.work / "checkpoint.safetensors", self._fingerprint())
        self.progress = self.checkpoint.restore(self.games)

    def _fingerprint(self) -> dict[str, object]:
        return {
            "settings": self.experiment.settings("train"),
            "seed": self.seed,
            "data_sha256": sha256(self.args.data),
            "code_sha256": code_hash("pipeline.train"),
            "torch": torch.__version__,
            "device": self.device.type,
            "hardware": hardware(self.device),
            "threads": torch.get_num_threads(),
        }

    def finish(self) -> None:
        """Train to the end and write the run's files; the manifest comes last."""
        self._train()
        output = self.args.output
        write_tensors(output / GENERATORS["best"], self.progress.best)
        write_tensors(output / GENERATORS["last"], self.games.generator_state(0))
        write_csv(output / CURVE, pd.DataFrame(self.progress.curve))
        self.record.write(
            output / MANIFESTS["train"],
            inputs=[self.args.data],
            outputs=[output / name for name in (*GENERATORS.values(), CURVE)],
            experiment=self.experiment.name,
            seed=self.seed,
            settings=self.experiment.settings("train"),
            device=self.device.type,
            threads=torch.get_num_threads(),
            epochs_trained=self.progress.epoch,
            best_epoch=self.progress.best_epoch,
            wall_seconds=round(self.progress.seconds, 3),
            peak_memory_mb=self.progress.peak_memory_mb,
        )
        self.checkpoint.delete()

    def _train(self) -> None:
        experiment, progress, saved = self.experiment, self.progress, time.perf_counter()
        title = f"{experiment.name} seed {self.seed}"
        if progress.epoch:
            print(f"{title}: going on after epoch {progress.epoch}", flush=True)
        with Reporter(title, experiment.epochs, progress, lines=self.args.lines) as reporter:
            while not is_over(progress.epoch, experiment.epochs, progress.best_epoch, experiment.patience_epochs):
                self._epoch()
                reporter.update()
                if time.perf_counter() - saved >= self.args.checkpoint_seconds:
                    self.checkpoint.save(self.games, progress)
                    saved = time.perf_counter()

    def _epoch(self) -> None:
        progress, started = self.progress, time.perf_counter()
        epoch = progress.epoch + 1
        (means,) = self.games.train_epoch(self.images, epoch)
        row: dict[str, float | None] = {"epoch": epoch, **dict(zip(CURVES, means.tolist(), strict=True))}
        row |= {"validation_log_likelihood": None, "bandwidth": None}
        if epoch % self.experiment.every_epochs == 0 or epoch == self.experiment.epochs:
            chosen = self._validate(epoch)
            row |= {"validation_log_likelihood": chosen.log_likelihood, "bandwidth": chosen.bandwidth}
            if chosen.log_likelihood > progress.best_log_likelihood:
                progress.best_epoch, progress.best_log_likelihood = epoch, chosen.log_likelihood
                progress.best = self.games.generator_state(0)
        progress.epoch = epoch
        progress.seconds += time.perf_counter() - started
        progress.peak_memory_mb = max(progress.peak_memory_mb, peak_memory_mb())
        progress.curve.append(row | {"seconds": round(progress.seconds, 3)})

    def _validate(self, epoch: int) -> Selection:
        """Parzen log-likelihood of the first validation images under fresh samples."""
        experiment = self.experiment
        random = stream(self.seed, "validation samples", epoch, self.device)
        self.generator.load_state_dict(self.games.generator_state(0))
        samples = draw_samples(self.generator, experiment.recipe.noise_prior, experiment.n_samples, random)
        return cross_validate(samples, self.validation, experiment.grids["authors"])


class Reporter:
    """Progress on the terminal: a bar, or a line an epoch where bars of several runs would mix."""

    def __init__(self, title: str, epochs: int, progress: Progress, *, lines: bool) -> None:
        self.title, self.epochs, self.progress, self.lines = title, epochs, progress, lines
        self.first = progress.epoch
        self.started = time.perf_counter()
        self.bar = tqdm(total=epochs, initial=self.first, desc=title, unit="epoch", disable=lines)

    def __enter__(self) -> "Reporter":
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()

    def update(self) -> None:
        """Report the epoch that has just ended."""
        row = self.progress.curve[-1]
        numbers = [f"D(x) {row['D(x)']:.3f}", f"D(G(z)) {row['D(G(z))']:.3f}"]
        if self.progress.best_epoch:
            numbers.append(f"best validation {self.progress.best_log_likelihood:.1f} nats")
        self.bar.set_postfix_str(", ".join(numbers), refresh=False)
        self.bar.update()
        if self.lines:
            speed = (time.perf_counter() - self.started) / (self.progress.epoch - self.first)
            left = speed * (self.epochs - self.progress.epoch) / 60
            place = f"{self.title}: epoch {self.progress.epoch}/{self.epochs}"
            line = ", ".join([place, *numbers, f"{speed:.1f} s/epoch", f"{left:.1f} min left"])
            print(f"{line}\n", end="", flush=True)  # one write: lines of several runs do not mix


if __name__ == "__main__":
    main()
