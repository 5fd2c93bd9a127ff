"""Figure 1: the trained toy shows what its panels claim."""

import pytest
import torch

from gan.theory.toy import DATA_MEAN, play

GRID = torch.linspace(0, 6, 301)
STEP = 0.02


@pytest.fixture(scope="module")
def panels(one_thread):
    return play(0, GRID)


def distance(panel) -> float:
    """Total variation between data and samples."""
    return float((panel.p_g - panel.p_data).abs().sum() * STEP / 2)


def error(panel) -> float:
    """Mean |D - D*| over data and samples."""
    weight = (panel.p_data + panel.p_g) / 2
    return float(((panel.d - panel.d_star).abs().nan_to_num() * weight).sum() * STEP)


def test_densities_integrate_to_one(panels):
    for panel in panels:
        assert float(panel.p_data.sum() * STEP) == pytest.approx(1, abs=0.01)
        assert float(panel.p_g.sum() * STEP) == pytest.approx(1, abs=0.02)


def test_d_meets_its_analytic_optimum_in_panel_b(panels):
    assert error(panels[1]) < 0.08
    assert error(panels[1]) < 0.6 * error(panels[0])
    assert torch.equal(panels[0].p_g, panels[1].p_g), "only D has moved"


def test_g_comes_nearer_to_the_data_in_panel_c_and_meets_them_in_panel_d(panels):
    assert distance(panels[2]) < distance(panels[1])
    assert distance(panels[3]) < 0.1
    at_the_data = (GRID - DATA_MEAN).abs() < 0.6
    assert (panels[3].d[at_the_data] - 0.5).abs().max() < 0.1
