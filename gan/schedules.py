"""Learning-rate decay and momentum ramp of the 2014 code (pylearn2)."""


def learning_rate(update: int, initial: float, decay: float, floor: float) -> float:
    """Learning rate of minibatch update 0, 1, ...: divided by `decay` after every update.

    Source:
        pylearn2 ExponentialDecay: the first update uses the initial value; never below `floor`.
    """
    return max(floor, initial * decay**-update)  # a negative power fades out, a positive one overflows


def momentum(epoch: int, initial: float, final: float, saturation_epoch: int) -> float:
    """Momentum of epoch 1, 2, ...: linear from `initial` in epoch 1 to `final` from `saturation_epoch` on.

    Raises:
        ValueError: the ramp has no length.
    Source:
        pylearn2 MomentumAdjustor; constant within an epoch.
    """
    if saturation_epoch < 2:
        raise ValueError(f"saturation_epoch must be at least 2, got {saturation_epoch}")
    progress = (epoch - 1) / (saturation_epoch - 1)
    return initial + (final - initial) * min(max(progress, 0.0), 1.0)
