"""Draws: fresh each step, equal alone and in company, dropout as the 2014 code scales it."""

import pytest
import torch

from gan.draws import AHEAD, Draws


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
