"""Worker processes: started with the run's lock in hand, ended with all their children."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

import psutil

from workbench.domain.records import ProcessMark
from workbench.jobs.launch import worker_environment
from workbench.storage.liveness import CLOCK_S, find_process, lock_for_worker, mark_process, note_worker
from workbench.storage.runlog import LOG, RunFolder

_END_S = 5.0  # for the system to end killed processes; they cannot refuse


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
        """Kills what is left of the worker, its process group and its descendants.

        Returns:
            The exit code, negative for a signal; None where an earlier runner started it.
        """
        family = _family(self.mark.pid, self.mark.started)
        for process in family:
            _kill(process)
        _wait_for_the_end(family)
        # One that hangs in a driver dies when the driver lets it; until then it holds the run's lock.
        return None if self._process is None else self._process.poll()


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
                env=worker_environment() | dict(environment),
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


def _family(pid: int, started: float) -> list[psutil.Process]:
    """Returns the worker if it lives, its descendants, and whoever is in its session."""
    found: dict[int, psutil.Process] = {}
    for process in psutil.process_iter():
        try:
            if process.pid == pid:
                if abs(process.create_time() - started) > CLOCK_S:
                    return []  # the pid is another's by now, so the session is too
                found |= {child.pid: child for child in process.children(recursive=True)} | {pid: process}
            elif os.getsid(process.pid) == pid:
                found[process.pid] = process
        except (psutil.Error, ProcessLookupError, PermissionError):
            continue
    return list(found.values())


def _kill(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(signal.SIGKILL)


def _wait_for_the_end(processes: Sequence[psutil.Process]) -> None:
    """Waits until the processes are dead; a zombie that nobody has waited for is dead enough."""
    deadline = time.monotonic() + _END_S
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            while process.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
                time.sleep(0.005)
