"""Layers beyond the dense ones of MNIST: sizes of protocol 2, sparse weights, convolutions by hand."""

from pathlib import Path

import pytest
import torch
from torch.nn.functional import conv_transpose2d

from gan.layers import Deconvolution, Layer, MaximumOfPieces, MaxoutConvolution
from gan.models import Discriminator, Generator
from gan.seeding import stream
from pipeline.config.params import load

PARAMS = load(Path(__file__).parents[2] / "params.yaml", "paper")
SIZES = {  # parameters of G and D, as the 2014 configuration files give them
    "mnist": (2_503_984, 1_231_441),
    "tfd-pretrain": (83_250_304, 21_037_201),
    "tfd": (84_858_404, 21_037_201),
    "cifar10-fc": (89_395_072, 37_393_601),
    "cifar10-conv": (64_825_072, 12_454_073),
}


@pytest.mark.parametrize("name", SIZES)
def test_networks_have_the_protocols_sizes(name):
    """Counted from the layers: these networks have up to 89 million parameters. Modules agree, see below."""
    experiment, sizes = PARAMS.experiment(name), []
    d = experiment.generator[-1].units
    for inputs, layers in ((experiment.noise_size, experiment.generator), (d, experiment.discriminator)):
        before = [inputs, *(layer.units for layer in layers)]
        dense = [
            size * layer.units * layer.pieces if isinstance(layer, Layer) else _kernel(layer)
            for size, layer in zip(before[:-1], layers, strict=True)
        ]
        sizes.append(sum(dense) + sum(map(_biases, layers)))
    assert tuple(sizes) == SIZES[name]


def _kernel(layer: Deconvolution | MaxoutConvolution) -> int:
    channels = layer.channels if isinstance(layer, Deconvolution) else layer.detector_shape[0]
    return layer.inputs[0] * channels * layer.kernel**2


def _biases(layer: Layer | Deconvolution | MaxoutConvolution) -> int:
    if isinstance(layer, Layer):
        return layer.units * layer.pieces
    return layer.units if isinstance(layer, Deconvolution) else layer.detector_shape[0]


def test_modules_have_as_many_parameters_as_their_layers_say():
    deconvolution = Deconvolution((4, 3, 3), channels=3, kernel=5, stride=3, weight_range=0.1)
    convolution = MaxoutConvolution((3, 11, 11), 2, 2, 4, 1, 3, 2, 0.1)
    for layer, inputs in ((deconvolution, 36), (convolution, 363), (Layer(4, "maxout", 0.1, pieces=3), 7)):
        module = layer.module(inputs, stream(0, "w"))
        dense = inputs * 12 if isinstance(layer, Layer) else _kernel(layer)
        assert sum(p.numel() for p in module.parameters()) == dense + _biases(layer)
        assert module(torch.rand(2, inputs)).shape == (2, layer.units)


def test_feature_maps_of_the_convolutional_networks_are_the_protocols():
    conv = PARAMS.experiment("cifar10-conv")
    shapes = [(layer.detector_shape, layer.shape) for layer in conv.discriminator[:3]]
    assert shapes == [
        ((64, 33, 33), (32, 16, 16)),
        ((64, 15, 15), (32, 7, 7)),
        ((384, 9, 9), (192, 5, 5)),
    ]
    assert conv.generator[-1].shape == (3, 32, 32)
    maps = torch.rand(2, 3072)
    for layer in conv.discriminator[:3]:
        maps = layer.module(maps.shape[1], stream(0, "w"))(maps)
        assert maps.shape == (2, layer.units)


def test_deconvolution_reads_rows_of_height_width_channels():
    layer = Deconvolution((2, 2, 2), channels=1, kernel=3, stride=2, weight_range=1.0)
    module = layer.module(8, stream(0, "w"))
    torch.nn.init.uniform_(module.bias)
    x = torch.rand(3, 8)
    maps = torch.stack([x[:, 0::2].reshape(3, 2, 2), x[:, 1::2].reshape(3, 2, 2)], dim=1)
    expected = conv_transpose2d(maps, module.weight, stride=2).flatten(1) + module.bias
    torch.testing.assert_close(module(x), expected)
    assert module.bias.shape == (25,), "one bias for each output value"


def test_maxout_convolution_by_hand():
    """One pixel in, two pieces: max(x, -x), then the maximum over partial windows of 2 at stride 2."""
    layer = MaxoutConvolution(
        (1, 3, 3), channels=1, pieces=2, kernel=1, padding=0, pool=2, pool_stride=2, weight_range=1
    )
    module = layer.module(9, stream(0, "w"))
    with torch.no_grad():
        module.weight.copy_(torch.tensor([1.0, -1.0]).view(2, 1, 1, 1))
    x = torch.tensor([[1.0, -2, 3, -4, 5, -6, 7, -8, -9]])
    assert module(x).tolist() == [[5, 6, 8, 9]]


def test_sparse_weights_have_so_many_inputs_a_unit_and_no_favourites():
    weight = Layer(2000, "sigmoid", sparse=10).module(50, stream(0, "w")).weight
    chosen = weight != 0
    assert (chosen.sum(dim=1) == 10).all()
    assert weight[chosen].std().item() == pytest.approx(1, abs=0.02)
    assert chosen.float().mean(dim=0).sub(0.2).abs().max() < 0.04  # 4 standard errors


def test_layers_that_do_not_fit_are_refused():
    layer = MaxoutConvolution((3, 4, 4), 2, 2, 3, 1, 2, 2, 0.1)
    with pytest.raises(ValueError, match=r"shape \(3, 4, 4\) follows one of 47 units"):
        Discriminator(47, [layer, Layer(1, "linear", 0.1)], stream(0, "w"))
    with pytest.raises(ValueError, match="100 of only 4 inputs"):
        Generator(4, [Layer(3, "sigmoid", sparse=100)], stream(0, "w"))
    with pytest.raises(ValueError, match="weight_range or sparse"):
        Layer(3, "relu")


@pytest.mark.parametrize("pieces", [1, 2, 3, 5])
@pytest.mark.parametrize("shape", [(4,), (3, 5, 2)])
def test_a_maximum_of_pieces_has_autograds_value_and_gradient(pieces, shape):
    """Pieces that tie share it: here all of the first unit's, and two of the second's."""
    h = torch.randn(6, pieces * shape[0], *shape[1:], generator=stream(0, "h"))
    slabs = h.unflatten(1, (pieces, -1))
    slabs[:, :, 0] = 0.5
    slabs[:, -1, 1] = slabs[:, 0, 1] = 9.0
    ours, theirs = (h.clone().requires_grad_() for _ in range(2))
    weights = torch.randn(6, *shape, generator=stream(0, "weights"))
    maximum, expected = MaximumOfPieces.apply(ours, pieces), theirs.unflatten(1, (pieces, -1)).amax(dim=1)
    assert torch.equal(maximum, expected)
    for result in (maximum, expected):
        (result * weights).sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad)
