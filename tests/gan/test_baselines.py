"""The baselines are what they say; on real MNIST they score what was published or measured independently."""

import pytest
import torch
from sklearn.cluster import KMeans

from gan.evidence import baselines
from gan.images import TEST, TRAIN, VALIDATION
from gan.scoring import score
from gan.seeding import stream
from pipeline.config.params import load
from pipeline.data.arrays import load_images


def images(m: int = 500, d: int = 6) -> torch.Tensor:
    return torch.rand(m, d, generator=stream(0, "images")) ** 2


def test_training_images_are_different_ones():
    rows = baselines.training_images(images(), 100, stream(0, "draw"))
    assert rows.unique(dim=0).shape == (100, 6)
    assert all((images() == row).all(dim=1).any() for row in rows)
    with pytest.raises(ValueError, match="expected 501 different images, there are 500"):
        baselines.training_images(images(), 501, stream(0, "draw"))


def test_k_means_equals_scikit_learn_from_the_same_start():
    first = baselines.training_images(images(), 20, stream(0, "draw"))
    centers, sizes = baselines.k_means(images(), 20, 3, stream(0, "draw"))
    theirs = KMeans(20, init=first.numpy(), n_init=1, max_iter=3, tol=0, algorithm="lloyd").fit(images().numpy())
    torch.testing.assert_close(centers, torch.from_numpy(theirs.cluster_centers_).float(), rtol=1e-4, atol=1e-5)
    assert sizes.sum() == 500


def test_k_means_keeps_a_center_that_nothing_is_nearest_to():
    """Two equal images start as centers: the first takes both."""
    twice = torch.tensor([[0.0], [0.0], [1.0]])
    centers, sizes = baselines.k_means(twice, 3, 2, stream(0, "draw"))
    assert sorted(centers.flatten().tolist()) == [0, 0, 1]
    assert sorted(sizes.tolist()) == [0, 1, 2]


def test_draw_weighted_draws_by_size():
    drawn = baselines.draw_weighted(torch.tensor([[0.0], [1.0]]), torch.tensor([1, 3]), 4000, stream(0, "draw"))
    assert drawn.mean() == pytest.approx(0.75, abs=0.03)


def test_gaussian_has_the_images_moments_where_a_pixel_never_changes():
    given = torch.cat([images(), torch.full((500, 1), 0.25)], dim=1)
    drawn = baselines.gaussian(given, 40_000, stream(0, "draw"))
    torch.testing.assert_close(drawn.mean(dim=0), given.mean(dim=0), rtol=0, atol=0.01)
    torch.testing.assert_close(drawn.T.cov(), given.T.cov(correction=0), rtol=0, atol=0.004)
    assert drawn.dtype == given.dtype


def test_independent_pixels_keep_marginals_and_lose_dependence():
    column = images()[:, :1]
    drawn = baselines.independent_pixels(torch.cat([column, column], dim=1), 5000, stream(0, "draw"))
    assert torch.isin(drawn, column).all()
    assert drawn.mean(dim=0).tolist() == pytest.approx([column.mean().item()] * 2, abs=0.02)
    assert abs(drawn.T.corrcoef()[0, 1].item()) < 0.05


def test_mean_image_is_one_center():
    torch.testing.assert_close(baselines.mean_image(images()), images().mean(dim=0, keepdim=True))


@pytest.mark.long
def test_known_answers_of_k_means(mnist):
    """335 +- 5 nats for 10,000 centroids, 317 +- 5 for draws from them; Theis et al. 2016 print 313 for one of them."""
    experiment = load(mnist.parents[2] / "params.yaml", "paper").experiment("mnist")
    validation, test = load_images(mnist, VALIDATION, "mnist")[:1000], load_images(mnist, TEST, "mnist")
    grids = {"authors": experiment.grids["authors"]}
    train = load_images(mnist, TRAIN, "mnist")
    centers, sizes = baselines.k_means(train, 10_000, experiment.lloyd_iterations, stream(0, "k-means"))
    assert score(centers, validation, test, grids)["authors"].test == pytest.approx(335, abs=5)
    drawn = baselines.draw_weighted(centers, sizes, 10_000, stream(0, "k-means draws"))
    assert score(drawn, validation, test, grids)["authors"].test == pytest.approx(317, abs=5)
