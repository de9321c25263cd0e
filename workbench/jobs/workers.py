"""Worker processes: started with the run's lock in hand, ended with all their children."""

import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from workbench.domain.records import ProcessMark
from workbench.jobs.launch import worker_environment
from workbench.storage.hub_access import hub_environment
from workbench.storage.liveness import (
    CLOCK_S,
    find_process,
    lock_for_worker,
    mark_process,
    note_worker,
    started_before_boot,
)
from workbench.storage.runlog import LOG, RunFolder

JOINED = "+"  # between the slots of a run that occupies several
_RUN = "WORKBENCH_RUN"  # in a worker's environment, so that its orphans can be told from strangers
_END_S = 5.0  # for the system to end killed processes; they cannot refuse


def worker_command(run_folder: Path) -> list[str]:
    """Returns the command of a run's worker."""
    return [sys.executable, "-P", "-m", "workbench.training.worker", str(run_folder)]


class Worker:
    """A worker of this runner, or one that an earlier runner started.

    Attributes:
        run: its run.
        mark: which process it is.
    """

    def __init__(self, run: RunFolder, mark: ProcessMark, process: "subprocess.Popen[bytes] | None" = None) -> None:
        self.run = run
        self.mark = mark
        self._process = process

    def is_alive(self) -> bool:
        """Says whether the worker itself lives; its children may outlive it until `end` is called."""
        # Our own dead child stays a zombie until `end` waits for it, so nobody gets its pid before its group is killed.
        return find_process(self.mark) is not None

    def end(self) -> int | None:
        """Kills what is left of the worker, its session and its descendants; strangers with their numbers are left alone.

        Returns:
            The exit code, negative for a signal; None where an earlier runner started it.
        """
        family = _family(self.run, self.mark)
        for process in family:
            _kill(process)
        _wait_for_the_end(family)
        # One that hangs in a driver dies when the driver lets it; until then it holds the run's lock.
        if self._process is None:
            return None
        try:
            # Its leader may be a zombie while other threads of it are still being ended, and cannot be waited for before that.
            return self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            return None


def start_worker(run: RunFolder, command: Sequence[str], device: str, environment: Mapping[str, str]) -> Worker | None:
    """Starts a worker in its own session, its output in worker.log.

    Args:
        run: its folder is the worker's working folder.
        command: the program with its arguments.
        device: the slot it occupies.
        environment: variables to add to ours.

    Returns:
        The worker; None when one lives already.

    Raises:
        OSError: the system cannot start it.
    """
    lock = lock_for_worker(run, device)
    if lock is None:
        return None
    try:
        with (run.folder / LOG).open("ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=run.folder,
                env=worker_environment() | hub_environment() | dict(environment) | {_RUN: str(run.folder)},
                start_new_session=True,
                pass_fds=(lock,),
                # Only between fork and exec is there a moment at which the worker can say its pid before anything of
                # it runs: a runner that is killed right here leaves no worker that the next one cannot name.
                preexec_fn=lambda: note_worker(lock),  # noqa: PLW1509  (the runner has one thread)
            )
    finally:
        os.close(lock)
    mark = mark_process(process.pid, device)
    if mark is None:  # cannot be: a dead child stays until we wait for it
        raise ProcessLookupError(process.pid)
    run.write_process(mark)
    return Worker(run, mark, process)


def _family(run: RunFolder, mark: ProcessMark) -> list[psutil.Process]:
    """Returns the worker if it lives, its descendants, and whoever is in its session."""
    if mark.host != platform.node() or started_before_boot(mark):
        return []  # whoever has its number here and now is a stranger
    try:
        worker = psutil.Process(mark.pid)
        if abs(worker.create_time() - mark.started) > CLOCK_S:
            return []  # the number is another's by now, so the session is too
    except psutil.AccessDenied:
        return []
    except psutil.NoSuchProcess:
        return [process for process in _younger(mark) if _works_on(process, run)]
    ours = (process for process in _younger(mark) if _is_in_session(process, mark) or _works_on(process, run))
    return list({process.pid: process for process in (worker, *_descendants(worker), *ours)}.values())


def _is_in_session(process: psutil.Process, mark: ProcessMark) -> bool:
    """Says whether the process is in the session that the worker led."""
    try:
        return os.getsid(process.pid) == mark.pid
    except (ProcessLookupError, PermissionError):
        return False


def _younger(mark: ProcessMark) -> Iterator[psutil.Process]:
    """Yields all processes of the computer that are no older than the worker."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.create_time() >= mark.started - CLOCK_S:
                yield process


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def _works_on(process: psutil.Process, run: RunFolder) -> bool:
    """Says whether the process descends from a worker of the run.

    With the worker gone another session may have its number; and of several processes each leads a session of its own.
    """
    try:
        return process.environ().get(_RUN) == str(run.folder)
    except (psutil.Error, OSError):
        return False


def _kill(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        process.send_signal(signal.SIGKILL)


def _wait_for_the_end(processes: Sequence[psutil.Process]) -> None:
    """Waits until the processes are dead; a zombie that nobody has waited for is dead enough."""
    deadline = time.monotonic() + _END_S
    for process in processes:
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            while process.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
                time.sleep(0.005)
