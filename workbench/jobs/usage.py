"""What each run of a project takes from the computer at this moment: its worker and all that it started."""

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import psutil

from workbench.jobs.machine import find_gpus
from workbench.storage.liveness import find_process
from workbench.storage.project import Project

_MIB = 1024 * 1024


class RunUse(NamedTuple):
    """What a run takes.

    Attributes:
        device: the slot that it occupies, as cuda:0.
        pid: of its worker.
        cpu_percent: of one core, over all its processes since the last look; None at the first.
        memory_mib: resident memory of its processes, shared pages counted in each.
        gpu_mib: memory on GPUs, as their drivers tell; None where it uses none, or they cannot tell.
        seconds: since its worker started.
    """

    run_id: str
    device: str
    pid: int
    cpu_percent: float | None
    memory_mib: float
    gpu_mib: float | None
    seconds: float


class UsageMeter:
    """Looks at a project's runs again and again; what a run takes of the processors lies between two looks."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._before: dict[str, tuple[float, float]] = {}  # by run: processor seconds, and when

    def look(self) -> list[RunUse]:
        """Returns the runs that are worked on by this computer now."""
        found = list(self._workers())
        gpu_mib = _gpu_memory() if found else {}
        uses = [self._use(run_id, device, worker, gpu_mib) for run_id, device, worker in found]
        self._before = {run_id: seen for run_id, seen in self._before.items() if run_id in {use.run_id for use in uses}}
        return uses

    def _workers(self) -> Iterator[tuple[str, str, psutil.Process]]:
        for run in self._project.run_folders():
            mark = run.process()
            if mark is None:
                continue
            worker = find_process(mark)
            if worker is not None:
                yield run.folder.name, mark.device, worker

    def _use(self, run_id: str, device: str, worker: psutil.Process, gpu_mib: dict[int, float]) -> RunUse:
        now, busy_s, memory, on_gpu, started = time.monotonic(), 0.0, 0.0, [], time.time()
        for process in _family(worker):
            with suppress(psutil.Error), process.oneshot():
                times = process.cpu_times()
                busy_s += times.user + times.system
                memory += process.memory_info().rss / _MIB
                started = min(started, process.create_time())
            if process.pid in gpu_mib:
                on_gpu.append(gpu_mib[process.pid])
        before = self._before.get(run_id)
        self._before[run_id] = (busy_s, now)
        return RunUse(
            run_id=run_id,
            device=device,
            pid=worker.pid,
            cpu_percent=_share(before, busy_s, now),
            memory_mib=memory,
            gpu_mib=sum(on_gpu) if on_gpu else None,
            seconds=time.time() - started,
        )


def _share(before: tuple[float, float] | None, busy_s: float, now: float) -> float | None:
    if before is None or now <= before[1]:
        return None
    return max(0.0, 100 * (busy_s - before[0]) / (now - before[1]))  # less where a child has ended since


def _family(worker: psutil.Process) -> list[psutil.Process]:
    try:
        return [worker, *worker.children(recursive=True)]
    except psutil.Error:
        return [worker]


def _gpu_memory() -> dict[int, float]:
    found: dict[int, float] = {}
    for gpu in find_gpus():
        for pid, mib in gpu.used_by.items():
            found[pid] = found.get(pid, 0.0) + mib
    return found
