"""Careful, ordinary implementations to measure ours against; nothing of the product uses them."""

import math

import numpy as np
import torch
from scipy.special import logsumexp
from sklearn.neighbors import KernelDensity
from torch import nn
from torch.nn.functional import softplus

from gan.layers import AnyLayer, Deconvolution, Layer, MaxoutConvolution
from pipeline.config.experiments import Experiment


class EagerGenerator(nn.Module):
    """G from torch's own layers."""

    def __init__(self, noise_size: int, layers: tuple[AnyLayer, ...]) -> None:
        super().__init__()
        sizes = [noise_size, *(layer.units for layer in layers)]
        self.layers = nn.Sequential(*map(_generating, sizes[:-1], layers))

    def forward(self, noise: torch.Tensor) -> torch.Tensor:
        """(m, noise_size) -> (m, d)."""
        return self.layers(noise)


def _generating(size: int, layer: AnyLayer) -> nn.Sequential:
    """A layer of G: an affine map and its activation, or a deconvolution."""
    if isinstance(layer, Deconvolution):
        channels, height, width = layer.inputs
        convolve = nn.ConvTranspose2d(channels, layer.channels, layer.kernel, layer.stride)
        nn.init.uniform_(convolve.weight, -layer.weight_range, layer.weight_range)
        return nn.Sequential(nn.Unflatten(1, (channels, height, width)), convolve, nn.Flatten())
    assert isinstance(layer, Layer)
    linear = nn.Linear(size, layer.units)
    nn.init.uniform_(linear.weight, -layer.weight_range, layer.weight_range)
    return nn.Sequential(linear, nn.ReLU() if layer.activation == "relu" else nn.Sigmoid())


class EagerDiscriminator(nn.Module):
    """D from torch's own layers: maxout is the maximum over a view, dropout is nn.Dropout."""

    def __init__(self, data_size: int, layers: tuple[AnyLayer, ...]) -> None:
        super().__init__()
        sizes = [data_size, *(layer.units for layer in layers)]
        self.layers = nn.Sequential(*map(_judging, sizes[:-1], layers))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(m, d) -> (m,)."""
        return self.layers(x).squeeze(1)


class Maxout(nn.Module):
    """The maximum over groups of consecutive channels."""

    def __init__(self, pieces: int) -> None:
        super().__init__()
        self.pieces = pieces

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(m, units * pieces, ...) -> (m, units, ...)."""
        return x.unflatten(1, (-1, self.pieces)).amax(dim=2) if self.pieces > 1 else x


def _judging(size: int, layer: AnyLayer) -> nn.Sequential:
    """A layer of D behind its dropout: an affine map, or a convolution that is pooled, and maxout."""
    if isinstance(layer, MaxoutConvolution):
        rows = layer.channels * layer.pieces
        convolve = nn.Conv2d(layer.inputs[0], rows, layer.kernel, padding=layer.padding)
        nn.init.uniform_(convolve.weight, -layer.weight_range, layer.weight_range)
        pool = nn.MaxPool2d(layer.pool, layer.pool_stride, ceil_mode=True)
        shaped = nn.Unflatten(1, layer.inputs)
        return nn.Sequential(nn.Dropout(1 - layer.keep), shaped, convolve, Maxout(layer.pieces), pool, nn.Flatten())
    assert isinstance(layer, Layer)
    linear = nn.Linear(size, layer.units * layer.pieces)
    nn.init.uniform_(linear.weight, -layer.weight_range, layer.weight_range)
    return nn.Sequential(nn.Dropout(1 - layer.keep), linear, Maxout(layer.pieces))


