"""The Parzen estimate against closed forms, direct sums in float64, and scikit-learn."""

import math

import numpy as np
import pytest
import torch
from sklearn.neighbors import KernelDensity

from gan import parzen
from gan.parzen import ParzenWindow, log_density
from gan.seeding import stream

AUTHORS = tuple(np.geomspace(0.1, 1, 10))


def uniform(n: int, d: int, name: str) -> torch.Tensor:
    return torch.rand(n, d, generator=stream(0, name))


def direct(queries: torch.Tensor, centers: torch.Tensor, bandwidths: tuple[float, ...]) -> list[torch.Tensor]:
    """The definition, one query at a time, in float64."""
    queries, centers = queries.double(), centers.double()
    distances = torch.stack([(query - centers).square().sum(dim=1) for query in queries])
    norms = [math.log(len(centers)) + queries.shape[1] * math.log(b * math.sqrt(2 * math.pi)) for b in bandwidths]
    pairs = zip(bandwidths, norms, strict=True)
    return [(-distances / (2 * bandwidth**2)).logsumexp(dim=1) - norm for bandwidth, norm in pairs]


def assert_exact(queries: torch.Tensor, centers: torch.Tensor, bandwidths: tuple[float, ...]) -> None:
    """Within the promised accuracy of direct sums."""
    got = log_density(queries, centers, bandwidths)
    rtol, atol = (1e-12, 1e-6) if queries.shape[1] < 784 else (1e-6, 2e-3)
    for row, wanted in zip(got, direct(queries, centers, bandwidths), strict=True):
        torch.testing.assert_close(row, wanted, rtol=rtol, atol=atol)


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
    assert_exact(images(10, d, "queries"), images(n, d, "centers"), (0.05, *AUTHORS))


@pytest.mark.parametrize("few", [0.0, 0.01, 1.0])
@pytest.mark.parametrize("d", [256, 784])
def test_log_density_treats_pairs_one_by_one_as_it_treats_whole_blocks(few, d, monkeypatch):
    """From no pairs to all pairs; near ones among them, as where a generator copies what it has seen."""
    monkeypatch.setattr(parzen, "FEW", few)
    queries, centers = digits(10, d, "queries"), digits(2500, d, "centers")
    centers[::250] = queries + 0.001
    centers[1::500] = queries[:5]
    assert_exact(queries, centers, (0.05, 0.07, *AUTHORS, 0.15))


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
        (torch.zeros(2, 3), torch.zeros(2, 4), [1.0], "^centers have 4 pixels, queries 3$"),
        (torch.zeros(3), torch.zeros(2, 3), [1.0], "queries of shape \\(3,\\)"),
        (torch.zeros(0, 3), torch.zeros(2, 3), [1.0], "queries are empty"),
        (torch.zeros(2, 3), torch.zeros(0, 3), [1.0], "centers are empty"),
        (torch.zeros(2, 3).half(), torch.zeros(2, 3), [1.0], "queries are float16, expected float32 or float64"),
        (torch.zeros(2, 3), torch.zeros(2, 3).bfloat16(), [1.0], "centers are bfloat16, expected float32"),
        (torch.zeros(2, 3, dtype=torch.uint8), torch.zeros(2, 3), [1.0], r"queries are uint8, .* to \[0, 1\]$"),
        (torch.zeros(2, 3), torch.zeros(2, 3, dtype=torch.int64), [1.0], "centers are int64"),
        (np.zeros((2, 3), np.uint8), np.zeros((2, 3)), [1.0], r"queries are uint8, .* to \[0, 1\]$"),
        (np.zeros((2, 3)), np.zeros((2, 3), object), [1.0], "centers are object, expected float32"),
        (np.zeros((2, 3), ">f4"), np.zeros((2, 3)), [1.0], "queries are >f4, expected float32"),
        (
            np.zeros((2, 1, 3)),
            np.zeros((2, 3)),
            [1.0],
            r"one flattened image per row; got queries of shape \(2, 1, 3\)",
        ),
        (np.zeros((2, 3)), np.full((2, 3), math.nan), [1.0], "centers hold"),
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


def test_a_window_without_centers_has_no_density():
    with pytest.raises(ValueError, match=r"^no centers have been added$"):
        ParzenWindow(np.zeros((2, 3)), [1.0]).log_density()


def test_log_density_refuses_what_is_no_array():
    with pytest.raises(TypeError, match=r"^centers are a list, expected a torch.Tensor or a numpy.ndarray$"):
        log_density(np.zeros((2, 3)), [[0.0, 0.0, 0.0]], [1.0])  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_log_density_of_arrays_is_that_of_tensors(kind, recwarn):
    """Of read-only and reversed ones too, which torch cannot share."""
    queries, centers = (uniform(n, 30, name).numpy().astype(kind) for n, name in ((7, "q"), (20, "c")))
    wanted = log_density(torch.from_numpy(queries), torch.from_numpy(centers), AUTHORS)
    centers.flags.writeable = False
    for rows in (queries, np.asfortranarray(queries), queries[::-1][::-1]):
        assert torch.equal(log_density(rows, centers, np.array(AUTHORS)), wanted)  # type: ignore[arg-type]
    window = ParzenWindow(queries[::-1], AUTHORS)
    window.add(centers)
    torch.testing.assert_close(window.log_density(), wanted.flip(1), rtol=1e-12, atol=1e-9)
    assert not recwarn.list
