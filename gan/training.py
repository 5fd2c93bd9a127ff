"""Training: one step and one epoch, as the 2014 code has them or as Algorithm 1 does."""

from collections.abc import Callable, Sequence

import torch
from torch import nn

from gan.draws import Draw, Draws
from gan.models import Discriminator, Generator
from gan.objectives import discriminator_loss, generator_loss
from gan.precision import OPERANDS, products_in
from gan.recipe import Recipe

CURVES = ("loss_D", "loss_G", "D(x)", "D(G(z))")


@torch.no_grad()
def limit_column_norms(network: nn.Module, bound: float) -> None:
    """Shrink each unit's incoming weight vector to norm <= bound; biases stay.

    Args:
        network: of dense layers and maxout convolutions; the weights of a deconvolution do not belong to one unit.
        bound: > 0.
    Source:
        pylearn2 max_col_norm: w := w * min(|w|, c) / (1e-7 + |w|). Torch stores the vectors as rows.
    """
    for weight in network.parameters():
        if weight.dim() > 1:
            norms = weight.flatten(1).norm(dim=1, keepdim=True)
            weight.flatten(1).mul_(norms.clamp(max=bound) / (1e-7 + norms))


class Player:
    """A network with the velocities of its parameters.

    Args:
        network: generator or discriminator.
        max_column_norm: see Recipe; applied at once and after every update.
    """

    def __init__(self, network: nn.Module, max_column_norm: float | None = None) -> None:
        self.network = network
        self.max_column_norm = max_column_norm
        self.parameters = list(network.parameters())
        self.velocities = [torch.zeros_like(parameter) for parameter in self.parameters]
        self._project()

    def gradients(self, loss: torch.Tensor, *, keep_graph: bool = False) -> Sequence[torch.Tensor]:
        """Return gradients of a loss with respect to this player's parameters alone."""
        return torch.autograd.grad(loss, self.parameters, retain_graph=keep_graph)

    @torch.no_grad()
    def update(self, gradients: Sequence[torch.Tensor], rate: float, momentum: float) -> None:
        """Update the parameters: v := momentum * v - rate * gradient; parameter := parameter + v.

        Unlike in torch.optim.SGD the rate enters the velocity, which matters when the rate changes.

        Source:
            pylearn2 learning_rule.Momentum, without Nesterov's term.
        """
        for parameter, velocity, gradient in zip(self.parameters, self.velocities, gradients, strict=True):
            velocity.mul_(momentum).sub_(gradient, alpha=rate)
            parameter.add_(velocity)
        self._project()

    def _project(self) -> None:
        if self.max_column_norm is not None:
            limit_column_norms(self.network, self.max_column_norm)


class Game:
    """Two players and the number of minibatches they have seen: the whole state of training.

    Args:
        generator, discriminator: the networks, on one device.
        recipe: how they play.
        precision: of the products, a key of gan.precision.OPERANDS; the plain loop computes "tf32x3" in float32.
    """

    def __init__(
        self, generator: Generator, discriminator: Discriminator, recipe: Recipe, precision: str = "float32"
    ) -> None:
        self.generator, self.discriminator, self.recipe = generator, discriminator, recipe
        self.precision, self.operands = precision, OPERANDS[precision]
        self.g = Player(generator, recipe.max_column_norm)
        self.d = Player(discriminator, recipe.max_column_norm)
        self.updates = 0


def new_draws(game: Game, seeds: Sequence[int]) -> Draws:
    """Return the draws that this game's steps use, for S seeds, on the game's device."""
    recipe = game.recipe
    return Draws(
        seeds,
        recipe.noise_prior,
        game.generator.noise_size,
        game.discriminator.input_sizes,
        game.discriminator.keeps,
        recipe.batch_size,
        recipe.minibatches + recipe.generator_steps * (not recipe.judges_shared),
        game.d.parameters[0].device,
        game.operands,
    )


Step = Callable[[Game, Sequence[torch.Tensor], Draws, int], torch.Tensor]


