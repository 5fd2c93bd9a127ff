"""Section 4.1 measured: the best discriminator against a fixed generator, and where the criterion has its minimum.

Both densities are known, so Proposition 1's D* and Theorem 1's C(G) are integrals over a grid in float64, and a
trained D is compared with them and not with another estimate.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from gan.evidence.oracle import Density
from gan.layers import Layer
from gan.models import Discriminator
from gan.objectives import discriminator_loss, jensen_shannon, optimal_discriminator, value
from gan.recipe import learning_rate
from gan.seeding import stream
from gan.training import Player

EQUILIBRIUM = -math.log(4)  # Theorem 1: the least value of C(G), at p_g = p_data and nowhere else
BATCH = 128
RATE, DECAY, FLOOR = 0.1, 1.0015, 0.005  # of D's steps, as in gan.recipe.learning_rate
MOMENTUM = 0.8
FAR_NOISE = 0.2  # where the path of Theorem 1 begins: all samples between the data's two modes


@dataclass(frozen=True)
class Pair:
    """Data and samples from known densities, on a grid that holds nearly all of both.

    Attributes:
        data, samples: their densities.
        points: shape (n, d), float64, evenly spaced.
    """

    data: Density
    samples: Density
    points: torch.Tensor

    def optimal_logits(self) -> torch.Tensor:
        """Return the logits of D*, shape (n,): log p_data - log p_g (Proposition 1)."""
        data, samples = (one.log_density(self.points).log_softmax(dim=0) for one in (self.data, self.samples))
        return data - samples

    def masses(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return probabilities of the grid's cells under p_data and p_g, shape (n,) each, each with sum 1."""
        return _masses(self.data, self.points), _masses(self.samples, self.points)


@dataclass(frozen=True)
class Approach:
    """Distance of a discriminator from the optimal one.

    Attributes:
        dimensions: of the data.
        units: of each of D's two hidden layers.
        steps: of D so far.
        seed: of its weights and minibatches.
        distance: mean |D - D*| under (p_data + p_g) / 2, in [0, 1].
        reached, c: V(G, D), and C(G) = V(G, D*) that bounds it, nats.
    """

    dimensions: int
    units: int
    steps: int
    seed: int
    distance: float
    reached: float
    c: float


@dataclass(frozen=True)
class Place:
    """A generator on the way to the data.

    Attributes:
        t: share of the way, in [0, 1]; p_g = p_data at 1.
        seed: of the discriminator's weights and minibatches.
        jsd: Jensen-Shannon divergence of p_data and p_g, nats.
        c: C(G) = V(G, D*), by Eq. 1; the theorem says -log 4 + 2 jsd.
        reached: V(G, D) with a D trained against this generator, at most c.
    """

    t: float
    seed: int
    jsd: float
    c: float
    reached: float


def fixed_pair(dimensions: int) -> Pair:
    """Return data in narrow Gaussians, two on a line or eight on a ring, and samples from one wide Gaussian.

    Args:
        dimensions: 1 or 2.
    Raises:
        ValueError: any other number.
    """
    if dimensions == 1:
        points = torch.linspace(-8, 8, 1601, dtype=torch.float64)[:, None]
        return Pair(_spherical([[-2.0], [2.0]], 0.5), _spherical([[0.0]], 2.0), points)
    if dimensions == 2:
        angles = [k * math.pi / 4 for k in range(8)]
        ring = [[2 * math.cos(angle), 2 * math.sin(angle)] for angle in angles]
        axis = torch.linspace(-6, 6, 121, dtype=torch.float64)
        return Pair(_spherical(ring, 0.35), _spherical([[0.0, 0.0]], 1.5), torch.cartesian_prod(axis, axis))
    raise ValueError(f"dimensions must be 1 or 2, got {dimensions}")


def path_pair(t: float) -> Pair:
    """Return two Gaussians as data, and a generator on its way from one narrow Gaussian between them.

    Args:
        t: share of the way of its means and width, in [0, 1]; at 1 both densities are the same.
    Raises:
        ValueError: t is outside.
    """
    if not 0 <= t <= 1:
        raise ValueError(f"t must be in [0, 1], got {t}")
    data = fixed_pair(1).data
    samples = Density(t * data.means, data.directions, (1 - t) * FAR_NOISE + t * data.noise)
    return Pair(data, samples, torch.linspace(-6, 6, 1201, dtype=torch.float64)[:, None])


