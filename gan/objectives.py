"""The two players' objectives (Eq. 1 and section 3) and what the theory says about them (section 4).

Losses take logits: D(x) = sigmoid(logit), so that -log D(x) = softplus(-logit) never overflows.
"""

import torch
from torch.nn.functional import softplus

GENERATOR_LOSSES = ("non-saturating", "saturating", "saturating-then-non-saturating")


def discriminator_loss(real_logits: torch.Tensor, fake_logits: torch.Tensor, scale: float = 0.5) -> torch.Tensor:
    """Return -scale * (mean log D(x) + mean log(1 - D(G(z)))): what the discriminator minimises.

    Args:
        real_logits: shape (..., m), D before its sigmoid on data.
        fake_logits: shape (..., m), the same on samples.
        scale: 0.5 in the 2014 code, 1 in Algorithm 1.
    Returns:
        shape (...), nats. log 2 at D = 1/2 and scale 0.5.
    """
    return scale * (softplus(-real_logits).mean(dim=-1) + softplus(fake_logits).mean(dim=-1))


def generator_loss(fake_logits: torch.Tensor, kind: str = "non-saturating") -> torch.Tensor:
    """Return the loss that the generator minimises (section 3).

    Args:
        fake_logits: shape (..., m), D before its sigmoid on samples.
        kind: "non-saturating": -mean log D(G(z)); "saturating": mean log(1 - D(G(z))).
    Returns:
        shape (...), nats.
    Raises:
        ValueError: unknown kind.
    """
    if kind == "non-saturating":
        return softplus(-fake_logits).mean(dim=-1)
    if kind == "saturating":
        return -softplus(fake_logits).mean(dim=-1)
    raise ValueError(f"kind must be 'non-saturating' or 'saturating', got {kind!r}")


def discriminator_slopes(real_logits: torch.Tensor, fake_logits: torch.Tensor, scale: float = 0.5) -> torch.Tensor:
    """Return derivatives of discriminator_loss with respect to the logits, those of data first: shape (..., 2 m)."""
    slopes = torch.cat([-(-real_logits).sigmoid(), fake_logits.sigmoid()], dim=-1)
    return slopes * (scale / fake_logits.shape[-1])


def generator_slopes(fake_logits: torch.Tensor, kind: str = "non-saturating") -> torch.Tensor:
    """Return derivatives of generator_loss with respect to the logits, shape (..., m); raises the same errors."""
    if kind not in ("non-saturating", "saturating"):
        raise ValueError(f"kind must be 'non-saturating' or 'saturating', got {kind!r}")
    slopes = -(-fake_logits).sigmoid() if kind == "non-saturating" else -fake_logits.sigmoid()
    return slopes / fake_logits.shape[-1]


def value(p_data: torch.Tensor, p_g: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
    """Return V(G, D) of Eq. 1 on a finite set: sum_x p_data(x) log D(x) + p_g(x) log(1 - D(x)).

    Args:
        p_data, p_g: shape (n,), probabilities that sum to 1.
        logits: shape (n,), D at each point before its sigmoid.
    Returns:
        shape (), nats.
    """
    return -(p_data @ softplus(-logits) + p_g @ softplus(logits))


def optimal_discriminator(p_data: torch.Tensor, p_g: torch.Tensor) -> torch.Tensor:
    """Return D*(x) = p_data(x) / (p_data(x) + p_g(x)) (Proposition 1, Eq. 2); nan where both are 0."""
    return p_data / (p_data + p_g)


def jensen_shannon(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    """Return the Jensen-Shannon divergence in nats, shape (), of two distributions on a finite set, (n,) (Eq. 6)."""
    middle = (p + q) / 2
    return (_kullback_leibler(p, middle) + _kullback_leibler(q, middle)) / 2


def _kullback_leibler(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum()