class EagerGame:
    """The 2014 game with autograd and torch.optim.SGD; one seed.

    Args:
        experiment: its networks and minibatches.
        device: where to compute.
        precision: "float32", or "bfloat16" for autocast.
    """

    def __init__(self, experiment: Experiment, device: str, precision: str = "float32") -> None:
        self.noise_size, self.batch_size = experiment.noise_size, experiment.recipe.batch_size
        self.g = EagerGenerator(self.noise_size, experiment.generator).to(device)
        self.d = EagerDiscriminator(experiment.generator[-1].units, experiment.discriminator).to(device)
        self.optimisers = [torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.5) for net in (self.g, self.d)]
        self.device, self.is_bfloat16 = device, precision == "bfloat16"

    def train(self, images: torch.Tensor) -> None:
        """One pass over the images (n, d)."""
        for batch in torch.randperm(len(images), device=images.device).split(self.batch_size):
            self._step(images[batch])

    def _step(self, images: torch.Tensor) -> None:
        noise = torch.empty(len(images), self.noise_size, device=images.device)
        with torch.autocast(self.device, torch.bfloat16, enabled=self.is_bfloat16):
            samples = self.g(noise.uniform_(-math.sqrt(3), math.sqrt(3)))
            real, fake = self.d(torch.cat([images, samples])).float().chunk(2)
        loss_d = 0.5 * (softplus(-real).mean() + softplus(fake).mean())
        loss_g = softplus(-fake).mean()
        for net, loss in ((self.g, loss_g), (self.d, loss_d)):
            parameters = list(net.parameters())
            gradients = torch.autograd.grad(loss, parameters, retain_graph=net is self.g)
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.grad = gradient
        for optimiser in self.optimisers:
            optimiser.step()


def parzen_of_2014(queries: torch.Tensor, centers: torch.Tensor, bandwidths: list[float]) -> torch.Tensor:
    """Differences by broadcasting, ten queries at a time, and a full pass for each bandwidth; float32."""
    passes = []
    for bandwidth in bandwidths:
        parts = []
        for block in queries.split(10):
            scaled = (block[:, None] - centers) / bandwidth
            parts.append((-0.5 * scaled.square().sum(dim=2)).logsumexp(dim=1))
        passes.append(torch.cat(parts) - _log_norm(centers, bandwidth))
    return torch.stack(passes)


def parzen_cdist(queries: torch.Tensor, centers: torch.Tensor, bandwidths: list[float]) -> torch.Tensor:
    """torch.cdist in float64, by a product, then logsumexp for each bandwidth."""
    distances = torch.cdist(queries.double(), centers.double()).square()
    rows = [(-0.5 / b**2 * distances).logsumexp(dim=1) - _log_norm(centers, b) for b in bandwidths]
    return torch.stack(rows)


def parzen_numpy(queries: torch.Tensor, centers: torch.Tensor, bandwidths: list[float]) -> torch.Tensor:
    """Direct sums in float64: for each query the differences to all centers, then scipy's logsumexp."""
    points, rows = centers.numpy().astype(np.float64), []
    for query in queries.numpy().astype(np.float64):
        squares = np.square(query - points).sum(axis=1)
        rows.append([logsumexp(-0.5 / b**2 * squares) - _log_norm(centers, b) for b in bandwidths])
    return torch.tensor(rows, dtype=torch.float64).T


def parzen_keops(queries: torch.Tensor, centers: torch.Tensor, bandwidths: list[float]) -> torch.Tensor:
    """KeOps: a symbolic reduction over differences, compiled for the shape, a pass a bandwidth; float32."""
    from pykeops.torch import LazyTensor  # compiles C++; not among the project's requirements

    x, c = LazyTensor(queries[:, None].contiguous()), LazyTensor(centers[None].contiguous())
    squares = ((x - c) ** 2).sum(dim=2)
    rows = [(-0.5 / b**2 * squares).logsumexp(dim=1).squeeze(1) - _log_norm(centers, b) for b in bandwidths]
    return torch.stack(rows)


def _log_norm(centers: torch.Tensor, bandwidth: float) -> float:
    """log (n (sigma sqrt(2 pi))^d) for centers (n, d)."""
    n, d = centers.shape
    return math.log(n) + d * math.log(bandwidth * math.sqrt(2 * math.pi))


def parzen_scikit_learn(queries: torch.Tensor, centers: torch.Tensor, bandwidths: list[float]) -> torch.Tensor:
    """KernelDensity whose tree is one leaf: with more leaves it is wrong in high dimensions."""
    rows = []
    for bandwidth in bandwidths:
        tree = KernelDensity(bandwidth=bandwidth, leaf_size=len(centers)).fit(centers.numpy())
        rows.append(torch.from_numpy(tree.score_samples(queries.numpy())))
    return torch.stack(rows)
