"""The computer as it is this moment: what a window shows while runs go on."""

import psutil
from pydantic import BaseModel

from workbench.jobs.machine import describe_machine


class GpuLoad(BaseModel):
    """One GPU's memory in MiB."""

    name: str
    used_mib: float
    memory_mib: float


class MachineLoad(BaseModel):
    """How busy the computer is. `cpu_percent` is over all cores since the last look; memory in MiB."""

    cpu_percent: float
    cores: int
    used_mib: float
    memory_mib: float
    gpus: list[GpuLoad]


def show_machine() -> MachineLoad:
    """Returns how busy processors and memory are."""
    machine = describe_machine()
    return MachineLoad(
        cpu_percent=psutil.cpu_percent(None),
        cores=machine.cores,
        used_mib=machine.memory_mib - machine.free_mib,
        memory_mib=machine.memory_mib,
        gpus=[
            GpuLoad(name=gpu.name, used_mib=gpu.memory_mib - gpu.free_mib, memory_mib=gpu.memory_mib)
            for gpu in machine.gpus
        ],
    )
