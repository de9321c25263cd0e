import os
import sys
from typing import NoReturn

import psutil
import pynvml
import pytest

from workbench.jobs.machine import Gpu, Slot, describe_machine, find_gpus, find_slots, usable_cores

GPUS = (Slot("cuda:0", "GPU-a"), Slot("cuda:1", "GPU-b"), Slot("cpu"))


def test_auto_takes_an_accelerator_where_there_is_one() -> None:
    assert [slot.name for slot in GPUS if slot.suits("auto", GPUS)] == ["cuda:0", "cuda:1"]
    assert Slot("cpu").suits("auto", (Slot("cpu"),))


def test_a_named_device_is_taken_by_its_name_or_kind() -> None:
    assert [slot.name for slot in GPUS if slot.suits("cuda", GPUS)] == ["cuda:0", "cuda:1"]
    assert [slot.name for slot in GPUS if slot.suits("cuda:1", GPUS)] == ["cuda:1"]
    assert [slot.name for slot in GPUS if slot.suits("cpu", GPUS)] == ["cpu"]
    assert [slot.name for slot in GPUS if slot.suits("mps", GPUS)] == []


def test_a_worker_sees_its_own_gpu_only() -> None:
    assert GPUS[1].environment("auto", 4)["CUDA_VISIBLE_DEVICES"] == "GPU-b"
    assert GPUS[2].environment("auto", 4)["CUDA_VISIBLE_DEVICES"] == ""
    assert GPUS[1].environment("auto", 4)["OMP_NUM_THREADS"] == "4"


def test_a_run_that_names_a_gpu_finds_it_under_that_number() -> None:
    variables = GPUS[1].environment("cuda:1", 4)
    assert (variables["CUDA_VISIBLE_DEVICES"], variables["CUDA_DEVICE_ORDER"]) == ("0,1", "PCI_BUS_ID")


def test_there_is_always_the_cpu() -> None:
    slots = find_slots()
    assert slots[-1] == Slot("cpu")
    assert [slot.name for slot in slots if slot.kind == "cuda"] == [f"cuda:{gpu.index}" for gpu in find_gpus()]


def test_gpus_that_are_hidden_are_no_slots() -> None:
    assert find_gpus({"CUDA_VISIBLE_DEVICES": ""}) == ()


def test_cores_are_those_that_this_process_may_use() -> None:
    expected = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    assert usable_cores() == expected


def test_the_machine_has_its_memory() -> None:
    machine = describe_machine()
    assert machine.memory_mib == psutil.virtual_memory().total / 2**20
    assert 0 < machine.free_mib <= machine.memory_mib


def test_what_a_driver_cannot_tell_is_left_open_and_a_lost_gpu_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    # No computer at hand has such GPUs, so the driver's answers stand in.
    def refuse(*_: object) -> NoReturn:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)

    def handle(index: int) -> str:
        return f"handle {index}" if index != 1 else refuse()

    answers = {
        "nvmlInit": lambda: None,
        "nvmlShutdown": refuse,
        "nvmlSystemGetDriverVersion": refuse,
        "nvmlDeviceGetCount": lambda: 3,
        "nvmlDeviceGetHandleByIndex": handle,
        "nvmlDeviceGetMemoryInfo": refuse,
        "nvmlDeviceGetUtilizationRates": refuse,
        "nvmlDeviceGetComputeRunningProcesses": refuse,
        "nvmlDeviceGetUUID": lambda handle: "GPU-a" if handle == "handle 0" else refuse(),
        "nvmlDeviceGetName": refuse,
    }
    for name, answer in answers.items():
        monkeypatch.setattr(pynvml, name, answer)
    first, last = find_gpus({})
    assert first == Gpu(index=0, uuid="GPU-a", name="GPU 0", memory_mib=0.0, free_mib=0.0, driver="")
    assert (last.index, last.uuid) == (2, "")
    assert find_gpus({"CUDA_VISIBLE_DEVICES": ""}) == ()  # the one without an id is hidden too
