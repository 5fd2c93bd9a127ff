"""The Parzen estimate against closed forms, direct sums in float64, scikit-learn, and real MNIST."""

import math

import numpy as np
import pytest
import torch
from sklearn.neighbors import KernelDensity

from gan.parzen import log_density, select_bandwidth
from gan.seeding import stream
from gan.splits import TEST, TRAIN, VALIDATION
from pipeline.datasets import load_images
from pipeline.params import load

AUTHORS = tuple(np.geomspace(0.1, 1, 10))


def uniform(n: int, d: int, name: str) -> torch.Tensor:
    return torch.rand(n, d, generator=stream(0, name))


def direct(queries: torch.Tensor, centers: torch.Tensor, bandwidth: float) -> torch.Tensor:
    """The definition, one query at a time, in float64."""
    queries, centers = queries.double(), centers.double()
    exponents = torch.stack([-(query - centers).square().sum(dim=1) / (2 * bandwidth**2) for query in queries])
    norm = math.log(len(centers)) + queries.shape[1] * math.log(bandwidth * math.sqrt(2 * math.pi))
    return exponents.logsumexp(dim=1) - norm


def test_log_density_at_a_single_center():
    """N = 1, x = mu: -d log(sigma sqrt(2 pi)); 541.35 for MNIST's size at 0.2."""
    x = uniform(1, 784, "x")
    assert log_density(x, x, [0.2]).item() == pytest.approx(-784 * math.log(0.2 * math.sqrt(2 * math.pi)), abs=1e-3)
    assert log_density(x, x, [0.2]).item() == pytest.approx(541.35, abs=0.01)


def test_log_density_of_two_centers_by_hand():
    got = log_density(torch.zeros(1, 1), torch.tensor([[1.0], [-2.0]]), [0.5]).item()
    peak = 1 / (0.5 * math.sqrt(2 * math.pi))
    assert got == pytest.approx(math.log(peak * (math.exp(-2) + math.exp(-8)) / 2))


@pytest.mark.parametrize("d", [784, 2304])
def test_log_density_equals_direct_sums_on_images(d):
    """Within 0.01 nat for data in [0, 1] and the authors' bandwidths, the promised accuracy."""
    centers = (uniform(3000, d, "centers") > 0.8) * uniform(3000, d, "grey")  # sparse like digits
    queries = (centers[:40] + 0.1 * uniform(40, d, "noise")).clamp(max=1)
    got = log_density(queries, centers, AUTHORS)
    for row, bandwidth in zip(got, AUTHORS, strict=True):
        torch.testing.assert_close(row, direct(queries, centers, bandwidth), rtol=0, atol=0.01)


@pytest.mark.parametrize("offset", [0, 1000])
@pytest.mark.parametrize("d", [1, 2, 30, 784])
@pytest.mark.parametrize("bandwidth", [1e-3, 0.03, 5])
def test_log_density_equals_direct_sums_anywhere(d, bandwidth, offset):
    """Within 1e-5 relative at any bandwidth, dimension and offset of the data."""
    queries = uniform(10, d, "queries").double() + offset
    centers = uniform(200, d, "centers").double() + offset
    expected = direct(queries, centers, bandwidth)
    torch.testing.assert_close(log_density(queries, centers, [bandwidth])[0], expected, rtol=1e-5, atol=1e-9)


def test_log_density_equals_scikit_learn_with_one_leaf():
    """Its tree is silently wrong in high dimensions, so one leaf holds all centers."""
    queries, centers = uniform(20, 784, "queries"), uniform(300, 784, "centers")
    for bandwidth in (0.15, 0.4):
        reference = KernelDensity(bandwidth=bandwidth, leaf_size=len(centers)).fit(centers.double().numpy())
        expected = torch.from_numpy(reference.score_samples(queries.double().numpy()))
        torch.testing.assert_close(log_density(queries, centers, [bandwidth])[0], expected, rtol=0, atol=0.01)


def test_log_density_integrates_to_one():
    x = torch.linspace(-6, 7, 4001, dtype=torch.float64)[:, None]
    density = log_density(x, uniform(50, 1, "centers"), [0.1, 1.0]).exp()
    assert torch.trapezoid(density, x[:, 0]).tolist() == pytest.approx([1, 1], abs=1e-6)


