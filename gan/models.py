"""Generator and discriminator (section 5 of the paper): stacks of the layers in gan.layers."""

from collections.abc import Sequence
from functools import reduce

import torch
from torch import nn

from gan.layers import AnyLayer, Layer


def check_layers(generator: Sequence[AnyLayer], discriminator: Sequence[AnyLayer]) -> None:
    """Reject layers that the networks do not support.

    Raises:
        ValueError: dropout in the generator, a discriminator that does not end in one logit, or
            marginals outside the generator's last layer.
    """
    if any(layer.keep != 1 for layer in generator):
        raise ValueError("the generator has no dropout: leave `keep` out of its layers")
    if any(layer.bias == "marginals" for layer in (*generator[:-1], *discriminator)):
        raise ValueError("bias 'marginals' belongs to the generator's last layer")
    last = discriminator[-1]
    if not isinstance(last, Layer) or (last.units, last.activation) != (1, "linear"):
        raise ValueError("the discriminator's last layer must be 1 linear unit, its logit")


def _stack(
    inputs: int, layers: Sequence[AnyLayer], random: torch.Generator, mean_image: torch.Tensor | None = None
) -> nn.ModuleList:
    """The layers' modules, weights drawn in order."""
    sizes = [inputs, *(layer.units for layer in layers[:-1])]
    return nn.ModuleList(layer.module(size, random, mean_image) for size, layer in zip(sizes, layers, strict=True))


class Generator(nn.Module):
    """G: noise (m, noise_size) -> images (m, d).

    Args:
        noise_size: dimension of z.
        layers: from the noise to the image; the last one's `units` is d.
        random: random stream of the initial weights; its device is the network's.
        mean_image: shape (d,); needed when the last layer's bias is "marginals".
    Raises:
        ValueError: a layer does not fit the one before it, or asks for marginals and there is no mean image
            of its size.
    """

    def __init__(
        self,
        noise_size: int,
        layers: Sequence[AnyLayer],
        random: torch.Generator,
        mean_image: torch.Tensor | None = None,
    ) -> None:
        super().__init__()
        self.noise_size = noise_size
        self.layers = _stack(noise_size, layers, random, mean_image)

    def forward(self, noise: torch.Tensor) -> torch.Tensor:
        """Return images in the range of the last layer's activation."""
        return reduce(lambda h, layer: layer(h), self.layers, noise)


class Discriminator(nn.Module):
    """D: images (m, d) -> logits (m,); D(x) = sigmoid(logit) is the probability that x is data.

    Args:
        data_size: d.
        layers: from the image to the logit; the last one is one linear unit.
        random: random stream of the initial weights; its device is the network's.
    Raises:
        ValueError: a layer does not fit the one before it.
    """

    def __init__(self, data_size: int, layers: Sequence[AnyLayer], random: torch.Generator) -> None:
        super().__init__()
        self.input_sizes = [data_size, *(layer.units for layer in layers[:-1])]
        self.keeps = [layer.keep for layer in layers]
        self.layers = _stack(data_size, layers, random)

    def forward(self, images: torch.Tensor, masks: Sequence[torch.Tensor] | None = None) -> torch.Tensor:
        """Return logits; masks, one (m, inputs) per layer (gan.draws), apply dropout to the layers' inputs."""
        h = images
        for index, layer in enumerate(self.layers):
            h = layer(h if masks is None else h * masks[index])
        return h.squeeze(1)
