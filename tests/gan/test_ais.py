"""Annealed importance sampling on densities that are known, from below and from above; broken parts are caught."""

import math

import pytest
import torch

from gan.evidence import ais
from gan.layers import Layer
from gan.models import Generator
from gan.parzen import log_density
from gan.rivals.linear import exact_log_density
from gan.seeding import stream

BANDWIDTHS = (0.1, 0.3, 1.0)
pytestmark = pytest.mark.usefixtures("one_thread")


def linear(k: int = 4, d: int = 12) -> Generator:
    """One linear layer with orthogonal columns of different lengths, and a bias."""
    generator = Generator(k, (Layer(d, "linear", 0.3),), stream(0, "weights")).requires_grad_(False)
    columns, _ = torch.linalg.qr(torch.randn(d, k, generator=stream(0, "columns")))
    generator.layers[0].weight.copy_(columns * torch.linspace(0.15, 0.6, k))
    generator.layers[0].bias.copy_(torch.linspace(-0.5, 0.5, d))
    return generator


def exact(density: ais.Density, images: torch.Tensor) -> torch.Tensor:
    """The log-density of a linear generator with orthogonal columns, for either prior."""
    if density.prior == "gaussian":
        return exact_log_density(density.generator, images, density.bandwidth)
    layer, sigma = density.generator.layers[0], density.bandwidth
    lengths = layer.weight.double().norm(dim=0)
    centred = images.double() - layer.bias.double()
    along = centred @ (layer.weight.double() / lengths)
    # Along a column: uniform on (-sqrt 3, sqrt 3) times its length, plus N(0, sigma^2).
    half = math.sqrt(3) * lengths
    share = torch.special.ndtr((along + half) / sigma) - torch.special.ndtr((along - half) / sigma)
    across = centred.square().sum(dim=1) - along.square().sum(dim=1)
    rest = images.shape[1] - len(lengths)
    logs = (share / (2 * half)).log().sum(dim=1)
    return logs - across / (2 * sigma**2) - rest * math.log(sigma * math.sqrt(2 * math.pi))


def measured(density: ais.Density, n: int = 400, step_factor: float = 1.0) -> dict[str, torch.Tensor | float]:
    """Bounds of simulated images minus their exact log-density."""
    pilot, _ = density.simulate(8, stream(0, "pilot images"))
    sampler = ais.tuned(density, pilot, n, 4, 6, 0.65, stream(0, "pilot"))
    sampler = ais.Sampler(density, sampler.betas, [step_factor * size for size in sampler.step_sizes], sampler.leaps)
    images, u = density.simulate(24, stream(0, "images"))
    below, acceptance = ais.lower_bounds(sampler, images, 16, stream(0, "forwards"))
    above, _ = ais.upper_bounds(sampler, images, u, 16, stream(0, "backwards"))
    truth = exact(density, images)
    return {"below": below - truth, "above": above - truth, "gap": above - below, "acceptance": acceptance}


def errors(found: dict[str, torch.Tensor | float]) -> tuple[float, float]:
    """Distances of the mean bounds from the truth."""
    return abs(float(found["below"].mean())), abs(float(found["above"].mean()))


def standard_error(values: torch.Tensor) -> float:
    return float(values.std() / math.sqrt(len(values)))


@pytest.mark.parametrize(
    ("prior", "bandwidth"), [*(("gaussian", bandwidth) for bandwidth in BANDWIDTHS), ("uniform", 0.3)]
)
def test_both_bounds_are_within_a_tenth_of_a_nat_of_a_linear_generators_density(prior, bandwidth):
    found = measured(ais.Density(linear(), prior, bandwidth))
    assert max(errors(found)) < 0.1
    assert float(found["gap"].mean()) > -3 * standard_error(found["gap"])
    assert 0.4 < found["acceptance"] <= 1


@pytest.mark.parametrize("prior", ["gaussian", "uniform"])
def test_few_distributions_leave_a_gap_on_both_sides(prior):
    found = measured(ais.Density(linear(), prior, 0.1), n=5)
    assert found["below"].mean() < -0.5
    assert found["above"].mean() > 0.5


def test_without_distributions_in_between_it_is_the_parzen_estimate():
    density = ais.Density(linear(), "uniform", 0.3)
    images, _ = density.simulate(3, stream(0, "images"))
    sampler = ais.tuned(density, images, 0, 1, 1, 0.65, stream(0, "pilot"))
    found, acceptance = ais.lower_bounds(sampler, images, 50, stream(1, "u"))
    assert math.isnan(acceptance)
    u = density.draw(150, stream(1, "u"))
    for place, image in enumerate(images):
        centers = density.generator(ais.from_gaussian("uniform", u[50 * place :][:50]))
        assert found[place].item() == pytest.approx(log_density(image[None], centers, [0.3]).item(), abs=1e-5)


def test_from_gaussian_is_the_prior():
    u = torch.randn(100_000, generator=stream(0, "u"))
    z = ais.from_gaussian("uniform", u)
    assert z.abs().max() <= math.sqrt(3)
    assert z.std().item() == pytest.approx(1, abs=0.01)
    # As probable to lie below a value as the Gaussian below the one it came from.
    assert ais.from_gaussian("uniform", torch.tensor([0.6745])).item() == pytest.approx(math.sqrt(3) / 2, abs=1e-4)
    assert torch.equal(ais.from_gaussian("gaussian", u), u)
    with pytest.raises(ValueError, match="prior must be one of"):
        ais.from_gaussian("cauchy", u)


