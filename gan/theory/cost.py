"""Cost of training in multiplications, independent of the machine: to compare recipes at equal compute."""

from collections.abc import Sequence

from gan.layers import AnyLayer, Layer
from gan.recipe import Recipe


def weights(inputs: int, layers: Sequence[AnyLayer]) -> int:
    """Return the number of weights of a dense network: multiply-adds of one example's forward pass.

    Raises:
        ValueError: a layer is not dense.
    """
    dense = [layer for layer in layers if isinstance(layer, Layer)]
    if len(dense) < len(layers):
        raise ValueError("only dense layers are counted")
    sizes = [inputs, *(layer.units for layer in dense)]
    return sum(size * layer.units * layer.pieces for size, layer in zip(sizes, dense, strict=False))


def multiply_adds(
    noise_size: int, generator: Sequence[AnyLayer], discriminator: Sequence[AnyLayer], recipe: Recipe
) -> float:
    """Return the multiply-adds of training per training image; biases and activations are not counted.

    A backward pass costs as much as the forward pass for the gradient at the inputs, and again for that at the weights;
    the inputs of a network's first layer need none.

    Args:
        noise_size: dimension of z.
        generator, discriminator: layers, all dense.
        recipe: how the game is played.
    Raises:
        ValueError: a layer is not dense.
    """
    g, d = weights(noise_size, generator), weights(generator[-1].units, discriminator)
    g_first, d_first = weights(noise_size, generator[:1]), weights(generator[-1].units, discriminator[:1])
    samples, of_d = g, 2 * (3 * d - d_first)
    of_g = 2 * g - g_first  # the gradients; the samples are counted apart
    if recipe.update == "simultaneous" and recipe.judges_shared:
        return samples + of_d + d_first + of_g  # one pass through D serves both players
    judged = 2 * d
    fresh = g if recipe.generator_noise == "fresh" else 0
    return samples + of_d + recipe.generator_steps / recipe.minibatches * (fresh + judged + of_g)
