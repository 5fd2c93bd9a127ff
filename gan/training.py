"""The game: one minibatch, one epoch (Algorithm 1, as the 2014 code plays it)."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from gan.models import Discriminator, Generator
from gan.noise import PRIORS, draw_noise
from gan.objectives import GENERATOR_LOSSES, discriminator_loss, generator_loss, generator_loss_at
from gan.schedules import learning_rate, momentum
from gan.seeding import stream

CURVES = ("loss_D", "loss_G", "D(x)", "D(G(z))")


@dataclass(frozen=True)
class Recipe:
    """How the game is played. The defaults are the 2014 code; Algorithm 1 of the paper is
    `update="alternating", discriminator_loss_scale=1, generator_noise="fresh", generator_masks="fresh",
    generator_loss="saturating"`.

    Attributes:
        batch_size: m. The last, incomplete minibatch of an epoch is used too.
        noise_prior: p_z, one of gan.noise.PRIORS.
        update: "simultaneous": both players' gradients are taken at the same old parameters, once a
            minibatch; "alternating": `discriminator_steps` minibatches for D, then one step of G.
        discriminator_steps: k of Algorithm 1; 1 when simultaneous.
        discriminator_loss_scale: factor before D's objective.
        generator_loss: one of gan.objectives.GENERATOR_LOSSES.
        saturating_epochs: when the switching loss switches.
        generator_noise, generator_masks: "shared": G is judged on the very samples and dropout masks
            that D was last trained with; "fresh": on new ones.
        learning_rate, learning_rate_decay, learning_rate_floor: see gan.schedules.learning_rate.
        momentum_initial, momentum_final, momentum_saturation_epoch: see gan.schedules.momentum.
        max_column_norm: bound on the norm of each unit's incoming weights, in both networks; None: no bound.
    Raises:
        ValueError: an unknown switch, or a combination that has no meaning.
    Source:
        goodfeli/adversarial, mnist.yaml and AdversaryCost2.
    """

    batch_size: int = 100
    noise_prior: str = "uniform"
    update: str = "simultaneous"
    discriminator_steps: int = 1
    discriminator_loss_scale: float = 0.5
    generator_loss: str = "non-saturating"
    saturating_epochs: int = 0
    generator_noise: str = "shared"
    generator_masks: str = "shared"
    learning_rate: float = 0.1
    learning_rate_decay: float = 1.000004
    learning_rate_floor: float = 1e-6
    momentum_initial: float = 0.5
    momentum_final: float = 0.7
    momentum_saturation_epoch: int = 250
    max_column_norm: float | None = None

    def __post_init__(self) -> None:
        _one_of("noise_prior", self.noise_prior, PRIORS)
        _one_of("update", self.update, ("simultaneous", "alternating"))
        _one_of("generator_loss", self.generator_loss, GENERATOR_LOSSES)
        _one_of("generator_noise", self.generator_noise, ("shared", "fresh"))
        _one_of("generator_masks", self.generator_masks, ("shared", "fresh"))
        if self.update == "simultaneous" and self.discriminator_steps != 1:
            raise ValueError(f"a simultaneous update has discriminator_steps 1, got {self.discriminator_steps}")
        if (self.saturating_epochs > 0) != (self.generator_loss == "saturating-then-non-saturating"):
            raise ValueError("saturating_epochs belongs to the generator_loss 'saturating-then-non-saturating'")


def _one_of(name: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {tuple(choices)}, got {value!r}")


@torch.no_grad()
def limit_column_norms(network: nn.Module, bound: float) -> None:
    """Shrink each unit's incoming weight vector to norm <= bound; biases stay.

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
        """Gradients of a loss with respect to this player's parameters alone."""
        return torch.autograd.grad(loss, self.parameters, retain_graph=keep_graph)

    @torch.no_grad()
    def update(self, gradients: Sequence[torch.Tensor], rate: float, momentum: float) -> None:
        """v := momentum * v - rate * gradient; parameter := parameter + v.

        Unlike torch.optim.SGD the rate enters the velocity, which matters when it changes.

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
    """Two players and the number of minibatches they have seen: all that training changes.

    Args:
        generator, discriminator: the networks, on one device.
        recipe: how they play.
    """

    def __init__(self, generator: Generator, discriminator: Discriminator, recipe: Recipe) -> None:
        self.generator, self.discriminator, self.recipe = generator, discriminator, recipe
        self.g = Player(generator, recipe.max_column_norm)
        self.d = Player(discriminator, recipe.max_column_norm)
        self.updates = 0

    def tensors(self) -> dict[str, torch.Tensor]:
        """Every parameter and velocity by name; writing into them restores a game."""
        named = {}
        for name, player in (("generator", self.g), ("discriminator", self.d)):
            keys = [key for key, _ in player.network.named_parameters()]
            named.update({f"{name}.{key}": p.data for key, p in zip(keys, player.parameters, strict=True)})
            named.update({f"{name}.{key}.velocity": v for key, v in zip(keys, player.velocities, strict=True)})
        return named


class Streams:
    """The random streams of one epoch: minibatch order, noise, dropout masks."""

    def __init__(self, seed: int, epoch: int, device: torch.device | str) -> None:
        self.order = stream(seed, "minibatch order", epoch, device)
        self.noise = stream(seed, "noise", epoch, device)
        self.dropout = stream(seed, "dropout", epoch, device)


def train_step(game: Game, minibatches: Sequence[torch.Tensor], streams: Streams, epoch: int) -> torch.Tensor:
    """One update of the generator and the discriminator's k updates that go with it.

    Args:
        game: changed in place.
        minibatches: k tensors of shape (m, d), images; k = 1 when the update is simultaneous.
        streams: random streams of the epoch, advanced.
        epoch: 1, 2, ...; sets momentum and the kind of the generator's loss.
    Returns:
        shape (4,): the CURVES of the last minibatch, with dropout active.
    Source:
        Algorithm 1; goodfeli/adversarial, AdversaryCost2.
    """
    step = _simultaneous_step if game.recipe.update == "simultaneous" else _alternating_step
    return step(game, minibatches, streams, epoch)


def _simultaneous_step(game: Game, minibatches: Sequence[torch.Tensor], streams: Streams, epoch: int) -> torch.Tensor:
    """Both gradients at the same old parameters, then both updates (the 2014 code)."""
    (images,) = minibatches
    rate, momentum = _next_rates(game, epoch)
    samples = game.generator(_noise(game, len(images), streams))
    masks = game.discriminator.draw_masks(2 * len(images), streams.dropout)
    real_logits, fake_logits = _judge(game, images, samples, masks)
    loss_d = discriminator_loss(real_logits, fake_logits, game.recipe.discriminator_loss_scale)
    if game.recipe.generator_noise == game.recipe.generator_masks == "shared":
        loss_g = generator_loss(fake_logits, _loss_kind(game, epoch))
    else:
        loss_g = _fresh_generator_loss(game, samples, masks, streams, epoch)
    gradients_g = game.g.gradients(loss_g, keep_graph=True)
    gradients_d = game.d.gradients(loss_d)
    game.d.update(gradients_d, rate, momentum)
    game.g.update(gradients_g, rate, momentum)
    return _curves(loss_d, loss_g, real_logits, fake_logits)


def _alternating_step(game: Game, minibatches: Sequence[torch.Tensor], streams: Streams, epoch: int) -> torch.Tensor:
    """k steps of the discriminator, then one of the generator against the new D (Algorithm 1)."""
    for images in minibatches:
        rate, momentum = _next_rates(game, epoch)
        noise = _noise(game, len(images), streams)
        masks = game.discriminator.draw_masks(2 * len(images), streams.dropout)
        with torch.no_grad():
            samples = game.generator(noise)
        real_logits, fake_logits = _judge(game, images, samples, masks)
        loss_d = discriminator_loss(real_logits, fake_logits, game.recipe.discriminator_loss_scale)
        game.d.update(game.d.gradients(loss_d), rate, momentum)
    loss_g = _fresh_generator_loss(game, game.generator(noise), masks, streams, epoch)
    game.g.update(game.g.gradients(loss_g), rate, momentum)
    return _curves(loss_d, loss_g, real_logits, fake_logits)


def _fresh_generator_loss(
    game: Game, samples: torch.Tensor, masks: Sequence[torch.Tensor], streams: Streams, epoch: int
) -> torch.Tensor:
    """The generator's loss in a pass of its own, on the given samples and masks or on fresh ones."""
    m = len(samples)
    if game.recipe.generator_noise == "fresh":
        samples = game.generator(_noise(game, m, streams))
    if game.recipe.generator_masks == "fresh":
        fake_masks = game.discriminator.draw_masks(m, streams.dropout)
    else:
        fake_masks = [mask[m:] for mask in masks]
    return generator_loss(game.discriminator(samples, fake_masks), _loss_kind(game, epoch))


