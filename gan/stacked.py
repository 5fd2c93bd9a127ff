"""S networks of one architecture in one: weights stacked along a leading axis, backpropagation written out.

Backpropagation is linear, example by example, in the gradient that enters at the output. So an example's
weight in a loss may wait until a layer's own gradient is taken, the sum over examples of
weight * delta * input, and that sum is a matrix product which accumulates straight into the velocity.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from gan.layers import Dense
from gan.training import Player

CACHED = 1 << 20  # elements of a product that stay in a CPU's cache
TENSORS = ("weight", "bias", "weight_velocity", "bias_velocity")


@dataclass
class Trace:
    """What a layer's forward pass leaves to its backward pass.

    Attributes:
        x: its input, shape (S, m, inputs).
        slope: of its activation, shape (S, m, units), for maxout (S, m, pieces, units), for relu its output, which
            is positive where the slope is 1; None where it is 1 everywhere.
    """

    x: torch.Tensor
    slope: torch.Tensor | None


@dataclass(frozen=True)
class Step:
    """How far parameters move.

    Attributes:
        weights: shape (S, m, 1), of the examples; they carry the loss's slope and -rate.
        momentum: of this epoch.
    """

    weights: torch.Tensor
    momentum: float


class StackedLayer:
    """One layer of S networks: weight (S, rows, inputs), bias (S, 1, rows), and their velocities.

    Args:
        layers: the S networks' layers.
        velocities: those of weight and bias, for each.
        operands: dtype of the products' operands, see gan.precision.
    """

    def __init__(
        self,
        layers: Sequence[Dense],
        velocities: Sequence[tuple[torch.Tensor, torch.Tensor]],
        operands: torch.dtype = torch.float32,
    ) -> None:
        self.activation, self.pieces = layers[0].activation, layers[0].pieces
        self.weight = torch.stack([layer.weight.detach() for layer in layers])
        self.bias = torch.stack([layer.bias.detach()[None] for layer in layers])
        self.weight_velocity = torch.stack([weight for weight, _ in velocities])
        self.bias_velocity = torch.stack([bias[None] for _, bias in velocities])
        self.operands = operands
        self.refresh()

    def refresh(self) -> None:
        """Make the products' operands from the parameters; in float32 they are the parameters."""
        self.weight_operand, self.bias_operand = self.weight.to(self.operands), self.bias.to(self.operands)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, Trace]:
        """(S, m, inputs) -> (S, m, units)."""
        h = torch.baddbmm(self.bias_operand, x, self.weight_operand.mT)
        if self.activation == "maxout":
            pieces = h.unflatten(2, (self.pieces, -1))
            h = pieces.amax(dim=2)
            return h, Trace(x, pieces.eq_(h.unsqueeze(2)))
        if self.activation == "relu":
            return h.relu_(), Trace(x, h)
        if self.activation == "sigmoid":
            rest = None if h.dtype == torch.float32 else (-h).sigmoid_()  # 1 - h of a bfloat16 near 1 has no digits
            h.sigmoid_()
            return h, Trace(x, h * (1 - h if rest is None else rest))
        return h, Trace(x, None)

    def delta(self, trace: Trace, gradient: torch.Tensor) -> torch.Tensor:
        """Gradient at the output (S, m, units) -> gradient before the activation (S, m, rows).

        Pieces of a maxout unit that tie share the gradient. The trace's slope is used up.
        """
        if trace.slope is None:
            return gradient
        if self.activation == "maxout":
            gradient = (gradient / trace.slope.sum(dim=2)).unsqueeze(2)
            return trace.slope.mul_(gradient).flatten(2)
        if self.activation == "relu":
            return torch.ops.aten.threshold_backward(gradient, trace.slope, 0)
        return trace.slope.mul_(gradient)

    def push(self, x: torch.Tensor, delta: torch.Tensor, step: Step) -> None:
        """v := momentum * v + sum over examples of weight * delta * input.

        Args:
            x: the layer's input, shape (S, m, inputs).
            delta: gradient before the activation, shape (S, m, rows).
            step: how far.
        """
        weights = step.weights.to(self.operands)
        _push(self.weight_velocity, delta.mT, weights * x, step.momentum)
        _push(self.bias_velocity, weights.mT, delta, step.momentum)

    def limit(self, bound: float) -> None:
        """Shrink each unit's incoming weights to a norm: gan.training.limit_column_norms."""
        norms = self.weight.norm(dim=2, keepdim=True)
        self.weight.mul_(norms.clamp(max=bound) / (1e-7 + norms))

    def keep(self, indices: Sequence[int]) -> None:
        """Go on with some of the networks only."""
        for name in TENSORS:
            setattr(self, name, getattr(self, name)[list(indices)])
        self.refresh()


