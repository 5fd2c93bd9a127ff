"""The networks of a run, from its settings: new ones, trained ones, one on top of another."""

from pathlib import Path

import torch

from gan import initial_weights
from gan.models import Discriminator, Generator
from pipeline.config.experiments import Experiment
from pipeline.files.formats import one_line_errors, read_tensors


def new_generator(
    experiment: Experiment, seed: int, device: torch.device, mean_image: torch.Tensor | None = None
) -> Generator:
    """Return G with the initial weights of a seed; without a mean image its biases are to be loaded."""
    if mean_image is None:
        mean_image = torch.full((experiment.generator[-1].units,), 0.5, device=device)
    kind = experiment.initial_weights
    return initial_weights.new_generator(experiment.noise_size, experiment.generator, seed, mean_image, kind)


def new_discriminator(experiment: Experiment, seed: int, device: torch.device) -> Discriminator:
    """Return D with the initial weights of a seed."""
    d, kind = experiment.generator[-1].units, experiment.initial_weights
    return initial_weights.new_discriminator(d, experiment.discriminator, seed, device, kind)


def generator_with(state: dict[str, torch.Tensor], experiment: Experiment, device: torch.device) -> Generator:
    """Return a trained G from its tensors.

    Raises:
        ValueError: they are of another network.
    """
    generator = new_generator(experiment, 0, device)
    try:
        generator.load_state_dict(state)
    except RuntimeError as error:
        raise ValueError("weights of another network") from error
    return generator


def load_generator(path: Path, experiment: Experiment, device: torch.device) -> Generator:
    """Load a trained G.

    Raises:
        UserError: the file is missing, damaged, or of another network.
    """
    tensors, _ = read_tensors(path)
    with one_line_errors(path):
        return generator_with(tensors, experiment, device)


def put_on_top(generator: Generator, pretrained: dict[str, torch.Tensor]) -> None:
    """Give a generator's upper layers the weights of a pretrained one (the second stage of the TFD recipe).

    Args:
        generator: its last layers are the pretrained generator's; changed in place.
        pretrained: that generator's tensors.
    """
    below = len(generator.layers) - len({name.split(".")[1] for name in pretrained})
    for name, tensor in pretrained.items():
        _, place, kind = name.split(".")
        getattr(generator.layers[below + int(place)], kind).data.copy_(tensor)
