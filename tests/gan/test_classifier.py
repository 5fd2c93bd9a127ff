"""The classifier learns, repeats, and leaves the global random state alone."""

import pytest
import torch
from scipy.stats import binom

from gan.evidence.classifier import Classifier, accuracy, binomial_interval, fit, with_weights
from gan.seeding import stream


def blobs(n: int, name: str, shift: float = 0.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Three classes of points in [0, 1]^5, one brighter in each of the first three coordinates."""
    random = stream(0, name)
    labels = torch.randint(3, (n,), generator=random)
    noise = 0.1 * torch.randn(n, 5, generator=random)
    return (0.4 + shift + 0.3 * torch.eye(5)[labels] + noise).clamp(0, 1), labels


@pytest.fixture(scope="module")
def fitted():
    return fit(*blobs(1_000, "train"), n_classes=3, epochs=5, random=stream(0, "classifier"))


def test_fit_learns_and_repeats_bit_for_bit(fitted):
    images, labels = blobs(500, "test")
    assert accuracy(fitted, images, labels) > 0.95
    again = fit(*blobs(1_000, "train"), n_classes=3, epochs=5, random=stream(0, "classifier")).state_dict()
    assert all(torch.equal(tensor, again[name]) for name, tensor in fitted.state_dict().items())


def test_fit_leaves_the_global_random_state_alone():
    before = torch.get_rng_state()
    fit(*blobs(100, "few"), n_classes=3, epochs=1, random=stream(0, "classifier"))
    assert torch.equal(torch.get_rng_state(), before)


def test_predict_does_not_depend_on_the_block(fitted):
    images, _ = blobs(101, "blocks")
    predicted = fitted.predict(images)
    assert predicted.dtype == torch.int64
    assert torch.equal(predicted, fitted.predict(images, block=7))


def test_with_weights_gives_the_same_classifier(fitted):
    images, _ = blobs(50, "same")
    assert torch.equal(with_weights(fitted.state_dict())(images), fitted(images))
    with pytest.raises(ValueError, match="another network"):
        with_weights({"strange": images})


def test_fit_refuses_labels_that_do_not_fit():
    images, labels = blobs(10, "wrong")
    for wrong in (labels[:9], labels - 1, labels + 5):
        with pytest.raises(ValueError, match="expected 10 labels 0"):
            fit(images, wrong, n_classes=3, epochs=1, random=stream(0, "x"))


def test_accuracy_of_a_classifier_that_always_says_the_same():
    constant = Classifier((2, 3), stream(0, "weights"))
    constant.layers[0].weight.data.zero_()
    constant.layers[0].bias.data.copy_(torch.tensor([0.0, 1.0, 0.0]))
    assert accuracy(constant, torch.zeros(4, 2), torch.tensor([1, 1, 0, 1])) == 0.75


def test_binomial_interval_is_exact():
    low, high = binomial_interval(30, 100, 0.95)
    assert binom.sf(29, 100, low) == pytest.approx(0.025, abs=1e-6)
    assert binom.cdf(30, 100, high) == pytest.approx(0.025, abs=1e-6)
    assert binomial_interval(0, 10, 0.95)[0] == 0
