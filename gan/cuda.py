"""Cheaper steps on CUDA: a graph of several steps, a second stream, small functions compiled.

On other devices the last two call their functions directly.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib.util import find_spec
from typing import Concatenate, ParamSpec, TypeVar

import torch

VARIANTS = 64  # of a function that are compiled: by shapes, dtype and precision; torch stops at 8 without an error
Given = ParamSpec("Given")
Result = TypeVar("Result")
Block = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class Graph:
    """A sequence of steps, captured once and replayed with other orders and rates.

    Everything else that the steps read lives in memory that stays in place, or is fixed in the graph.

    Args:
        play: (order of the images, rates) -> curves; records here, computes nothing.
        order, rates: of the first sequence to be played.
    """

    def __init__(self, play: Block, order: torch.Tensor, rates: torch.Tensor) -> None:
        self._order, self._rates, self._graph = order.clone(), rates.clone(), torch.cuda.CUDAGraph()
        # A stream of its own, for torch's default one is shared with other ensembles.
        with torch.cuda.graph(self._graph, stream=torch.cuda.Stream()):
            self._curves = play(self._order, self._rates)

    def replay(self, order: torch.Tensor, rates: torch.Tensor) -> torch.Tensor:
        """Play a sequence of steps; return its curves."""
        self._order.copy_(order)
        self._rates.copy_(rates)
        self._graph.replay()
        return self._curves.clone()


class Aside:
    """A second stream on CUDA, for work that is not needed before `join`; on other devices the work is done at once."""

    def __init__(self, device: torch.device) -> None:
        self._stream = torch.cuda.Stream(device) if device.type == "cuda" else None
        self._held: list[object] = []

    @contextmanager
    def after_all_before(self, *read: object) -> Iterator[None]:
        """Run the context's body on the second stream, after all earlier work; the tensors that it reads are held."""
        if self._stream is None:
            yield
            return
        self._held += read  # the allocator would hand out their memory while they are being read
        self._stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._stream):
            yield

    def join(self) -> None:
        """Wait until the work on the second stream is done."""
        if self._stream is not None and self._held:  # a capture may not wait for what it has not recorded
            torch.cuda.current_stream().wait_stream(self._stream)
            self._held.clear()


def in_one_kernel(
    function: Callable[Concatenate[torch.Tensor, Given], Result],
) -> Callable[Concatenate[torch.Tensor, Given], Result]:
    """Compile a function of few operations into one kernel, or a few, where its tensors are on CUDA (torch.compile).

    Without Triton, which compiles, it runs uncompiled. Triton needs a C compiler.
    """
    compiled: list[Callable[Concatenate[torch.Tensor, Given], Result]] = []

    @wraps(function)
    def call(first: torch.Tensor, *args: Given.args, **kwargs: Given.kwargs) -> Result:
        if not first.is_cuda or find_spec("triton") is None:
            return function(first, *args, **kwargs)
        if not compiled:  # at the first call: the compiler's import takes a second
            torch._dynamo.config.recompile_limit = max(VARIANTS, torch._dynamo.config.recompile_limit)
            compiled.append(torch.compile(function, dynamic=False))
        return compiled[0](first, *args, **kwargs)

    return call
