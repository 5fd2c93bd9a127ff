"""Figure 1 as an experiment: a one-dimensional GAN at four moments of its training.

The paper's figure is a sketch, so its four panels are re-enacted: (a) a pair near convergence,
(b) D trained on until it meets D*(x) = p_data(x) / (p_data(x) + p_g(x)) (Proposition 1), (c) some updates of G along
D's slope, (d) long after, p_g = p_data and D = 1/2. Here all of it is computed: real training, a kernel density of
G's samples, and the analytic D* of that density.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from gan.layers import Layer
from gan.models import Discriminator, Generator
from gan.noise import draw_noise
from gan.objectives import discriminator_loss, generator_loss
from gan.seeding import stream
from gan.training import Player

DATA_MEAN, DATA_SD = 3.0, 0.6
BATCH = 256
G_LAYERS = (Layer(32, "sigmoid", 1.0), Layer(1, "linear", 0.3))
D_LAYERS = (Layer(24, "maxout", 0.6, pieces=4), Layer(8, "maxout", 0.3, pieces=2), Layer(1, "linear", 0.3))
N_DENSITY = 4000  # samples behind a density
BANDWIDTH = 0.06  # of its kernels
NO_DENSITY = 1e-3  # below it, D* is a ratio of noise


@dataclass(frozen=True)
class Panel:
    """One moment of the game, on a grid of x.

    Attributes:
        title: what has just happened.
        p_data, p_g, d, d_star: densities, D and the analytic optimum of D (nan where there is neither data nor
            sample), shape (len(grid),).
        z, x: where G sends noise at equally probable steps, shape (21,).
    """

    title: str
    p_data: torch.Tensor
    p_g: torch.Tensor
    d: torch.Tensor
    d_star: torch.Tensor
    z: torch.Tensor
    x: torch.Tensor


class Toy:
    """A game between G, from z ~ N(0, 1), and D over data from N(mean, sd^2).

    Args:
        seed: owns all randomness.
        mean, sd: of the data.
    """

    def __init__(self, seed: int, mean: float = DATA_MEAN, sd: float = DATA_SD) -> None:
        self.mean, self.sd = mean, sd
        self._random = stream(seed, "toy")
        self.generator = Generator(1, G_LAYERS, stream(seed, "generator weights"))
        self.discriminator = Discriminator(1, D_LAYERS, stream(seed, "discriminator weights"))
        self._g, self._d = Player(self.generator), Player(self.discriminator)

    def _data(self) -> torch.Tensor:
        return self.mean + self.sd * torch.randn(BATCH, 1, generator=self._random)

    def _noise(self) -> torch.Tensor:
        return draw_noise("gaussian", (BATCH, 1), self._random)

    def train_discriminator(self, steps: int, rate: float) -> None:
        """Train D alone for some steps, on new data and samples."""
        for _ in range(steps):
            with torch.no_grad():
                samples = self.generator(self._noise())
            loss = discriminator_loss(self.discriminator(self._data()), self.discriminator(samples), 1.0)
            self._d.update(self._d.gradients(loss), rate, momentum=0.0)

    def train_generator(self, steps: int, rate: float) -> None:
        """Train G alone for some steps against the present D."""
        for _ in range(steps):
            judged = self.discriminator(self.generator(self._noise()))
            gradients = self._g.gradients(generator_loss(judged, "non-saturating"))
            self._g.update(gradients, rate, momentum=0.0)

    def train(self, rounds: int, k: int, rate: Callable[[int], float]) -> None:
        """Run rounds of k steps of D and one of G, as Algorithm 1 has them; the rate of round i is rate(i)."""
        for index in range(rounds):
            self.train_discriminator(k, rate(index))
            self.train_generator(1, rate(index))

    @torch.no_grad()
    def panel(self, title: str, grid: torch.Tensor) -> Panel:
        """Return the present moment on a grid of x, shape (n,)."""
        noise = torch.special.ndtri((torch.arange(N_DENSITY) + 0.5) / N_DENSITY)
        p_g = _density(self.generator(noise[:, None]).squeeze(1), grid)
        p_data = torch.distributions.Normal(self.mean, self.sd).log_prob(grid).exp()
        z = torch.special.ndtri((torch.arange(21) + 0.5) / 21)  # equally probable steps: arrows crowd where p_g is high
        both = p_data + p_g
        d_star = (p_data / both).where(both > NO_DENSITY, torch.nan)
        d = self.discriminator(grid[:, None]).sigmoid()
        return Panel(title, p_data, p_g, d, d_star, z, self.generator(z[:, None]).squeeze(1))


def _density(samples: torch.Tensor, grid: torch.Tensor) -> torch.Tensor:
    """Kernel density estimate of samples (m,) at a grid (n,)."""
    kernels = torch.distributions.Normal(samples[:, None], BANDWIDTH).log_prob(grid).exp()
    return kernels.mean(dim=0)


def play(seed: int, grid: torch.Tensor) -> list[Panel]:
    """Return the four panels of Figure 1.

    Args:
        seed: owns all randomness.
        grid: values of x, shape (n,).
    """
    toy = Toy(seed)
    toy.train(rounds=200, k=3, rate=lambda _: 0.03)
    panels = [toy.panel("(a) near convergence", grid)]
    toy.train_discriminator(1500, 0.05)
    panels.append(toy.panel("(b) D trained to its optimum", grid))
    toy.train_generator(5, 0.03)
    panels.append(toy.panel("(c) G follows D's slope", grid))
    toy.train(rounds=1200, k=5, rate=lambda index: 0.05 * 0.998**index)
    return [*panels, toy.panel("(d) at the end", grid)]
