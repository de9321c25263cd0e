"""What a person asks of runs: start, stop, pause, resume. Each is a change on disk, and the runner is woken to see it."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import workbench
from workbench.domain.errors import BadInput, BadSetting, Busy, NotFound, WorkbenchError
from workbench.domain.recipes import TrainingRecipe
from workbench.domain.records import Job, Outcome, RunState
from workbench.jobs.distributed import check_shares
from workbench.jobs.queue import edit_queue, read_queue
from workbench.jobs.states import StateReader
from workbench.storage.files import write_record
from workbench.storage.liveness import is_held, is_working
from workbench.storage.project import RUNNER_LOCK, Project
from workbench.storage.runlog import JOB, RunFolder

RUNNER_LOG = "runner.log"
STOP_NOW = b"now"  # what the `stop` file holds when the worker is not to be waited for
_ACTIVE = {RunState.RUNNING, RunState.STOPPING}


def enqueue(project: Project, jobs: Iterable[Job], *, priority: int = 0, wake: bool = True) -> list[str]:
    """Puts runs into the queue, in the given order, and wakes the runner.

    Runs that are finished, going on or queued are left alone; others that were there before are continued.

    Returns:
        The ids of the runs that will be worked on now.
    """
    jobs = list(jobs)
    for job in jobs:
        project.add_job(job)
    with edit_queue(project) as edit:
        reader = StateReader(project, set(edit.queue.run_ids))
        wanted = [job.id for job in jobs if reader.state(job.id) not in {RunState.FINISHED, *_ACTIVE}]
        for run_id in wanted:
            _forget_end(project.run(run_id))
        edit.queue = edit.queue.with_runs(wanted, priority)
    if wake:
        wake_runner(project)
    return wanted


def stop_run(project: Project, run_id: str, *, now: bool = False, wake: bool = True) -> None:
    """Ends a run: a working one saves a checkpoint first, a queued one does not begin.

    Args:
        project, run_id: which.
        now: kill the worker and all its children if it has not ended after a few seconds.
        wake: start the runner, which sees to that.

    Raises:
        NotFound: there is no such run.
        BadInput: it is over already.
    """
    _end_run(project, run_id, Outcome(state="stopped", message="Taken from the queue."))
    run = project.run(run_id)
    if is_working(run):
        run.request_stop(STOP_NOW if now else b"")
        if wake:
            wake_runner(project)


def pause_run(project: Project, run_id: str, *, wake: bool = True) -> None:
    """Interrupts a run until it is resumed: a working one saves a checkpoint first.

    Args:
        project, run_id: which.
        wake: start the runner, which writes down how the run ended.

    Raises:
        NotFound: there is no such run.
        BadInput: it is over already.
    """
    _end_run(project, run_id, Outcome(state="paused", message="Waits outside the queue."))
    run = project.run(run_id)
    if is_working(run):
        run.request_pause()
        if wake:
            wake_runner(project)


def resume_run(
    project: Project, run_id: str, *, from_start: bool = False, processes: int | None = None, wake: bool = True
) -> list[str]:
    """Continues a run from its last checkpoint, and first the runs that it needs and that are not finished.

    Args:
        project, run_id: which.
        from_start: forget what it did so far.
        processes: train it with so many from now on; as many as before where not given.
        wake: start the runner.

    Returns:
        The ids of the runs that were put into the queue.

    Raises:
        NotFound: there is no such run.
        BadInput: it is finished, or works.
        BadSetting: its batch cannot be divided among the processes, or an earlier version planned it with a setting that
            is not known any more.
        Busy: it is still saving its last checkpoint.
    """
    job = project.job(run_id)
    with edit_queue(project) as edit:
        reader = StateReader(project, set(edit.queue.run_ids))
        _refuse_to_resume(job, reader.state(run_id))
        if processes is not None:
            _change_processes(project, job, processes, reader.state(run_id))
        chain = [need for need in _unfinished(project, job, reader) if reader.state(need) not in _ACTIVE]
        for resumed in chain:
            _forget_end(project.run(resumed))
        if from_start and run_id in chain:
            project.run(run_id).set_work_aside()
        edit.queue = edit.queue.with_runs(chain)
    if wake:
        wake_runner(project)
    return chain


def retry_run(project: Project, run_id: str) -> list[str]:
    """Does a run again from its beginning; until it has finished, what it did before is kept aside."""
    return resume_run(project, run_id, from_start=True)


def set_priority(project: Project, run_id: str, priority: int) -> None:
    """Moves a queued run before those of lower priority.

    Raises:
        NotFound: it is not queued.
    """
    with edit_queue(project) as edit:
        edit.queue = edit.queue.with_priority(run_id, priority)


def order_queue(project: Project, run_ids: list[str]) -> list[str]:
    """Puts the queue into this order; runs that are not queued any more are passed over. Returns the order before."""
    with edit_queue(project) as edit:
        before = edit.queue.run_ids
        edit.queue = edit.queue.in_order(run_ids)
    return before


def set_runs_per_slot(project: Project, slot: str, n_runs: int, *, wake: bool = True) -> None:
    """Lets a device take several runs at once.

    Args:
        project: whose runner.
        slot: as cpu or cuda:0.
        n_runs: at least 1.
        wake: start the runner.

    Raises:
        BadInput: fewer than 1.
    """
    if n_runs < 1:
        raise BadInput(f"A device takes at least one run, not {n_runs}.", "To pause everything, pause the runs.")
    with edit_queue(project) as edit:
        edit.queue = edit.queue.model_copy(update={"runs_per_slot": edit.queue.runs_per_slot | {slot: n_runs}})
    if wake:
        wake_runner(project)


def wake_runner(project: Project) -> bool:
    """Starts the project's runner unless it lives or would find nothing to do.

    Returns:
        Whether one was started. Two that are started at the same moment settle it by their lock.
    """
    state = project.state_folder()
    if runner_lives(project) or not _has_work(project):
        return False
    command = [sys.executable, "-P", "-m", "workbench.jobs.runner", str(project.folder)]
    # The shell puts it into the background and ends, so that the runner is nobody's child: a window that lives for
    # days collects no zombies, and closing a terminal ends nothing.
    script = 'log="$1"; shift; "$@" </dev/null >>"$log" 2>&1 &'
    subprocess.run(
        ["/bin/sh", "-c", script, "sh", str(state / RUNNER_LOG), *command],
        start_new_session=True,
        check=True,
        cwd=project.folder,
        env=worker_environment(),
    )
    return True


def runner_lives(project: Project) -> bool:
    """Says whether a runner works for the project."""
    return is_held(project.state_folder() / RUNNER_LOCK)


def worker_environment() -> dict[str, str]:
    """Returns the environment in which `python -m workbench...` finds this very package from any working folder.

    Nothing is imported from the working folder itself: it lies in a project, which somebody else may have made, and a
    `torch.py` in there would be run by whoever opens it.
    """
    package_root = str(Path(workbench.__file__).resolve().parent.parent)
    # An empty or relative entry would name the working folder again.
    entries = [str(Path(entry).absolute()) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    return dict(os.environ) | {"PYTHONPATH": os.pathsep.join([package_root, *entries]), "PYTHONSAFEPATH": "1"}


def _has_work(project: Project) -> bool:
    """Says whether a runner would do anything: blocked runs may lie in the queue for weeks, and none is started for them."""
    queued = read_queue(project).run_ids
    reader = StateReader(project, set(queued))
    return any(_needs_runner(RunFolder(project.run_folder(run_id)), reader) for run_id in queued)


def _needs_runner(run: RunFolder, reader: StateReader) -> bool:
    if not (run.folder / JOB).exists():
        return False
    try:
        if run.outcome() is not None:
            return run.process() is not None  # what its worker left is still to be ended
        return reader.state(run.folder.name) is not RunState.BLOCKED
    except WorkbenchError:
        return True  # the runner writes down what is wrong with it


def _end_run(project: Project, run_id: str, unstarted: Outcome) -> None:
    """Writes the outcome of a run that does not work; under the queue's lock, so that the runner cannot start it."""
    run = project.run(run_id)
    with edit_queue(project) as edit:
        state = StateReader(project, set(edit.queue.run_ids)).state(run_id)
        if state.is_over and not (state is RunState.PAUSED and unstarted.state == "stopped"):
            raise BadInput(f"Run `{run_id}` is {state} already.", "")
        if (before := run.outcome()) is not None:  # paused: it is stopped where it is
            unstarted = unstarted.model_copy(update={"step": before.step, "message": "Stopped while it was paused."})
        if state not in _ACTIVE:
            run.write_outcome(unstarted)
            edit.queue = edit.queue.without(run_id)


