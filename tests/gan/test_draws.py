"""Draws: fresh each step, equal alone and in company, dropout as the 2014 code scales it."""

import pytest
import torch

from gan.draws import AHEAD, Draws, decide
from gan.seeding import stream


def draws_of(seeds: list[int], batch_size: int = 5, device: str = "cpu") -> Draws:
    draws = Draws(seeds, "uniform", 4, [40, 50], [0.8, 0.5], batch_size, 1, device)
    draws.begin(epoch=1, n=20)
    return draws


def test_masks_keep_the_mean_and_the_scale():
    first, second = draws_of([0], batch_size=1000).next(1000).masks
    assert [first.shape, second.shape] == [(1, 2000, 40), (1, 2000, 50)]
    assert first.unique().tolist() == [0, 1.25]
    assert second.unique().tolist() == [0, 2]
    assert [first.mean().item(), second.mean().item()] == pytest.approx([1, 1], abs=0.02)


def test_masks_of_images_and_samples_differ():
    (mask, _) = draws_of([0]).next(5).masks
    assert not torch.equal(mask[:, :5], mask[:, 5:])


def test_draws_are_fresh_within_and_beyond_what_is_drawn_ahead():
    draws = draws_of([0])
    first = draws.next(5)
    noises = torch.stack([draws.next(5).noise.clone() for _ in range(2 * AHEAD)])
    assert len(noises.flatten(1).unique(dim=0)) == 2 * AHEAD
    assert not torch.equal(first.masks[0], draws.next(5).masks[0])


def test_draws_of_a_seed_do_not_depend_on_the_others():
    alone, beside = draws_of([7]), draws_of([1, 7])
    for _ in range(AHEAD + 1):
        one, two = alone.next(5), beside.next(5)
        assert torch.equal(one.noise[0], two.noise[1])
        assert all(torch.equal(a[0], b[1]) for a, b in zip(one.masks, two.masks, strict=True))


def test_draws_of_an_incomplete_minibatch_are_the_first_rows():
    whole, part = draws_of([0]).next(5), draws_of([0]).next(3)
    assert torch.equal(part.noise, whole.noise[:, :3])
    rows = [0, 1, 2, 5, 6, 7]
    assert all(torch.equal(a, b[:, rows]) for a, b in zip(part.masks, whole.masks, strict=True))


def test_draws_begin_shuffles_anew_for_each_seed_and_epoch():
    draws = draws_of([0, 1])
    first, second = draws.begin(1, 20), draws.begin(2, 20)
    assert torch.equal(first.sort(dim=1).values, torch.arange(20).expand(2, 20))
    assert len(torch.cat([first, second]).unique(dim=0)) == 4
    assert torch.equal(draws.begin(1, 20), first)


@pytest.mark.parametrize("keep", [0.8, 0.5, 0.3, 1 / 3, 0.999, 0.01, 1.0])
def test_masks_keep_with_the_very_probability(keep):
    """Within 4.5 standard errors of 12 million inputs: a byte alone would miss 0.8 by 8e-4, which is 7 of them."""
    draws = Draws([3], "uniform", 4, [2000], [keep], 300, 1, "cpu")
    draws.begin(epoch=1, n=300)
    kept = torch.stack([(draws.next(300).masks[0] > 0).double().mean() for _ in range(AHEAD)]).mean().item()
    assert kept == pytest.approx(keep, abs=4.5 * (keep * (1 - keep) / (AHEAD * 1_200_000)) ** 0.5 + 1e-12)


def test_masks_have_no_pattern_between_neighbours():
    """Bytes of one word decide: neighbours are uncorrelated, and so is an input with itself in the next examples."""
    (mask, _) = draws_of([0], batch_size=4000).next(4000).masks
    kept = (mask[0] > 0).double() - 0.8
    for shift in range(1, 9):
        for rows in (kept, kept.T):
            correlation = (rows[:, :-shift] * rows[:, shift:]).mean() / 0.16
            assert abs(correlation) < 4.5 / (rows[:, shift:].numel() ** 0.5)


def test_masks_have_the_dtype_asked_for():
    draws = Draws([0], "uniform", 4, [40], [0.8], 5, 1, "cpu", torch.bfloat16)
    draws.begin(epoch=1, n=20)
    (mask,) = draws.next(5).masks
    assert mask.dtype == torch.bfloat16
    assert mask.float().unique().tolist() == [0, 1.25]


@pytest.mark.parametrize("m", [5, 3])
def test_masks_made_for_all_steps_ahead_are_those_made_step_by_step(m):
    """What CUDA does: they lie in memory that stays in place."""
    by_step, ahead = (draws_of([0, 7]) for _ in range(2))
    ahead._ahead = [torch.empty(2, AHEAD, 2, 5, size) for size in ahead.input_sizes]
    for draws in (by_step, ahead):
        draws.begin(epoch=1, n=20)
    for _ in range(AHEAD + 2):
        for mask, expected in zip(ahead.next(m).masks, by_step.next(m).masks, strict=True):
            assert torch.equal(mask, expected)


@pytest.mark.parametrize("keep", [0.0, 0.003, 1.1])
def test_draws_refuse_what_bytes_cannot_decide(keep):
    with pytest.raises(ValueError, match="from 1/256 to 1"):
        Draws([0], "uniform", 4, [40], [keep], 5, 1, "cpu")


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("keep", [0.8, 1 / 3])
def test_decide_settles_the_tied_bytes_alone_with_the_right_probability(counted, keep):
    given = torch.arange(256, dtype=torch.uint8).repeat(40_000)
    decided, least = given.clone(), int(256 * keep)
    decide(decided, keep, stream(0, "ties"), counted=counted)
    assert torch.equal(decided[given != least], given[given != least])
    assert set(decided[given == least].tolist()) == {0, 255}
    rest = 256 * keep - least
    below = (decided[given == least] < least).double().mean().item()
    assert below == pytest.approx(rest, abs=4.5 * (rest * (1 - rest) / 40_000) ** 0.5)
