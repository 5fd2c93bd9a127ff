"""Layers of the 2014 configuration files: their descriptions, and the modules that compute them.

Every weight starts i.i.d. U(-r, r) with a range r per layer and no scaling by the layer's width, or sparse.
Weights have torch's layout (outputs, inputs). Images travel between layers as flat rows, channel by channel.
Nothing here touches the global random state.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import ceil, prod
from typing import Any

import torch
from torch import nn
from torch.nn.functional import conv2d, conv_transpose2d, linear, max_pool2d

ACTIVATIONS = ("relu", "sigmoid", "linear", "maxout")
Shape = tuple[int, int, int]  # channels, height, width


@dataclass(frozen=True)
class Layer:
    """A fully connected layer.

    Attributes:
        units: number of outputs.
        activation: one of ACTIVATIONS.
        weight_range: weights start uniform in (-weight_range, +weight_range).
        sparse: instead of a range: number of weights N(0, 1) that each output unit starts with; its other weights are
            0.
        bias: initial bias, or "marginals": logit of each pixel's mean over the training images.
        pieces: linear pieces of each maxout unit; 1 for the other activations.
        keep: probability that dropout keeps an *input* of this layer (discriminator only).
    Raises:
        ValueError: an unknown activation, or options that exclude each other.
    """

    units: int
    activation: str
    weight_range: float = 0.0
    bias: float | str = 0.0
    pieces: int = 1
    keep: float = 1.0
    sparse: int = 0

    def __post_init__(self) -> None:
        if self.activation not in ACTIVATIONS:
            raise ValueError(f"activation must be one of {ACTIVATIONS}, got {self.activation!r}")
        if self.pieces > 1 and self.activation != "maxout":
            raise ValueError(f"only maxout has pieces, got {self.pieces} for {self.activation!r}")
        if (self.weight_range > 0) == (self.sparse > 0):
            raise ValueError(f"a layer starts with a weight_range or sparse, got {self.weight_range}, {self.sparse}")

    def module(self, inputs: int, random: torch.Generator, mean_image: torch.Tensor | None = None) -> "Dense":
        """Return the layer's module for a number of inputs."""
        return Dense(inputs, self, random, mean_image)


@dataclass(frozen=True)
class Deconvolution:
    """A transposed convolution to an image, linear, with a bias of its own for each output value.

    Attributes:
        inputs: shape of the feature maps, (channels, height, width). The incoming row holds them as
            (height, width, channels), as the 2014 code lays them out.
        channels: of the image.
        kernel, stride: edges in pixels; there is no padding.
        weight_range: as in Layer.
    Source:
        goodfeli/adversarial, deconv.py.
    """

    inputs: Shape
    channels: int
    kernel: int
    stride: int
    weight_range: float
    keep: float = 1.0
    bias: float = 0.0

    @property
    def shape(self) -> Shape:
        """Of the image: (channels, height, width)."""
        height, width = (self.stride * (size - 1) + self.kernel for size in self.inputs[1:])
        return self.channels, height, width

    @property
    def units(self) -> int:
        """Number of output values."""
        return prod(self.shape)

    def module(self, inputs: int, random: torch.Generator, mean_image: torch.Tensor | None = None) -> nn.Module:
        """Return the layer's module; the number of inputs is known, a mean image is not used."""
        _check_inputs(self.inputs, inputs)
        return Deconvolve(self, random)


