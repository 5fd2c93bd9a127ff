"""A small classifier of samples by class, and (in two_sample) of samples against real images.

It needs no download and no convolution: a perceptron with two hidden layers, trained by Adam, is near 98% on MNIST.
Nothing here touches the global random state.
"""

from collections.abc import Mapping
from itertools import pairwise

import torch
from scipy.special import betaincinv
from torch import nn
from torch.nn.functional import cross_entropy

HIDDEN = (256, 128)  # units of the hidden layers
BATCH_SIZE = 100
LEARNING_RATE = 1e-3  # at first; it falls in a straight line to 0


class Classifier(nn.Module):
    """Images (m, d) -> logits (m, n_classes), through rectified linear units.

    Args:
        sizes: d, units of the hidden layers, n_classes.
        random: random stream of the initial weights, whose device is the network's; None: they are to be loaded.
    """

    def __init__(self, sizes: tuple[int, ...], random: torch.Generator | None = None) -> None:
        super().__init__()
        device = "cpu" if random is None else random.device
        # skip_init: the layers' own initial weights would come from the global random state.
        layers = [nn.utils.skip_init(nn.Linear, *pair, device=device) for pair in pairwise(sizes)]
        for layer in layers if random is not None else ():
            nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu", generator=random)
            nn.init.zeros_(layer.bias)
        self.layers = nn.ModuleList(layers)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the logits."""
        for layer in self.layers[:-1]:
            images = layer(images).relu()
        logits: torch.Tensor = self.layers[-1](images)
        return logits

    @torch.no_grad()
    def predict(self, images: torch.Tensor, block: int = 5_000) -> torch.Tensor:
        """Return the most probable class of each image.

        Args:
            images: shape (n, d).
            block: images classified at once; bounds the memory.
        Returns:
            shape (n,), int64.
        """
        return torch.cat([self(part).argmax(dim=1) for part in images.split(block)])


def with_weights(state: Mapping[str, torch.Tensor]) -> Classifier:
    """Return the classifier with a state dict, which determines its sizes.

    Raises:
        ValueError: the tensors are not those of a classifier.
    """
    weights = [tensor for name, tensor in state.items() if name.endswith(".weight")]
    try:
        classifier = Classifier((weights[0].shape[1], *(len(weight) for weight in weights)))
        classifier.load_state_dict(state)
    except (RuntimeError, IndexError) as error:
        raise ValueError("weights of another network") from error
    return classifier


def fit(images: torch.Tensor, labels: torch.Tensor, n_classes: int, epochs: int, random: torch.Generator) -> Classifier:
    """Train a classifier on images by minimising the cross-entropy.

    Args:
        images: shape (n, d), values in [0, 1].
        labels: shape (n,), int64, 0 .. n_classes - 1.
        n_classes: number of classes.
        epochs: passes over the images.
        random: random stream of the initial weights and of the order of the images, on the images' device.
    Raises:
        ValueError: labels and images do not match.
    Source:
        ours; Kingma and Ba 2015, Adam.
    """
    if len(labels) != len(images) or not 0 <= labels.min() <= labels.max() < n_classes:
        raise ValueError(f"expected {len(images)} labels 0 .. {n_classes - 1}, got {len(labels)}: {labels.unique()}")
    classifier = Classifier((images.shape[1], *HIDDEN, n_classes), random)
    optimiser = torch.optim.Adam(classifier.parameters())
    updates = epochs * -(-len(images) // BATCH_SIZE)
    falling = iter(torch.linspace(LEARNING_RATE, 0, updates + 1).tolist())
    for _ in range(epochs):
        order = torch.randperm(len(images), generator=random, device=images.device)
        for batch in order.split(BATCH_SIZE):
            optimiser.param_groups[0]["lr"] = next(falling)
            optimiser.zero_grad()
            cross_entropy(classifier(images[batch]), labels[batch]).backward()
            optimiser.step()
    return classifier


def accuracy(classifier: Classifier, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Return the share of the images (n, d) whose label (n,) is the predicted one."""
    return (classifier.predict(images) == labels).double().mean().item()


def binomial_interval(successes: int, n: int, confidence: float) -> tuple[float, float]:
    """Return the interval of a probability, from the number of successes in n independent trials.

    Args:
        successes: 0 .. n.
        n: number of trials, 1 or more.
        confidence: of the interval, in (0, 1).
    Source:
        Clopper and Pearson 1934: exact, so its coverage is at least the stated one.
    """
    tail, failures = (1 - confidence) / 2, n - successes
    low = float(betaincinv(successes, failures + 1, tail)) if successes else 0.0
    high = float(betaincinv(successes + 1, failures, 1 - tail)) if failures else 1.0
    return low, high