def train_step(game: Game, minibatches: Sequence[torch.Tensor], draws: Draws, epoch: int) -> torch.Tensor:
    """Play one step.

    "simultaneous" (the 2014 code): both gradients at the same parameters, then both updates. "alternating"
    (Algorithm 1): k updates of D, then one of G; where k < 1, one of D, then 1/k of G.

    Args:
        game: changed in place.
        minibatches: tensors of shape (m, d), images, one for each update of D; one when the update is simultaneous.
        draws: of one seed; advanced.
        epoch: 1, 2, ...; sets momentum and the kind of the generator's loss.
    Returns:
        shape (4,): the CURVES of the last minibatch, with dropout active.
    Source:
        Algorithm 1; goodfeli/adversarial, AdversaryCost2.
    """
    step = _simultaneous_step if game.recipe.update == "simultaneous" else _alternating_step
    with products_in(game.operands, game.d.parameters[0].device):
        return step(game, minibatches, draws, epoch)


def _simultaneous_step(game: Game, minibatches: Sequence[torch.Tensor], draws: Draws, epoch: int) -> torch.Tensor:
    """Both gradients at the same old parameters, then both updates (the 2014 code)."""
    (images,) = minibatches
    rate, momentum = next_rates(game, epoch)
    noise, masks = of_one_seed(draws.next(len(images)))
    samples = game.generator(noise)
    real_logits, fake_logits = judge(game, images, samples, masks)
    loss_d = discriminator_loss(real_logits, fake_logits, game.recipe.discriminator_loss_scale)
    if game.recipe.judges_shared:
        loss_g = generator_loss(fake_logits, game.recipe.generator_loss_at(epoch))
    else:
        loss_g = _fresh_generator_loss(game, samples, masks, draws, epoch)
    gradients_g = game.g.gradients(loss_g, keep_graph=True)
    gradients_d = game.d.gradients(loss_d)
    game.d.update(gradients_d, rate, momentum)
    game.g.update(gradients_g, rate, momentum)
    return step_curves(loss_d, loss_g, real_logits, fake_logits)


def _alternating_step(game: Game, minibatches: Sequence[torch.Tensor], draws: Draws, epoch: int) -> torch.Tensor:
    """Steps of the discriminator, then of the generator against the new D (Algorithm 1)."""
    for images in minibatches:
        rate, momentum = next_rates(game, epoch)
        noise, masks = of_one_seed(draws.next(len(images)))
        with torch.no_grad():
            samples = game.generator(noise)
        real_logits, fake_logits = judge(game, images, samples, masks)
        loss_d = discriminator_loss(real_logits, fake_logits, game.recipe.discriminator_loss_scale)
        game.d.update(game.d.gradients(loss_d), rate, momentum)
    for _ in range(game.recipe.generator_steps):
        samples = game.generator(noise)
        if game.recipe.judges_shared:
            judged = game.discriminator(samples, _of_samples(masks)).float()
            loss_g = generator_loss(judged, game.recipe.generator_loss_at(epoch))
        else:
            loss_g = _fresh_generator_loss(game, samples, masks, draws, epoch)
        game.g.update(game.g.gradients(loss_g), rate, momentum)
    return step_curves(loss_d, loss_g, real_logits, fake_logits)


def _fresh_generator_loss(
    game: Game, samples: torch.Tensor, masks: Sequence[torch.Tensor], draws: Draws, epoch: int
) -> torch.Tensor:
    """The generator's loss in a pass of its own, with new noise or new masks or both."""
    noise, fresh_masks = of_one_seed(draws.next(len(samples)))
    if game.recipe.generator_noise == "fresh":
        samples = game.generator(noise)
    if game.recipe.generator_masks == "fresh":
        masks = fresh_masks
    judged = game.discriminator(samples, _of_samples(masks)).float()
    return generator_loss(judged, game.recipe.generator_loss_at(epoch))