def approach(
    dimensions: int, units: int, checkpoints: Sequence[int], seed: int, pair: Pair | None = None
) -> list[Approach]:
    """Train D against a fixed generator and measure how far it is from D* (Proposition 1).

    Args:
        dimensions: 1 or 2, see fixed_pair.
        units: of each hidden layer: D's capacity.
        checkpoints: numbers of steps at which to measure, ascending, > 0.
        seed: of weights and minibatches.
        pair: densities of as many dimensions; by default fixed_pair.
    Returns:
        one row per checkpoint, all from one training.
    Raises:
        ValueError: dimensions are neither 1 nor 2.
        FloatingPointError: D has diverged.
    Source:
        Proposition 1, Eq. 2.
    """
    pair = pair or fixed_pair(dimensions)
    p_data, p_g = pair.masses()
    optimum, c = optimal_discriminator(p_data, p_g), criterion(p_data, p_g)
    rows = []
    for steps, logits in _train(pair, units, checkpoints, seed, f"proposition 1, {dimensions} dimensions"):
        distance = ((logits.sigmoid() - optimum).abs() * (p_data + p_g) / 2).sum().item()
        rows.append(Approach(dimensions, units, steps, seed, distance, value(p_data, p_g, logits).item(), c))
    return rows


def visit(t: float, units: int, steps: int, seed: int) -> Place:
    """Train D against one generator of the path and compare what it reaches with C(G) (Theorem 1).

    Args:
        t: place on the path, see path_pair.
        units: of each of D's hidden layers.
        steps: of D.
        seed: of weights and minibatches.
    Raises:
        ValueError: t is outside [0, 1].
        FloatingPointError: D has diverged.
    Source:
        Theorem 1, Eqs. 4 to 6.
    """
    pair = path_pair(t)
    p_data, p_g = pair.masses()
    ((_, logits),) = _train(pair, units, [steps], seed, f"theorem 1, t = {t}")
    jsd, best = jensen_shannon(p_data, p_g).item(), value(p_data, p_g, pair.optimal_logits()).item()
    return Place(t, seed, jsd, best, value(p_data, p_g, logits).item())


def criterion(p_data: torch.Tensor, p_g: torch.Tensor) -> float:
    """Return C(G) = max_D V(G, D) = -log 4 + 2 JSD of two distributions on a finite set (n,), nats (Eq. 6)."""
    return EQUILIBRIUM + 2 * jensen_shannon(p_data, p_g).item()


def _train(
    pair: Pair, units: int, checkpoints: Sequence[int], seed: int, name: str
) -> Iterator[tuple[int, torch.Tensor]]:
    """Steps of a new D on fresh data and samples; at each checkpoint its logits on the grid, (n,), float64."""
    network = Discriminator(pair.points.shape[1], _layers(units), stream(seed, f"{name}, weights", units))
    player = Player(network)
    n = checkpoints[-1] * BATCH
    data, samples = (
        density.draw(n, stream(seed, f"{name}, {part}")).float().split(BATCH)
        for part, density in (("data", pair.data), ("samples", pair.samples))
    )
    for step, minibatch in enumerate(zip(data, samples, strict=True)):
        real, fake = network(torch.cat(minibatch)).split(BATCH)
        gradients = player.gradients(discriminator_loss(real, fake, scale=1))
        player.update(gradients, learning_rate(step, RATE, DECAY, FLOOR), MOMENTUM)
        if step + 1 in checkpoints:
            yield step + 1, _finite(network(pair.points.float()).detach().double(), f"{name}, seed {seed}")


def _finite(logits: torch.Tensor, place: str) -> torch.Tensor:
    if not logits.isfinite().all():
        raise FloatingPointError(f"D has diverged in {place}: its logits are not finite")
    return logits


def _layers(units: int) -> tuple[Layer, ...]:
    hidden = Layer(units, "maxout", 0.6, pieces=2)
    return hidden, hidden, Layer(1, "linear", 0.3)


def _spherical(means: Sequence[Sequence[float]], noise: float) -> Density:
    """Gaussians of one width around means (k, d), with equal weights."""
    centres = torch.tensor(means, dtype=torch.float64)
    return Density(centres, centres.new_zeros(centres.shape[1], 1), noise)


def _masses(density: Density, points: torch.Tensor) -> torch.Tensor:
    return density.log_density(points).softmax(dim=0)