def test_the_gradient_is_that_of_the_log_likelihood():
    hidden = Generator(3, (Layer(7, "relu", 0.5), Layer(12, "sigmoid", 0.5)), stream(0, "w")).double()
    density = ais.Density(hidden, "uniform", 0.2)
    images = torch.rand(2, 12, dtype=torch.float64, generator=stream(0, "images"))
    u = torch.randn(6, 3, dtype=torch.float64, generator=stream(0, "u"))
    gradients = density.log_likelihood(images, u)[1]
    for row in range(3):
        step = torch.zeros(3, dtype=torch.float64)
        step[row] = 1e-3  # turns no rectified unit on or off, and is far above the rounding of a sigmoid's float32
        ahead, behind = (density.log_likelihood(images, u + sign * step)[0] for sign in (1, -1))
        assert torch.allclose((ahead - behind) / 2e-3, gradients[:, row], rtol=0, atol=2e-3)


def test_schedule_ascends_from_0_to_1_and_is_dense_at_both_ends():
    betas = ais.schedule(99)
    steps = betas.diff()
    assert (betas[0], betas[-1], len(betas)) == (0, 1, 101)
    assert (steps > 0).all()
    assert torch.allclose(steps, steps.flip(0))
    assert steps[50] > 10 * steps[0]
    assert ais.schedule(0).tolist() == [0, 1]


def test_move_leaves_the_posterior_as_it_is():
    """From exact draws at beta 1, many trajectories keep mean and spread of u."""
    density = ais.Density(linear(2, 3), "gaussian", 0.3)
    layer, image = density.generator.layers[0], torch.tensor([[0.3, -0.2, 0.6]])
    precision = torch.eye(2) + layer.weight.T @ layer.weight / 0.3**2
    mean = torch.linalg.solve(precision, (image[0] - layer.bias) @ layer.weight / 0.3**2)
    factor = torch.linalg.cholesky(torch.linalg.inv(precision))
    u = mean + torch.randn(4000, 2, generator=stream(0, "u")) @ factor.T
    sampler = ais.Sampler(density, ais.schedule(1), (0.4,), 3)
    chains, random = ais.Chains(u, *density.log_likelihood(image, u)), stream(0, "move")
    for _ in range(30):
        chains, chances = sampler.move(image, chains, 1.0, 0.4, random)
    assert 0.5 < chances.mean() < 0.99  # so that acceptance matters
    assert torch.allclose(chains.u.mean(dim=0), mean, atol=0.03)
    assert torch.allclose(chains.u.T.cov(), torch.linalg.inv(precision), atol=0.03)


# Broken parts, each of which moves a bound by more than the tenth of a nat that whole ones keep to.


def test_step_sizes_that_are_wrong_open_the_gap():
    density = ais.Density(linear(), "gaussian", 0.1)
    for factor in (10.0, 1e-3):
        assert float(measured(density, n=150, step_factor=factor)["gap"].mean()) > 1


@pytest.mark.parametrize(
    "betas",
    [
        lambda n: 0.97 * ais_schedule(n),
        lambda n: torch.cat([torch.linspace(0, 0.01, n + 1), torch.ones(1)]).double(),
        lambda n: torch.cat([torch.zeros(n + 1), torch.ones(1)]).double(),
    ],
    ids=["does not end at 1", "leaps at the end", "does not anneal"],
)
def test_a_broken_schedule_is_noticed(betas, monkeypatch):
    monkeypatch.setattr(ais, "schedule", betas)
    assert max(errors(measured(ais.Density(linear(), "gaussian", 0.1), n=200))) > 0.1


ais_schedule = ais.schedule


@pytest.mark.parametrize(
    "transform",
    [lambda _, u: torch.erf(u / math.sqrt(2)), lambda _, u: math.sqrt(3) * torch.tanh(u / 2)],
    ids=["another range", "another function"],
)
def test_noise_of_another_prior_is_noticed(transform, monkeypatch):
    """A transform with the wrong Jacobian makes another density of z; images are off by a tenth of a nat or more."""
    density = ais.Density(linear(), "uniform", 0.3)
    images, _ = density.simulate(24, stream(0, "images"))
    truth = exact(density, images)
    monkeypatch.setattr(ais, "from_gaussian", transform)
    sampler = ais.tuned(density, images[:8], 300, 4, 5, 0.65, stream(0, "pilot"))
    found, _ = ais.lower_bounds(sampler, images, 16, stream(0, "forwards"))
    assert abs(float((found - truth).mean())) > 0.1


def test_an_energy_without_the_prior_is_noticed(monkeypatch):
    def wrong(chains: ais.Chains, momentum: torch.Tensor, beta: float) -> torch.Tensor:
        return momentum.double().square().sum(dim=1) / 2 - beta * chains.log_likelihoods

    monkeypatch.setattr(ais, "_energy", wrong)
    assert max(errors(measured(ais.Density(linear(), "gaussian", 0.3), n=200))) > 0.1


def test_the_same_streams_give_the_same_bits():
    density = ais.Density(linear(), "uniform", 0.3)
    first, second = (measured(density, n=20) for _ in range(2))
    assert torch.equal(first["below"], second["below"])
    assert torch.equal(first["above"], second["above"])


def test_log_likelihoods_and_gradients_of_images_do_not_depend_on_each_other():
    density = ais.Density(linear(), "gaussian", 0.3)
    images, _ = density.simulate(4, stream(0, "images"))
    u = torch.randn(8, 4, generator=stream(0, "u"))
    together = density.log_likelihood(images, u)
    for place in range(4):
        alone = density.log_likelihood(images[place : place + 1], u[2 * place :][:2])
        assert torch.allclose(alone[0], together[0][2 * place :][:2])
        assert torch.allclose(alone[1], together[1][2 * place :][:2], atol=1e-4)
