"""Settings of one experiment and of one data set, resolved for a scale."""

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gan.initial_weights import check_initial_weights
from gan.layers import AnyLayer, Deconvolution, Layer, MaxoutConvolution
from gan.recipe import Recipe

MIRROR_VARIABLE = "GAN_DATA_MIRROR"
RAW = Path("data/raw")
GAME = ("name", "dataset", "noise_size", "generator", "discriminator", "recipe")
# What the files of each stage depend on.
SETTINGS = {
    "train": (*GAME, "selection", "precision", "epochs", "every_epochs"),
    "sample": ("n_samples",),
    "evaluate": ("n_validation", "validation_images", "grids", "n_samples", "n_draws", "n_splits", "waypoints"),
    "audit": ("n_validation", "grids", "n_samples", "n_audits", "n_splits", "lloyd_iterations"),
    "growth": ("n_validation", "grids", "n_samples", "most_samples"),
    "measure": ("n_validation", "grids", "n_samples", "n_splits"),
}
SELECTING = ("validation_images", "patience_epochs", "n_samples", "validation_grid")  # of training that validates
RIVAL = ("name", "dataset", "noise_size", "generator", "rival")  # what the training of another model depends on
KINDS = {"dense": Layer, "deconvolution": Deconvolution, "maxout-convolution": MaxoutConvolution}


def layer(kind: str = "dense", **options: Any) -> AnyLayer:
    """Return a layer from its line in the params."""
    plain = {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}
    return KINDS[kind](**plain)


def bandwidths(spacing: str, first: float, last: float, count: int) -> tuple[float, ...]:
    """Return bandwidths from first to last, both included.

    Raises:
        ValueError: they do not ascend.
    """
    if not first < last:
        raise ValueError(f"a grid of bandwidths ascends, got first {first}, last {last}")
    space = np.linspace if spacing == "linear" else np.geomspace
    return tuple(round(float(value), 10) for value in space(first, last, count))


@dataclass(frozen=True)
class Rival:
    """How another model is trained.

    Attributes:
        kind: a key of gan.rivals.KINDS.
        hidden: units of the hidden layers, from the noise to the image.
        epochs: of each phase of training.
        settings_from: "c" the authors' code, "p" a paper's text, "r" ours.
    """

    kind: str
    hidden: tuple[int, ...]
    epochs: tuple[int, ...]
    settings_from: str


@dataclass(frozen=True)
class Experiment:
    """All that decides the numbers of one experiment at one scale.

    Attributes, where the name does not say it:
        dataset: with the prefix "synthetic-" at scale smoke.
        pretraining: the experiment whose last generator forms this one's upper layers.
        selection: "validation" keeps the generator with the best validation log-likelihood and may stop early,
            "last" that of the last epoch, without measurements on validation images. Where a loss stops being
            finite, the first ends with its best generator so far, the second with an error.
        initial_weights: of G and D, one of gan.initial_weights.INITIAL_WEIGHTS.
        every_epochs: between measurements of the generator, each with samples from fixed noise.
        validation_images: of the first validation images, for these measurements; None: all of them.
        snapshot_epochs: between copies of the generators during training, in the work folder.
        waypoints: lengths in epochs at which the generator kept so far is scored, too; each a snapshot.
        n_draws: sets of n_samples, each scored by itself.
        n_audits: draws of each baseline.
        n_splits: of samples and test images into halves, each for a two-sample test.
        most_samples: of one generator, scored as a growing set.
        n_validation: of the first validation images, to choose the bandwidth of a score; None: all of them.
        grids: bandwidths by name.
        rival: how another model than a GAN is trained; None: a GAN.
    Raises:
        ValueError: the pretrained generator does not fit on top of the new layers, or a bound on column norms
            is asked of a deconvolution, whose weights have no columns of one unit; other settings contradict.
    """

    name: str
    label: str
    dataset: str
    margin_nats: float | None
    noise_size: int
    generator: tuple[AnyLayer, ...]
    discriminator: tuple[AnyLayer, ...]
    recipe: Recipe
    pretraining: "Experiment | None"
    selection: str
    precision: str
    initial_weights: str
    epochs: int
    every_epochs: int
    validation_images: int | None
    patience_epochs: int
    snapshot_epochs: int
    waypoints: tuple[int, ...]
    n_samples: int
    n_draws: int
    n_audits: int
    n_splits: int
    most_samples: int
    lloyd_iterations: int
    n_validation: int | None
    grids: dict[str, tuple[float, ...]]
    rival: Rival | None = None

    def __post_init__(self) -> None:
        if self.recipe.max_column_norm is not None and any(isinstance(one, Deconvolution) for one in self.generator):
            raise ValueError("max_column_norm does not apply to a deconvolution")
        check_initial_weights(self.initial_weights, (*self.generator, *self.discriminator))
        if (floor := self.recipe.learning_rate_floor) > self.recipe.learning_rate:
            raise ValueError(f"learning_rate_floor {floor} is above learning_rate {self.recipe.learning_rate}")
        if self.selection == "validation" and self.patience_epochs % self.every_epochs:
            raise ValueError(f"patience_epochs {self.patience_epochs}: no multiple of every_epochs {self.every_epochs}")
        if missed := [length for length in self.waypoints if length % self.snapshot_epochs or length >= self.epochs]:
            raise ValueError(
                f"waypoints {missed} are no snapshots before the last epoch (every {self.snapshot_epochs})"
            )
        if self.pretraining is None:
            return
        below = len(self.generator) - len(self.pretraining.generator)
        fits = below > 0 and self.generator[below:] == self.pretraining.generator
        if not fits or self.generator[below - 1].units != self.pretraining.noise_size:
            raise ValueError(
                f"the generator must end in the layers of {self.pretraining.name}, fed with its noise size"
            )

    def settings(self, stage: str) -> dict[str, Any]:
        """Return what a stage's files depend on; recorded in its manifest and compared with the present.

        Args:
            stage: a key of SETTINGS.
        """
        everything = asdict(self) | {"validation_grid": self.grids["authors"]}
        if stage == "train" and self.rival is not None:
            return {key: everything[key] for key in RIVAL}
        settings = {key: everything[key] for key in SETTINGS[stage]}
        if stage != "train":
            return settings
        more = SELECTING if self.selection == "validation" else ()
        if self.initial_weights != "independent":  # all there was when the first runs were published
            more = (*more, "initial_weights")
        pretraining = None if self.pretraining is None else self.pretraining.settings("train")
        return settings | {key: everything[key] for key in more} | {"pretraining": pretraining}


