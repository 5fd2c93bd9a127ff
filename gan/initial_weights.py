"""The networks of a seed with their initial weights: from streams of their own, or from one that both begin with."""

from collections.abc import Sequence

import torch
from torch import nn

from gan.layers import AnyLayer, Dense, Layer
from gan.models import Discriminator, Generator
from gan.seeding import stream

INITIAL_WEIGHTS = ("independent", "shared")


def check_initial_weights(kind: str, layers: Sequence[AnyLayer]) -> None:
    """Reject an unknown kind, or one that these layers cannot have.

    Raises:
        ValueError: the kind is unknown, or does not suit the layers.
    """
    if kind not in INITIAL_WEIGHTS:
        raise ValueError(f"initial_weights must be one of {INITIAL_WEIGHTS}, got {kind!r}")
    if kind == "shared" and not all(isinstance(layer, Layer) and layer.weight_range for layer in layers):
        raise ValueError("initial_weights 'shared' needs dense layers with a weight_range")


def new_generator(
    noise_size: int,
    layers: Sequence[AnyLayer],
    seed: int,
    mean_image: torch.Tensor,
    kind: str = "independent",
) -> Generator:
    """Return G with the initial weights of a seed.

    Args:
        noise_size, layers: as in gan.models.Generator.
        seed: of the run.
        mean_image: shape (d,), for a bias from marginals; its device is the network's.
        kind: one of INITIAL_WEIGHTS; see `draw_as_in_2014` for "shared".
    """
    weights = stream(seed, "generator weights", device=mean_image.device)
    generator = Generator(noise_size, layers, weights, mean_image)
    if kind == "shared":
        draw_as_in_2014(generator.layers, layers, seed)
    return generator


def new_discriminator(
    data_size: int, layers: Sequence[AnyLayer], seed: int, device: torch.device, kind: str = "independent"
) -> Discriminator:
    """Return D with the initial weights of a seed; arguments as for `new_generator`, data_size is d."""
    discriminator = Discriminator(data_size, layers, stream(seed, "discriminator weights", device=device))
    if kind == "shared":
        draw_as_in_2014(discriminator.layers, layers, seed)
    return discriminator


@torch.no_grad()
def draw_as_in_2014(modules: nn.ModuleList, layers: Sequence[AnyLayer], seed: int) -> None:
    """Draw a network's weights from the beginning of the seed's one stream, with which the other network begins too.

    The 2014 code gives both networks the same random seed, so that D's first layer starts as a tenth of numbers that
    G starts with. Each layer draws its weights, inputs x outputs, then as many numbers again for a mask that
    is always true. So with MNIST's sizes, in that layout, rows 0 to 99 of D's first layer are a tenth of G's first
    layer, and rows 200 to 783 a tenth of rows 0 to 583 of G's second.

    Args:
        modules: of a network, dense; their weights are changed in place.
        layers: what they are made from.
        seed: of the run.
    Source:
        goodfeli/adversarial at 27eac03, mnist.yaml; pylearn2 at 360dac5, models/mlp.py and models/maxout.py.
    """
    random = stream(seed, "shared weights")  # on the CPU: on CUDA the first numbers depend on how many are drawn
    for module, layer in zip(modules, layers, strict=True):
        assert isinstance(module, Dense)  # check_initial_weights
        numbers = torch.empty(2, module.weight.shape[1], layer.units, module.pieces)  # weights, and the unused mask
        weights, _ = numbers.uniform_(-1, 1, generator=random)
        # A unit's pieces are side by side there; here each piece is a slab of rows (gan.layers.Dense).
        module.weight.copy_(layer.weight_range * weights.permute(2, 1, 0).flatten(0, 1))
