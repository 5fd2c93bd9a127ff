"""Samples of the generator whose weights come with the project."""

import torch

from gan.sampling import draw_samples
from gan.seeding import stream
from pipeline.config.params import Params
from pipeline.record.weights import published_experiment, published_weights
from pipeline.runtime.networks import load_generator


def published_samples(params: Params, device: torch.device) -> torch.Tensor:
    """Draw as many samples as are scored, from the noise that its run is scored with: shape (n, 784).

    Raises:
        UserError: the weights are missing, or not the bytes on record.
    """
    path, made = published_weights()
    experiment = published_experiment(params)
    generator = load_generator(path, experiment, device)
    random = stream(made["seed"], "evaluation samples", device=device)
    return draw_samples(generator, experiment.recipe.noise_prior, experiment.n_samples, random)
