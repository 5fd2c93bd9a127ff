"""The objectives at known points, and the paper's propositions on a finite set."""

import math

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from gan.objectives import (
    discriminator_loss,
    discriminator_slopes,
    generator_loss,
    generator_slopes,
    jensen_shannon,
    optimal_discriminator,
    value,
)
from gan.seeding import stream

ZEROS = torch.zeros(5)


def distributions(n: int = 6) -> tuple[torch.Tensor, torch.Tensor]:
    p = torch.rand(2, n, dtype=torch.float64, generator=stream(0, "p")) + 0.05
    return tuple(p / p.sum(dim=1, keepdim=True))


def test_losses_at_equilibrium():
    assert discriminator_loss(ZEROS, ZEROS).item() == pytest.approx(math.log(2))
    assert generator_loss(ZEROS).item() == pytest.approx(math.log(2))
    assert generator_loss(ZEROS, "saturating").item() == pytest.approx(-math.log(2))


def test_discriminator_loss_is_half_the_cross_entropies():
    real, fake = torch.randn(2, 9, generator=stream(0, "logits"))
    expected = (cross_entropy(real, torch.ones(9)) + cross_entropy(fake, torch.zeros(9))) / 2
    assert discriminator_loss(real, fake).item() == pytest.approx(expected.item())


def test_losses_tell_real_from_fake():
    sure = torch.full((5,), 4.0)
    assert discriminator_loss(sure, -sure) < discriminator_loss(-sure, sure)
    assert generator_loss(sure) < generator_loss(-sure)


def test_losses_stay_finite_far_out():
    far = torch.tensor([1e4])
    assert discriminator_loss(-far, far).isfinite()
    assert generator_loss(-far).item() == 1e4


def test_generator_loss_saturates_where_d_is_sure():
    """Section 3: log(1 - D(G(z))) has a vanishing gradient when D rejects samples; -log D does not."""
    gradients = {}
    for kind in ("saturating", "non-saturating"):
        logits = torch.tensor([-10.0], requires_grad=True)
        (gradients[kind],) = torch.autograd.grad(generator_loss(logits, kind), logits)
    assert abs(gradients["saturating"].item()) < 1e-4
    assert gradients["non-saturating"].item() == pytest.approx(-1, abs=1e-4)


def test_generator_loss_refuses_unknown_kind():
    with pytest.raises(ValueError, match="kind"):
        generator_loss(ZEROS, "hinge")


def test_value_is_equation_1_and_finite_where_d_is_0_or_1():
    p_data, p_g = distributions()
    logits = torch.linspace(-3, 3, 6, dtype=torch.float64)
    d = logits.sigmoid()
    expected = (p_data * d.log()).sum() + (p_g * (1 - d).log()).sum()
    assert value(p_data, p_g, logits).item() == pytest.approx(expected.item(), abs=1e-12)
    assert value(p_data, p_g, 1e4 * logits).isfinite()


def test_gradient_ascent_ends_at_the_optimal_discriminator():
    """Proposition 1."""
    p_data, p_g = distributions()
    logits = torch.zeros(6, dtype=torch.float64, requires_grad=True)
    for _ in range(4000):
        (gradient,) = torch.autograd.grad(value(p_data, p_g, logits), logits)
        logits = (logits + 5 * gradient).detach().requires_grad_()
    torch.testing.assert_close(logits.sigmoid(), optimal_discriminator(p_data, p_g), rtol=1e-6, atol=1e-6)


def test_value_at_the_optimal_discriminator():
    """Theorem 1: C(G) = -log 4 + 2 JSD(p_data, p_g)."""
    p_data, p_g = distributions()
    best = value(p_data, p_g, optimal_discriminator(p_data, p_g).logit())
    assert best.item() == pytest.approx(-math.log(4) + 2 * jensen_shannon(p_data, p_g).item(), abs=1e-12)
    assert best > -math.log(4) + 0.01


def test_value_when_the_generator_is_perfect():
    """Theorem 1: the minimum, -log 4, exactly when p_g = p_data."""
    p_data, _ = distributions()
    assert optimal_discriminator(p_data, p_data).tolist() == [0.5] * 6
    assert value(p_data, p_data, torch.zeros(6, dtype=torch.float64)).item() == pytest.approx(-math.log(4), abs=1e-12)


def test_jensen_shannon_of_disjoint_distributions():
    p, q = torch.eye(2, dtype=torch.float64)
    assert jensen_shannon(p, q).item() == pytest.approx(math.log(2))
    assert jensen_shannon(p, p).item() == 0


@pytest.mark.parametrize("scale", [0.5, 1])
def test_discriminator_slopes_are_the_derivatives(scale):
    logits = torch.linspace(-40, 40, 12).view(2, 6).requires_grad_()
    discriminator_loss(logits[:, :3], logits[:, 3:], scale).sum().backward()
    torch.testing.assert_close(discriminator_slopes(logits[:, :3], logits[:, 3:], scale), logits.grad)


@pytest.mark.parametrize("kind", ["non-saturating", "saturating"])
def test_generator_slopes_are_the_derivatives(kind):
    logits = torch.linspace(-40, 40, 12).view(2, 6).requires_grad_()
    generator_loss(logits, kind).sum().backward()
    torch.testing.assert_close(generator_slopes(logits, kind), logits.grad)
