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


@pytest.mark.parametrize(
    ("said", "n_parameters", "dtype"),
    [
        ({"avx512_bf16": True}, 5_300_000, torch.bfloat16),
        ({"amx_bf16": True}, 5_300_000, torch.bfloat16),
        ({"architecture": "aarch64", "bf16": True}, 5_300_000, torch.bfloat16),
        ({"avx512_bf16": True}, 1_100_000, torch.float32),
        ({"avx512_bf16": True}, 0, torch.float32),
        ({"avx512_bf16": False, "avx512_f": True}, 5_300_000, torch.float32),
        ({}, 5_300_000, torch.float32),
    ],
)
def test_a_cpu_with_instructions_for_bf16_takes_it_for_models_that_gain_by_it(
    monkeypatch: pytest.MonkeyPatch, said: dict[str, object], n_parameters: int, dtype: torch.dtype
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: said)
    assert choose_dtype(CPU, "auto", n_parameters) == dtype
    assert choose_dtype(CPU, "fp32", n_parameters) == torch.float32
    assert choose_dtype(CPU, "bf16", n_parameters) == torch.bfloat16


def test_name_and_memory_are_said() -> None:
    assert device_name(CPU).endswith("threads")
    assert memory_mib(CPU) > 50
