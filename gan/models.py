"""Generator and discriminator (section 5 of the paper), layer by layer as the 2014 code defines them.

Every weight starts i.i.d. U(-r, r) with a range r per layer and no scaling by the layer's width.
Weights have torch's layout (outputs, inputs). Nothing here touches the global random state.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import torch
from torch import nn
from torch.nn.functional import linear

ACTIVATIONS = ("relu", "sigmoid", "linear", "maxout")


@dataclass(frozen=True)
class Layer:
    """One fully connected layer, as a line of the tables in the 2014 configuration files.

    Attributes:
        units: number of outputs.
        activation: one of ACTIVATIONS.
        weight_range: weights start uniform in (-weight_range, +weight_range).
        bias: initial bias, or "marginals": logit of each pixel's mean over the training images.
        pieces: linear pieces of each maxout unit; 1 for the other activations.
        keep: probability that dropout keeps an *input* of this layer (discriminator only).
    """

    units: int
    activation: str
    weight_range: float
    bias: float | str = 0.0
    pieces: int = 1
    keep: float = 1.0

    def __post_init__(self) -> None:
        if self.activation not in ACTIVATIONS:
            raise ValueError(f"activation must be one of {ACTIVATIONS}, got {self.activation!r}")
        if self.pieces > 1 and self.activation != "maxout":
            raise ValueError(f"only maxout has pieces, got {self.pieces} for {self.activation!r}")


def marginal_logits(mean_image: torch.Tensor) -> torch.Tensor:
    """Bias whose sigmoid is each pixel's mean; -16.118 where a pixel is always 0.

    Args:
        mean_image: shape (d,), mean over the training images of values in [0, 1].
    Source:
        pylearn2 init_sigmoid_bias_from_marginals: means are clipped to [1e-7, 1 - 1e-7].
    """
    mean = mean_image.double().clamp(1e-7, 1 - 1e-7)
    return (mean / (1 - mean)).log().float()


def check_layers(generator: Sequence[Layer], discriminator: Sequence[Layer]) -> None:
    """Refuse layers that the networks could not honour.

    Raises:
        ValueError: dropout in the generator, a discriminator that does not end in one logit, or
            marginals outside the generator's last layer.
    """
    if any(layer.keep != 1 for layer in generator):
        raise ValueError("the generator has no dropout: leave `keep` out of its layers")
    if any(layer.bias == "marginals" for layer in (*generator[:-1], *discriminator)):
        raise ValueError("bias 'marginals' belongs to the generator's last layer")
    if (discriminator[-1].units, discriminator[-1].activation) != (1, "linear"):
        raise ValueError("the discriminator's last layer must be 1 linear unit, its logit")


class Dense(nn.Module):
    """Activation of x W^T + b, with `weight` (units * pieces, inputs) and `bias` (units * pieces,).

    A maxout unit is h_i(x) = max_j (x W_ij + b_ij) over its pieces, with no floor at zero. Row
    j * units + i of `weight` is piece j of unit i, so that each piece is a contiguous slab and the
    maximum runs over whole slabs. (The 2014 code keeps the pieces of a unit side by side; the rows
    start i.i.d., so the order changes nothing but speed.)

    Args:
        inputs: number of inputs.
        layer: sizes, activation and initial values.
        generator: random stream of the initial weights; its device is the module's.
        mean_image: shape (units,); needed when the layer's bias is "marginals".
    Raises:
        ValueError: the layer asks for marginals and there is no mean image of its size.
    Source:
        section 5 of the paper; Goodfellow et al. 2013, Maxout Networks.
    """

    def __init__(
        self, inputs: int, layer: Layer, generator: torch.Generator, mean_image: torch.Tensor | None = None
    ) -> None:
        super().__init__()
        self.activation, self.pieces = layer.activation, layer.pieces
        rows = layer.units * layer.pieces
        weight = torch.empty(rows, inputs, device=generator.device)
        self.weight = nn.Parameter(weight.uniform_(-layer.weight_range, layer.weight_range, generator=generator))
        if layer.bias == "marginals":
            if mean_image is None or mean_image.shape != (rows,):
                raise ValueError(f"bias 'marginals' of {rows} units needs a mean image of that size")
            self.bias = nn.Parameter(marginal_logits(mean_image))
        else:
            self.bias = nn.Parameter(torch.full((rows,), float(layer.bias), device=generator.device))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(m, inputs) -> (m, units)."""
        h = linear(x, self.weight, self.bias)
        if self.activation == "maxout":
            return reduce(torch.maximum, h.chunk(self.pieces, dim=1))
        if self.activation == "relu":
            return h.relu()
        return h.sigmoid() if self.activation == "sigmoid" else h


def _stack(
    inputs: int, layers: Sequence[Layer], generator: torch.Generator, mean_image: torch.Tensor | None = None
) -> nn.ModuleList:
    """The layers' modules, weights drawn in order."""
    sizes = [inputs, *(layer.units for layer in layers)]
    return nn.ModuleList(
        Dense(size, layer, generator, mean_image) for size, layer in zip(sizes[:-1], layers, strict=True)
    )


class Generator(nn.Module):
    """G: noise (m, noise_size) -> images (m, d).

    Args:
        noise_size: dimension of z.
        layers: from the noise to the image; the last one's `units` is d.
        generator: random stream of the initial weights; its device is the network's.
        mean_image: shape (d,); needed when the last layer's bias is "marginals".
    Raises:
        ValueError: a layer asks for marginals and there is no mean image of its size.
    """

    def __init__(
        self,
        noise_size: int,
        layers: Sequence[Layer],
        generator: torch.Generator,
        mean_image: torch.Tensor | None = None,
    ) -> None:
        super().__init__()
        self.noise_size = noise_size
        self.layers = _stack(noise_size, layers, generator, mean_image)

    def forward(self, noise: torch.Tensor) -> torch.Tensor:
        """Images in the range of the last layer's activation."""
        return reduce(lambda h, layer: layer(h), self.layers, noise)


class Discriminator(nn.Module):
    """D: images (m, d) -> logits (m,); D(x) = sigmoid(logit) is the probability that x is data.

    Args:
        data_size: d.
        layers: from the image to the logit; the last one is one linear unit.
        generator: random stream of the initial weights; its device is the network's.
    """

    def __init__(self, data_size: int, layers: Sequence[Layer], generator: torch.Generator) -> None:
        super().__init__()
        self.input_sizes = [data_size, *(layer.units for layer in layers[:-1])]
        self.keeps = [layer.keep for layer in layers]
        self.layers = _stack(data_size, layers, generator)

    def forward(self, images: torch.Tensor, masks: Sequence[torch.Tensor] | None = None) -> torch.Tensor:
        """Logits; with masks, one (m, inputs) a layer (gan.draws), the layers' inputs are dropped out."""
        h = images
        for index, layer in enumerate(self.layers):
            h = layer(h if masks is None else h * masks[index])
        return h.squeeze(1)