@pytest.mark.parametrize("blocks", [(1, 1), (7, 13), (1000, 2000)])
def test_log_density_does_not_depend_on_the_blocks(blocks):
    queries, centers = uniform(30, 784, "queries"), uniform(100, 784, "centers")
    whole = log_density(queries, centers, AUTHORS, query_block=30, center_block=100)
    parts = log_density(queries, centers, AUTHORS, query_block=blocks[0], center_block=blocks[1])
    torch.testing.assert_close(parts, whole, rtol=0, atol=2e-3)


def test_log_density_does_not_depend_on_the_order_of_centers():
    queries, centers = uniform(10, 784, "queries"), uniform(100, 784, "centers")
    torch.testing.assert_close(
        log_density(queries, centers.flip(0), AUTHORS), log_density(queries, centers, AUTHORS), rtol=0, atol=2e-3
    )


def test_log_density_tells_queries_from_centers():
    """Swapped arguments must give other numbers: one far center costs little, one far query much."""
    near, mixed = torch.zeros(2, 3), torch.tensor([[0.0] * 3, [9.0] * 3])
    assert log_density(near, mixed, [0.5]).mean() > log_density(mixed, near, [0.5]).mean() + 100


def test_log_density_survives_distances_that_underflow():
    got = log_density(torch.zeros(1, 2), torch.full((3, 2), 1e3), [0.1]).item()
    assert got == pytest.approx(-1e8 - 2 * math.log(0.1 * math.sqrt(2 * math.pi)), rel=1e-6)


@pytest.mark.parametrize(
    ("queries", "centers", "bandwidths", "message"),
    [
        (torch.zeros(2, 3), torch.zeros(2, 4), [1.0], "got \\(2, 3\\) and \\(2, 4\\)"),
        (torch.zeros(3), torch.zeros(2, 3), [1.0], "got \\(3,\\)"),
        (torch.zeros(0, 3), torch.zeros(2, 3), [1.0], "queries are empty"),
        (torch.zeros(2, 3), torch.zeros(0, 3), [1.0], "centers are empty"),
        (torch.full((2, 3), math.nan), torch.zeros(2, 3), [1.0], "queries hold"),
        (torch.zeros(2, 3), torch.full((2, 3), math.inf), [1.0], "centers hold"),
        (torch.zeros(2, 3), torch.zeros(2, 3), [], "bandwidths"),
        (torch.zeros(2, 3), torch.zeros(2, 3), [0.1, 0.0], "bandwidths"),
        (torch.zeros(2, 3), torch.zeros(2, 3), [math.nan], "bandwidths"),
    ],
)
def test_log_density_refuses(queries, centers, bandwidths, message):
    with pytest.raises(ValueError, match=message):
        log_density(queries, centers, bandwidths)


def test_select_bandwidth_takes_the_best_and_its_place():
    chosen = select_bandwidth([0.1, 0.2, 0.3], [5.0, 9.0, 7.0])
    assert (chosen.bandwidth, chosen.place, chosen.size, chosen.log_likelihood) == (0.2, 2, 3, 9.0)
    assert not chosen.at_edge


@pytest.mark.parametrize("values", [[9.0, 2.0, 1.0], [1.0, 2.0, 9.0]])
def test_select_bandwidth_flags_the_edges(values):
    assert select_bandwidth([0.1, 0.2, 0.3], values).at_edge


@pytest.mark.parametrize("values", [[1.0], [1.0, math.nan]])
def test_select_bandwidth_refuses(values):
    with pytest.raises(ValueError, match=r"log-likelihoods|as many means"):
        select_bandwidth([0.1, 0.2], values)


def test_known_answer_of_training_images_as_samples(mnist):
    """10,000 training images as centers: bandwidth 0.1668, 243 +- 3 nats (Theis et al. 2016 print 243)."""
    grid = load(mnist.parents[2] / "params.yaml", "paper").experiment("mnist").grids["authors"]
    train = load_images(mnist, TRAIN)
    centers = train[torch.randperm(len(train), generator=stream(0, "training images"))[:10_000]]
    on_validation = log_density(load_images(mnist, VALIDATION)[:1000], centers, grid).mean(dim=1)
    chosen = select_bandwidth(grid, on_validation.tolist())
    test = log_density(load_images(mnist, TEST), centers, [chosen.bandwidth])[0]
    assert chosen.bandwidth == pytest.approx(0.1668, abs=1e-4)
    assert test.mean().item() == pytest.approx(243, abs=3)
    assert (test.std() / 100).item() == pytest.approx(2.1, abs=0.1)