@dataclass(frozen=True)
class MaxoutConvolution:
    """A convolution of stride 1, the maximum over the pieces of each channel, then spatial max-pooling.

    Attributes:
        inputs: shape of the images or feature maps, (channels, height, width).
        channels: of the output; the convolution has channels * pieces.
        pieces: linear pieces of each channel.
        kernel, padding: of the convolution, in pixels.
        pool, pool_stride: edge and distance of the pooling windows; the last one may be partial.
        weight_range, keep: as in Layer; dropout is per value, not per channel.
    Source:
        goodfeli/adversarial, cifar10_convolutional.yaml; pylearn2 models/maxout.py, MaxoutConvC01B.
    """

    inputs: Shape
    channels: int
    pieces: int
    kernel: int
    padding: int
    pool: int
    pool_stride: int
    weight_range: float
    keep: float = 1.0
    bias: float = 0.0

    @property
    def detector_shape(self) -> Shape:
        """Before the maxima: (channels * pieces, height, width)."""
        height, width = (size + 2 * self.padding - self.kernel + 1 for size in self.inputs[1:])
        return self.channels * self.pieces, height, width

    @property
    def shape(self) -> Shape:
        """After the pooling: (channels, height, width)."""
        height, width = (ceil((size - self.pool) / self.pool_stride) + 1 for size in self.detector_shape[1:])
        return self.channels, height, width

    @property
    def units(self) -> int:
        """Number of output values."""
        return prod(self.shape)

    def module(self, inputs: int, random: torch.Generator, mean_image: torch.Tensor | None = None) -> nn.Module:
        """Return the layer's module; the number of inputs is known, a mean image is not used."""
        _check_inputs(self.inputs, inputs)
        return MaxoutConvolve(self, random)


AnyLayer = Layer | Deconvolution | MaxoutConvolution


def _check_inputs(shape: Shape, inputs: int) -> None:
    if prod(shape) != inputs:
        raise ValueError(f"a layer with inputs of shape {tuple(shape)} follows one of {inputs} units")


def marginal_logits(mean_image: torch.Tensor) -> torch.Tensor:
    """Return the bias whose sigmoid is each pixel's mean; -16.118 where a pixel is always 0.

    Args:
        mean_image: shape (d,), mean over the training images of values in [0, 1].
    Source:
        pylearn2 init_sigmoid_bias_from_marginals: means are clipped to [1e-7, 1 - 1e-7].
    """
    mean = mean_image.double().clamp(1e-7, 1 - 1e-7)
    return (mean / (1 - mean)).log().float()


def uniform_weights(shape: Sequence[int], weight_range: float, random: torch.Generator) -> nn.Parameter:
    """Draw weights from U(-weight_range, weight_range)."""
    weight = torch.empty(*shape, device=random.device)
    return nn.Parameter(weight.uniform_(-weight_range, weight_range, generator=random))


def sparse_weights(rows: int, inputs: int, count: int, random: torch.Generator) -> nn.Parameter:
    """Draw weights (rows, inputs): in each row `count` distinct, uniformly chosen ones are N(0, 1), the others 0.

    Raises:
        ValueError: there are fewer inputs than that.
    Source:
        pylearn2 models/mlp.py, sparse_init.
    """
    if count > inputs:
        raise ValueError(f"sparse: {count} of only {inputs} inputs")
    places = torch.rand(rows, inputs, generator=random, device=random.device).topk(count, dim=1).indices
    values = torch.randn(rows, count, generator=random, device=random.device)
    return nn.Parameter(torch.zeros(rows, inputs, device=random.device).scatter_(1, places, values))


