"""The Parzen estimate against the number of samples: how much of a log-likelihood is due to their number."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch

from gan.parzen import ParzenWindow
from gan.scoring import Selection, select_bandwidth


@dataclass(frozen=True)
class Point:
    """What the first n samples score with one grid of bandwidths.

    Attributes:
        n: number of samples.
        selection: the bandwidth, chosen for this n on validation images.
        test: mean log-likelihood of the test images, nats.
    """

    n: int
    selection: Selection
    test: float


def counts_up_to(most: int) -> list[int]:
    """Return 1, 2 and 5 times the powers of ten below `most`, from 100 (from 1,000 if enough remain), then `most`."""
    powers = [10**power for power in range(2 if most < 10_000 else 3, 12)]
    return [count for power in powers for count in (power, 2 * power, 5 * power) if count < most] + [most]


def score_by_count(
    blocks: Callable[[], Iterable[torch.Tensor]],
    counts: Sequence[int],
    folds: Sequence[tuple[torch.Tensor, torch.Tensor]],
    grids: Mapping[str, Sequence[float]],
) -> list[dict[str, list[Point]]]:
    """Score the first n of one sequence of samples by the protocol of section 5, for many n in two passes over it.

    Args:
        blocks: yields the samples from the first on, in chunks (n, d), the same each time; they are never all in
            memory.
        counts: the numbers of samples, ascending.
        folds: validation images (m, d), which choose a bandwidth for each count and grid, and test images (m', d).
        grids: bandwidths by name.
    Returns:
        for each fold and grid a point for each count.
    Raises:
        ValueError: counts do not ascend, or there are fewer samples than the last.
    """
    if list(counts) != sorted(set(counts)) or counts[0] < 1:
        raise ValueError(f"expected ascending counts from 1 on, got {list(counts)}")
    validation, test = zip(*folds, strict=True)
    candidates = [bandwidth for grid in grids.values() for bandwidth in grid]
    chosen: list[list[dict[str, Selection]]] = []  # for each count, for each fold, by grid
    bandwidths: set[float] = set()
    for means in _means(blocks(), counts, validation, candidates):
        chosen.append([_choose(of_fold, grids) for of_fold in means])
        for by_grid in chosen[-1]:
            bandwidths.update(selection.bandwidth for selection in by_grid.values())
    wanted = sorted(bandwidths)
    points: list[dict[str, list[Point]]] = [{name: [] for name in grids} for _ in folds]
    on_test = _means(blocks(), counts, test, wanted)
    for n, selections, means in zip(counts, chosen, on_test, strict=True):
        for fold, by_grid in enumerate(selections):
            nats = dict(zip(wanted, means[fold].tolist(), strict=True))
            for name, selection in by_grid.items():
                points[fold][name].append(Point(n, selection, nats[selection.bandwidth]))
    return points


def _choose(means: torch.Tensor, grids: Mapping[str, Sequence[float]]) -> dict[str, Selection]:
    """Each grid's bandwidth from the validation means of all candidates."""
    parts = means.split([len(grid) for grid in grids.values()])
    return {name: select_bandwidth(grids[name], part.tolist()) for name, part in zip(grids, parts, strict=True)}


def _means(
    blocks: Iterable[torch.Tensor],
    counts: Sequence[int],
    queries: Sequence[torch.Tensor],
    bandwidths: Sequence[float],
) -> Iterator[list[torch.Tensor]]:
    """The mean log-density of each set of queries at each bandwidth, after each count of samples."""
    window, waiting = ParzenWindow(torch.cat(list(queries)), bandwidths), list(counts)
    sizes = [len(part) for part in queries]
    for block in blocks:
        while len(block) and waiting:
            part, block = block.tensor_split([waiting[0] - window.n])
            window.add(part)
            if window.n == waiting[0]:
                yield [rows.mean(dim=1) for rows in window.log_density().split(sizes, dim=1)]
                del waiting[0]
        if not waiting:
            return
    raise ValueError(f"expected {counts[-1]} samples, got {window.n}")


@dataclass(frozen=True)
class Trend:
    """A line through points against the decimal logarithm of the number of samples, by least squares.

    Attributes:
        nats_per_decade: its slope.
        at_one: its value at one sample, nats.
    """

    nats_per_decade: float
    at_one: float


def trend(counts: Sequence[int], log_likelihoods: Sequence[float]) -> Trend:
    """Fit a Trend.

    Args:
        counts: numbers of samples, two or more different ones.
        log_likelihoods: nats.
    """
    from scipy import stats  # it takes a second to import

    fit = stats.linregress(torch.tensor(counts).double().log10().numpy(), log_likelihoods)
    return Trend(float(fit.slope), float(fit.intercept))
