"""A machine so small that its chain is known: simulation against exact sums, independence against a shuffle."""

import pytest
import torch

from gan.seeding import stream
from gan.theory import chain

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def machine() -> chain.Machine:
    return chain.fit(0.1, seed=0)[0]


def test_two_patterns_are_a_distribution_of_two_modes():
    p, states = chain.two_patterns(0.1), chain.all_states(chain.BITS)
    assert p.sum().item() == pytest.approx(1)
    assert p[0].item() == p[-1].item() == pytest.approx((0.9**8 + 0.1**8) / 2)
    assert (p @ states).tolist() == pytest.approx([0.5] * chain.BITS)
    assert chain.two_patterns(0.5).tolist() == pytest.approx([1 / 256] * 256)
    with pytest.raises(ValueError, match="blur must be in"):
        chain.two_patterns(0.6)


def test_log_probabilities_are_sums_over_the_hidden_units(machine):
    visible, hidden = chain.all_states(chain.BITS), chain.all_states(chain.HIDDEN)
    energies = visible @ machine.weights @ hidden.T + (visible @ machine.visible)[:, None] + hidden @ machine.hidden
    expected = energies.exp().sum(dim=1) / energies.exp().sum()
    torch.testing.assert_close(machine.log_probabilities(visible).exp(), expected)


def test_a_fit_leaves_little(machine):
    states, data = chain.all_states(chain.BITS), chain.two_patterns(0.1)
    left = (data * (data.log() - machine.log_probabilities(states))).sum().item()
    assert chain.fit(0.1, seed=0)[1] == pytest.approx(left)
    assert 0 < left < 0.05
    assert left < 0.1 * (data * (data.log() + 8 * torch.tensor(2.0).log())).sum().item(), (
        "of what nothing fitted leaves"
    )


def test_the_chain_leaves_the_machines_distribution_as_it_is(machine):
    p, step = chain.two_patterns(0.1), chain.transition(machine)
    assert step.sum(dim=1).tolist() == pytest.approx([1.0] * 256)
    p = machine.log_probabilities(chain.all_states(chain.BITS)).exp()
    torch.testing.assert_close(p @ step, p)


def test_a_simulated_chain_has_the_exact_correlation(machine):
    states = chain.gibbs_chain(machine, 4_000, stream(0, "chain"))
    assert set(states.unique().tolist()) == {0.0, 1.0}
    assert chain.correlation(states) == pytest.approx(chain.exact_correlation(machine), abs=0.04)
    shuffled = states[torch.randperm(len(states), generator=stream(0, "shuffle"))]
    assert abs(chain.correlation(shuffled)) < 4 * chain.null_sd(states)


def test_the_sharper_the_patterns_the_longer_the_memory():
    exact = [chain.exact_correlation(chain.fit(blur, 0)[0]) for blur in (0.3, 0.1, 0.05)]
    assert exact[0] < exact[1] - 0.3 < exact[2] - 0.3


def test_correlation_of_known_sequences():
    ramp = torch.tensor([[0.0], [1.0], [0.0], [1.0]])
    assert chain.correlation(ramp) == pytest.approx(-0.75)
    assert chain.correlation(ramp, lag=2) == pytest.approx(0.5)
    with pytest.raises(ValueError, match=r"lag must be 1 \.\. 3, got 4"):
        chain.correlation(ramp, lag=4)
    with pytest.raises(ValueError, match="all samples are equal"):
        chain.correlation(torch.ones(3, 2))


def test_null_sd_is_the_spread_over_independent_draws():
    scales = torch.tensor([1.0, 3.0, 0.5])
    draws = [scales * torch.randn(200, 3, generator=stream(seed, "independent")) for seed in range(300)]
    spread = torch.tensor([chain.correlation(draw) for draw in draws]).std().item()
    assert chain.null_sd(draws[0]) == pytest.approx(spread, rel=0.15)


def test_switches_pass_over_states_between_the_patterns():
    ones = torch.tensor([0, 1, 4, 0, 8, 7, 4, 7, 4, 1])
    states = (torch.arange(8) < ones[:, None]).double()
    assert chain.switches(states) == 2
