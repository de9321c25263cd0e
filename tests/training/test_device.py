"""The device that a job names, and the number format that suits it."""

import pytest
import torch

from workbench.domain.errors import BadSetting
from workbench.training.device import choose_device, choose_dtype, device_name, memory_mib

CPU = torch.device("cpu")


def test_the_cpu_is_always_there() -> None:
    assert choose_device("cpu") == CPU
    assert choose_device("auto").type in {"cpu", "cuda", "mps"}


@pytest.mark.parametrize("name", ["cuda:99", "tpu", "my computer"])
def test_a_device_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(BadSetting, match=name):
        choose_device(name)


def test_a_cpu_computes_in_fp32_unless_told_otherwise() -> None:
    assert choose_dtype(CPU, "auto") == choose_dtype(CPU, "fp32") == torch.float32
    assert choose_dtype(CPU, "bf16") == torch.bfloat16


def test_name_and_memory_are_said() -> None:
    assert device_name(CPU).endswith("threads")
    assert memory_mib(CPU) > 50
