"""Does a process work on a run at this moment? Answered by a lock that the worker inherits, not by guessing from pids.

Whoever starts a worker opens runs/ID/process.lock, locks it and hands the open file down. The system releases the lock when
the worker and all that it forked are gone, however they died; a copy of the project has a lock file that nobody holds;
and nobody can start a second worker while the first lives.
"""

import fcntl
import os
import platform
from pathlib import Path
from typing import IO

import psutil

from workbench.domain.records import ProcessMark
from workbench.storage.runlog import RunFolder

WORKER_LOCK = "process.lock"
CLOCK_S = 1.5  # creation times are derived from the boot time, which moves when the clock is set


def is_working(run: RunFolder) -> bool:
    """Says whether a worker, or anything that it forked, is alive."""
    return is_held(run.folder / WORKER_LOCK)


def is_held(lock: Path) -> bool:
    """Says whether a process holds a lock file, without making one that is not there."""
    try:
        descriptor = os.open(lock, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        # Shared, so that any number may ask at once without taking one another for the holder.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def lock_for_child(file: IO[bytes]) -> bool:
    """Locks an open file for as long as we or a process that inherits it live; False where somebody holds it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def lock_for_worker(run: RunFolder, device: str) -> int | None:
    """Takes the run's lock for a worker that is about to start.

    Args:
        run: the run's folder.
        device: the slot that the worker will occupy, noted in the lock file.

    Returns:
        The descriptor to hand down; None when a worker lives, or somebody is asking just now.
    """
    descriptor = os.open(run.folder / WORKER_LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{device}\n".encode())
    return descriptor


def note_worker(descriptor: int) -> None:
    """Writes the calling process's id into the lock file; called in the worker before its program is loaded."""
    os.write(descriptor, f"{os.getpid()}\n".encode())


def worker_mark(run: RunFolder) -> ProcessMark | None:
    """Returns the mark of the worker that last held the run's lock, as the lock file tells it; None where it tells none."""
    path = run.folder / WORKER_LOCK
    lines = path.read_text().split()
    if len(lines) != 2:
        return None
    gone = ProcessMark(pid=int(lines[1]), started=path.stat().st_mtime, device=lines[0], host=platform.node())
    return mark_process(gone.pid, gone.device) or gone


def mark_process(pid: int, device: str) -> ProcessMark | None:
    """Returns the mark of a process of this computer; None when it is gone."""
    try:
        started = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return None
    return ProcessMark(pid=pid, started=started, device=device, host=platform.node())


def find_process(mark: ProcessMark) -> psutil.Process | None:
    """Returns the live process of a mark; None when it is gone, a zombie, of another computer, or its pid is used anew."""
    if mark.host != platform.node():
        return None
    try:
        process = psutil.Process(mark.pid)
        if abs(process.create_time() - mark.started) > CLOCK_S or process.status() == psutil.STATUS_ZOMBIE:
            return None
    except psutil.NoSuchProcess:
        return None
    return process


def started_before_boot(mark: ProcessMark) -> bool:
    """Says whether the computer was restarted since the process began."""
    return mark.host == platform.node() and mark.started < psutil.boot_time() - CLOCK_S
