"""Section 4.2 measured: p_g converges to p_data as Proposition 2 says, or its conditions fail.

Three games, increasingly far from the proposition: p_g itself moves against the optimal D; two players of one parameter
each circle the solution; and two networks are trained in turns, as by Algorithm 1.
"""

import math
from dataclasses import dataclass

import torch

from gan.objectives import optimal_discriminator
from gan.seeding import stream
from gan.theory.optimum import criterion
from gan.theory.toy import Toy

SUPPORT = 20  # points of the finite set
SIMPLEX_RATE = 0.1
UPDATES = ("simultaneous", "alternating")
DIRAC_RATE, DIRAC_START = 0.2, (1.0, 0.0)
GRID = torch.linspace(-3, 9, 601)  # of the toy's data; wide enough for an untrained G
K = 3  # steps of D for one of G
D_RATE, G_RATE = 0.2, 0.03  # D must keep near its optimum; at equal rates G often stays on the mean of the data
HALF_LIFE = 300  # rounds after which the rates have halved
LOST = 0.01  # of the mass of p_g may lie beside the grid


@dataclass(frozen=True)
class Descent:
    """Proposition 2's own setting: p_g after so many steps, each against the optimal D; C(G) in nats."""

    seed: int
    step: int
    c: float


@dataclass(frozen=True)
class Turn:
    """The simplest game with parameters after so many steps; its solution is theta = psi = 0."""

    update: str
    step: int
    theta: float
    psi: float


@dataclass(frozen=True)
class Round:
    """The toy's networks after so many rounds of training; C(G) in nats, by the density of G's samples."""

    seed: int
    round: int
    c: float


def simplex_step(p_data: torch.Tensor, p_g: torch.Tensor, rate: float) -> torch.Tensor:
    """Move p_g one step down V(G, D*) on the simplex, by exponentiated gradient.

    V's gradient in p_g is log(1 - D*(x)), also that of max_D V: the argument of the proposition's proof. C is
    1-smooth relative to the negative entropy, because its Hessian 1/p_g - 1/(p_data + p_g) is at most 1/p_g: every rate
    up to 1 descends, and after n steps C + log 4 <= KL(p_data || start) / (rate * n). At rate 1 the step leads to
    (p_data + p_g) / 2.

    Args:
        p_data, p_g: shape (n,), positive probabilities.
        rate: in (0, 1].
    Returns:
        the new p_g, shape (n,).
    Raises:
        ValueError: the rate is outside (0, 1].
    Source:
        Proposition 2; the bound is that of mirror descent (Lu, Freund and Nesterov 2018).
    """
    if not 0 < rate <= 1:
        raise ValueError(f"rate must be in (0, 1], got {rate}")
    gradient = (1 - optimal_discriminator(p_data, p_g)).log()
    return (p_g.log() - rate * gradient).softmax(dim=0)


def random_pair(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw p_data, and independently a p_g to start from, on SUPPORT points, float64."""
    random = stream(seed, "proposition 2")
    p_data, p_g = torch.randn(2, SUPPORT, generator=random, dtype=torch.float64).softmax(dim=1)
    return p_data, p_g


def descend(seed: int, steps: int) -> list[Descent]:
    """Return C(G) before the first simplex_step and after each, from random_pair."""
    p_data, p_g = random_pair(seed)
    rows = [Descent(seed, 0, criterion(p_data, p_g))]
    for step in range(1, steps + 1):
        p_g = simplex_step(p_data, p_g, SIMPLEX_RATE)
        rows.append(Descent(seed, step, criterion(p_data, p_g)))
    return rows


def dirac_step(theta: float, psi: float, rate: float, update: str) -> tuple[float, float]:
    """Take one gradient step of each player of V = log D(0) + log(1 - D(theta)), where D(x) = sigmoid(psi * x).

    Simultaneous steps leave every circle: theta^2 + psi^2 grows by the factor 1 + rate^2 sigmoid(psi * theta)^2.

    Args:
        theta: G's only sample; the data are at 0.
        psi: the slope of D's logit.
        rate: of both, > 0.
        update: "simultaneous": both gradients at the old parameters; "alternating": D's step, then G's against it.
    Returns:
        the new theta and psi.
    Raises:
        ValueError: unknown update.
    Source:
        Mescheder, Geiger and Nowozin 2018, the Dirac-GAN, Lemmas 2.3 and 2.4.
    """
    if update not in UPDATES:
        raise ValueError(f"update must be one of {UPDATES}, got {update!r}")
    ascended = psi - rate * theta * _sigmoid(psi * theta)
    judge = psi if update == "simultaneous" else ascended
    return theta + rate * judge * _sigmoid(judge * theta), ascended


def _sigmoid(x: float) -> float:
    return (1 + math.tanh(x / 2)) / 2


def turn(update: str, steps: int) -> list[Turn]:
    """Return the start and the result of each dirac_step from it."""
    rows = [Turn(update, 0, *DIRAC_START)]
    for step in range(1, steps + 1):
        rows.append(Turn(update, step, *dirac_step(rows[-1].theta, rows[-1].psi, DIRAC_RATE, update)))
    return rows


def train_networks(seed: int, rounds: int, every: int, toy: Toy | None = None) -> list[Round]:
    """Train the toy of Figure 1, K steps of D for one of G, with rates that halve every HALF_LIFE rounds.

    Args:
        seed: owns all randomness.
        rounds: of K steps of D and one of G, a multiple of `every`.
        every: rounds between two measurements of C(G), the first of them before training.
        toy: new, of this seed; by default that of Figure 1.
    Raises:
        FloatingPointError: G has left the grid on which C(G) is an integral; the message names seed and round.
    Source:
        Algorithm 1, with section 3's non-saturating loss.
    """
    toy = toy or Toy(seed)
    rows = [Round(seed, 0, _criterion_of(toy, f"seed {seed}, round 0"))]
    for index in range(rounds):
        decay = 0.5 ** (index / HALF_LIFE)
        toy.train_discriminator(K, D_RATE * decay)
        toy.train_generator(1, G_RATE * decay)
        if (index + 1) % every == 0:
            rows.append(Round(seed, index + 1, _criterion_of(toy, f"seed {seed}, round {index + 1}")))
    return rows


def _criterion_of(toy: Toy, place: str) -> float:
    now = toy.panel("", GRID)
    p_data, p_g = now.p_data.double(), now.p_g.double()
    on_grid = float(p_g.sum() * (GRID[1] - GRID[0]))
    if not abs(on_grid - 1) < LOST:
        raise FloatingPointError(f"G has left the grid in {place}: {on_grid:.3g} of its mass is there")
    return criterion(p_data / p_data.sum(), p_g / p_g.sum())
