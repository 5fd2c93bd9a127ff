"""The generative moment matching network in the code space of an autoencoder.

Source:
    Li, Swersky and Zemel 2015 (arXiv 1502.02761), section 4, with the settings of the authors' code (yujiali/gmmn,
    train.py, mnist_mmd_code_space; yujiali/pynn). An epoch here has 500 updates of MNIST, so that their 3 x 3,000 +
    40,000 iterations are 6 + 6 + 6 + 80 epochs. As in pynn, dropout is rescaled neither while training nor after it
    (learner.py, f_post_training): the codes that the network matches are those of an encoder whose layers see greater
    inputs than in training. Three things are ours: 50,000 training images where they have 55,000; the autoencoder's
    last parameters where they take those of the least training loss; and the network's first weights, of variance
    1 / inputs (the default of pynn's LayerParams). With 0.1 / inputs, which pynn's add_layer passes and which the
    autoencoder has here too, the loss stood still for 1,500 updates at their rate of 2, and then diverged.
"""

import math
from collections.abc import Iterable, Sequence
from functools import reduce
from itertools import pairwise

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy

from gan.layers import Layer
from gan.models import Generator
from gan.noise import draw_noise
from gan.seeding import stream

BATCH, MATCHED = 100, 1000  # images in a minibatch of the autoencoder, and of the network that matches codes
DROPPED = (0.2, 0.5)  # share of each encoder layer's inputs
AUTOENCODER_RATE, PRETRAINING_MOMENTUM, LARGEST_GRADIENT = 0.1, 0.5, 10.0
SCALE = 1.0  # of the kernel, a variance
LATER = 10_000  # updates after which the network's rate and momentum are the second ones
RATES, MOMENTA = (2.0, 0.2), (0.9, 0.99)
AUTOENCODER_VARIANCE, NETWORK_VARIANCE = 0.1, 1.0  # of the first weights, divided by the number of inputs
ROOT_OFFSET = 1e-10  # under the root, for its gradient


def layers(noise_size: int, hidden: Sequence[int], d: int) -> tuple[Layer, ...]:
    """Return the layers from the noise to the code, ReLU but for the last, and from the code to the image, sigmoid.

    Raises:
        ValueError: fewer than three hidden layers: the network's own, the code, the decoder's.
    """
    if len(hidden) < 3:
        raise ValueError(f"a gmmn has a hidden layer, the code and the decoder's hidden layer, got {list(hidden)}")
    sizes = [noise_size, *hidden, d]
    kinds = ["relu"] * (len(hidden) - 2) + ["sigmoid"] * 3
    # Gaussian weights replace these.
    return tuple(Layer(n, kind, math.sqrt(3 / m)) for (m, n), kind in zip(pairwise(sizes), kinds, strict=True))


def mmd(codes: torch.Tensor, samples: torch.Tensor, scale: float) -> torch.Tensor:
    """Return the root of the squared maximum mean discrepancy under the kernel exp(-d^2 / (2 scale)), biased.

    Args:
        codes: shape (n, k).
        samples: shape (m, k).
        scale: a variance.
    Source:
        Li et al., Eq. 3 and section 3.3; yujiali/gmmn, core/generative.py, for the offset under the root.
    """
    with torch.no_grad():
        among_codes = _kernel(codes, codes, scale).mean()
    squared = among_codes + _kernel(samples, samples, scale).mean() - 2 * _kernel(codes, samples, scale).mean()
    return (squared.clamp(min=0) + ROOT_OFFSET).sqrt()


def _kernel(a: torch.Tensor, b: torch.Tensor, scale: float) -> torch.Tensor:
    distances = torch.addmm(a.square().sum(1, keepdim=True) + b.square().sum(1), a, b.T, alpha=-2)
    return (distances / (-2 * scale)).exp()


