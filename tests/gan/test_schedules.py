"""Learning rate and momentum at the points that the protocol states."""

import pytest

from gan.recipe import learning_rate, momentum


@pytest.mark.parametrize(
    ("update", "expected"),
    [(0, 0.1), (100 * 500, 0.0819), (250 * 500, 0.0607), (500 * 500, 0.0368), (1000 * 500, 0.0135)],
)
def test_learning_rate_of_mnist(update, expected):
    assert learning_rate(update, 0.1, 1.000004, 1e-6) == pytest.approx(expected, abs=5e-5)


def test_learning_rate_stops_at_the_floor():
    assert learning_rate(2_870_000, 0.1, 1.000004, 1e-6) > 1e-6
    assert learning_rate(2_890_000, 0.1, 1.000004, 1e-6) == 1e-6


def test_learning_rate_of_a_fast_decay_reaches_the_floor():
    assert learning_rate(100_000, 0.1, 1.01, 1e-6) == 1e-6


@pytest.mark.parametrize(("epoch", "expected"), [(1, 0.5), (50, 0.53936), (125.5, 0.6), (250, 0.7), (1000, 0.7)])
def test_momentum_ramp(epoch, expected):
    assert momentum(epoch, 0.5, 0.7, 250) == pytest.approx(expected, abs=1e-5)


def test_momentum_refuses_a_ramp_without_length():
    with pytest.raises(ValueError, match="at least 2, got 1"):
        momentum(1, 0.5, 0.7, 1)
