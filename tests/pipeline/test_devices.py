"""The protocol is float32: TF32 is off, in products and in convolutions, except where training asks for it."""

import argparse

import pytest
import torch
from helpers import ROOT

from gan import precision as precision_module
from gan.precision import BFLOAT16_INSTRUCTIONS, OPERANDS, rounding
from gan.three_tf32 import split
from pipeline.config.params import load
from pipeline.files.errors import UserError
from pipeline.runtime import arithmetic
from pipeline.runtime.arithmetic import computable, training_precision
from pipeline.runtime.devices import free_card, machine, use_device


def flags() -> tuple[str, bool]:
    return torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32


@pytest.fixture(autouse=True)
def cpu():
    use_device(argparse.Namespace(device="cpu", threads=None), load(ROOT / "params.yaml"))


def test_use_device_turns_tf32_off_and_determinism_on():
    assert flags() == ("highest", False)
    assert torch.backends.cudnn.deterministic
    assert not torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction


def test_training_precision_is_for_training_alone():
    with training_precision("tf32", torch.device("cuda")):
        assert flags() == ("high", True)
    assert flags() == ("highest", False)
    with training_precision("float32", torch.device("cpu")):
        assert flags() == ("highest", False)


@pytest.mark.parametrize("precision", ["tf32", "tf32x3"])
def test_tf32_without_cuda_is_refused(precision):
    with pytest.raises(UserError, match="needs a CUDA device"), training_precision(precision, torch.device("cpu")):
        pass


def test_three_tf32_products_without_triton_are_refused(monkeypatch):
    monkeypatch.setattr(arithmetic, "find_spec", lambda _: None)
    with pytest.raises(UserError, match="needs Triton"), training_precision("tf32x3", torch.device("cuda")):
        pass


def test_rounding_is_what_a_product_shows(monkeypatch):
    cpu = torch.device("cpu")
    assert rounding(cpu) == "float32"
    assert rounding(cpu, "tf32x3") == "tf32x3"
    assert rounding(cpu, "bfloat16") == "bfloat16"
    assert machine(cpu, "bfloat16")["rounding"] == "bfloat16"
    monkeypatch.setitem(OPERANDS, "tf32", torch.float16)
    assert rounding(cpu, "tf32") == "tf32", "as many digits as tf32"


def test_rounding_notices_three_products_that_are_one(monkeypatch):
    monkeypatch.setattr(precision_module, "product", lambda a, b: split(a)[0] @ split(b)[0])
    assert rounding(torch.device("cpu"), "tf32x3") == "tf32"


def test_rounding_notices_sums_in_less_than_float32(monkeypatch):
    """Partial sums that are rounded to bfloat16, as some libraries allow themselves."""
    whole = torch.Tensor.__matmul__

    def in_parts(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        if a.dtype != torch.bfloat16:
            return whole(a, b)
        return sum(whole(x, y) for x, y in zip(a.chunk(4, dim=1), b.chunk(4), strict=True))

    monkeypatch.setattr(torch.Tensor, "__matmul__", in_parts)
    assert rounding(torch.device("cpu"), "bfloat16") == "less than bfloat16"


def test_rounding_believes_no_setting(monkeypatch):
    """A switch that asks for faster products is not what was computed: only the product says it."""
    whole = torch.Tensor.__matmul__
    monkeypatch.setattr(torch.Tensor, "__matmul__", lambda a, b: whole(a, b) + (a.dtype == torch.float32) * 0.03)
    assert rounding(torch.device("cpu")) == "bfloat16"


@pytest.mark.parametrize("name", BFLOAT16_INSTRUCTIONS)
@pytest.mark.parametrize("has", [True, False])
def test_bfloat16_is_float32_where_there_is_no_such_arithmetic(monkeypatch, capsys, has, name):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {name: has})
    assert computable("bfloat16", torch.device("cpu")) == ("bfloat16" if has else "float32")
    assert ("this device has no bfloat16 arithmetic" in capsys.readouterr().out) is not has
    assert computable("float32", torch.device("cpu")) == "float32"


def test_each_job_has_a_gpu_of_its_own_while_there_are_enough(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda card: ([1, 5, 3][card], 8))
    assert [free_card(3, tmp_path) for _ in range(5)] == [0, 1, 2, 1, 1]
