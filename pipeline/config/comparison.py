"""Settings of the models beside the GAN, and of the two estimates under which all of them are compared."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from gan.rivals import PHASES, PRIORS, layers_of
from pipeline.config.experiments import Experiment, Rival
from pipeline.config.schema import known
from pipeline.files.errors import UserError


@dataclass(frozen=True)
class Comparison:
    """The GAN and its rivals under the Parzen estimate and under annealed importance sampling.

    Attributes:
        experiment: whose images, protocol and first run are compared.
        bandwidths: of which validation images choose one under annealed importance sampling.
        pilot_images: simulated images of each pilot run, and validation images of each of these bandwidths.
        acceptance: share of accepted trajectories that the pilot aims at.
        leaps: leapfrog steps of a trajectory.
        seeds: of each rival.
        images: test images, and as many simulated ones.
        chains, distributions: of annealed importance sampling.
        many_samples: of the second Parzen estimate.
        shorten: divides the rivals' epochs; quick and smoke only.
    """

    experiment: str
    bandwidths: tuple[float, ...]
    pilot_images: int
    acceptance: float
    leaps: int
    seeds: int
    images: int
    chains: int
    distributions: int
    many_samples: int
    shorten: int = 1

    def settings(self) -> dict[str, Any]:
        """Return what annealed importance sampling depends on."""
        return {key: value for key, value in asdict(self).items() if key not in ("seeds", "shorten")}


def comparison_of(values: dict[str, Any], scale: str) -> Comparison:
    """Return the comparison of a scale, which has the experiment, and rivals that fit.

    Raises:
        UserError: the scale lacks the experiment, a rival has a name of the catalogue, or its phases do not fit.
    """
    section = values["comparison"] | values["scales"][scale]["comparison"]
    found = Comparison(**(section | {"bandwidths": tuple(section["bandwidths"])}))
    known("comparison: experiment", found.experiment, values["scales"][scale]["experiments"])
    for name, entry in values["rivals"].items():
        if name in values["catalogue"]:
            raise UserError(f"params: rivals: {name}: is an experiment of the catalogue; give it another name")
        if len(entry["epochs"]) != PHASES[entry["kind"]]:
            raise UserError(f"params: rivals: {name}: epochs: expected {PHASES[entry['kind']]} phases")
    return found


def rival_experiment(
    name: str, entry: dict[str, Any], base: Experiment, comparison: Comparison, most: float
) -> Experiment:
    """Return the settings of a rival, which is sampled and scored as an experiment is.

    Args:
        name, entry: of the params' `rivals`.
        base: the experiment beside which it is scored.
        comparison: of the scale.
        most: units of the widest hidden layer; fewer at scale smoke.
    Raises:
        ValueError: layers that its kind does not have.
    """
    kind, noise_size = entry["kind"], entry["noise_size"]
    hidden = tuple(int(min(units, most)) for units in entry["hidden"])
    epochs = tuple(max(1, length // comparison.shorten) for length in entry["epochs"])
    return replace(
        base,
        name=name,
        label=entry["label"],
        margin_nats=None,
        noise_size=noise_size,
        generator=layers_of(kind, noise_size, hidden, base.generator[-1].units),
        discriminator=(),
        recipe=replace(base.recipe, noise_prior=PRIORS[kind]),
        pretraining=None,
        selection="last",
        precision="float32",
        epochs=sum(epochs),
        waypoints=(),
        rival=Rival(kind, hidden, epochs, entry["settings_from"]),
    )
