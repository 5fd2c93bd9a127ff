"""The Parzen estimate against closed forms, direct sums in float64, scikit-learn, and real MNIST."""

import math

import numpy as np
import pytest
import torch
from sklearn.neighbors import KernelDensity

from gan.parzen import cross_validate, log_density, score, select_bandwidth
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


def assert_exact(queries: torch.Tensor, centers: torch.Tensor, bandwidths: tuple[float, ...]) -> None:
    """Within the promised accuracy of direct sums."""
    got = log_density(queries, centers, bandwidths)
    rtol, atol = (1e-12, 1e-6) if queries.shape[1] < 784 else (1e-6, 2e-3)
    for row, bandwidth in zip(got, bandwidths, strict=True):
        torch.testing.assert_close(row, direct(queries, centers, bandwidth), rtol=rtol, atol=atol)


def test_log_density_at_a_single_center():
    """N = 1, x = mu: -d log(sigma sqrt(2 pi)); 541.35 for MNIST's size at 0.2."""
    x = uniform(1, 784, "x")
    assert log_density(x, x, [0.2]).item() == pytest.approx(-784 * math.log(0.2 * math.sqrt(2 * math.pi)), abs=1e-3)
    assert log_density(x, x, [0.2]).item() == pytest.approx(541.35, abs=0.01)


def test_log_density_of_two_centers_by_hand():
    got = log_density(torch.zeros(1, 1), torch.tensor([[1.0], [-2.0]]), [0.5]).item()
    peak = 1 / (0.5 * math.sqrt(2 * math.pi))
    assert got == pytest.approx(math.log(peak * (math.exp(-2) + math.exp(-8)) / 2))


def digits(n: int, d: int, name: str) -> torch.Tensor:
    """Mostly black, like MNIST."""
    return (uniform(n, d, name) > 0.8) * uniform(n, d, f"grey {name}")


def flat(n: int, d: int, _: str) -> torch.Tensor:
    """Uniform grey levels: all products of one sign, the worst case of a sum's rounding."""
    return torch.linspace(0, 1, n)[:, None].expand(n, d)


@pytest.mark.parametrize("d", [256, 784, 2304])
@pytest.mark.parametrize("images", [digits, flat])
@pytest.mark.parametrize("n", [2, 2500])
def test_log_density_equals_direct_sums_on_images(d, images, n):
    assert_exact(images(30, d, "queries"), images(n, d, "centers"), (0.05, *AUTHORS))


@pytest.mark.parametrize("offset", [0, 1000])
@pytest.mark.parametrize("d", [1, 2, 30, 784])
def test_log_density_equals_direct_sums_at_any_bandwidth(d, offset):
    queries = uniform(10, d, "queries").double() + offset
    centers = uniform(200, d, "centers").double() + offset
    assert_exact(queries, centers, (1e-8, 1e-3, 0.03, 5, 1e6))


@pytest.mark.parametrize("distance", [1e3, 1e6])
def test_log_density_equals_direct_sums_far_from_the_mean(distance):
    """Two clusters, so that centring does not help the product."""
    queries, centers = uniform(20, 784, "queries").double(), uniform(100, 784, "centers").double()
    queries[::2] += distance
    centers[::2] += distance
    assert_exact(queries, centers, (0.01, 0.1, 1.0))


def test_log_density_at_the_center_itself_by_hand_in_other_places():
    """Queries that are centers, far from the mean of the centers."""
    centers = torch.tensor([[0.0, 0.0], [3.0, 4.0]])
    expected = math.log((1 + math.exp(-25 / 0.5)) / 2) - 2 * math.log(0.5 * math.sqrt(2 * math.pi))
    assert log_density(centers, centers, [0.5])[0].tolist() == pytest.approx([expected, expected], rel=1e-12)


def test_log_density_equals_scikit_learn_with_one_leaf():
    """Its tree is silently wrong in high dimensions, so one leaf holds all centers."""
    queries, centers = uniform(20, 784, "queries"), uniform(300, 784, "centers")
    for bandwidth in (0.15, 0.4):
        reference = KernelDensity(bandwidth=bandwidth, leaf_size=len(centers)).fit(centers.double().numpy())
        expected = torch.from_numpy(reference.score_samples(queries.double().numpy()))
        torch.testing.assert_close(log_density(queries, centers, [bandwidth])[0], expected, rtol=0, atol=2e-3)


def test_log_density_integrates_to_one():
    x = torch.linspace(-6, 7, 4001, dtype=torch.float64)[:, None]
    density = log_density(x, uniform(50, 1, "centers"), [0.1, 1.0]).exp()
    assert torch.trapezoid(density, x[:, 0]).tolist() == pytest.approx([1, 1], abs=1e-6)


@pytest.mark.parametrize("blocks", [(1, 1), (7, 13), (1000, 2000)])
def test_log_density_does_not_depend_on_the_blocks(blocks):
    queries, centers = uniform(30, 784, "queries"), uniform(100, 784, "centers")
    whole = log_density(queries, centers, AUTHORS, query_block=30, center_block=100)
    parts = log_density(queries, centers, AUTHORS, query_block=blocks[0], center_block=blocks[1])
    torch.testing.assert_close(parts, whole, rtol=1e-12, atol=1e-6)


def test_log_density_does_not_depend_on_the_order_of_centers():
    queries, centers = uniform(10, 784, "queries"), uniform(100, 784, "centers")
    torch.testing.assert_close(
        log_density(queries, centers.flip(0), AUTHORS), log_density(queries, centers, AUTHORS), rtol=1e-12, atol=1e-6
    )


