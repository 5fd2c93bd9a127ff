"""Bandwidths are chosen on validation images, test images are scored; real MNIST has a known answer."""

import math

import numpy as np
import pytest
import torch

from gan.images import TEST, TRAIN, VALIDATION
from gan.parzen import log_density
from gan.scoring import BLOCK_IMAGES, score, score_by_subset, select_bandwidth, standard_error, validate
from gan.seeding import stream
from pipeline.config.params import load
from pipeline.data.arrays import load_images


def uniform(n: int, d: int, name: str) -> torch.Tensor:
    return torch.rand(n, d, generator=stream(0, name))


def test_select_bandwidth_takes_the_best_and_its_place():
    chosen = select_bandwidth([0.1, 0.2, 0.3], [5.0, 9.0, 7.0])
    assert (chosen.bandwidth, chosen.place, chosen.size, chosen.log_likelihood) == (0.2, 2, 3, 9.0)


@pytest.mark.parametrize(("means", "on_edge"), [([9, 5, 7], True), ([5, 9, 7], False), ([5, 7, 9], True)])
def test_a_selection_knows_whether_it_lies_on_an_edge(means, on_edge):
    assert select_bandwidth([0.1, 0.2, 0.3], means).on_edge is on_edge


@pytest.mark.parametrize("values", [[1.0], [1.0, math.nan]])
def test_select_bandwidth_refuses(values):
    with pytest.raises(ValueError, match=r"log-likelihoods|as many means"):
        select_bandwidth([0.1, 0.2], values)


GRID = tuple(0.1 * 10 ** (place / 9) for place in range(10))  # the authors'


@pytest.mark.parametrize("scale", [0.12, 0.2, 0.7])
def test_validate_finds_the_kernel_that_made_the_images(scale):
    """Few bandwidths are measured where the best lies among them, all where it does not; the result is the grid's."""
    points = 5 * uniform(20, 2, "points").double()
    noise = torch.randn(2 * BLOCK_IMAGES + 500, 2, generator=stream(0, "kernel"), dtype=torch.float64)
    images = points.repeat(125, 1) + scale * noise
    found, means = validate(points, images, GRID), log_density(images, points, GRID).mean(dim=1)
    assert found.selection.place == int(means.argmax()) + 1
    assert found.selection.log_likelihood == pytest.approx(means.max().item())
    assert found.selection.bandwidth == pytest.approx(scale, rel=0.15)
    assert found.places == ((2, 3, 4, 5) if scale == 0.2 else tuple(range(1, 11)))
    sizes = [BLOCK_IMAGES, BLOCK_IMAGES, 500]
    assert (found.blocks @ sizes / sum(sizes)).tolist() == pytest.approx(found.means)


def test_validate_measures_all_of_a_short_grid():
    assert validate(uniform(9, 3, "s"), uniform(9, 3, "v"), GRID[:4]).places == (1, 2, 3, 4)


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


def test_score_takes_arrays_and_names_what_it_refuses():
    tensors = [uniform(n, 30, name) for n, name in ((50, "s"), (20, "v"), (40, "t"))]
    samples, validation, test = (rows.numpy() for rows in tensors)
    grids = {"grid": (0.3, 0.4)}
    got, wanted = score(samples, validation, test, grids)["grid"], score(*tensors, grids)["grid"]
    assert (got.selection, got.test) == (wanted.selection, wanted.test)
    with pytest.raises(ValueError, match=r"^samples are uint8, expected float32 or float64: convert them"):
        score((255 * samples).astype(np.uint8), validation, test, grids)
    with pytest.raises(ValueError, match=r"got validation images of shape \(20, 5, 6\)$"):
        score(samples, validation.reshape(20, 5, 6), test, grids)
    with pytest.raises(ValueError, match=r"^test images hold values that are not finite$"):
        score(samples, validation, np.full_like(test, np.nan), grids)
    with pytest.raises(ValueError, match=r"^samples have 29 pixels, validation images 30$"):
        score(samples[:, 1:], validation, test, grids)
    with pytest.raises(ValueError, match=r"^test images have 28 pixels, validation images 30$"):
        score(samples, validation, test[:, 2:], grids)


