"""The other models: their losses against independent ones, what each phase moves, and runs that resume bit for bit."""

import math

import pytest
import torch
from torch.distributions import Bernoulli, MultivariateNormal, Normal, kl_divergence

from gan import rivals
from gan.noise import draw_noise
from gan.rivals import gmmn
from gan.rivals.linear import exact_log_density
from gan.seeding import stream

EPOCHS = {"vae": (3,), "gmmn": (1, 1, 1, 2), "linear": (1,)}
HIDDEN = {"vae": (9, 7), "gmmn": (6, 8, 5, 9), "linear": ()}
pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def pictures() -> torch.Tensor:
    """400 images of 12 pixels in two shapes."""
    shapes = torch.rand(2, 12, generator=stream(0, "shapes")).round()
    rows = shapes[torch.randint(2, (400,), generator=stream(0, "which"))]
    return (0.8 * rows + 0.2 * torch.rand(400, 12, generator=stream(0, "noise"))).clamp(0, 1)


def new(kind: str, images: torch.Tensor, seed: int = 0) -> rivals.Rival:
    layers = rivals.layers_of(kind, 3, HIDDEN[kind], 12)
    return rivals.new(kind, images, 3, layers, EPOCHS[kind], seed)


@pytest.mark.parametrize("kind", rivals.KINDS)
def test_a_rival_resumes_bit_for_bit_and_its_loss_falls(kind, pictures):
    whole, first, second = (new(kind, pictures) for _ in range(3))
    losses = [whole.train_epoch(epoch) for epoch in range(1, sum(EPOCHS[kind]) + 1)]
    half = max(1, len(losses) // 2)
    for epoch in range(1, half + 1):
        first.train_epoch(epoch)
    second.load_state({name: value.clone() for name, value in first.state().items()})
    assert [second.train_epoch(epoch) for epoch in range(half + 1, len(losses) + 1)] == losses[half:]
    for name, value in whole.state().items():
        assert torch.equal(value, second.state()[name]), name
    assert all(len(row) == len(whole.curves) for row in losses)
    if kind != "linear":
        assert losses[-1][0] < losses[-2][0]


@pytest.mark.parametrize("kind", rivals.KINDS)
def test_a_rivals_generator_draws_images_of_the_priors_noise(kind, pictures):
    noise = draw_noise(rivals.PRIORS[kind], (5, 3), stream(0, "z"))
    assert new(kind, pictures).generator()(noise).shape == (5, 12)
    with pytest.raises(ValueError, match="hidden layer"):
        rivals.layers_of(kind, 3, (4,) if kind == "linear" else (), 12)


def test_vae_loss_is_the_negative_bound(pictures):
    vae, images, noise = new("vae", pictures), pictures[:20], torch.randn(20, 3, generator=stream(0, "e"))
    loss, divergence = vae.loss(images, noise)
    mean, log_variance = vae.encoder(images).chunk(2, dim=1)
    code = Normal(mean, (log_variance / 2).exp())
    means = vae.generator()(mean + code.scale * noise).double()
    likelihood = Bernoulli(means, validate_args=False).log_prob(images.double()).sum(dim=1)
    away = kl_divergence(code, Normal(torch.zeros(3), torch.ones(3))).sum(dim=1)
    assert divergence.item() == pytest.approx(away.mean().item(), rel=1e-5)
    assert loss.item() == pytest.approx((away - likelihood).mean().item(), rel=1e-5)


def test_vae_has_the_published_sizes():
    layers = rivals.layers_of("vae", 8, (500, 500, 500), 784)
    assert [(layer.units, layer.activation) for layer in layers] == [(500, "relu")] * 3 + [(784, "sigmoid")]


def test_mmd_is_the_mean_over_all_pairs():
    codes, samples = (torch.rand(n, 3, generator=stream(n, "codes"), dtype=torch.float64) for n in (4, 6))

    def kernel(a: torch.Tensor, b: torch.Tensor) -> float:
        pairs = [math.exp(-float((x - y).square().sum()) / (2 * 0.7)) for x in a for y in b]
        return sum(pairs) / len(pairs)

    squared = kernel(codes, codes) + kernel(samples, samples) - 2 * kernel(codes, samples)
    assert gmmn.mmd(codes, samples, 0.7).item() == pytest.approx(math.sqrt(squared + 1e-10), rel=1e-6)
    assert gmmn.mmd(codes, codes, 0.7).item() == pytest.approx(1e-5, rel=1e-3)


def test_gmmn_moves_layers_phase_by_phase(pictures):
    model, moved = new("gmmn", pictures), []
    for epoch in range(1, 5):
        before = {name: value.clone() for name, value in model.modules.named_parameters()}
        model.train_epoch(epoch)
        changed = {
            name.rsplit(".", 1)[0]
            for name, value in model.modules.named_parameters()
            if not torch.equal(value, before[name])
        }
        moved.append(changed)
    outer, inner = {"encoder.0", "whole.layers.4"}, {"encoder.1", "whole.layers.3"}
    assert moved == [outer, inner, outer | inner, {f"whole.layers.{place}" for place in range(3)}]


def test_gmmn_follows_its_schedule(pictures, monkeypatch):
    model, seen = new("gmmn", pictures), []
    monkeypatch.setattr(model, "_descend", lambda loss, modules, *rates: seen.append(rates))
    random, rows = stream(0, "noise"), torch.arange(10)
    model._match(rows, 9_999, random)
    model._match(rows, 10_000, random)
    for update in (49, 50, 199, 200):
        model._reconstruct(2, rows, update, random)
    model._reconstruct(0, rows, 7, random)
    assert seen[:2] == [(2.0, 0.9, math.inf), (0.2, 0.99, math.inf)]
    assert [momentum for _, momentum, _ in seen[2:6]] == [0.0, 0.5, 0.5, 0.9]
    assert seen[6] == (0.1, 0.5, 10.0)


def test_gmmn_scales_a_large_gradient_down(pictures):
    model = new("gmmn", pictures)
    layer = model.encoder[0]
    before = layer.weight.detach().clone()
    loss = 1000 * layer.weight.sum() + 0 * layer.bias.sum()
    model._descend(loss, [layer], 0.1, 0.0, 10.0)
    assert (layer.weight - before).norm().item() == pytest.approx(1.0, rel=1e-3)  # 0.1 times a norm of 10


def test_gmmn_generator_takes_noise_of_unit_variance(pictures):
    model, noise = new("gmmn", pictures), draw_noise("uniform", (5, 3), stream(0, "z"))
    assert torch.allclose(model.generator()(noise), model.whole(noise / math.sqrt(3)), atol=1e-6)


def test_gmmn_passes_over_all_images(pictures):
    model = new("gmmn", pictures)
    rows = list(model._batches(100, 4, 1))
    assert torch.equal(torch.cat(rows).sort().values, torch.arange(400))
    assert [len(batch) for batch in model._batches(150, 5, 1)] == [150] * 5
    assert [len(batch) for batch in model._batches(1000, 3, 1)] == [400] * 3


def test_gmmn_drops_inputs_and_scales_none():
    kept = gmmn._kept(torch.ones(100, 1000), 0.2, stream(0, "mask"))
    assert set(kept.float().unique().tolist()) == {0.0, 1.0}
    assert kept.float().mean().item() == pytest.approx(0.8, abs=0.01)


def test_gmmn_begins_with_weights_of_its_code(pictures):
    model = new("gmmn", pictures)
    for layers, variance in ((model.network, 1.0), ([*model.encoder, *model.decoder], 0.1)):
        scaled = torch.cat([layer.weight.flatten() * math.sqrt(layer.weight.shape[1]) for layer in layers])
        assert scaled.square().mean().item() == pytest.approx(variance, rel=0.25)


def test_linear_has_the_images_principal_components(pictures):
    model = new("linear", pictures)
    (share,) = model.train_epoch(1)
    variances = torch.linalg.eigvalsh(pictures.T.cov(correction=0))
    assert share == pytest.approx((variances[-3:].sum() / variances.sum()).item(), rel=1e-4)
    (layer,) = model.generator().layers
    assert torch.allclose(layer.bias, pictures.mean(dim=0), atol=1e-5)
    assert torch.allclose(torch.linalg.eigvalsh(layer.weight.T @ layer.weight), variances[-3:], rtol=1e-4)


def test_exact_log_density_is_that_of_a_gaussian(pictures):
    model = new("linear", pictures)
    model.train_epoch(1)
    layer = model.generator().layers[0]
    covariance = layer.weight.double() @ layer.weight.double().T + 0.3**2 * torch.eye(12, dtype=torch.float64)
    truth = MultivariateNormal(layer.bias.double(), covariance).log_prob(pictures[:9].double())
    assert torch.allclose(exact_log_density(model.generator(), pictures[:9], 0.3), truth, atol=1e-8)
    assert exact_log_density(new("vae", pictures).generator(), pictures[:9], 0.3) is None
