"""Many games at once: the seeds' networks stacked along a leading axis, each step made of batched products.

The same algorithm as gan.training, which should be read first; this is the implementation that runs. It is fast, with
one seed too, because:

- One backward pass through D serves both players, whose losses only weight the examples differently, and
  a velocity is updated by the very product that is its gradient (gan.stacked).
- On CUDA, AHEAD steps at a time are captured in a graph and replayed, so that launching costs nothing; weights
  move aside, while gradients go on, and what lies between products is one kernel (gan.cuda).

Each seed draws from its own streams (gan.draws) and meets the others only side by side in a product.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch

from gan.cuda import Graph, in_one_kernel
from gan.draws import AHEAD
from gan.objectives import discriminator_loss, discriminator_slopes, generator_loss, generator_slopes
from gan.stacked import TENSORS, StackedNetwork, Step, Trace
from gan.training import Game, epoch_means, new_draws, step_curves

Logits = tuple[torch.Tensor, torch.Tensor, torch.Tensor]  # of images, of samples, and those that G learns from: (S, m)


class Ensemble:
    """The games of S seeds, played simultaneously.

    Args:
        games: new games of one recipe and architecture, on one device; they are copied.
        seeds: their seeds.
    """

    def __init__(self, games: Sequence[Game], seeds: Sequence[int]) -> None:
        self.seeds, self.recipe, self.updates = list(seeds), games[0].recipe, 0
        self.operands = games[0].operands
        self.g = StackedNetwork([game.g for game in games], games[0].precision)
        self.d = StackedNetwork([game.d for game in games], games[0].precision)
        self.draws = new_draws(games[0], self.seeds)
        self._graph: tuple[torch.Tensor, tuple[Any, ...], Graph] | None = None  # the images, what else it holds
        self._warm: tuple[object, ...] | None = None  # what a block was last played with outside a graph

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return parameters and velocities by name, seeds first; writing into them and `refresh` restore a state."""
        return {
            f"{player}.{index}.{name}": getattr(layer, name)
            for player, network in (("generator", self.g), ("discriminator", self.d))
            for index, layer in enumerate(network.layers)
            for name in TENSORS
        }

    def refresh(self) -> None:
        """Update copies after parameters were changed from outside."""
        self._graph = None  # it would go on with the former operands
        for layer in (*self.g.layers, *self.d.layers):
            layer.refresh()

    def generator_state(self, index: int) -> dict[str, torch.Tensor]:
        """Copy one seed's generator, as gan.models.Generator loads it."""
        state = {}
        for place, layer in enumerate(self.g.layers):
            state[f"layers.{place}.weight"] = layer.weight[index].clone()
            state[f"layers.{place}.bias"] = layer.bias[index, 0].clone()
        return state

    def keep(self, indices: Sequence[int]) -> None:
        """Continue with some of the seeds only."""
        self.seeds = [self.seeds[index] for index in indices]
        for layer in (*self.g.layers, *self.d.layers):
            layer.keep(indices)
        self.draws = self.draws.of(self.seeds)
        self._graph = self._warm = None  # other shapes: libraries start up and functions are compiled anew

    @torch.no_grad()
    def train_epoch(self, images: torch.Tensor, epoch: int) -> torch.Tensor:
        """Pass over the images once, each seed in an order of its own: gan.training.train_epoch for S seeds.

        Args:
            images: shape (n, d), the training images, on the networks' device.
            epoch: 1, 2, ...
        Returns:
            shape (S, 4), float64, on the CPU: means of the CURVES over the epoch's steps.
        Raises:
            Divergence: a loss is not finite; the message names the seed and the step.
        """
        order, rates = self.draws.begin(epoch, len(images)), self._rates(images)
        block = AHEAD * self.recipe.minibatches
        orders, rates_of = order.split(block * self.recipe.batch_size, dim=1), rates.split(block)
        blocks = [self._play(images, *pair, epoch) for pair in zip(orders, rates_of, strict=True)]
        return epoch_means(torch.cat(blocks), self.seeds, epoch)

    def _rates(self, images: torch.Tensor) -> torch.Tensor:
        """Learning rates of an epoch's updates, one a minibatch; counts them."""
        first, count = self.updates, -(-len(images) // self.recipe.batch_size)
        self.updates += count
        rates = [self.recipe.learning_rate_at(update) for update in range(first, first + count)]
        return torch.tensor(rates, device=images.device)

    def _play(self, images: torch.Tensor, order: torch.Tensor, rates: torch.Tensor, epoch: int) -> torch.Tensor:
        """AHEAD steps, or what is left of the epoch; on CUDA whole blocks run as a graph."""
        is_whole = order.shape[1] == AHEAD * self.recipe.minibatches * self.recipe.batch_size
        _, *compiled_for = constants = self._constants(epoch)
        if not is_captured(images) or not is_whole or self._warm != tuple(compiled_for):
            if is_whole:  # outside a capture CUDA's libraries start up, and functions are compiled
                self._warm = tuple(compiled_for)
            return self.block(images, order, rates, epoch)
        self.draws.refill()
        if self._graph is None or self._graph[0] is not images or self._graph[1] != constants:
            self._graph = None  # its memory goes before the next one takes some
            self._graph = images, constants, Graph(partial(self.block, images, epoch=epoch), order, rates)
        curves = self._graph[2].replay(order, rates)
        self.draws.discard()
        return curves

    def _constants(self, epoch: int) -> tuple[Any, ...]:
        """What a graph keeps as it was when captured."""
        precision = torch.get_float32_matmul_precision()
        return self.recipe.momentum_at(epoch), precision, self.recipe.generator_loss_at(epoch)

    def block(self, images: torch.Tensor, order: torch.Tensor, rates: torch.Tensor, epoch: int) -> torch.Tensor:
        """Train on the images in an order (S, n), step by step; return the CURVES of the steps, (steps, S, 4)."""
        k = self.recipe.minibatches
        step = self._simultaneous_step if self.recipe.update == "simultaneous" else self._alternating_step
        batches = [images[batch] for batch in order.split(self.recipe.batch_size, dim=1)]
        logits = [step(batches[i : i + k], rates[i : i + k], epoch) for i in range(0, len(batches), k)]
        self.g.join()
        self.d.join()
        return self._curves(logits, self.recipe.generator_loss_at(epoch))

    def _simultaneous_step(self, minibatches: Sequence[torch.Tensor], rates: torch.Tensor, epoch: int) -> Logits:
        """Both gradients at the same old parameters, then both updates."""
        (images,) = minibatches
        m, draw = images.shape[1], self.draws.next(images.shape[1])
        samples, g_traces = self.g.forward(draw.noise.to(self.operands))
        real, fake, d_traces = self._judge(images, samples, draw.masks)
        d_step = self._d_step(real, fake, rates[0], epoch)
        if self.recipe.judges_shared:
            judged = fake
            gradient = self.d.backward(d_traces, self._ones(2 * m), draw.masks, d_step, slice(m, None))
        else:
            judged, gradient, g_traces = self._judge_afresh(samples, g_traces, draw.masks)
            self.d.backward(d_traces, self._ones(2 * m), draw.masks, d_step)
        self.g.backward(g_traces, gradient, step=self._g_step(judged, rates[0], epoch))
        return real, fake, judged

    def _alternating_step(self, minibatches: Sequence[torch.Tensor], rates: torch.Tensor, epoch: int) -> Logits:
        """Steps of the discriminator, then of the generator against the new D (Algorithm 1)."""
        for images, rate in zip(minibatches, rates, strict=True):
            draw = self.draws.next(images.shape[1])
            samples, g_traces = self.g.forward(draw.noise.to(self.operands))
            real, fake, d_traces = self._judge(images, samples, draw.masks)
            d_step = self._d_step(real, fake, rate, epoch)
            self.d.backward(d_traces, self._ones(2 * images.shape[1]), draw.masks, d_step)
        for _ in range(self.recipe.generator_steps):
            judged, gradient, g_traces = self._judge_afresh(samples, g_traces, draw.masks)
            self.g.backward(g_traces, gradient, step=self._g_step(judged, rate, epoch))
        return real, fake, judged

    def _judge(
        self, images: torch.Tensor, samples: torch.Tensor, masks: Sequence[torch.Tensor]
    ) -> tuple[torch.Tensor, torch.Tensor, list[Trace]]:
        """Logits (S, m) of images and of samples, in one pass."""
        logits, traces = self.d.forward(images, samples, masks=masks)
        real, fake = logits.squeeze(2).float().chunk(2, dim=1)
        return real, fake, traces

    def _judge_afresh(
        self, samples: torch.Tensor, g_traces: list[Trace], masks: Sequence[torch.Tensor]
    ) -> tuple[torch.Tensor, torch.Tensor, list[Trace]]:
        """What G learns from a pass of its own through D, on the draws that the recipe asks for.

        Returns:
            logits (S, m), their gradients at the samples (S, m, d), and the traces of the pass through G.
        """
        m = samples.shape[1]
        if not self.recipe.judges_shared:
            draw = self.draws.next(m)
            if self.recipe.generator_noise == "fresh":
                samples, g_traces = self.g.forward(draw.noise.to(self.operands))
            if self.recipe.generator_masks == "fresh":
                masks = draw.masks
        masks = [mask[:, m:] for mask in masks]
        logits, traces = self.d.forward(samples, masks=masks)
        gradient = self.d.backward(traces, torch.ones_like(logits), masks, input_rows=slice(None))
        return logits.squeeze(2).float(), gradient, g_traces

    def _ones(self, m: int) -> torch.Tensor:
        """The gradient that enters at m logits of each network, (S, m, 1)."""
        return self.d.layers[-1].weight_operand.new_ones(len(self.seeds), m, 1)

    def _d_step(self, real: torch.Tensor, fake: torch.Tensor, rate: torch.Tensor, epoch: int) -> Step:
        """The step down the discriminator's loss."""
        weights = _discriminator_weights(real, fake, rate, self.recipe.discriminator_loss_scale)
        return Step(weights, self.recipe.momentum_at(epoch))

    def _g_step(self, judged: torch.Tensor, rate: torch.Tensor, epoch: int) -> Step:
        """The step down the generator's loss."""
        weights = _generator_weights(judged, rate, self.recipe.generator_loss_at(epoch))
        return Step(weights, self.recipe.momentum_at(epoch))

    def _curves(self, logits: Sequence[Logits], kind: str) -> torch.Tensor:
        """The CURVES of steps, (steps, S, 4); those of full minibatches at once."""
        sizes = [real.shape[1] for real, _, _ in logits]
        full = sizes.count(sizes[0])
        parts = []
        for steps in filter(None, (logits[:full], logits[full:])):
            real, fake, judged = map(torch.stack, zip(*steps, strict=True))
            loss_d = discriminator_loss(real, fake, self.recipe.discriminator_loss_scale)
            parts.append(step_curves(loss_d, generator_loss(judged, kind), real, fake))
        return torch.cat(parts)


def is_captured(images: torch.Tensor) -> bool:
    """Whether steps on these images run as a graph."""
    return images.is_cuda


@in_one_kernel
def _discriminator_weights(real: torch.Tensor, fake: torch.Tensor, rate: torch.Tensor, scale: float) -> torch.Tensor:
    """Examples' weights of a step down D's loss, (S, 2 m, 1)."""
    return (-rate * discriminator_slopes(real, fake, scale)).unsqueeze(2)


@in_one_kernel
def _generator_weights(judged: torch.Tensor, rate: torch.Tensor, kind: str) -> torch.Tensor:
    """Examples' weights of a step down G's loss, (S, m, 1)."""
    return (-rate * generator_slopes(judged, kind)).unsqueeze(2)
