"""S networks of one architecture in one: weights stacked along a leading axis, backpropagation written out.

Backpropagation is linear in the gradient that enters at each example's output. So ones are sent back, and an example's
weight in the loss multiplies only where a layer's own gradient is summed, weight * delta * input over the examples: a
matrix product that accumulates straight into the velocity.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

import torch

from gan.cuda import Aside, in_one_kernel
from gan.layers import Dense
from gan.precision import OPERANDS
from gan.three_tf32 import product
from gan.training import Player

CACHED = 1 << 20  # elements of a product that stay in a CPU's cache
TENSORS = ("weight", "bias", "weight_velocity", "bias_velocity")


@dataclass
class Trace:
    """Data from a layer's forward pass for its backward pass.

    Attributes:
        x: its input, shape (S, m, inputs).
        slope: of its activation, shape (S, m, units), for maxout (S, m, pieces, units), for relu its output, which
            is positive where the slope is 1; None where it is 1 everywhere.
    """

    x: torch.Tensor
    slope: torch.Tensor | None


@dataclass(frozen=True)
class Step:
    """Size of a parameter update.

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
        precision: of the products, see gan.precision.
    """

    def __init__(
        self,
        layers: Sequence[Dense],
        velocities: Sequence[tuple[torch.Tensor, torch.Tensor]],
        precision: str = "float32",
    ) -> None:
        self.operands, self.in_three = OPERANDS[precision], precision == "tf32x3"
        self.activation, self.pieces = layers[0].activation, layers[0].pieces
        self.weight = torch.stack([layer.weight.detach() for layer in layers])
        self.bias = torch.stack([layer.bias.detach()[None] for layer in layers])
        self.weight_velocity = torch.stack([weight for weight, _ in velocities])
        self.bias_velocity = torch.stack([bias[None] for _, bias in velocities])
        self.refresh()

    def refresh(self) -> None:
        """Make the products' operands from the parameters; in float32 they are the parameters."""
        self.weight_operand, self.bias_operand = self.weight.to(self.operands), self.bias.to(self.operands)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> tuple[torch.Tensor, Trace]:
        """Map (S, m, inputs) to (S, m, units), times a mask of that shape if there is one."""
        weight, bias = self.weight_operand.mT, self.bias_operand
        h = product(x, weight, bias) if self.in_three else torch.baddbmm(bias, x, weight)
        if self.activation == "maxout":
            h, slope = _maxout(h, self.pieces, mask)
            return h, Trace(x, slope)
        trace = Trace(x, None)
        if self.activation == "relu":
            trace.slope = h.relu_()
        elif self.activation == "sigmoid":
            h, trace.slope = _sigmoid(h)
        return h if mask is None else h * mask, trace

    def delta(self, trace: Trace, gradient: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Map the gradient at the output (S, m, units) to that before the activation (S, m, rows).

        Pieces of a maxout unit that tie share the gradient. The trace's slope and the gradient are overwritten.

        Args:
            trace, mask: of the forward pass.
            gradient: after the mask.
        """
        if trace.slope is None:
            return gradient if mask is None else gradient.mul_(mask)
        if self.activation == "maxout":
            return _maxout_delta(trace.slope, gradient, mask)
        if mask is not None:
            gradient.mul_(mask)
        if self.activation == "relu":
            return torch.ops.aten.threshold_backward(gradient, trace.slope, 0)
        return trace.slope.mul_(gradient)

    def gradient_at_input(self, delta: torch.Tensor) -> torch.Tensor:
        """Map the gradient before the activation (S, m, rows) to that at the input (S, m, inputs)."""
        return product(delta, self.weight_operand) if self.in_three else delta @ self.weight_operand

    def push(self, x: torch.Tensor, delta: torch.Tensor, step: Step) -> None:
        """Update the velocity: v := momentum * v + sum over examples of weight * delta * input.

        Args:
            x: the layer's input, shape (S, m, inputs).
            delta: gradient before the activation, shape (S, m, rows).
            step: how far.
        """
        weights = step.weights.to(self.operands)
        if self.in_three:
            product(delta.mT, weights * x, into=(self.weight_velocity, step.momentum))
        else:
            _push(self.weight_velocity, delta.mT, weights * x, step.momentum)
        _push(self.bias_velocity, weights.mT, delta, step.momentum)

    def limit(self, bound: float) -> None:
        """Shrink each unit's incoming weights to a norm: gan.training.limit_column_norms."""
        norms = self.weight.norm(dim=2, keepdim=True)
        self.weight.mul_(norms.clamp(max=bound) / (1e-7 + norms))

    def keep(self, indices: Sequence[int]) -> None:
        """Continue with some of the networks only."""
        for name in TENSORS:
            setattr(self, name, getattr(self, name)[list(indices)])
        self.refresh()


@in_one_kernel
def _maxout(h: torch.Tensor, pieces: int, mask: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
    """Greatest piece, times the mask, and 1 where a piece is the greatest, which takes the place of h."""
    slabs = h.unflatten(2, (pieces, -1))
    best = slabs.amax(dim=2)
    slope = slabs.eq_(best.unsqueeze(2))
    return best if mask is None else best * mask, slope


@in_one_kernel
def _maxout_delta(slope: torch.Tensor, gradient: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    if mask is not None:
        gradient = gradient * mask
    return slope.mul_((gradient / slope.sum(dim=2)).unsqueeze(2)).flatten(2)


@in_one_kernel
def _sigmoid(h: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The sigmoid y, in the place of h, and its slope y (1 - y)."""
    rest = None if h.dtype == torch.float32 else (-h).sigmoid_()  # 1 - y of a bfloat16 near 1 has no digits
    h.sigmoid_()
    return h, h * (1 - h if rest is None else rest)


@in_one_kernel
def _dropped_out(mask: torch.Tensor, *parts: torch.Tensor) -> torch.Tensor:
    """Examples in parts, (S, m_i, inputs) each, in one tensor, times the mask."""
    return torch.cat([part.to(mask.dtype) for part in parts], dim=1) * mask


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
        precision: see StackedLayer.
    """

    def __init__(self, players: Sequence[Player], precision: str = "float32") -> None:
        columns = zip(*(player.network.layers for player in players), strict=True)
        velocities = zip(*(_pairs(player.velocities) for player in players), strict=True)
        self.max_column_norm = players[0].max_column_norm
        self.layers = [StackedLayer(*pair, precision) for pair in zip(columns, velocities, strict=True)]
        self._aside = Aside(self.layers[0].weight.device)

    def forward(
        self, *parts: torch.Tensor, masks: Sequence[torch.Tensor] | None = None
    ) -> tuple[torch.Tensor, list[Trace]]:
        """Map examples in parts, (S, m_i, inputs), to outputs (S, m, outputs), and return the traces.

        Masks apply dropout to the layers' inputs; there may be several parts.
        """
        self.join()
        x = parts[0] if masks is None else _dropped_out(masks[0], *parts)
        traces = []
        for layer, mask in zip_longest(self.layers, (masks or ())[1:]):
            x, trace = layer.forward(x, mask)
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
        """Propagate gradients back with the old weights, then update all layers.

        Args:
            traces, masks: of the forward pass; the traces are overwritten.
            gradient: at the output, (S, m, outputs).
            step: size of the update; None: no update.
            input_rows: number of examples for which to return the gradient at the networks' input.
        Returns:
            that gradient, (S, rows, inputs); undefined without `input_rows`.
        """
        mask = None
        for index, (layer, trace) in reversed(list(enumerate(zip(self.layers, traces, strict=True)))):
            delta = layer.delta(trace, gradient, mask)
            if step is not None:
                with self._aside.after_all_before(trace.x, delta, step):
                    layer.push(trace.x, delta, step)
            rows = slice(None) if index else input_rows
            if rows is not None:
                gradient = layer.gradient_at_input(delta[:, rows])
                mask = None if masks is None else masks[index][:, rows]
        if step is not None:
            with self._aside.after_all_before():
                self._move()
        return gradient if mask is None or input_rows is None else gradient.mul_(mask)

    def join(self) -> None:
        """Wait until all layers are updated."""
        self._aside.join()

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