class Dense(nn.Module):
    """Activation of x W^T + b, with `weight` (units * pieces, inputs) and `bias` (units * pieces,).

    A maxout unit is h_i(x) = max_j (x W_ij + b_ij) over its pieces, with no floor at zero. Row
    j * units + i of `weight` is piece j of unit i, so that each piece is a contiguous slab and the
    maximum runs over whole slabs. (The 2014 code keeps the pieces of a unit side by side; the rows
    start i.i.d., so the order changes nothing but speed.)

    Args:
        inputs: number of inputs.
        layer: sizes, activation and initial values.
        random: random stream of the initial weights; its device is the module's.
        mean_image: shape (units,); needed when the layer's bias is "marginals".
    Raises:
        ValueError: the layer asks for marginals and there is no mean image of its size.
    Source:
        section 5 of the paper; Goodfellow et al. 2013, Maxout Networks.
    """

    def __init__(
        self, inputs: int, layer: Layer, random: torch.Generator, mean_image: torch.Tensor | None = None
    ) -> None:
        super().__init__()
        self.activation, self.pieces = layer.activation, layer.pieces
        rows = layer.units * layer.pieces
        if layer.sparse:
            self.weight = sparse_weights(rows, inputs, layer.sparse, random)
        else:
            self.weight = uniform_weights((rows, inputs), layer.weight_range, random)
        if layer.bias == "marginals":
            if mean_image is None or mean_image.shape != (rows,):
                raise ValueError(f"bias 'marginals' of {rows} units needs a mean image of that size")
            self.bias = nn.Parameter(marginal_logits(mean_image))
        else:
            self.bias = nn.Parameter(torch.full((rows,), float(layer.bias), device=random.device))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (m, inputs) to (m, units)."""
        h = linear(x, self.weight, self.bias)
        if self.activation == "maxout":
            return MaximumOfPieces.apply(h, self.pieces)
        if self.activation == "relu":
            return h.relu()
        if self.activation == "sigmoid":
            return h.float().sigmoid().to(h.dtype)  # its slope y (1 - y) needs float32's digits where y is near 1
        return h


class MaximumOfPieces(torch.autograd.Function):
    """(m, pieces * units, ...) -> (m, units, ...); pieces that tie share the gradient.

    torch's amax over the pieces has the same gradient, from four times as many passes over memory.
    """

    @staticmethod
    def forward(ctx: Any, h: torch.Tensor, pieces: int) -> torch.Tensor:
        """Return the maximum over slabs of consecutive units."""
        best = reduce(torch.maximum, h.chunk(pieces, dim=1))
        ctx.save_for_backward(h, best)
        return best

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        """Send the gradient to the pieces that are the maximum."""
        h, best = ctx.saved_tensors
        slope = torch.empty_like(h)
        slabs = slope.unflatten(1, (-1, best.shape[1]))
        torch.eq(h.unflatten(1, (-1, best.shape[1])), best.unsqueeze(1), out=slabs)
        slabs.mul_((gradient / slabs.sum(dim=1)).unsqueeze(1))
        return slope, None


class Deconvolve(nn.Module):
    """Deconvolution: `weight` (inputs' channels, channels, kernel, kernel), `bias` one per output value."""

    def __init__(self, layer: Deconvolution, random: torch.Generator) -> None:
        super().__init__()
        self.inputs, self.stride = layer.inputs, layer.stride
        shape = (layer.inputs[0], layer.channels, layer.kernel, layer.kernel)
        self.weight = uniform_weights(shape, layer.weight_range, random)
        self.bias = nn.Parameter(torch.full((layer.units,), layer.bias, device=random.device))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (m, height * width * channels) to (m, d)."""
        channels, height, width = self.inputs
        maps = x.view(-1, height, width, channels).permute(0, 3, 1, 2)
        return conv_transpose2d(maps, self.weight, stride=self.stride).flatten(1) + self.bias


class MaxoutConvolve(nn.Module):
    """MaxoutConvolution: `weight` (channels * pieces, inputs' channels, kernel, kernel), `bias` one per detector."""

    def __init__(self, layer: MaxoutConvolution, random: torch.Generator) -> None:
        super().__init__()
        self.layer = layer
        shape = (layer.channels * layer.pieces, layer.inputs[0], layer.kernel, layer.kernel)
        self.weight = uniform_weights(shape, layer.weight_range, random)
        self.bias = nn.Parameter(torch.full(shape[:1], layer.bias, device=random.device))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (m, inputs) to (m, units)."""
        layer = self.layer
        h = conv2d(x.view(-1, *layer.inputs), self.weight, self.bias, padding=layer.padding)
        h = MaximumOfPieces.apply(h, layer.pieces)
        # ceil_mode: pylearn2's last pooling window may be partial.
        return max_pool2d(h, layer.pool, layer.pool_stride, ceil_mode=True).flatten(1)
