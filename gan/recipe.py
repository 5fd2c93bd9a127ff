"""Rules of training: every choice of the 2014 code and of Algorithm 1, as one set of switches."""

from collections.abc import Sequence
from dataclasses import dataclass

from gan.noise import PRIORS
from gan.objectives import GENERATOR_LOSSES


@dataclass(frozen=True)
class Recipe:
    """Rules of training. The defaults are the 2014 code; Algorithm 1 of the paper is
    `update="alternating", discriminator_loss_scale=1, generator_noise="fresh", generator_loss="saturating"`. It says
    nothing of dropout; `generator_masks="fresh"` is then our choice.

    Attributes:
        batch_size: m. The last, incomplete minibatch of an epoch is used too.
        noise_prior: p_z, one of gan.noise.PRIORS.
        update: "simultaneous": both players' gradients are taken at the same old parameters, once a
            minibatch; "alternating": k minibatches for D, then one step of G.
        discriminator_steps: k of Algorithm 1; 1 when simultaneous. Below 1, e.g. 0.2, one step of D is followed by
            1/k steps of G on fresh noise: G trained too much without D being updated (section 6).
        discriminator_loss_scale: factor before D's objective.
        generator_loss: one of gan.objectives.GENERATOR_LOSSES.
        saturating_epochs: number of epochs after which the switching loss changes.
        generator_noise, generator_masks: "shared": G is updated on the same samples and dropout masks that D was last
            trained with; "fresh": on new ones.
        learning_rate, learning_rate_decay, learning_rate_floor: see the function learning_rate.
        momentum_initial, momentum_final, momentum_saturation_epoch: see the function momentum.
        max_column_norm: bound on the norm of each unit's incoming weights, in both networks; None: no bound.
    Raises:
        ValueError: an unknown choice, or a combination without meaning.
    Source:
        goodfeli/adversarial, mnist.yaml and AdversaryCost2.
    """

    batch_size: int = 100
    noise_prior: str = "uniform"
    update: str = "simultaneous"
    discriminator_steps: float = 1
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
        self._check_steps()
        if (self.saturating_epochs > 0) != (self.generator_loss == "saturating-then-non-saturating"):
            raise ValueError("saturating_epochs belongs to the generator_loss 'saturating-then-non-saturating'")

    def _check_steps(self) -> None:
        k = self.discriminator_steps
        if self.update == "simultaneous" and k != 1:
            raise ValueError(f"a simultaneous update has discriminator_steps 1, got {k}")
        if k <= 0 or abs(k - self.minibatches / self.generator_steps) > 1e-3:
            raise ValueError(f"discriminator_steps must be a whole number or its reciprocal, e.g. 5 or 0.2, got {k}")
        if k < 1 and self.generator_noise != "fresh":
            raise ValueError(f"discriminator_steps {k} needs generator_noise 'fresh': each step of G has its own")

    @property
    def minibatches(self) -> int:
        """Minibatches that D is trained on before each step of G."""
        return max(1, round(self.discriminator_steps))

    @property
    def generator_steps(self) -> int:
        """Steps of G that follow."""
        return max(1, round(1 / self.discriminator_steps))

    @property
    def judges_shared(self) -> bool:
        """Whether G is updated on the same samples and masks that D was last trained with."""
        return self.generator_noise == self.generator_masks == "shared"

    def generator_loss_at(self, epoch: int) -> str:
        """Return the loss of G in epoch 1, 2, ...: one kind throughout, or a switch after `saturating_epochs`."""
        if self.generator_loss == "saturating-then-non-saturating":
            return "saturating" if epoch <= self.saturating_epochs else "non-saturating"
        return self.generator_loss

    def learning_rate_at(self, update: int) -> float:
        """See the function learning_rate."""
        return learning_rate(update, self.learning_rate, self.learning_rate_decay, self.learning_rate_floor)

    def momentum_at(self, epoch: int) -> float:
        """See the function momentum."""
        return momentum(epoch, self.momentum_initial, self.momentum_final, self.momentum_saturation_epoch)


def _one_of(name: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {tuple(choices)}, got {value!r}")


def learning_rate(update: int, initial: float, decay: float, floor: float) -> float:
    """Return the learning rate of minibatch update 0, 1, ...: divided by `decay` after every update.

    Source:
        pylearn2 ExponentialDecay: the first update uses the initial value; never below `floor`.
    """
    return max(floor, initial * decay**-update)  # a negative power fades out, a positive one overflows


def momentum(epoch: int, initial: float, final: float, saturation_epoch: int) -> float:
    """Return the momentum of epoch 1, 2, ...: linear from `initial` in epoch 1 to `final` from `saturation_epoch` on.

    Raises:
        ValueError: saturation_epoch is less than 2.
    Source:
        pylearn2 MomentumAdjustor; constant within an epoch.
    """
    if saturation_epoch < 2:
        raise ValueError(f"saturation_epoch must be at least 2, got {saturation_epoch}")
    progress = (epoch - 1) / (saturation_epoch - 1)
    return initial + (final - initial) * min(max(progress, 0.0), 1.0)
