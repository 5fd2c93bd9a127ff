"""What CUDA alone runs, held to its contract without a device: nothing races, one kernel is the same function."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from shutil import which
from weakref import ref

import pytest
import torch
from helpers import DISCRIMINATOR, GENERATOR
from test_ensemble import RECIPES, N

from gan import draws, ensemble, stacked
from gan.cuda import Aside
from gan.ensemble import Ensemble
from gan.layers import Layer
from gan.models import Discriminator, Generator
from gan.recipe import Recipe
from gan.seeding import stream
from gan.stacked import StackedNetwork, Step
from gan.training import Game

OTHER = [Layer(7, "relu", 0.3, keep=0.8), Layer(6, "sigmoid", 0.3, keep=0.5), Layer(1, "linear", 0.3, keep=0.5)]


class Late(Aside):
    """The other extreme of what a stream may do: work aside happens as late as it can, when it is waited for."""

    def __init__(self, network: StackedNetwork) -> None:
        names = ("weight", "bias", "weight_velocity", "bias_velocity", "weight_operand", "bias_operand")
        self.written = [getattr(layer, name) for layer in network.layers for name in names]
        self.read: list[tuple[torch.Tensor, torch.Tensor]] = []
        self.done: list[torch.Tensor] = []
        self.waits = 0

    @contextmanager
    def after_all_before(self, *read: object) -> Iterator[None]:
        tensors = [value.weights if isinstance(value, Step) else value for value in read]
        self.read += [(tensor, tensor.clone()) for tensor in tensors]
        before = [tensor.clone() for tensor in self.written]
        self._put(self.done)
        yield
        self.done = [tensor.clone() for tensor in self.written]
        self._put(before)

    def join(self) -> None:
        self._put(self.done)
        assert all(torch.equal(tensor, was) for tensor, was in self.read), "changed while it was read aside"
        self.waits += bool(self.done)
        self.read, self.done = [], []

    def _put(self, values: list[torch.Tensor]) -> None:
        if values:
            for tensor, value in zip(self.written, values, strict=True):
                tensor.copy_(value)


def played(options: dict, layers: list[Layer], precision: str, *, late: bool) -> tuple[list[torch.Tensor], int]:
    """Curves, parameters and velocities after an epoch, and how often work aside was waited for."""
    games = [
        Game(
            Generator(4, GENERATOR, stream(seed, "g")),
            Discriminator(12, layers, stream(seed, "d")),
            Recipe(batch_size=5, **options),
            precision,
        )
        for seed in (3, 0)
    ]
    together = Ensemble(games, [3, 0])
    asides = [Late(network) for network in (together.g, together.d)] if late else []
    for network, aside in zip((together.g, together.d), asides, strict=False):
        network._aside = aside
    curves = together.train_epoch(torch.rand(N, 12, generator=stream(0, "images")), 1)
    return [curves, *together.tensors().values()], sum(aside.waits for aside in asides)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("layers", [DISCRIMINATOR, OTHER], ids=["maxout", "others"])
@pytest.mark.parametrize("options", RECIPES.values(), ids=RECIPES.keys())
def test_work_aside_may_be_done_at_once_or_as_late_as_it_is_waited_for(options, layers, precision):
    at_once, _ = played(options, layers, precision, late=False)
    late, waits = played(options, layers, precision, late=True)
    assert waits >= 40, "each step waits for a network that has moved"
    assert all(map(torch.equal, late, at_once))


def test_work_that_is_not_waited_for_would_be_noticed(monkeypatch):
    """The test above fails where a network goes forward without waiting for its weights."""
    expected, _ = played({}, DISCRIMINATOR, "float32", late=False)
    forward = StackedNetwork.forward

    def hasty(network: StackedNetwork, *parts: torch.Tensor, **options: object) -> object:
        monkeypatch.setattr(network, "join", lambda: None)
        return forward(network, *parts, **options)

    monkeypatch.setattr(StackedNetwork, "forward", hasty)
    found, _ = played({}, DISCRIMINATOR, "float32", late=True)
    assert not all(map(torch.equal, found, expected))


class Stream:
    """In place of a CUDA stream: notes for whom it waits."""

    def __init__(self, name: str, notes: list[str]) -> None:
        self.name, self.notes = name, notes

    def wait_stream(self, other: "Stream") -> None:
        self.notes.append(f"{self.name} waits for {other.name}")


def test_a_stream_aside_waits_and_is_waited_for_and_what_it_reads_is_kept(monkeypatch):
    notes: list[str] = []
    aside, main = Aside(torch.device("cpu")), Stream("main", notes)
    aside._stream = Stream("aside", notes)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: main)
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: nullcontext(notes.append(f"on {stream.name}")))
    aside.join()
    assert notes == [], "a capture may not wait for what it has not recorded"
    x = torch.ones(1)
    alive = ref(x)
    with aside.after_all_before(x):
        notes.append("work")
    del x
    assert alive() is not None, "read aside until it is waited for"
    aside.join()
    assert alive() is None
    aside.join()
    assert notes == ["aside waits for main", "on aside", "work", "main waits for aside"]


def examples() -> dict[str, tuple]:
    """Arguments for each function that is one kernel on CUDA."""
    random = stream(0, "x")

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=random)

    mask, rate = 2.0 * (normal(2, 6, 6) > 0), torch.tensor(0.1)
    given = torch.arange(256, dtype=torch.uint8)
    return {
        "_maxout": (normal(2, 6, 30), 5, mask),
        "_maxout_delta": ((normal(2, 6, 5, 6) > -1).float(), normal(2, 6, 6), mask),
        "_sigmoid": (normal(2, 6, 30),),
        "_dropped_out": (mask, normal(2, 3, 6), normal(2, 3, 6)),
        "_discriminator_weights": (normal(2, 6), normal(2, 6), rate, 0.5),
        "_generator_weights": (normal(2, 6), rate, "non-saturating"),
        "_decide_all": (given, 204, torch.rand(256, generator=random), 0.8),
    }


@pytest.mark.long
@pytest.mark.skipif(which("g++") is None, reason="compiles: needs g++")
def test_one_kernel_computes_what_the_function_does():
    functions = {name: f for module in (draws, ensemble, stacked) for name, f in vars(module).items()}
    for name, arguments in examples().items():
        plain, compiled = ([x.clone() if isinstance(x, torch.Tensor) else x for x in arguments] for _ in range(2))
        expected = functions[name].__wrapped__(*plain)
        found = torch.compile(functions[name].__wrapped__, dynamic=False)(*compiled)
        torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-7)
        for written, expected in zip(compiled, plain, strict=True):  # into them, too
            if isinstance(expected, torch.Tensor):
                torch.testing.assert_close(written, expected)