def _refuse_to_resume(job: Job, state: RunState) -> None:
    if state is RunState.FINISHED:
        raise BadInput(f"Run `{job.id}` is finished.", "To train again, change a setting or the seed.")
    if state is RunState.STOPPING:
        raise Busy(f"Run `{job.id}` is still saving its last checkpoint.", "Resume it when it has stopped.")
    job.refuse_unknown()


def _change_processes(project: Project, job: Job, processes: int, state: RunState) -> None:
    """Rewrites how a run is computed; what it computes stays, and so do its id and its hash."""
    if state in _ACTIVE:
        raise BadInput(f"Run `{job.id}` works with {job.processes} processes.", "Pause it first.")
    if processes > 1 and not isinstance(job.recipe, TrainingRecipe):
        raise BadSetting(f"A {job.method} run takes one process.", "Drop `--processes`.")
    accelerate = job.accelerate if processes > 1 else {}
    changed = job.model_copy(update={"processes": processes, "accelerate": accelerate})
    write_record(project.run_folder(job.id) / JOB, check_shares(changed))


def _unfinished(project: Project, job: Job, reader: StateReader) -> list[str]:
    """Returns the unfinished runs that `job` stands on, and itself, needs first."""
    found: dict[str, None] = {}
    for need in job.needs:
        try:
            needed = project.job(need)
        except NotFound as error:
            raise NotFound(f"Run `{job.id}` needs run `{need}`, which was removed.", "Run the experiment.") from error
        if reader.state(need) is not RunState.FINISHED:
            found |= dict.fromkeys(_unfinished(project, needed, reader))
    return [*found, job.id]


def _forget_end(run: RunFolder) -> None:
    run.clear_outcome()
    run.clear_requests()
    run.clear_process()
    run.clear_put_back()
