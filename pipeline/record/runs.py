"""A run on disk: its files, and the chain of manifests that guards them."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from pipeline.config.experiments import Experiment
from pipeline.files.errors import UserError
from pipeline.files.formats import one_line_errors, read_json, sha256
from pipeline.record.manifest import Manifest, remedy

GENERATORS = {"best": "generator.safetensors", "last": "last.safetensors"}
SAMPLES = {"best": "samples.npy", "last": "last_samples.npy"}
CURVE, SHEET, METRICS, BANDWIDTHS = "curve.csv", "sheet.npz", "metrics.csv", "bandwidths.csv"
VALIDATION_CURVE, PICTURES = "validation.csv", "pictures.npz"  # measurements, and samples of fixed noise, on the way
LARGE_FILES = (*GENERATORS.values(), *SAMPLES.values(), PICTURES)  # may stay on the machine that made them
TRAINING_FILES = (*GENERATORS.values(), CURVE, VALIDATION_CURVE, PICTURES)  # of a run, beside its manifest
REDRAWN, IMAGES = "redrawn.csv", "test_images.npz"  # scores of other draws; the log-likelihood of each test image
MEASURES, MEASURED = "measures.csv", "measures.manifest.json"  # of a run that is compared with others
AIS, AIS_IMAGES = "ais.csv", "ais_images.csv"  # of a generator by annealed importance sampling: means, each image
OUR_MODEL = "adversarial-nets"  # model of our rows in metrics.csv
AUDIT, GROWTH = "audit", "growth.csv"  # of an experiment: the folder beside its runs, and a file there
VARIANCE, CHOICES = "variance.csv", "choices.csv"  # where variance comes from; what validation images choose
GATHERED = ("metrics.csv", "curves.csv", "validation.csv", "bandwidths.csv", "growth.csv", VARIANCE)  # of a scale
SUMMARY = "summary.csv"  # of metrics.csv over seeds, with verdicts
# The manifests of a run's stages, in order.
MANIFESTS = {"train": "manifest.json", "sample": "samples.manifest.json", "evaluate": "metrics.manifest.json"}
AUDITS = {"audit": "manifest.json", "growth": "growth.manifest.json"}  # manifests in an experiment's AUDIT folder

# What `sample` and `evaluate` leave in a run's folder, and `audit` and `growth` in AUDIT, the LARGE_FILES apart.
FILES_OF_RUNS = (SHEET, METRICS, BANDWIDTHS, REDRAWN, IMAGES, MANIFESTS["sample"], MANIFESTS["evaluate"])
FILES_OF_AUDITS = (METRICS, BANDWIDTHS, SHEET, GROWTH, *AUDITS.values())


def manifests(folder: Path) -> list[Path]:
    """Return the manifests behind a scored run, in order: its own, after its pretraining's where it has one."""
    own = [folder / name for name in MANIFESTS.values()]
    first = read_json(own[0])["settings"].get("pretraining")
    return own if first is None else [folder.parents[1] / first["name"] / folder.name / MANIFESTS["train"], *own]


def audits(folder: Path) -> list[Path]:
    """Return the manifests of the audit beside a run."""
    return [folder.parent / AUDIT / name for name in AUDITS.values()]


class Run:
    """A run's folder whose files, up to a stage, are whole, belong together and fit the present settings.

    The LARGE_FILES may have stayed on the machine that made them; a stage that reads one says when it is missing.

    Args:
        folder: EXPERIMENT/seedN.
        experiment: the present settings.
        stage: the last stage whose files are wanted, a key of MANIFESTS.
    Attributes:
        seed: the run's seed.
        known: SHA-256 of every file that the stages read or wrote, by name.
    Raises:
        UserError: a file is missing or changed, two stages used different files of one name, or the
            settings differ; the message names the difference.
    """

    def __init__(self, folder: Path, experiment: Experiment, stage: str) -> None:
        self.folder, self.seed = folder, -1
        self.known: dict[str, str] = {}
        for name, manifest in MANIFESTS.items():
            content = self.require(manifest, experiment.settings(name))
            if name == "train" and experiment.pretraining is not None:
                self._check_pretraining(experiment, content.get("pretrained_sha256"))
            if name == stage:
                break
        if folder.name != f"seed{self.seed}":
            raise UserError(f"{folder}: contains a run of seed {self.seed}; a run's folder is named after its seed")

    def require(self, manifest: str, settings: dict[str, Any]) -> dict[str, Any]:
        """Check a manifest's settings and files, and return its content.

        Args:
            manifest: its name in the run's folder.
            settings: the present ones.
        Raises:
            UserError: as the class.
        """
        found = Manifest(self.folder / manifest)
        found.require(settings, code=False, absent=LARGE_FILES)
        for name, digest in (*found.inputs.items(), *found.outputs.items()):
            self._expect(name, digest, found.path)
        with one_line_errors(found.path):
            self.seed = int(found.content.get("seed", self.seed))
        return found.content

    def _check_pretraining(self, experiment: Experiment, digest: str | None) -> None:
        """Check that the pretraining is the one that this run started from, on the same data."""
        assert experiment.pretraining is not None
        name = experiment.pretraining.name
        below = Run(self.folder.parents[1] / name / self.folder.name, experiment.pretraining, "train")
        if below.known[GENERATORS["last"]] != digest:
            again = remedy(self.folder / MANIFESTS["train"])
            raise UserError(f"{self.folder}: started from another run of {name} than {below.folder}; {again}")
        self._expect(f"{experiment.dataset}.npz", below.known[f"{experiment.dataset}.npz"])

    def _expect(self, name: str, digest: str, stage: Path | None = None) -> None:
        if self.known.setdefault(name, digest) != digest:
            again = remedy(stage or self.folder / MANIFESTS["train"])
            raise UserError(f"{self.folder}: its stages used two different files {name}; {again}")

    def use(self, path: Path) -> Path:
        """Return the path of an input, after checking that earlier stages used the same bytes.

        Raises:
            UserError: they used another file of this name.
        """
        self._expect(path.name, sha256(path))
        return path


def model_of(experiment: Experiment) -> str:
    """Return what a run's rows name as its model."""
    return OUR_MODEL if experiment.rival is None else experiment.name


def precision_of(trained: dict[str, Any]) -> str:
    """Return in which precision a run's products were computed, pretraining included; two where machines differed."""
    machines = [*trained.get("machines", []), *trained.get("pretrained_machines", [])]
    probed = sorted({machine["rounding"] for machine in machines})
    return " and ".join(probed) or str(trained["settings"]["precision"])


def name_of(seeds: Sequence[int]) -> str:
    """Return the name of runs that are trained together, e.g. "seed3", "seeds0-19" or "seeds0-2_5"."""
    if len(seeds) == 1:
        return f"seed{seeds[0]}"
    # In a row of consecutive numbers, number minus place is constant.
    rows = groupby(enumerate(sorted(seeds)), key=lambda pair: pair[1] - pair[0])
    ranges = [[seed for _, seed in row] for _, row in rows]
    return "seeds" + "_".join(f"{row[0]}-{row[-1]}" if len(row) > 1 else f"{row[0]}" for row in ranges)


def seeds_of(name: str) -> list[int]:
    """Return the seeds that `name_of` has named."""
    ranges = [list(map(int, part.split("-"))) for part in name.removeprefix("seeds").removeprefix("seed").split("_")]
    return [seed for ends in ranges for seed in range(ends[0], ends[-1] + 1)]
