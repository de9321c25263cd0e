"""Where a run computes: the device, its number format, and how much memory is in use."""

import platform

import psutil
import torch

from workbench.domain.errors import BadSetting

_MIB = 1024 * 1024
# What a CPU says of itself that has instructions for products in bf16; without them they are slower than in fp32.
_BF16_OF_CPUS = ("avx512_bf16", "amx_bf16", "sve_bf16", "bf16")
# Parameters from which a CPU gains by it: at 5.9 million a core takes 0.35 s for a training step over 16 sequences of 64
# tokens, and 0.59 s in fp32; at 1.4 million an update of PPO takes a tenth longer than in fp32.
_WORTH_ROUNDING = 5_000_000


def choose_device(wanted: str) -> torch.device:
    """Returns the device that a job names; `auto` takes CUDA, then Apple's MPS, then the CPU.

    Raises:
        BadSetting: the device named is not in this machine, or is not a device's name.
    """
    if wanted == "auto":
        return _best_device()
    try:
        device = torch.device(wanted)
    except RuntimeError as error:
        raise BadSetting(f"There is no device `{wanted}`.", "Use auto, cpu, cuda, cuda:1 or mps.") from error
    if device.type not in {"cpu", "cuda", "mps"} or not _is_here(device):
        raise BadSetting(f"The device `{wanted}` is not in this machine.", "Use auto, or see `workbench doctor`.")
    return torch.device("cuda", device.index or 0) if device.type == "cuda" else device


def choose_dtype(device: torch.device, precision: str, n_parameters: int = 0) -> torch.dtype:
    """Returns the number format of matrix products: bf16 where it is fast (or asked for), else fp32.

    Args:
        device: where the run computes.
        precision: auto, fp32 or bf16.
        n_parameters: of the model that is trained; 0 where none is. What is only read on a CPU is read in fp32.
    """
    if precision != "auto":
        return torch.bfloat16 if precision == "bf16" else torch.float32
    if device.type == "cuda":
        is_fast = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        is_fast = has_fast_bf16(device) and n_parameters >= _WORTH_ROUNDING
    return torch.bfloat16 if is_fast else torch.float32


def has_fast_bf16(device: torch.device) -> bool:
    """Says whether a CPU has instructions for products in bf16."""
    return device.type == "cpu" and any(torch.cpu.get_capabilities().get(name) for name in _BF16_OF_CPUS)


def autocast(device: torch.device, dtype: torch.dtype) -> torch.autocast:
    """Computes inside as training does: weights in fp32, matrix products in `dtype`."""
    return torch.autocast(device.type, torch.bfloat16, enabled=dtype == torch.bfloat16)


def device_name(device: torch.device) -> str:
    """Returns the device's name for people."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    return f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads"


def memory_mib(device: torch.device) -> float:
    """Returns MiB in use: what torch holds on a GPU, else the process's resident memory."""
    if device.type == "cuda":
        return torch.cuda.memory_reserved(device) / _MIB
    if device.type == "mps":
        return torch.mps.driver_allocated_memory() / _MIB
    return float(psutil.Process().memory_info().rss / _MIB)


def _best_device() -> torch.device:
    if torch.cuda.is_available():
        return torch.device("cuda", 0)
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def _is_here(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_available() and (device.index or 0) < torch.cuda.device_count()
    return device.type == "cpu" or torch.backends.mps.is_available()
