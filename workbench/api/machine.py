"""The computer as it is this moment, and what each run takes of it: what a window shows while runs go on."""

import psutil
from pydantic import BaseModel

from workbench.jobs.machine import describe_machine, find_slots
from workbench.jobs.queue import read_queue
from workbench.jobs.usage import RunUse, UsageMeter
from workbench.storage.preferences import read_preferences
from workbench.storage.project import Project

__all__ = ["DeviceView", "GpuLoad", "MachineLoad", "RunUse", "UsageMeter", "list_devices", "show_machine"]


class GpuLoad(BaseModel):
    """One GPU's memory in MiB, and the share of the last moment in which it computed; None where that is not known."""

    name: str
    used_mib: float
    memory_mib: float
    busy_percent: float | None = None


class MachineLoad(BaseModel):
    """How busy the computer is. `cpu_percent` is over all cores since the last look; memory in MiB."""

    cpu_percent: float
    cores: int
    used_mib: float
    memory_mib: float
    gpus: list[GpuLoad]


class DeviceView(BaseModel):
    """A device that runs may occupy.

    Attributes:
        name: torch's, as cuda:0.
        what: what it is, for people.
        allowed: the person lets runs use it.
        runs: how many runs of the project it takes at once; 1 where no project is given.
    """

    name: str
    what: str
    allowed: bool
    runs: int


def show_machine() -> MachineLoad:
    """Returns how busy processors and memory are."""
    machine = describe_machine()
    return MachineLoad(
        cpu_percent=psutil.cpu_percent(None),
        cores=machine.cores,
        used_mib=machine.memory_mib - machine.free_mib,
        memory_mib=machine.memory_mib,
        gpus=[
            GpuLoad(
                name=gpu.name,
                used_mib=gpu.memory_mib - gpu.free_mib,
                memory_mib=gpu.memory_mib,
                busy_percent=gpu.busy_percent,
            )
            for gpu in machine.gpus
        ],
    )


def list_devices(project: Project | None = None) -> list[DeviceView]:
    """Returns the devices of this computer, accelerators first, and what runs may do with them."""
    prefers = read_preferences().devices
    queue = None if project is None else read_queue(project)
    machine = describe_machine()
    names = {f"cuda:{gpu.index}": f"{gpu.name}, {gpu.memory_mib / 1024:.0f} GB" for gpu in machine.gpus}
    names |= {"mps": "Apple's GPU", "cpu": f"{machine.cpu}, {machine.cores} cores, {machine.memory_mib / 1024:.0f} GB"}
    return [
        DeviceView(
            name=slot.name,
            what=names.get(slot.name, slot.name),
            allowed=prefers.allows(slot.name),
            runs=1 if queue is None else queue.capacity(slot.name),
        )
        for slot in find_slots()
    ]
