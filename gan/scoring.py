"""The protocol of section 5: validation images choose the bandwidth, test images are scored with it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from gan.parzen import Images, as_images, check_pixels, log_density

BLOCK_IMAGES = 1000  # validation images whose mean is kept by itself: as many as choose the bandwidth of a score
# Of the authors' grid, 0.129 to 0.278; a generator that draws digits has its best in between.
FIRST_PLACES = range(2, 6)


def standard_error(values: Sequence[float] | np.ndarray, ddof: int = 0) -> float:
    """Return the standard deviation of the values divided by the square root of their number; nan for fewer than two.

    Source:
        goodfeli/adversarial, parzen_ll.py: over test examples, ddof 0.
    """
    return float(np.std(values, ddof=ddof) / math.sqrt(len(values))) if len(values) > 1 else math.nan


@dataclass(frozen=True)
class Selection:
    """A bandwidth chosen on validation data.

    Attributes:
        bandwidth: the chosen one, in pixel units.
        place: its position in the grid, 1 .. size.
        size: number of bandwidths in the grid.
        log_likelihood: mean over the validation images, nats.
    """

    bandwidth: float
    place: int
    size: int
    log_likelihood: float

    @property
    def on_edge(self) -> bool:
        """Whether it is the first or the last of the grid: a wider grid might do better."""
        return self.place in (1, self.size)


def select_bandwidth(bandwidths: Sequence[float], log_likelihoods: Sequence[float]) -> Selection:
    """Select the bandwidth with the greatest mean validation log-likelihood; the first of equals.

    Args:
        bandwidths: the grid, k values.
        log_likelihoods: k means over the validation images, nats.
    Raises:
        ValueError: lengths differ, or a mean is not finite.
    """
    if len(bandwidths) != len(log_likelihoods) or len(bandwidths) == 0:
        raise ValueError(f"expected as many means as bandwidths, got {len(log_likelihoods)} and {len(bandwidths)}")
    if not all(map(math.isfinite, log_likelihoods)):
        raise ValueError(f"validation log-likelihoods must be finite, got {list(log_likelihoods)}")
    best = max(range(len(bandwidths)), key=lambda i: log_likelihoods[i])
    return Selection(bandwidths[best], best + 1, len(bandwidths), log_likelihoods[best])


@dataclass(frozen=True, eq=False)  # arrays have no single truth value
class Validation:
    """Log-likelihood of validation images under samples of a generator in training; nats.

    Attributes:
        selection: the best bandwidth of the grid, and the mean over all images there.
        places: positions in the grid, ascending from 1, of the k bandwidths that were measured.
        means: over all images at each of these bandwidths.
        blocks: means over consecutive blocks of BLOCK_IMAGES images at each of these bandwidths, shape (k, blocks),
            float64; the last block may have fewer images.
    """

    selection: Selection
    places: tuple[int, ...]
    means: tuple[float, ...]
    blocks: np.ndarray


def validate(samples: Images, validation: Images, grid: Sequence[float]) -> Validation:
    """Measure a generator in training by the mean log-density of the validation images under its samples.

    Few bandwidths are measured: the rest of the grid only where the best of the FIRST_PLACES is the first or the last
    of them. For every generator measured so far the mean had one maximum over the bandwidth, so this finds the best of
    the grid.

    Args:
        samples: shape (n, d), the centers.
        validation: shape (m, d).
        grid: bandwidths, ascending.
    Returns:
        the best bandwidth with its mean log-density in nats, and the means of all that were measured.
    Raises:
        TypeError, ValueError: as gan.parzen.log_density.
    Source:
        goodfeli/adversarial, mnist.yaml monitors the validation images in this way, with a single bandwidth of 0.2.
    """
    first = FIRST_PLACES if len(grid) > max(FIRST_PLACES) else range(1, len(grid) + 1)
    found = _by_place(samples, validation, grid, first)
    if max(found, key=lambda place: found[place].mean()) in (first[0], first[-1]):
        found |= _by_place(samples, validation, grid, [p for p in range(1, len(grid) + 1) if p not in first])
    places = tuple(sorted(found))
    means = tuple(float(found[place].mean()) for place in places)
    best = select_bandwidth([grid[place - 1] for place in places], means)
    selection = replace(best, place=places[best.place - 1], size=len(grid))
    blocks = [[float(block.mean()) for block in found[place].split(BLOCK_IMAGES)] for place in places]
    return Validation(selection, places, means, np.array(blocks))


def _by_place(
    samples: Images, validation: Images, grid: Sequence[float], places: Sequence[int]
) -> dict[int, torch.Tensor]:
    """Log-density of each validation image, shape (m,), on the CPU, by place in the grid."""
    if not places:
        return {}
    return dict(zip(places, log_density(validation, samples, [grid[p - 1] for p in places]).cpu(), strict=True))


@dataclass(frozen=True, eq=False)
class Score:
    """Scores of one set of samples with one grid of bandwidths; nats.

    Attributes:
        selection: the bandwidth and its mean validation log-likelihood.
        validation_curve: mean validation log-likelihood at each bandwidth of the grid.
        validation_error: standard error of that mean over the validation images, ddof 0.
        test_images: log-likelihood of each test image at the chosen bandwidth, shape (m,).
    """

    selection: Selection
    validation_curve: tuple[float, ...]
    validation_error: float
    test_images: np.ndarray

    @property
    def test(self) -> float:
        """Mean log-likelihood of the test images."""
        return float(self.test_images.mean())

    @property
    def test_error(self) -> float:
        """Its standard error over the images, ddof 0; nan for one image."""
        return standard_error(self.test_images)


def score(
    samples: Images, validation: Images, test: Images, grids: Mapping[str, Sequence[float] | np.ndarray]
) -> dict[str, Score]:
    """Choose a bandwidth from each grid, and score the test images with it.

    All grids share one pass over the distances to the validation images and one to the test images.

    Args:
        samples: shape (n, d), the centers; the same for choosing and for scoring. Samples and images are tensors or
            arrays, float32 or float64, all on one device.
        validation: shape (m, d).
        test: shape (m', d); scored at the chosen bandwidths only.
        grids: bandwidths by name; the authors' is numpy.geomspace(0.1, 1, 10).
    Returns:
        a score for each grid.
    Raises:
        TypeError: grids are no mapping of names to sequences of numbers; or as gan.parzen.log_density.
        ValueError: there is no grid, or an empty one; or as gan.parzen.log_density.
    """
    by_name = _as_lists(grids)
    samples, validation, test = (
        as_images(name, images)
        for name, images in (("samples", samples), ("validation images", validation), ("test images", test))
    )
    for name, images in (("samples", samples), ("test images", test)):
        check_pixels(name, images, "validation images", validation.shape[1])
    on_validation = log_density(validation, samples, [bandwidth for grid in by_name.values() for bandwidth in grid])
    rows = dict(zip(by_name, on_validation.split([len(grid) for grid in by_name.values()]), strict=True))
    chosen = {name: select_bandwidth(grid, rows[name].mean(dim=1).tolist()) for name, grid in by_name.items()}
    on_test = log_density(test, samples, [selection.bandwidth for selection in chosen.values()])
    return {
        name: Score(
            selection=selection,
            validation_curve=tuple(rows[name].mean(dim=1).tolist()),
            validation_error=standard_error(rows[name][selection.place - 1].cpu().numpy()),
            test_images=scores.cpu().numpy(),
        )
        for (name, selection), scores in zip(chosen.items(), on_test, strict=True)
    }


def _as_lists(grids: Mapping[str, Sequence[float] | np.ndarray]) -> dict[str, list[float]]:
    """Return the grids as lists of Python's floats, or reject them."""
    wanted = "expected a mapping of names to sequences of bandwidths"
    if not isinstance(grids, Mapping):
        raise TypeError(f"grids are a {type(grids).__name__}, {wanted}")
    if not grids:
        raise ValueError(f"there is no grid, {wanted}")
    lists = dict[str, list[float]]()
    for name, grid in grids.items():
        try:
            bandwidths = np.asarray(grid, dtype=np.float64)
        except (TypeError, ValueError):
            bandwidths = np.empty(())
        if bandwidths.ndim != 1:
            raise TypeError(f"grid {name!r} is {grid!r}, {wanted}")
        if bandwidths.size == 0:
            raise ValueError(f"grid {name!r} is empty")
        lists[name] = bandwidths.tolist()
    return lists


def score_by_subset(
    samples: Images, validation: Images, size: int, test: Images, grid: Sequence[float]
) -> list[tuple[Selection, float]]:
    """Apply the protocol to each of the disjoint validation subsets of a size; samples and test images are the same.

    Args:
        samples: shape (n, d).
        validation: shape (m, d); its first `size` images are the first subset, and so on. A remainder is left out.
        size: of a subset, at most m.
        test: shape (m', d).
        grid: bandwidths.
    Returns:
        for each subset, the selection and the mean log-likelihood of the test images, nats.
    """
    on_subsets = [part for part in log_density(validation, samples, grid).split(size, dim=1) if part.shape[1] == size]
    chosen = [select_bandwidth(grid, part.mean(dim=1).tolist()) for part in on_subsets]
    wanted = sorted({selection.bandwidth for selection in chosen})
    means = dict(zip(wanted, log_density(test, samples, wanted).mean(dim=1).tolist(), strict=True))
    return [(selection, means[selection.bandwidth]) for selection in chosen]