def test_log_density_tells_queries_from_centers():
    """Swapped arguments must give other numbers: one far center costs little, one far query much."""
    near, mixed = torch.zeros(2, 3), torch.tensor([[0.0] * 3, [9.0] * 3])
    assert log_density(near, mixed, [0.5]).mean() > log_density(mixed, near, [0.5]).mean() + 100


def test_log_density_survives_distances_that_underflow():
    got = log_density(torch.zeros(1, 2), torch.full((3, 2), 1e3), [0.1]).item()
    assert got == pytest.approx(-1e8 - 2 * math.log(0.1 * math.sqrt(2 * math.pi)), rel=1e-6)


def test_log_density_ignores_autocast_and_gradients():
    queries, centers = uniform(3, 784, "queries"), uniform(20, 784, "centers").requires_grad_()
    expected = log_density(queries, centers, AUTHORS)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(log_density(queries, centers, AUTHORS), expected)
    assert not expected.requires_grad


@pytest.mark.parametrize(
    ("queries", "centers", "bandwidths", "message"),
    [
        (torch.zeros(2, 3), torch.zeros(2, 4), [1.0], "got d = 3 and 4"),
        (torch.zeros(3), torch.zeros(2, 3), [1.0], "queries of shape \\(3,\\)"),
        (torch.zeros(0, 3), torch.zeros(2, 3), [1.0], "queries are empty"),
        (torch.zeros(2, 3), torch.zeros(0, 3), [1.0], "centers are empty"),
        (torch.full((2, 3), math.nan), torch.zeros(2, 3), [1.0], "queries hold"),
        (torch.zeros(2, 3), torch.full((2, 3), math.inf), [1.0], "centers hold"),
        (torch.zeros(2, 3), torch.zeros(2, 3), [], "bandwidths"),
        (torch.zeros(2, 3), torch.zeros(2, 3), [0.1, 0.0], "bandwidths"),
        (torch.zeros(2, 3), torch.zeros(2, 3), [math.nan], "bandwidths"),
        (torch.zeros(2, 3), torch.zeros(2, 3), [1e-200], "bandwidths"),
        (torch.zeros(2, 3), torch.zeros(2, 3), [1e160], "bandwidths"),
        (torch.zeros(2, 3).double(), torch.full((2, 3), 1e160, dtype=torch.float64), [1.0], "overflow"),
    ],
)
def test_log_density_refuses(queries, centers, bandwidths, message):
    with pytest.raises(ValueError, match=message):
        log_density(queries, centers, bandwidths)


def test_select_bandwidth_takes_the_best_and_its_place():
    chosen = select_bandwidth([0.1, 0.2, 0.3], [5.0, 9.0, 7.0])
    assert (chosen.bandwidth, chosen.place, chosen.size, chosen.log_likelihood) == (0.2, 2, 3, 9.0)


@pytest.mark.parametrize("values", [[1.0], [1.0, math.nan]])
def test_select_bandwidth_refuses(values):
    with pytest.raises(ValueError, match=r"log-likelihoods|as many means"):
        select_bandwidth([0.1, 0.2], values)


def test_cross_validate_finds_the_kernel_that_made_the_images():
    """Centers and images from one Gaussian kernel density of bandwidth 0.3 around few points."""
    points = 5 * uniform(20, 2, "points").double()
    images = points.repeat(200, 1) + 0.3 * torch.randn(4000, 2, generator=stream(0, "kernel"), dtype=torch.float64)
    assert cross_validate(points, images, (0.1, 0.2, 0.3, 0.4, 0.6)).bandwidth == 0.3


def test_score_chooses_on_validation_and_scores_test_images():
    samples, validation, test = (uniform(n, 30, name) for n, name in ((50, "s"), (20, "v"), (40, "t")))
    grids = {"coarse": (0.2, 0.4, 0.8), "fine": (0.3, 0.35, 0.4, 0.45)}
    scores = score(samples, validation, test, grids)
    for name, grid in grids.items():
        curve = log_density(validation, samples, grid).mean(dim=1)
        chosen = grid[int(curve.argmax())]
        on_test = log_density(test, samples, [chosen])[0]
        got = scores[name]
        assert got.selection.bandwidth == chosen
        assert got.validation_curve == pytest.approx(curve.tolist())
        assert got.test == pytest.approx(on_test.mean().item())
        assert got.test_error == pytest.approx(on_test.std(correction=0).item() / math.sqrt(40))


def test_known_answer_of_training_images_as_samples(mnist):
    """10,000 training images as centers: bandwidth 0.1668, 243 +- 3 nats (Theis et al. 2016 print 243)."""
    grid = load(mnist.parents[2] / "params.yaml", "paper").experiment("mnist").grids["authors"]
    train = load_images(mnist, TRAIN, "mnist")
    centers = train[torch.randperm(len(train), generator=stream(0, "training images"))[:10_000]]
    validation = load_images(mnist, VALIDATION, "mnist")[:1000]
    got = score(centers, validation, load_images(mnist, TEST, "mnist"), {"authors": grid})["authors"]
    assert got.selection.bandwidth == pytest.approx(0.1668, abs=1e-4)
    assert got.test == pytest.approx(243, abs=3)
    assert got.test_error == pytest.approx(2.1, abs=0.1)
