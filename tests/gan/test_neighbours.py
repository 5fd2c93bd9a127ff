"""Nearest images against a plain search."""

import torch

from gan.images import nearest
from gan.seeding import stream


def test_nearest_equals_a_plain_search_at_any_block():
    queries, images = (torch.rand(n, 30, generator=stream(0, name)) for n, name in ((15, "q"), (101, "i")))
    expected = torch.cdist(queries, images).argmin(dim=1)
    for block in (1, 10, 1000):
        assert torch.equal(nearest(queries, images, block), expected)


def test_nearest_finds_the_image_itself():
    images = torch.rand(20, 5, generator=stream(0, "i"))
    assert nearest(images[3:6], images).tolist() == [3, 4, 5]