def judge(
    game: Game, images: torch.Tensor, samples: torch.Tensor, masks: Sequence[torch.Tensor]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the logits of m images and of m samples, from one pass; masks (2 m, inputs), those of the images first."""
    both = torch.cat([images.to(game.operands), samples.to(game.operands)])
    logits = game.discriminator(both, masks).float()
    return logits[: len(images)], logits[len(images) :]


def of_one_seed(draw: Draw) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Return noise (m, noise_size) and masks (2 m, inputs) without the axis of seeds."""
    return draw.noise[0], [mask[0] for mask in draw.masks]


def _of_samples(masks: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    return [mask[len(mask) // 2 :] for mask in masks]


def next_rates(game: Game, epoch: int) -> tuple[float, float]:
    """Return the learning rate and momentum of the next minibatch, and count it."""
    game.updates += 1
    return game.recipe.learning_rate_at(game.updates - 1), game.recipe.momentum_at(epoch)


def step_curves(
    loss_d: torch.Tensor, loss_g: torch.Tensor, real_logits: torch.Tensor, fake_logits: torch.Tensor
) -> torch.Tensor:
    """Return the CURVES of a step, shape (..., 4), from losses (...) and logits (..., m)."""
    outputs = (real_logits.sigmoid().mean(dim=-1), fake_logits.sigmoid().mean(dim=-1))
    return torch.stack([loss_d, loss_g, *outputs], dim=-1).detach()


def train_epoch(game: Game, images: torch.Tensor, seed: int, epoch: int) -> torch.Tensor:
    """Train on all images once, in a new random order.

    Args:
        game: changed in place.
        images: shape (n, d), the training images, on the networks' device.
        seed: the run's seed.
        epoch: 1, 2, ...
    Returns:
        shape (4,), float64, on the CPU: means of the CURVES over the epoch's steps.
    Raises:
        Divergence: a loss is not finite; the message names the step.
    """
    return epoch_means(play_epoch(game, images, seed, epoch)[:, None], [seed], epoch)[0]


def play_epoch(game: Game, images: torch.Tensor, seed: int, epoch: int, step: Step | None = None) -> torch.Tensor:
    """Return the CURVES of each step of train_epoch, shape (steps, 4).

    Args:
        game, images, seed, epoch: as for train_epoch.
        step: replacement for train_step.
    """
    step = step or train_step
    draws = new_draws(game, [seed])
    (order,) = draws.begin(epoch, len(images))
    batches = list(order.split(game.recipe.batch_size))
    k = game.recipe.minibatches
    return torch.stack(
        [step(game, [images[batch] for batch in batches[i : i + k]], draws, epoch) for i in range(0, len(batches), k)]
    )


class Divergence(FloatingPointError):
    """Games of an epoch whose losses stopped being finite; the message is the first one's.

    Attributes:
        messages: by seed, each with its step.
        means: the CURVES of the epoch, (S, 4); not finite for those seeds.
    """

    def __init__(self, messages: dict[int, str], means: torch.Tensor) -> None:
        super().__init__(next(iter(messages.values())))
        self.messages, self.means = messages, means


def epoch_means(curves: torch.Tensor, seeds: Sequence[int], epoch: int) -> torch.Tensor:
    """Return means of the CURVES over an epoch's steps, (steps, S, 4) -> (S, 4), float64, on the CPU.

    Raises:
        Divergence: a value is not finite; the message names the seed and the first such step.
    """
    curves = curves.double().cpu()  # of dense networks' epochs the only wait for the device
    broken = ~curves.isfinite().all(dim=2)
    means, messages = curves.mean(dim=0), {}
    for index, seed in enumerate(seeds):
        if broken[:, index].any():
            step = int(broken[:, index].nonzero()[0])
            place = f"seed {seed}, epoch {epoch}, step {step + 1} of {len(curves)}"
            messages[seed] = f"loss not finite in {place}: {curves[step, index].tolist()}"
    if messages:
        raise Divergence(messages, means)
    return means