@pytest.mark.parametrize(
    ("grids", "error", "message"),
    [
        ([0.3, 0.4], TypeError, "^grids are a list, expected a mapping of names to sequences of bandwidths$"),
        ({}, ValueError, "^there is no grid, expected a mapping"),
        ({"fine": []}, ValueError, "^grid 'fine' is empty$"),
        ({"fine": 0.3}, TypeError, "^grid 'fine' is 0.3, expected a mapping"),
        ({"fine": [[0.3], [0.4, 0.5]]}, TypeError, r"^grid 'fine' is \[\[0.3\], \[0.4, 0.5\]\], expected a mapping"),
        ({"fine": [0.3, None]}, ValueError, "^bandwidths must be positive and finite"),
        ({"fine": {0.3, 0.4}}, TypeError, r"^grid 'fine' is \{0.[34], 0.[34]\}, expected a mapping"),
        ({"fine": "coarse"}, TypeError, "^grid 'fine' is 'coarse', expected a mapping"),
    ],
)
def test_score_refuses_grids(grids, error, message):
    images = uniform(5, 3, "images")
    with pytest.raises(error, match=message):
        score(images, images, images, grids)


def test_score_takes_grids_that_are_arrays_and_returns_numbers_of_python():
    samples, validation, test = (uniform(n, 30, name) for n, name in ((50, "s"), (20, "v"), (40, "t")))
    grid = np.geomspace(0.2, 0.8, 5)
    got, wanted = (score(samples, validation, test, {"grid": one})["grid"] for one in (grid, grid.tolist()))
    assert got.selection == wanted.selection
    assert type(got.selection.bandwidth) is float
    assert got.test_images.tolist() == wanted.test_images.tolist()
    assert got == got
    assert got != wanted, "compared by identity, for arrays cannot be"


def test_one_test_image_has_no_standard_error():
    samples, validation, test = (uniform(n, 30, name) for n, name in ((50, "s"), (20, "v"), (1, "t")))
    got = score(samples, validation, test, {"grid": (0.3, 0.4)})["grid"]
    assert math.isfinite(got.test)
    assert math.isnan(got.test_error)


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


def test_score_is_that_of_the_subset_that_stands_first():
    samples, validation, test = (uniform(n, 30, name) for n, name in ((50, "s"), (47, "v"), (40, "t")))
    grid = tuple(0.25 + 0.005 * step for step in range(30))
    found = score_by_subset(samples, validation, 10, test, grid)
    assert len(found) == 4  # the last 7 validation images are no subset
    for place, (selection, mean) in enumerate(found):
        alone = score(samples, validation[10 * place :][:10], test, {"grid": grid})["grid"]
        assert selection == alone.selection
        assert mean == pytest.approx(alone.test, abs=1e-9)
    assert len({selection.bandwidth for selection, _ in found}) > 1


def test_score_notices_swapped_samples_and_images():
    samples, validation, test = uniform(50, 30, "s") / 2, uniform(20, 30, "v"), uniform(40, 30, "t")
    right = score(samples, validation, test, {"grid": (0.3, 0.4)})["grid"]
    assert abs(right.test - score(test, validation, samples, {"grid": (0.3, 0.4)})["grid"].test) > 1
    assert abs(right.test - score(samples, test, validation, {"grid": (0.3, 0.4)})["grid"].test) > 1e-3


def test_score_does_not_depend_on_the_order_of_samples():
    samples, validation, test = (uniform(n, 30, name) for n, name in ((50, "s"), (20, "v"), (40, "t")))
    order = torch.randperm(50, generator=stream(0, "order"))
    straight, mixed = (
        score(rows, validation, test, {"grid": (0.3, 0.4)})["grid"] for rows in (samples, samples[order])
    )
    assert straight.test == pytest.approx(mixed.test, abs=1e-9)


def test_standard_error_is_the_2014_scripts():
    assert standard_error([1.0, 2.0, 3.0, 6.0]) == pytest.approx(math.sqrt(3.5) / 2)
    assert standard_error([1.0, 3.0], ddof=1) == pytest.approx(1)
