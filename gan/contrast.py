"""Contrast normalisation of CIFAR-10's images, and back to grey values for the eye."""

import torch


def normalise_contrast(images: torch.Tensor, norm: float) -> torch.Tensor:
    """Each image minus its mean over all values, channels together, scaled to one Euclidean norm.

    Args:
        images: shape (n, d).
        norm: of every image afterwards; an image of one flat value becomes 0.
    Source:
        pylearn2 expr/preprocessing.py, global_contrast_normalize with scale `norm`, sqrt_bias 0, min_divisor 1e-8.
    """
    centred = images - images.mean(dim=1, keepdim=True)
    divisors = centred.norm(dim=1, keepdim=True) / norm
    return centred / divisors.where(divisors >= 1e-8, 1.0)


def to_grey(images: torch.Tensor, greatest: float) -> torch.Tensor:
    """Values in [-greatest, greatest] to [0, 1], 0 to mid-grey; what lies outside is clipped.

    Source:
        goodfeli/adversarial, show_samples_cifar_*_paper.py; clipping is ours, the 2014 script stops there.
    """
    return (images / greatest + 1).div(2).clamp(0, 1)
