"""What this computer can train on: each GPU is a slot, and so is the CPU."""

import os
import platform
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

import psutil
import pynvml

_MIB = 1024 * 1024
T = TypeVar("T")


@dataclass(frozen=True)
class Gpu:
    """A GPU as its driver describes it; memory in MiB, 0 where the driver cannot tell.

    Attributes:
        busy_percent: share of the last moment in which it computed; None where the driver cannot tell.
        used_by: MiB by process id, of the processes that compute on it.
    """

    index: int
    uuid: str
    name: str
    memory_mib: float
    free_mib: float
    driver: str
    busy_percent: float | None = None
    used_by: Mapping[int, float] = field(default_factory=dict)


class Machine(NamedTuple):
    """The computer; memory in MiB."""

    cpu: str
    cores: int
    memory_mib: float
    free_mib: float
    gpus: tuple[Gpu, ...]


class Slot(NamedTuple):
    """A device that one run occupies, by torch's name for it: cpu, cuda:0, mps. `uuid` is a GPU's."""

    name: str
    uuid: str = ""

    @property
    def kind(self) -> str:
        """cpu, cuda or mps."""
        return self.name.partition(":")[0]

    def suits(self, device: str, slots: "tuple[Slot, ...]") -> bool:
        """Says whether a run that asks for `device` may go here; `auto` takes an accelerator where there is one."""
        if device == "auto":
            return self.kind != "cpu" or all(slot.kind == "cpu" for slot in slots)
        return device in {self.name, self.kind}

    def environment(self, device: str, threads: int) -> dict[str, str]:
        """Returns the variables that confine a worker to this slot.

        Args:
            device: what the run asks for. To a run that names cuda:1, that GPU must be torch's number 1; to any other it
                is the only one.
            threads: CPU threads that the worker may use.
        """
        limits = {name: str(threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
        if self.kind != "cuda":
            return limits | {"CUDA_VISIBLE_DEVICES": ""}
        number = int(self.name.partition(":")[2])
        visible = ",".join(str(i) for i in range(number + 1)) if device == self.name else self.uuid or str(number)
        return limits | {"CUDA_VISIBLE_DEVICES": visible, "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}


def describe_machine() -> Machine:
    """Returns processors and memory as they are now."""
    memory = psutil.virtual_memory()
    return Machine(
        cpu=platform.processor() or platform.machine(),
        cores=usable_cores(),
        memory_mib=memory.total / _MIB,
        free_mib=memory.available / _MIB,
        gpus=find_gpus(),
    )


def usable_cores() -> int:
    """Returns the number of cores that this process may use, which in a container is fewer than there are."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def find_slots() -> tuple[Slot, ...]:
    """Returns this computer's slots, accelerators first."""
    gpus = tuple(Slot(f"cuda:{gpu.index}", gpu.uuid) for gpu in find_gpus())
    apple = (Slot("mps"),) if sys.platform == "darwin" and platform.machine() == "arm64" else ()
    return (*gpus, *apple, Slot("cpu"))


def find_gpus(environment: Mapping[str, str] = os.environ) -> tuple[Gpu, ...]:
    """Returns the NVIDIA GPUs that CUDA_VISIBLE_DEVICES leaves visible; none where there is no driver."""
    with _nvml() as loaded:
        if not loaded:
            return ()
        driver = _ask(pynvml.nvmlSystemGetDriverVersion, "")
        described = [_describe_gpu(index, driver) for index in range(_ask(pynvml.nvmlDeviceGetCount, 0))]
    gpus = tuple(gpu for gpu in described if gpu is not None)
    visible = environment.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return gpus
    names = {name.strip() for name in visible.split(",")} - {""}
    return tuple(gpu for gpu in gpus if str(gpu.index) in names or gpu.uuid in names)


def _describe_gpu(index: int, driver: str) -> Gpu | None:
    """Returns a GPU with all that its driver tells; None for one that cannot be reached at all."""
    handle = _ask(lambda: pynvml.nvmlDeviceGetHandleByIndex(index), None)
    if handle is None:
        return None
    memory = _ask(lambda: pynvml.nvmlDeviceGetMemoryInfo(handle), None)
    rates = _ask(lambda: pynvml.nvmlDeviceGetUtilizationRates(handle), None)
    processes: list[Any] = _ask(lambda: pynvml.nvmlDeviceGetComputeRunningProcesses(handle), [])
    return Gpu(
        index=index,
        uuid=_ask(lambda: pynvml.nvmlDeviceGetUUID(handle), ""),
        name=_ask(lambda: pynvml.nvmlDeviceGetName(handle), f"GPU {index}"),
        memory_mib=0.0 if memory is None else memory.total / _MIB,
        free_mib=0.0 if memory is None else memory.free / _MIB,
        driver=driver,
        busy_percent=None if rates is None else float(rates.gpu),
        used_by={process.pid: (process.usedGpuMemory or 0) / _MIB for process in processes},
    )


def _ask(question: Callable[[], Any], unknown: T) -> Any | T:
    """Returns the driver's answer, or `unknown`, so that a value that cannot be read keeps no run from starting."""
    try:  # a GPU that shares the computer's memory, for one, has no memory of its own to tell
        return question()
    except pynvml.NVMLError:
        return unknown


@contextmanager
def _nvml() -> Iterator[bool]:
    """Loads the driver's library for the block; yields whether there is one."""
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        yield False
        return
    try:
        yield True
    finally:
        _ask(pynvml.nvmlShutdown, None)
