"""Samples with and without a Markov chain: G's are independent, those of a chain depend on each other.

"These samples are uncorrelated because the sampling process does not depend on Markov chain mixing" (Figure 2), and
chains "require that the distribution be somewhat blurry in order for the chains to be able to mix between modes"
(section 6). The chain is Gibbs sampling of a restricted Boltzmann machine so small that all its states can be counted:
it is fitted exactly, and its correlations are known exactly, too.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import torch

from gan.seeding import stream

BITS, HIDDEN = 8, 4
BLURS = (0.3, 0.2, 0.1, 0.05)  # probabilities that a bit of a pattern is flipped
FIT_STEPS, RATE = 400, 0.05  # of Adam, on the exact divergence


@dataclass(frozen=True)
class Machine:
    """A restricted Boltzmann machine: p(v, h) is proportional to exp(v W h + v b + h c).

    Attributes:
        weights: W, shape (BITS, HIDDEN), float64.
        visible, hidden: b and c, shape (BITS,) and (HIDDEN,).
    """

    weights: torch.Tensor
    visible: torch.Tensor
    hidden: torch.Tensor

    def log_probabilities(self, states: torch.Tensor) -> torch.Tensor:
        """Return log-probabilities, shape (n,), of visible states (n, BITS); exact if these are all states."""
        free = states @ self.visible + torch.nn.functional.softplus(states @ self.weights + self.hidden).sum(dim=1)
        return free.log_softmax(dim=0)

    def of_hidden(self, states: torch.Tensor) -> torch.Tensor:
        """Return P(h = 1 | v) for visible states (n, BITS), shape (n, HIDDEN)."""
        return (states @ self.weights + self.hidden).sigmoid()

    def of_visible(self, hidden: torch.Tensor) -> torch.Tensor:
        """Return P(v = 1 | h) for hidden states (n, HIDDEN), shape (n, BITS)."""
        return (hidden @ self.weights.T + self.visible).sigmoid()


def all_states(bits: int) -> torch.Tensor:
    """Return all binary vectors, shape (2^bits, bits), float64."""
    return torch.cartesian_prod(*[torch.arange(2, dtype=torch.float64)] * bits).reshape(-1, bits)


def two_patterns(blur: float) -> torch.Tensor:
    """Return probabilities of all_states(BITS): all bits 0 or all 1, equally likely, then each bit may be flipped.

    Args:
        blur: probability of a flip, in (0, 1/2]; at 1/2 the patterns are gone.
    Raises:
        ValueError: the blur is outside.
    """
    if not 0 < blur <= 0.5:
        raise ValueError(f"blur must be in (0, 1/2], got {blur}")
    ones = all_states(BITS).sum(dim=1)
    parts = [n * math.log(blur) + (BITS - n) * math.log1p(-blur) for n in (ones, BITS - ones)]
    return torch.stack(parts).logsumexp(dim=0).exp() / 2


def fit(blur: float, seed: int) -> tuple[Machine, float]:
    """Fit a machine to two blurred patterns by maximum likelihood.

    Args:
        blur: see two_patterns.
        seed: of the initial weights.
    Returns:
        the machine, and the remaining divergence KL(data || machine), nats; both exact sums over all states.
    """
    states, data = all_states(BITS), two_patterns(blur)
    random = stream(seed, "machine weights")
    weights = 0.1 * torch.randn(BITS, HIDDEN, generator=random, dtype=torch.float64)
    parts = [part.requires_grad_() for part in (weights, weights.new_zeros(BITS), weights.new_zeros(HIDDEN))]
    optimiser, machine = torch.optim.Adam(parts, lr=RATE), Machine(*parts)
    for _ in range(FIT_STEPS):
        optimiser.zero_grad()
        (-data @ machine.log_probabilities(states)).backward()
        optimiser.step()
    fitted = Machine(*(part.detach() for part in parts))
    return fitted, (data @ (data.log() - fitted.log_probabilities(states))).item()


def gibbs_chain(machine: Machine, n: int, random: torch.Generator) -> torch.Tensor:
    """Draw consecutive visible states by block Gibbs sampling, shape (n, BITS), float64.

    Each state follows from the one before by hidden states drawn from P(h | v) and visible ones from P(v | h). The
    first is drawn from the machine's own distribution, so no burn-in has to be discarded.
    """
    states = all_states(BITS)
    start = torch.multinomial(machine.log_probabilities(states).exp(), 1, generator=random)
    chain = [states[start]]
    for _ in range(n - 1):
        hidden = torch.bernoulli(machine.of_hidden(chain[-1]), generator=random)
        chain.append(torch.bernoulli(machine.of_visible(hidden), generator=random))
    return torch.cat(chain)


def transition(machine: Machine) -> torch.Tensor:
    """Return exact probabilities of the chain's next state, rows the present one: shape (2^BITS, 2^BITS)."""
    visible, hidden = all_states(BITS), all_states(HIDDEN)
    to_hidden, to_visible = machine.of_hidden(visible), machine.of_visible(hidden)
    return _joint(to_hidden, hidden) @ _joint(to_visible, visible)


def _joint(ones: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
    """Probabilities of binary vectors (k, d) whose bits are independently 1 with probabilities (n, d): (n, k)."""
    return (ones.log() @ states.T + (1 - ones).log() @ (1 - states).T).exp()


def exact_correlation(machine: Machine) -> float:
    """Return the `correlation` at lag 1 of an infinitely long chain."""
    states = all_states(BITS)
    p = machine.log_probabilities(states).exp()
    centred = states - p @ states
    return ((p[:, None] * centred * (transition(machine) @ centred)).sum() / (p @ centred.square()).sum()).item()


def correlation(samples: torch.Tensor, lag: int = 1) -> float:
    """Return the correlation of each sample with the one `lag` places later: 0 if independent, 1 if they never change.

    sum_t (x_t - m) . (x_(t + lag) - m) / sum_t |x_t - m|^2, with m the mean over all samples.

    Args:
        samples: shape (n, d), in the order in which they were drawn.
        lag: 1 .. n - 1.
    Raises:
        ValueError: the lag is outside, or all samples are equal.
    """
    if not 0 < lag < len(samples):
        raise ValueError(f"lag must be 1 .. {len(samples) - 1}, got {lag}")
    centred = samples.double() - samples.double().mean(dim=0)
    spread = centred.square().sum()
    if spread == 0:
        raise ValueError("all samples are equal: their correlation is not defined")
    return ((centred[:-lag] * centred[lag:]).sum() / spread).item()


def null_sd(samples: torch.Tensor) -> float:
    """Return the standard deviation of `correlation` if the samples, shape (n, d), are independent draws.

    With C their covariance: the root of tr(C C) / (tr(C)^2 n).
    """
    covariance = torch.cov(samples.double().T, correction=0).reshape(samples.shape[1], -1)
    return math.sqrt(covariance.square().sum().item() / len(samples)) / covariance.trace().item()


def switches(chain: torch.Tensor) -> int:
    """Count how often a chain (n, BITS) changes from one pattern to the other: more than half of the bits flip sides.

    A state with as many ones as zeros belongs to the previous pattern.
    """
    ones = chain.sum(dim=1)
    sides = [bool(n > BITS / 2) for n in ones.tolist() if n != BITS / 2]
    return sum(one != other for one, other in pairwise(sides))