def _push(velocity: torch.Tensor, a: torch.Tensor, b: torch.Tensor, momentum: float) -> None:
    """v := momentum * v + a b. A float32 product accumulates straight into v; others pass through a CPU's cache."""
    if a.dtype == velocity.dtype:
        velocity.baddbmm_(a, b, beta=momentum)
        return
    rows = velocity.shape[1] if velocity.is_cuda else max(1, CACHED // velocity.shape[2])
    for v, part in zip(velocity.split(rows, dim=1), a.split(rows, dim=1), strict=True):
        torch.add(part @ b, v, alpha=momentum, out=v)


class StackedNetwork:
    """S networks of one architecture, with their velocities.

    Args:
        players: S players, whose networks are made of gan.layers.Dense; they are copied.
        operands: see StackedLayer.
    """

    def __init__(self, players: Sequence[Player], operands: torch.dtype = torch.float32) -> None:
        columns = zip(*(player.network.layers for player in players), strict=True)
        velocities = zip(*(_pairs(player.velocities) for player in players), strict=True)
        self.max_column_norm = players[0].max_column_norm
        self.layers = [StackedLayer(*pair, operands) for pair in zip(columns, velocities, strict=True)]

    def forward(self, x: torch.Tensor, masks: Sequence[torch.Tensor] | None = None) -> tuple[torch.Tensor, list[Trace]]:
        """(S, m, inputs) -> (S, m, outputs), and the traces; with masks the layers' inputs are dropped out."""
        traces = []
        for index, layer in enumerate(self.layers):
            x, trace = layer.forward(x if masks is None else x * masks[index])
            traces.append(trace)
        return x, traces

    def backward(
        self,
        traces: Sequence[Trace],
        gradient: torch.Tensor,
        masks: Sequence[torch.Tensor] | None = None,
        step: Step | None = None,
        input_rows: slice | None = None,
    ) -> torch.Tensor:
        """Walk down from the output with the old weights; then all layers move.

        Args:
            traces, masks: of the forward pass; the traces are used up.
            gradient: at the output, (S, m, outputs).
            step: how far the layers move; None: they stay.
            input_rows: examples whose gradient at the networks' input is wanted.
        Returns:
            that gradient, (S, rows, inputs); without `input_rows` nothing of use.
        """
        for index, (layer, trace) in reversed(list(enumerate(zip(self.layers, traces, strict=True)))):
            delta = layer.delta(trace, gradient)
            rows = slice(None) if index else input_rows
            if rows is not None:
                gradient = delta[:, rows] @ layer.weight_operand
                if masks is not None:
                    gradient *= masks[index][:, rows]
            if step is not None:
                layer.push(trace.x, delta, step)
        if step is not None:
            self._move()
        return gradient

    def _move(self) -> None:
        """parameter := parameter + v, for all at once: on CUDA in one launch."""
        parameters = [tensor for layer in self.layers for tensor in (layer.weight, layer.bias)]
        velocities = [tensor for layer in self.layers for tensor in (layer.weight_velocity, layer.bias_velocity)]
        torch._foreach_add_(parameters, velocities)
        if self.max_column_norm is not None:
            for layer in self.layers:
                layer.limit(self.max_column_norm)
        operands = [tensor for layer in self.layers for tensor in (layer.weight_operand, layer.bias_operand)]
        if operands[0] is not parameters[0]:
            torch._foreach_copy_(operands, parameters)


def _pairs(velocities: Sequence[torch.Tensor]) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Those of each layer's weight and bias, which follow each other among a network's parameters."""
    return list(zip(velocities[::2], velocities[1::2], strict=True))
