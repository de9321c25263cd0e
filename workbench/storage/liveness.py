"""Is the process that was started for a run, or for a project, still the one that runs?"""

import platform
import time
from pathlib import Path

import psutil

from workbench.domain.records import ProcessMark
from workbench.storage.runlog import EVENTS, RunFolder

# A worker says something at least every half minute. Of one on another computer (a shared disk) nothing else is seen.
_SILENT_S = 180.0
_CLOCK_S = 1.5  # the system rounds creation times, and derives them from the boot time, which the clock's setting moves


def is_working(run: RunFolder) -> bool:
    """Says whether the process named in process.json still works on this very folder.

    Pids are used again after a restart, so the creation time must fit; and a copied project holds the marks of the
    original's workers, so the process must have its working folder here.
    """
    mark = run.process()
    if mark is None:
        return False
    if mark.host != platform.node():
        return run.outcome() is None and time.time() - _last_word(run.folder) < _SILENT_S
    process = find_process(mark)
    return process is not None and works_in(process, run.folder)


def find_process(mark: ProcessMark) -> psutil.Process | None:
    """Returns the live process of a mark of this computer; None when it is gone or a zombie."""
    try:
        process = psutil.Process(mark.pid)
        if abs(process.create_time() - mark.started) > _CLOCK_S or process.status() == psutil.STATUS_ZOMBIE:
            return None
    except psutil.Error:
        return None
    return process


def works_in(process: psutil.Process, folder: Path) -> bool:
    """Says whether the process has `folder` as its working folder; it follows the folder when that is renamed."""
    try:
        return folder.samefile(process.cwd())
    except psutil.AccessDenied:
        return True  # another person's process, with the right pid and creation time
    except (psutil.Error, OSError):
        return False


def mark_process(pid: int, device: str) -> ProcessMark:
    """Returns the mark of a live process of this computer.

    Raises:
        psutil.NoSuchProcess: it is gone already.
    """
    return ProcessMark(pid=pid, started=psutil.Process(pid).create_time(), device=device, host=platform.node())


def _last_word(folder: Path) -> float:
    path = folder / EVENTS
    return path.stat().st_mtime if path.exists() else 0.0
