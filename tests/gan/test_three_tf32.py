"""Three TF32 products against float64: within the stated bound, about as near as float32, far nearer than TF32."""

import importlib.util
import os
import subprocess
import sys

import pytest
import torch
from helpers import ROOT

from gan.ensemble import Ensemble
from gan.layers import Layer
from gan.models import Discriminator, Generator
from gan.recipe import Recipe
from gan.seeding import stream
from gan.three_tf32 import LEFT_OUT, SMALLEST, product, split
from gan.training import Game, train_epoch

DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA"))]
SHAPES = [(2, 100, 784, 240), (3, 70, 33, 130), (1, 1200, 100, 784)]  # S, M, K, N


def matrices(shape: tuple[int, ...], device: str, transposed: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Of numbers whose sizes spread over six decades, so that digits left out of the greatest would show."""
    seeds, m, k, n = shape
    random = stream(0, "matrices", device=device)

    def drawn(rows: int, columns: int) -> torch.Tensor:
        x = torch.randn(seeds, rows, columns, generator=random, device=device)
        return x * 10 ** (6 * torch.rand(x.shape, generator=random, device=device) - 3)

    return (drawn(k, m).mT, drawn(n, k).mT) if transposed else (drawn(m, k), drawn(k, n))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_products_are_within_the_bound_and_near_float32(shape, transposed, device):
    a, b = matrices(shape, device, transposed)
    exact, sizes = a.double() @ b.double(), a.double().abs() @ b.double().abs()
    bound = (LEFT_OUT + (shape[2] + 2) * 2.0**-23) * sizes
    error = (product(a, b) - exact).abs()
    assert (error <= bound).all()
    assert error.norm() < 4 * (a @ b - exact).norm() + 1e-7 * exact.norm()
    assert error.norm() < (split(a)[0] @ split(b)[0] - exact).norm() / 100


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("side", [1, SMALLEST - 1, SMALLEST, 50])
def test_bias_and_velocity_are_added(side, device):
    """Below SMALLEST as a float32 product: the same contract."""
    a, b = matrices((2, side, 40, 60), device, transposed=False)
    bias, v = torch.ones(2, 1, 60, device=device), torch.randn(2, side, 60, generator=stream(0, "v")).to(device)
    exact = a.double() @ b.double()
    torch.testing.assert_close(product(a, b, bias).double(), exact + 1, rtol=1e-5, atol=1e-2)
    moved = v.clone()
    assert product(a, b, into=(moved, 0.5)) is moved
    torch.testing.assert_close(moved.double(), exact + 0.5 * v.double(), rtol=1e-5, atol=1e-2)


def test_split_is_exact_to_22_bits():
    x = torch.randn(1000, generator=stream(0, "x")) * 10 ** torch.linspace(-20, 20, 1000)
    high, low = split(x)
    assert ((x.double() - high.double() - low.double()).abs() <= 2.0**-22 * x.double().abs()).all()
    for part in (high, low):
        assert (part.view(torch.int32) % 2**13 == 0).all(), "a TF32 number has 13 bits less than a float32"


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("recipe", [{}, {"update": "alternating", "max_column_norm": 0.6}], ids=["2014 code", "other"])
def test_an_ensemble_of_three_products_follows_the_plain_loop(recipe, device):
    """Which multiplies in float32; minibatches and layers are wide enough for tensor cores."""
    g = [Layer(32, "relu", 0.1), Layer(40, "sigmoid", 0.1)]
    d = [Layer(24, "maxout", 0.1, pieces=2, keep=0.8), Layer(1, "linear", 0.1, keep=0.5)]

    def game(precision: str) -> Game:
        pair = Generator(20, g, stream(3, "g", device=device)), Discriminator(40, d, stream(3, "d", device=device))
        return Game(*pair, Recipe(batch_size=32, **recipe), precision)

    images = torch.rand(32 * 25 + 5, 40, generator=stream(0, "images")).to(device)
    together, alone = Ensemble([game("tf32x3")], [3]), game("float32")
    for epoch in (1, 2):
        together.train_epoch(images, epoch)
        train_epoch(alone, images, 3, epoch)
    for name, weight in alone.generator.state_dict().items():
        torch.testing.assert_close(together.generator_state(0)[name], weight, rtol=1e-3, atol=2e-5)


INTERPRETED = """
import torch
from gan import three_tf32 as module
for transposed in (False, True):
    a, b = torch.randn(2, 70, 40), torch.randn(2, 40, 130)
    if transposed:
        a, b = torch.randn(2, 40, 70).mT, torch.randn(2, 130, 40).mT
    bias, v = torch.randn(2, 1, 130), torch.randn(2, 70, 130)
    exact = a.double() @ b.double()
    for options, more in (({}, 0), ({"bias": bias}, bias), ({"into": (v.clone(), 0.7)}, 0.7 * v)):
        found = module._on_cuda(a, b, options.get("bias"), options.get("into"))
        assert (found - exact - more).abs().max() < 1e-4
"""


@pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="interprets the kernel: needs Triton")
def test_the_kernel_does_what_its_twin_does():
    """By Triton's interpreter, where Triton is; its dot is a float32 one."""
    environment = os.environ | {"TRITON_INTERPRET": "1"}
    run = subprocess.run([sys.executable, "-c", INTERPRETED], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