class Gmmn:
    """Autoencoder and network in training: layer by layer, jointly, then the network on the codes.

    Args:
        images, noise_size, layers, epochs, seed: see gan.rivals.new; four phases.
    """

    curves: tuple[str, ...] = ("loss",)

    def __init__(
        self, images: torch.Tensor, noise_size: int, layers: Sequence[Layer], epochs: Sequence[int], seed: int
    ) -> None:
        self.images, self.seed, self.epochs, self.layers = images, seed, tuple(epochs), layers
        device, d = images.device, images.shape[1]
        self.whole = Generator(noise_size, layers, stream(seed, "generator weights", device=device))
        self.network, self.decoder = list(self.whole.layers[:-2]), list(self.whole.layers[-2:])
        random = stream(seed, "encoder weights", device=device)
        sizes = [d, layers[-2].units, layers[-3].units]
        self.encoder = [Layer(n, "sigmoid", 1.0).module(m, random) for m, n in pairwise(sizes)]
        self.modules = nn.ModuleDict({"whole": self.whole, "encoder": nn.ModuleList(self.encoder)})
        random = stream(seed, "gaussian weights", device=device)
        for modules, variance in (
            (self.network, NETWORK_VARIANCE),
            ([*self.decoder, *self.encoder], AUTOENCODER_VARIANCE),
        ):
            _draw_weights(modules, variance, random)
        self.velocities = {name: torch.zeros_like(value) for name, value in self.modules.named_parameters()}
        self._codes: torch.Tensor | None = None

    def phase(self, epoch: int) -> tuple[int, int]:
        """Return the phase, 0 .. 3, that an epoch 1, 2, ... belongs to, and the epoch's place in it, from 0."""
        for phase, length in enumerate(self.epochs[:-1]):
            if epoch <= length:
                return phase, epoch - 1
            epoch -= length
        return len(self.epochs) - 1, epoch - 1

    def train_epoch(self, epoch: int) -> list[float]:
        """Make as many updates as there are minibatches of the autoencoder's size; return the mean loss."""
        phase, place = self.phase(epoch)
        if place == 0:
            for velocity in self.velocities.values():
                velocity.zero_()
        updates = max(1, len(self.images) // BATCH)
        random = stream(self.seed, "dropout and noise", epoch, self.images.device)
        batches = self._batches(MATCHED if phase == 3 else BATCH, updates, epoch)
        total = torch.zeros((), device=self.images.device)
        for update, rows in enumerate(batches, start=place * updates):
            total += self._match(rows, update, random) if phase == 3 else self._reconstruct(phase, rows, update, random)
        return [float(total / updates)]

    def _batches(self, size: int, updates: int, epoch: int) -> Iterable[torch.Tensor]:
        """Yield the rows of so many minibatches, in passes over all images."""
        device, n, drawn = self.images.device, len(self.images), 0
        random = stream(self.seed, "minibatch order", epoch, device)
        while True:
            for rows in torch.randperm(n, generator=random, device=device).split(min(size, n)):
                if len(rows) == min(size, n):
                    if drawn == updates:
                        return
                    drawn += 1
                    yield rows

    def _reconstruct(self, phase: int, rows: torch.Tensor, update: int, random: torch.Generator) -> torch.Tensor:
        """Move the autoencoder: its outer layers, its inner ones, or all."""
        images = self.images[rows]
        if phase == 2:
            encoder, decoder, shares = self.encoder, self.decoder, list(DROPPED)
            momentum = 0.0 if update < 50 else 0.5 if update < 200 else 0.9
        else:
            encoder, decoder, shares = [self.encoder[phase]], [self.decoder[1 - phase]], [DROPPED[phase]]
            momentum = PRETRAINING_MOMENTUM
            with torch.no_grad():
                images = self.encoder[0](images) if phase else images
        hidden = images
        for layer, share in zip(encoder, shares, strict=True):
            hidden = layer(hidden * _kept(hidden, share, random))
        hidden = reduce(lambda h, layer: layer(h), decoder, hidden)
        loss = binary_cross_entropy(hidden, images, reduction="sum") / len(rows)
        self._descend(loss, [*encoder, *decoder], AUTOENCODER_RATE, momentum, LARGEST_GRADIENT)
        return loss.detach()

    def _match(self, rows: torch.Tensor, update: int, random: torch.Generator) -> torch.Tensor:
        """Move the network towards the codes of a minibatch of clean images."""
        if self._codes is None:
            with torch.no_grad():
                self._codes = torch.cat([self.encoder[1](self.encoder[0](part)) for part in self.images.split(5000)])
        noise = draw_noise("uniform", (len(rows), self.whole.noise_size), random) / math.sqrt(3)  # U(-1, 1)
        samples = reduce(lambda h, layer: layer(h), self.network, noise)
        loss = mmd(self._codes[rows], samples, SCALE)
        self._descend(loss, self.network, RATES[update >= LATER], MOMENTA[update >= LATER], math.inf)
        return loss.detach()

    def _descend(
        self, loss: torch.Tensor, modules: Sequence[nn.Module], rate: float, momentum: float, largest: float
    ) -> None:
        """Move by v := momentum v - rate g, g scaled to a norm of at most `largest`."""
        names = {id(parameter): name for name, parameter in self.modules.named_parameters()}
        parameters = [parameter for module in modules for parameter in module.parameters()]
        gradients = torch.autograd.grad(loss, parameters)
        if largest < math.inf:
            norm = torch.stack([gradient.square().sum() for gradient in gradients]).sum().sqrt()
            rate = rate * min(1.0, largest / max(float(norm), 1e-30))
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                velocity = self.velocities[names[id(parameter)]]
                parameter.add_(velocity.mul_(momentum).sub_(rate * gradient))

    def generator(self) -> Generator:
        """Return network and decoder as one generator; its uniform noise has unit variance, which the weights undo."""
        first, *others = self.whole.state_dict().items()
        result = Generator(self.whole.noise_size, self.layers, stream(0, "replaced", device=self.images.device))
        result.load_state_dict(dict(others) | {first[0]: first[1] / math.sqrt(3)})
        return result

    def state(self) -> dict[str, torch.Tensor]:
        """Return all parameters and their velocities."""
        return self.modules.state_dict() | {f"velocity.{name}": value for name, value in self.velocities.items()}

    def load_state(self, state: dict[str, torch.Tensor]) -> None:
        """Continue from `state`."""
        self.modules.load_state_dict({name: value for name, value in state.items() if not name.startswith("velocity.")})
        self.velocities = {name: state[f"velocity.{name}"].clone() for name in self.velocities}
        self._codes = None


@torch.no_grad()
def _draw_weights(modules: Iterable[nn.Module], variance: float, random: torch.Generator) -> None:
    """Replace weights by Gaussian ones, of the variance over the number of inputs."""
    for module in modules:
        (weight,) = (value for value in module.parameters() if value.dim() == 2)
        weight.normal_(0, math.sqrt(variance / weight.shape[1]), generator=random)


def _kept(inputs: torch.Tensor, share: float, random: torch.Generator) -> torch.Tensor:
    """Return a dropout mask that drops a share of the inputs; the others are not scaled up."""
    return torch.rand(inputs.shape, generator=random, device=inputs.device) >= share
