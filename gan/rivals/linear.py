"""A linear Gaussian model by principal components: a generator whose log-density is known exactly."""

import math
from collections.abc import Sequence
from typing import cast

import torch

from gan.layers import Dense, Layer
from gan.models import Generator
from gan.seeding import stream


def layers(noise_size: int, hidden: Sequence[int], d: int) -> tuple[Layer, ...]:
    """Return the one layer, of any noise and d pixels.

    Raises:
        ValueError: there are hidden layers.
    """
    if hidden:
        raise ValueError(f"a linear model has no hidden layers, got {list(hidden)}")
    return (Layer(d, "linear", weight_range=1.0),)


class Linear:
    """G(z) = W z + b with the images' mean and as many principal components, scaled, as z has dimensions.

    Args:
        images, noise_size, layers, epochs, seed: see gan.rivals.new; there is nothing random in it.
    """

    curves: tuple[str, ...] = ("variance",)

    def __init__(
        self, images: torch.Tensor, noise_size: int, layers: Sequence[Layer], epochs: Sequence[int], seed: int
    ) -> None:
        self.images = images
        self.network = Generator(noise_size, layers, stream(seed, "generator weights", device=images.device))

    @torch.no_grad()
    def train_epoch(self, epoch: int) -> list[float]:
        """Fit; return the share of the images' variance along the components."""
        images = self.images.double()
        mean = images.mean(dim=0)
        variances, axes = torch.linalg.eigh((images - mean).T @ (images - mean) / len(images))
        layer, k = cast(Dense, self.network.layers[0]), self.network.noise_size
        layer.weight.copy_(axes[:, -k:] * variances[-k:].clamp(min=0).sqrt())
        layer.bias.copy_(mean)
        return [float(variances[-k:].sum() / variances.sum())]

    def generator(self) -> Generator:
        """Return it."""
        return self.network

    def state(self) -> dict[str, torch.Tensor]:
        """Return W and b."""
        return dict(self.network.state_dict())

    def load_state(self, state: dict[str, torch.Tensor]) -> None:
        """Continue from `state`."""
        self.network.load_state_dict(state)


def exact_log_density(generator: Generator, images: torch.Tensor, bandwidth: float) -> torch.Tensor | None:
    """Return log N(x; b, W W' + bandwidth^2 I) of each image, (n,), float64; None where G is not one linear layer.

    Args:
        generator: G, of Gaussian noise.
        images: shape (n, d).
        bandwidth: standard deviation of the observation noise.
    Source:
        Tipping and Bishop 1999, Probabilistic principal component analysis, Eq. 3 and 4.
    """
    first, *others = generator.layers
    if others or not isinstance(first, Dense) or first.activation != "linear":
        return None
    weight, centred = first.weight.double(), images.double() - first.bias.double()
    d, k = weight.shape
    # Woodbury's identity and the determinant lemma, for a k x k system in place of d x d.
    inner = weight.T @ weight / bandwidth**2 + torch.eye(k, dtype=torch.float64, device=weight.device)
    factor = torch.linalg.cholesky(inner)
    along = torch.linalg.solve_triangular(factor, (centred @ weight).T / bandwidth**2, upper=False)
    distance = centred.square().sum(dim=1) / bandwidth**2 - along.square().sum(dim=0)
    log_determinant = 2 * factor.diagonal().log().sum() + 2 * d * math.log(bandwidth)
    return (-(distance + log_determinant + d * math.log(2 * math.pi)) / 2).detach()