@dataclass(frozen=True)
class Bounds:
    """Bounds for the claims' numbers; see params.yaml."""

    near: float
    exact: float
    turns: float
    found: float
    resolved: float
    copied: float
    confident: float
    digits: float


@dataclass(frozen=True)
class Claims:
    """Experiments that are compared with each other to test what the paper claims.

    Attributes:
        main: the scale's own experiment whose samples are compared with training images.
        code: the experiment that others are compared with, seed by seed.
        switches: what differs from it in one thing, or in all that the text says; their intervals hold all at once.
        alone: likewise, but each with an interval of its own.
        switching: with the saturating loss of G in the first epochs only.
        steps: of different k, the first that of k = 1, which the others are compared with.
        least_seeds, least_epochs: results of training are not interpreted from fewer.
        bounds: of the readings.
        toys: seeds of each toy.
        seeds, epochs: of each of the experiments.
        shorten: divides what the toys' trainings take; smoke only.
        variants: the experiments that are trained, beside those that they are compared with; None: all.
    """

    main: str
    code: str
    switches: list[str]
    alone: list[str]
    switching: str
    steps: list[str]
    least_seeds: int
    least_epochs: int
    bounds: Bounds
    toys: int
    seeds: int
    epochs: int
    shorten: int = 1
    variants: list[str] | None = None

    @property
    def toy_seeds(self) -> list[int]:
        """Seeds of each toy, and of the games whose gradients are looked at."""
        return list(range(self.toys))

    def too_short(self, seeds: int, epochs: int | None = None) -> str:
        """Say why the results of so many seeds are not interpreted; empty if they are.

        Args:
            epochs: of their training; None: those of the claims' own runs.
        """
        trained = self.epochs if epochs is None else epochs
        short = {"seeds": (seeds, self.least_seeds), "epochs": (trained, self.least_epochs)}
        return ", ".join(f"{have} of {least} {what}" for what, (have, least) in short.items() if have < least)

    @property
    def listed(self) -> list[str]:
        """Names of all experiments, each once."""
        return list(dict.fromkeys([self.code, *self.switches, *self.alone, self.switching, *self.steps]))

    @property
    def experiments(self) -> list[str]:
        """Names of those that are trained."""
        chosen = self.listed if self.variants is None else self.variants
        bases = [self.code, *self.steps[: 1 if set(chosen) & set(self.steps) else 0]]
        return [name for name in self.listed if name in (*bases, *chosen)]

    @property
    def is_whole(self) -> bool:
        """Whether all are trained. If not, claims about `main` are read off the published generator, not its runs."""
        return self.variants is None


@dataclass(frozen=True)
class Dataset:
    """A data set's shape, split and raw files.

    Attributes:
        shape: of an image.
        split: numbers of training, validation and test images; if there are folds, of synthetic images only.
        folds: number of folds, each with validation and test images of its own; 0: one split.
        contrast_norm: see gan.images; 0: pixels are scaled to [0, 1].
        files: what the raw files must be by name; where the user supplies the data, one of them is enough.
        npm_package: a registry package that carries the files.
        user_supplied: whether the user must supply the files, because they must not be redistributed.
        path: where the user says that they are.
        synthetic: whether the images are synthetic.
    """

    name: str
    shape: tuple[int, ...]
    split: tuple[int, int, int]
    folds: int
    contrast_norm: float
    files: dict[str, dict[str, Any]]
    npm_package: str | None
    user_supplied: bool
    path: str | None
    synthetic: bool

    def user_file(self) -> Path | None:
        """Return the file that the user has supplied: named in the params, in the mirror, or downloaded before."""
        if self.path is not None:
            return Path(self.path)
        folders = [Path(os.environ.get(MIRROR_VARIABLE, "absent")), RAW]
        places = [folder / self.name / name for folder in folders for name in self.files]
        return next((place for place in places if place.is_file()), None)

    @property
    def preparation(self) -> dict[str, Any]:
        """What the prepared file depends on beside the raw files."""
        return {
            "shape": self.shape,
            "split": self.split,
            "folds": self.folds,
            "contrast_norm": self.contrast_norm,
        }

    @property
    def is_available(self) -> bool:
        """Whether it can be made, downloaded, or has been supplied."""
        return self.synthetic or not self.user_supplied or self.user_file() is not None

    @property
    def how_to_supply(self) -> str:
        """How to supply the data set."""
        return (
            f"set datasets: {self.name}: path in params.yaml to your {' or '.join(self.files)}, "
            f"or put it in FOLDER/{self.name}/ and set {MIRROR_VARIABLE}=FOLDER"
        )
