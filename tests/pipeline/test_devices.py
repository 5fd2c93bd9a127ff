"""The protocol is float32: TF32 is off, in products and in convolutions, except where training asks for it."""

import argparse

import pytest
import torch

from pipeline.devices import training_precision, use_device
from pipeline.errors import UserError


def flags() -> tuple[str, bool]:
    return torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32


@pytest.fixture(autouse=True)
def cpu():
    use_device(argparse.Namespace(device="cpu", threads=None))


def test_use_device_turns_tf32_off_and_determinism_on():
    assert flags() == ("highest", False)
    assert torch.backends.cudnn.deterministic


def test_training_precision_is_for_training_alone():
    with training_precision("tf32", torch.device("cuda")):
        assert flags() == ("high", True)
    assert flags() == ("highest", False)
    with training_precision("float32", torch.device("cpu")):
        assert flags() == ("highest", False)


def test_tf32_without_cuda_is_refused():
    with pytest.raises(UserError, match="needs a CUDA device"), training_precision("tf32", torch.device("cpu")):
        pass
