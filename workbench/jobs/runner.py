"""The project's runner: one small background process that starts the queued runs as inputs finish and devices come free.

`python -m workbench.jobs.runner PROJECT`. It loads neither torch nor Qt, ends when nothing is left to do, and keeps
nothing in memory that cannot be found again on disk: killed at any moment, the next one goes on where it was.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from filelock import FileLock, Timeout

from workbench.domain.errors import WorkbenchError
from workbench.domain.events import Failed, Warned
from workbench.domain.preferences import DevicePreferences
from workbench.domain.records import Job, Outcome, RunState
from workbench.jobs.distributed import environment, launched, n_slots
from workbench.jobs.launch import STOP_NOW
from workbench.jobs.machine import Slot, find_slots, usable_cores
from workbench.jobs.queue import Queue, edit_queue
from workbench.jobs.states import CONTINUE, StateReader, goes_on, vanished
from workbench.jobs.workers import JOINED, Worker, start_worker, worker_command
from workbench.storage.liveness import is_working, worker_mark
from workbench.storage.preferences import read_preferences
from workbench.storage.project import RUNNER_LOCK, Project
from workbench.storage.runlog import JOB, STOP, RunFolder

_LOCK_S = 1.0  # somebody who asks whether a runner lives holds its lock for a moment
_BY_SIGNAL = "The worker was killed by signal {} without a last word."
_ONE_OF = "One of the run's {} processes died without a last word; the others were ended."
_MEMORY = "If nobody killed it, the computer ran out of memory: choose a smaller batch or model. " + CONTINUE


class Runner:
    """Works off a project's queue.

    Slots are this project's view of the devices. Runners of other projects are not asked: two projects that run at once may
    put a run each on the same GPU, and share its memory and the cores.

    Args:
        project: whose queue.
        command: from a run's folder to its worker's command.
        slots: the devices; this computer's when not given.
        poll_s: seconds between two looks.
        grace_s: seconds that a worker which is to stop at once has for its last checkpoint.
    """

    def __init__(
        self,
        project: Project,
        command: Callable[[Path], Sequence[str]] = worker_command,
        slots: Sequence[Slot] | None = None,
        poll_s: float = 0.4,
        grace_s: float = 5.0,
    ) -> None:
        self.project = project
        self._command = command
        self._slots = tuple(find_slots() if slots is None else slots)
        self._poll_s = poll_s
        self._grace_s = grace_s
        self._workers: dict[str, Worker] = {}

    def run(self) -> bool:
        """Works until nothing is left.

        Returns:
            False if another runner works for the project; then nothing was done.
        """
        lock = FileLock(self.project.state_folder() / RUNNER_LOCK, timeout=_LOCK_S)
        try:
            lock.acquire()
        except Timeout:
            return False
        try:
            while not self.step(release=lock.release):
                time.sleep(self._poll_s)
        finally:
            lock.release(force=True)
        return True

    def step(self, release: Callable[[], None] = lambda: None) -> bool:
        """Looks once: ends what is over, stops what is asked to, starts what can start.

        Args:
            release: called while the queue is still locked when nothing is left, so that whoever adds a run after that
                finds no runner and starts one.

        Returns:
            Whether nothing is left.
        """
        with edit_queue(self.project) as edit:
            for run_id in edit.queue.run_ids:
                self._look_after(run_id)
            edit.queue = self._without_the_over(edit.queue)
            left = self._start_what_can(edit.queue)
            if left or self._workers:
                return False
            release()
            return True

    def _look_after(self, run_id: str) -> None:
        worker = self._workers.get(run_id) or self._adopt(run_id)
        if worker is None:
            return
        alive = worker.is_alive()
        if alive and not self._time_is_up(worker.run):
            return
        code = worker.end()
        self._workers.pop(run_id)
        if worker.run.process() != worker.mark:
            return  # resumed before we looked: what was this worker's end is no end any more
        if goes_on(worker.run):
            _put_back(worker.run)
        elif worker.run.outcome() is None:
            _write_last_word(worker.run, killed=alive, code=code)
        worker.run.clear_process()
        if (outcome := worker.run.outcome()) is not None and outcome.state == "finished":
            worker.run.drop_work_aside()

    def _adopt(self, run_id: str) -> Worker | None:
        """Takes over a run that an earlier runner started, dead or alive."""
        run = RunFolder(self.project.run_folder(run_id))
        mark = run.process()
        if mark is None and is_working(run) and (mark := worker_mark(run)) is not None:
            run.write_process(mark)  # the earlier runner died before it could
        if mark is None:
            return None
        worker = Worker(run, mark)
        self._workers[run_id] = worker
        return worker

    def _time_is_up(self, run: RunFolder) -> bool:
        stop = run.folder / STOP
        if not stop.exists() or stop.read_bytes() != STOP_NOW:
            return False
        return time.time() - stop.stat().st_mtime > self._grace_s

    def _without_the_over(self, queue: Queue) -> Queue:
        for run_id in queue.run_ids:
            run = RunFolder(self.project.run_folder(run_id))
            gone = not (run.folder / JOB).exists()
            if run_id not in self._workers and (gone or run.outcome() is not None):
                queue = queue.without(run_id)
        return queue

    def _start_what_can(self, queue: Queue) -> bool:
        """Starts runs while devices are free; says whether one that could start is left."""
        left = False
        reader = StateReader(self.project, set(queue.run_ids))
        for run_id in queue.run_ids:
            if run_id in self._workers:
                continue
            run = RunFolder(self.project.run_folder(run_id))
            try:
                if reader.state(run_id) is RunState.QUEUED:
                    left |= not self._start(run, queue)
            except (WorkbenchError, OSError) as error:
                # One run that cannot start must not keep the others from theirs.
                run.write_outcome(Outcome(state="failed", code="not_started", message=str(error)))
        return left

    def _start(self, run: RunFolder, queue: Queue) -> bool:
        """Starts a run if a device is free, or says why none ever will be; returns whether that is settled."""
        job = run.job()
        device = job.device
        prefers = read_preferences().devices
        slots = tuple(slot for slot in self._slots if prefers.allows(slot.name))
        suitable = [slot for slot in slots if slot.suits(device, slots)]
        if not suitable or len(suitable) < n_slots(job, suitable[0].kind):
            run.write_outcome(_no_device(job, self._slots, prefers))
            return True
        wanted = n_slots(job, suitable[0].kind)
        taken = Counter(name for worker in self._workers.values() for name in worker.mark.device.split(JOINED))
        free = [slot for slot in suitable if taken[slot.name] < queue.capacity(slot.name)]
        if len(free) < wanted:
            return False
        chosen = sorted(free, key=lambda slot: taken[slot.name])[:wanted]
        alike = [other for other in slots if other.kind == chosen[0].kind]
        share = max(1, usable_cores() // sum(queue.capacity(other.name) for other in alike))
        limits = environment(job, chosen, prefers.threads or share)
        command = launched(run.folder, job, self._command(run.folder), chosen)
        worker = start_worker(run, command, JOINED.join(slot.name for slot in chosen), limits)
        if worker is None:
            return False  # somebody held the lock for the moment of a look
        self._workers[run.folder.name] = worker
        return True


def _no_device(job: Job, slots: Sequence[Slot], prefers: DevicePreferences) -> Outcome:
    there = ", ".join(slot.name for slot in slots)
    wanted, hint = f"the device {job.device}", "Use `device: auto`."
    if job.processes > 1:
        wanted = f"{job.processes} processes with a GPU each (`device: {job.device}`)"
        hint = "Resume it with fewer processes: `workbench resume PROJECT RUN --processes 1`."
    message = f"The run asks for {wanted}; this computer has: {there}."
    if prefers.use:
        message = f"{message[:-1]}; your preferences let runs use: {', '.join(prefers.use)}."
        hint = "Change `devices.use` in Settings, then retry."
    return Outcome(state="failed", code="no_device", message=message, hint=hint)


def _put_back(run: RunFolder) -> None:
    """Leaves a run in the queue that ended with the computer; noted last, so that none is lost if we die here."""
    run.append(Warned(code="restarted", message="The computer was restarted while it ran; it goes on by itself."))
    run.clear_process()
    run.note_put_back()


def _write_last_word(run: RunFolder, *, killed: bool, code: int | None) -> None:
    outcome = vanished(run)
    if killed:
        message = "Stopped at once; what it did since its last checkpoint is lost."
        outcome = outcome.model_copy(update={"state": "stopped", "code": "", "message": message, "log_tail": ""})
    elif outcome.state == "vanished" and code is not None and code < 0:
        outcome = outcome.model_copy(update={"message": _BY_SIGNAL.format(-code), "hint": _MEMORY})
    elif outcome.state == "vanished" and (count := run.job().processes) > 1:
        outcome = outcome.model_copy(update={"message": _ONE_OF.format(count), "hint": _MEMORY})
    run.write_outcome(outcome)
    if outcome.state == "vanished":
        run.append(Failed(code="vanished", message=outcome.message, hint=outcome.hint))


def main(arguments: Sequence[str]) -> int:
    """Runs the project's queue; returns the exit status."""
    Runner(Project.open(Path(arguments[0]))).run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
