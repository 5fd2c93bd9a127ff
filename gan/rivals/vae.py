"""The variational autoencoder, as in the paper that prints Parzen scores of several sizes of it.

Source:
    Kingma and Welling 2014 (arXiv 1312.6114): the bound and its estimator. Yeung, Kannan, Dauphin and Fei-Fei, Epitomic
    variational autoencoders (ICLR 2017 submission): layers of 500 ReLU, Adam with 1e-3, 200 epochs, divergence in full.
    Neither states the likelihood, minibatch or initial weights that go with the scores; Bernoulli, 100 and
    U(-1/sqrt(inputs), 1/sqrt(inputs)) are ours.
"""

from collections.abc import Sequence
from functools import reduce
from itertools import pairwise
from typing import cast

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, linear

from gan.layers import Dense, Layer
from gan.models import Generator
from gan.seeding import stream

BATCH = 100
LEARNING_RATE = 1e-3
ADAM = "adam."  # what its moments' names begin with


def layers(noise_size: int, hidden: Sequence[int], d: int) -> tuple[Layer, ...]:
    """Return the decoder's layers: ReLU, then a sigmoid for each pixel's mean.

    Raises:
        ValueError: there are no hidden layers.
    """
    if not hidden:
        raise ValueError("a vae has hidden layers, got none")
    return (*_dense([noise_size, *hidden], "relu"), *_dense([hidden[-1], d], "sigmoid"))


def _dense(sizes: Sequence[int], activation: str) -> list[Layer]:
    return [Layer(units, activation, weight_range=inputs**-0.5) for inputs, units in pairwise(sizes)]


class Vae:
    """Encoder and decoder in training; the encoder's hidden layers are the decoder's in reverse.

    Args:
        images, noise_size, layers, epochs, seed: see gan.rivals.new.
    """

    curves: tuple[str, ...] = ("loss", "divergence")

    def __init__(
        self, images: torch.Tensor, noise_size: int, layers: Sequence[Layer], epochs: Sequence[int], seed: int
    ) -> None:
        self.images, self.noise_size, self.seed = images, noise_size, seed
        self.decoder = Generator(noise_size, layers, stream(seed, "generator weights", device=images.device))
        sizes = [images.shape[1], *(layer.units for layer in reversed(layers[:-1]))]
        encoder = [*_dense(sizes, "relu"), *_dense([sizes[-1], 2 * noise_size], "linear")]
        weights = stream(seed, "encoder weights", device=images.device)
        inputs = [*sizes, sizes[-1]]
        self.encoder = nn.Sequential(*(one.module(n, weights) for n, one in zip(inputs, encoder, strict=False)))
        self.networks = nn.ModuleDict({"decoder": self.decoder, "encoder": self.encoder})
        self.optimizer = torch.optim.Adam(self.networks.parameters(), LEARNING_RATE)

    def loss(self, images: torch.Tensor, noise: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the negative bound on log p(x) from one code per image, and its divergence, means over images, nats.

        It is a bound for binary x; of grey pixels its Bernoulli term is a cross-entropy.

        Args:
            images: shape (m, d).
            noise: of the codes, N(0, 1), shape (m, noise_size).
        Source:
            Kingma and Welling, Eq. 10 and appendix B.
        """
        mean, log_variance = self.encoder(images).chunk(2, dim=1)
        codes = mean + (log_variance / 2).exp() * noise
        divergence = (mean.square() + log_variance.exp() - 1 - log_variance).sum() / 2
        hidden = reduce(lambda h, layer: layer(h), self.decoder.layers[:-1], codes)
        last = cast(Dense, self.decoder.layers[-1])
        logits = linear(hidden, last.weight, last.bias)
        error = binary_cross_entropy_with_logits(logits, images, reduction="sum")
        return (error + divergence) / len(images), divergence.detach() / len(images)

    def train_epoch(self, epoch: int) -> list[float]:
        """Pass over the images once."""
        n, device = len(self.images), self.images.device
        order = torch.randperm(n, generator=stream(self.seed, "minibatch order", epoch, device), device=device)
        random = stream(self.seed, "codes", epoch, device)
        totals = torch.zeros(len(self.curves), device=device)
        for rows in order.split(BATCH):
            noise = torch.randn(len(rows), self.noise_size, generator=random, device=device)
            loss, divergence = self.loss(self.images[rows], noise)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            totals += torch.stack([loss.detach(), divergence]) * len(rows)
        return [float(mean) for mean in (totals / n).tolist()]

    def generator(self) -> Generator:
        """Return the decoder."""
        return self.decoder

    def state(self) -> dict[str, torch.Tensor]:
        """Return the networks' parameters and Adam's moments."""
        moments = self.optimizer.state_dict()["state"]
        flat = {f"{ADAM}{index}.{name}": value for index, each in moments.items() for name, value in each.items()}
        return self.networks.state_dict() | flat

    def load_state(self, state: dict[str, torch.Tensor]) -> None:
        """Continue from `state`."""
        moments: dict[int, dict[str, torch.Tensor]] = {}
        for name, value in state.items():
            if name.startswith(ADAM):
                index, kind = name.removeprefix(ADAM).split(".")
                moments.setdefault(int(index), {})[kind] = value
        self.networks.load_state_dict({name: value for name, value in state.items() if not name.startswith(ADAM)})
        self.optimizer.load_state_dict(self.optimizer.state_dict() | {"state": moments})
