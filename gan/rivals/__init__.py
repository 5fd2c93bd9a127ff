"""Other models that are scored beside the GAN, each trained into a gan.models.Generator.

Their settings are the published ones as far as these are known; each file says which are ours.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import torch

from gan.layers import AnyLayer, Layer
from gan.models import Generator
from gan.rivals import gmmn, linear, vae


class Rival(Protocol):
    """A model in training; an epoch is as many updates as there are minibatches of 100 in the training images.

    Attributes:
        curves: names of what `train_epoch` returns.
    """

    curves: tuple[str, ...]

    def train_epoch(self, epoch: int) -> list[float]:
        """Train for an epoch, 1, 2, ...; return the means of the curves."""

    def generator(self) -> Generator:
        """Return the decoder as it is now, for noise of the prior that PRIORS names."""

    def state(self) -> dict[str, torch.Tensor]:
        """Return all that the next epoch depends on."""

    def load_state(self, state: dict[str, torch.Tensor]) -> None:
        """Continue from what `state` returned."""


KINDS: dict[str, Callable[..., Rival]] = {"vae": vae.Vae, "gmmn": gmmn.Gmmn, "linear": linear.Linear}
LAYERS = {"vae": vae.layers, "gmmn": gmmn.layers, "linear": linear.layers}
PRIORS = {"vae": "gaussian", "gmmn": "uniform", "linear": "gaussian"}  # of gan.noise
PHASES = {"vae": 1, "gmmn": 4, "linear": 1}  # of training, each of so many epochs


def layers_of(kind: str, noise_size: int, hidden: Sequence[int], d: int) -> tuple[Layer, ...]:
    """Return the layers from the noise to the image.

    Args:
        kind: a key of KINDS.
        noise_size: dimension of z.
        hidden: units of the hidden layers, from the noise to the image.
        d: pixels of an image.
    Raises:
        ValueError: the kind has other hidden layers.
    """
    return LAYERS[kind](noise_size, hidden, d)


def new(
    kind: str, images: torch.Tensor, noise_size: int, layers: Sequence[AnyLayer], epochs: Sequence[int], seed: int
) -> Rival:
    """Return an untrained model.

    Args:
        kind: a key of KINDS.
        images: the training images, (n, d), in [0, 1], on the device of the model.
        noise_size: dimension of z.
        layers: of `layers_of`.
        epochs: of each phase of training.
        seed: of all randomness.
    """
    return KINDS[kind](images, noise_size, layers, epochs, seed)
