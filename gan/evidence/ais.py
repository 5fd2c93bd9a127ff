"""log p(x) of a generator with Gaussian observation noise, bounded from both sides by annealed importance sampling.

The Parzen estimate averages p(x|z) over draws of the prior; where the noise is narrow, hardly any of them matters, and
the estimate falls short by an unknown amount. Annealing moves from the prior to the posterior of each image through
many distributions in between; Hamiltonian Monte Carlo moves the draws along. On simulated images, whose z is known,
the same chains run backwards bound log p(x) from above (bidirectional Monte Carlo).

Source:
    Wu, Burda, Salakhutdinov and Grosse 2017 (arXiv 1611.04273) and their code (tonywu95/eval_gen). Neal 2001: annealed
    importance sampling. Grosse, Ghahramani and Adams 2015 (arXiv 1511.02543): the bounds from both sides.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch

from gan.models import Generator
from gan.noise import PRIORS

STEEPNESS = 4.0  # of the schedule
STEP_SIZES = (1e-4, 0.5)  # least and greatest
FIRST_STEP_SIZE, GAIN, WARM_UP = 0.1, 0.5, 50  # of the pilot: start, speed of adaption, trajectories at the first rung
Tick = Callable[[], object]


def nothing() -> None:
    """Report no progress."""


def schedule(n: int) -> torch.Tensor:
    """Return inverse temperatures from 0 to 1 with n in between, dense at both ends: shape (n + 2,), float64.

    Source:
        tonywu95/eval_gen, ais.py: a logistic function over (-4, 4), scaled.
    """
    values = torch.linspace(-STEEPNESS, STEEPNESS, n + 2, dtype=torch.float64).sigmoid()
    return (values - values[0]) / (values[-1] - values[0])


def from_gaussian(prior: str, u: torch.Tensor) -> torch.Tensor:
    """Return noise of a prior from Gaussian noise, coordinate by coordinate, through the distribution functions.

    Uniform noise becomes sqrt(3) (2 Phi(u) - 1), which leaves the model as it is and gives HMC no walls.

    Args:
        prior: one of gan.noise.PRIORS.
        u: N(0, 1), any shape.
    Raises:
        ValueError: unknown prior.
    """
    if prior == "uniform":
        return math.sqrt(3) * torch.erf(u / math.sqrt(2))
    if prior == "gaussian":
        return u
    raise ValueError(f"prior must be one of {PRIORS}, got {prior!r}")


@dataclass(frozen=True)
class Density:
    """p(x) = E_u N(x; G(T(u)), sigma^2 I), u ~ N(0, I), T of `from_gaussian`.

    Attributes:
        generator: G.
        prior: of its noise, one of gan.noise.PRIORS.
        bandwidth: sigma, in pixel units, > 0.
    """

    generator: Generator
    prior: str
    bandwidth: float

    def simulate(self, n: int, random: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Draw n images and the u behind each: shapes (n, d) and (n, k). Each u is an exact draw of its posterior."""
        u = self.draw(n, random)
        with torch.no_grad():
            means = self.generator(from_gaussian(self.prior, u))
        return means + self.bandwidth * torch.randn(means.shape, generator=random, device=means.device), u

    def draw(self, n: int, random: torch.Generator) -> torch.Tensor:
        """Draw n u, shape (n, k)."""
        return torch.randn(n, self.generator.noise_size, generator=random, device=random.device)

    def log_likelihood(self, images: torch.Tensor, u: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return log N(x; G(T(u)), sigma^2 I) and its gradient in u.

        Args:
            images: shape (n, d).
            u: shape (n c, k), c for each image in order.
        Returns:
            shape (n c,), nats, float64, and (n c, k).
        """
        u = u.detach().requires_grad_()
        with torch.enable_grad():
            means = self.generator(from_gaussian(self.prior, u))
        residuals = (images[:, None] - means.detach().unflatten(0, (len(images), -1))).flatten(0, 1)
        squares = residuals.square().sum(dim=1, dtype=torch.float64)
        (gradient,) = torch.autograd.grad(means, u, residuals / self.bandwidth**2)
        norm = images.shape[1] * math.log(self.bandwidth * math.sqrt(2 * math.pi))
        return -squares / (2 * self.bandwidth**2) - norm, gradient


@dataclass(frozen=True)
class Chains:
    """Where the chains are: u (m, k), log p(x|u) (m,), float64, and its gradient (m, k)."""

    u: torch.Tensor
    log_likelihoods: torch.Tensor
    gradients: torch.Tensor


@dataclass(frozen=True)
class Sampler:
    """Hamiltonian Monte Carlo for images x chains at once, with frozen step sizes.

    Attributes:
        density: p(x|u) and p(u).
        betas: of `schedule`, ascending.
        step_sizes: one for each beta but the first and the last.
        leaps: leapfrog steps of a trajectory.
    """

    density: Density
    betas: torch.Tensor
    step_sizes: Sequence[float]
    leaps: int

    def move(
        self,
        images: torch.Tensor,
        chains: Chains,
        beta: float,
        step_size: float | torch.Tensor,
        random: torch.Generator,
    ) -> tuple[Chains, torch.Tensor]:
        """Make one trajectory on p(u) p(x|u)^beta; return the chains, and probabilities of acceptance, (m,)."""
        momentum = torch.randn(chains.u.shape, generator=random, device=chains.u.device)
        u, before = chains.u, _energy(chains, momentum, beta)
        moving = momentum + step_size / 2 * (beta * chains.gradients - u)
        for leap in range(1, self.leaps + 1):
            u = u + step_size * moving
            log_likelihoods, gradients = self.density.log_likelihood(images, u)
            moving = moving + step_size / (1 + (leap == self.leaps)) * (beta * gradients - u)
        proposed = Chains(u, log_likelihoods, gradients)
        chances = (before - _energy(proposed, moving, beta)).nan_to_num(nan=-math.inf).clamp(max=0).exp()
        accepted = torch.rand(chances.shape, generator=random, device=u.device, dtype=chances.dtype) < chances
        columns = accepted[:, None]
        kept = Chains(
            torch.where(columns, u, chains.u),
            torch.where(accepted, log_likelihoods, chains.log_likelihoods),
            torch.where(columns, gradients, chains.gradients),
        )
        return kept, chances

    def anneal(
        self, images: torch.Tensor, u: torch.Tensor, random: torch.Generator, *, backwards: bool, tick: Tick = nothing
    ) -> tuple[torch.Tensor, float]:
        """Run each chain along the schedule; return its log weight, (m,), float64, and the mean acceptance.

        Args:
            images: shape (n, d).
            u: starts, (n c, k): draws of the prior, or, backwards, of the posterior.
            random: advanced.
            backwards: from beta 1 to 0.
            tick: called after each distribution.
        """
        betas = self.betas.flip(0).tolist() if backwards else self.betas.tolist()
        step_sizes = self.step_sizes[::-1] if backwards else self.step_sizes
        chains = Chains(u, *self.density.log_likelihood(images, u))
        weights, accepted = torch.zeros_like(chains.log_likelihoods), chains.log_likelihoods.new_zeros(())
        for place, (beta, following) in enumerate(pairwise(betas)):
            weights += (following - beta) * chains.log_likelihoods
            if place < len(step_sizes):
                chains, chances = self.move(images, chains, following, step_sizes[place], random)
                accepted += chances.mean()
                tick()
        return weights, float(accepted) / len(step_sizes) if step_sizes else math.nan


def _energy(chains: Chains, momentum: torch.Tensor, beta: float) -> torch.Tensor:
    squares = (chains.u.double().square() + momentum.double().square()).sum(dim=1)
    return squares / 2 - beta * chains.log_likelihoods


def tuned(
    density: Density,
    images: torch.Tensor,
    n: int,
    chains: int,
    leaps: int,
    acceptance: float,
    random: torch.Generator,
    tick: Tick = nothing,
) -> Sampler:
    """Return a sampler whose step sizes a pilot run has adapted; frozen, they leave the weights of other runs unbiased.

    Args:
        density: p(x|u) and p(u).
        images: of the pilot, none of those that are measured: shape (m, d).
        n: distributions between prior and posterior.
        chains: for each image.
        leaps: leapfrog steps of a trajectory.
        acceptance: share of accepted trajectories that step sizes aim at.
        random: advanced.
        tick: called after each distribution, the WARM_UP at the first apart.
    """
    betas, found = schedule(n), list[torch.Tensor]()
    sampler = Sampler(density, betas, (), leaps)
    u = density.draw(len(images) * chains, random)
    state = Chains(u, *density.log_likelihood(images, u))
    rungs, step_size = betas[1:-1].tolist(), torch.full((), FIRST_STEP_SIZE, device=images.device)
    for place, beta in enumerate(rungs[:1] * WARM_UP + rungs):
        state, chances = sampler.move(images, state, beta, step_size, random)
        found.append(step_size)
        if place >= WARM_UP:
            tick()
        step_size = (step_size * (GAIN * (chances.mean() - acceptance)).exp().float()).clamp(*STEP_SIZES)
    step_sizes = torch.stack(found[WARM_UP:]).tolist() if n else []
    return Sampler(density, betas, step_sizes, leaps)


def lower_bounds(
    sampler: Sampler, images: torch.Tensor, chains: int, random: torch.Generator, tick: Tick = nothing
) -> tuple[torch.Tensor, float]:
    """Return log of an unbiased estimate of each image's p(x), which is on average at most log p(x).

    Args:
        sampler: of `tuned`.
        images: shape (n, d).
        chains: for each image; without distributions in between, as many draws of a Parzen window.
        random: advanced.
        tick: called after each distribution.
    Returns:
        shape (n,), nats, float64, and the mean acceptance.
    """
    u = sampler.density.draw(len(images) * chains, random)
    weights, acceptance = sampler.anneal(images, u, random, backwards=False, tick=tick)
    return _log_mean_exp(weights.unflatten(0, (-1, chains))), acceptance


def upper_bounds(
    sampler: Sampler, images: torch.Tensor, u: torch.Tensor, chains: int, random: torch.Generator, tick: Tick = nothing
) -> tuple[torch.Tensor, float]:
    """Return what is on average at least log p(x), by chains that run backwards from exact draws of the posterior.

    Args:
        sampler, chains, random, tick: as for `lower_bounds`; all chains of an image start at the same u.
        images, u: of Density.simulate.
    Returns:
        as `lower_bounds`.
    """
    starts = u.repeat_interleave(chains, dim=0)
    weights, acceptance = sampler.anneal(images, starts, random, backwards=True, tick=tick)
    return -_log_mean_exp(weights.unflatten(0, (-1, chains))), acceptance


def _log_mean_exp(weights: torch.Tensor) -> torch.Tensor:
    return weights.logsumexp(dim=1) - math.log(weights.shape[1])