def _judge(
    game: Game, images: torch.Tensor, samples: torch.Tensor, masks: Sequence[torch.Tensor]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits of m images and of m samples, in one pass; masks (2 m, inputs), those of the images first."""
    logits = game.discriminator(torch.cat([images, samples]), masks)
    return logits[: len(images)], logits[len(images) :]


def _noise(game: Game, m: int, streams: Streams) -> torch.Tensor:
    return draw_noise(game.recipe.noise_prior, (m, game.generator.noise_size), streams.noise)


def _loss_kind(game: Game, epoch: int) -> str:
    return generator_loss_at(epoch, game.recipe.generator_loss, game.recipe.saturating_epochs)


def _next_rates(game: Game, epoch: int) -> tuple[float, float]:
    """Learning rate and momentum of the next minibatch; counts it."""
    r = game.recipe
    rate = learning_rate(game.updates, r.learning_rate, r.learning_rate_decay, r.learning_rate_floor)
    game.updates += 1
    return rate, momentum(epoch, r.momentum_initial, r.momentum_final, r.momentum_saturation_epoch)


def _curves(
    loss_d: torch.Tensor, loss_g: torch.Tensor, real_logits: torch.Tensor, fake_logits: torch.Tensor
) -> torch.Tensor:
    means = (real_logits.sigmoid().mean(), fake_logits.sigmoid().mean())
    return torch.stack([loss_d, loss_g, *means]).detach()


def train_epoch(game: Game, images: torch.Tensor, seed: int, epoch: int) -> torch.Tensor:
    """One pass over the images in a fresh order.

    Args:
        game: changed in place.
        images: shape (n, d), the training images, on the networks' device.
        seed: the run's seed.
        epoch: 1, 2, ...
    Returns:
        shape (4,), float64, on the CPU: means of the CURVES over the epoch's steps.
    Raises:
        FloatingPointError: a loss is not finite; the message names the step.
    """
    streams = Streams(seed, epoch, images.device)
    order = torch.randperm(len(images), generator=streams.order, device=images.device)
    batches = list(order.split(game.recipe.batch_size))
    k = game.recipe.discriminator_steps
    rows = [
        train_step(game, [images[batch] for batch in batches[i : i + k]], streams, epoch)
        for i in range(0, len(batches), k)
    ]
    curves = torch.stack(rows).double().cpu()  # the epoch's only wait for the device
    broken = (~curves.isfinite().all(dim=1)).nonzero()
    if len(broken):
        step = int(broken[0])
        raise FloatingPointError(f"loss not finite in epoch {epoch}, step {step + 1} of {len(rows)}: {curves[step]}")
    return curves.mean(dim=0)


def is_over(epoch: int, epochs: int, best_epoch: int, patience: int) -> bool:
    """Whether training ends after `epoch`: all epochs done, or too long without a new best on validation.

    Args:
        epoch: epochs done.
        epochs: the most there may be.
        best_epoch: when the validation log-likelihood was best; 0 before the first validation.
        patience: epochs to wait for a new best.
    Source:
        ours: the 2014 MNIST run was stopped by hand; cGAN (1411.1784) stopped on the same quantity.
    """
    return epoch >= epochs or (best_epoch > 0 and epoch - best_epoch >= patience)
