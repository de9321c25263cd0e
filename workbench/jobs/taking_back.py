"""Takes back what a person asked of runs: pause, stop, resume, retry. The runs are where they were, as far as can be."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from workbench.domain.errors import BadInput, Busy, NotFound
from workbench.domain.records import Job, Outcome, RunState
from workbench.jobs.launch import order_queue, pause_run, resume_run, stop_run, wake_runner
from workbench.jobs.queue import edit_queue, read_queue
from workbench.jobs.states import StateReader
from workbench.storage.files import write_record
from workbench.storage.project import Project
from workbench.storage.runlog import JOB

_PATIENCE_S = 60.0  # for a worker that saves its checkpoint
_POLL_S = 0.1
_IN_QUEUE = {RunState.QUEUED, RunState.WAITING, RunState.BLOCKED}


@dataclass(frozen=True)
class Before:
    """Where runs were before something was asked of them.

    Attributes:
        queue: the whole queue, in order.
        outcomes: of the runs, and of those that they need: how they had ended; None where they had not.
        jobs: of the same: how many processes train them can be asked for anew.
    """

    queue: list[str]
    outcomes: dict[str, Outcome | None]
    jobs: dict[str, Job]


def note_before(project: Project, run_ids: Sequence[str]) -> Before:
    """Notes where runs are, needs first, since those are resumed along.

    Raises:
        NotFound: the project has no such run.
    """
    known: dict[str, Outcome | None] = {}
    jobs: dict[str, Job] = {}

    def note(run_id: str) -> None:
        jobs[run_id] = project.job(run_id)
        for need in jobs[run_id].needs:
            with suppress(NotFound):  # deleted: it cannot be resumed along, and need not be taken back
                note(need)
        known.setdefault(run_id, project.run(run_id).outcome())

    for run_id in run_ids:
        note(run_id)
    return Before(read_queue(project).run_ids, known, jobs)


def take_back(project: Project, before: Before, *, patience_s: float = _PATIENCE_S) -> None:
    """Brings runs back to where they were; what finished meanwhile stays finished.

    Args:
        project: whose runs.
        before: as noted.
        patience_s: seconds to wait for a worker that saves its checkpoint.

    Raises:
        Busy: a worker has not ended in that time.
    """
    for run_id, outcome in before.outcomes.items():
        if outcome is None:
            _go_on(project, run_id, patience_s)
        elif outcome.state != "finished":
            _end_again(project, before.jobs[run_id], outcome, patience_s)
    order_queue(project, before.queue)


def _go_on(project: Project, run_id: str, patience_s: float) -> None:
    state = _wait(project, run_id, lambda state: state is not RunState.STOPPING, patience_s)
    if state.is_over and state is not RunState.FINISHED:
        resume_run(project, run_id)


def _end_again(project: Project, job: Job, outcome: Outcome, patience_s: float) -> None:
    run_id = job.id
    run = project.run(run_id)
    state = StateReader(project).state(run_id)
    if state is RunState.FINISHED:
        return
    while not state.is_over:
        with suppress(BadInput):  # it ended at this moment
            (pause_run if outcome.state == "paused" else stop_run)(project, run_id)
        # An earlier worker that ended meanwhile, without having been asked, leaves the run in the queue.
        state = _wait(project, run_id, lambda state: state.is_over or state in _IN_QUEUE, patience_s)
    if state is RunState.FINISHED:
        return
    with edit_queue(project) as edit:
        retried = run.give_back_work()
        ended = run.outcome()
        if retried or ended is None or ended.step <= outcome.step:
            run.write_outcome(outcome)  # it did nothing since
        edit.queue = edit.queue.without(run_id)
        if run.job().processes != job.processes:
            write_record(run.folder / JOB, job)


def _wait(project: Project, run_id: str, is_reached: Callable[[RunState], bool], patience_s: float) -> RunState:
    deadline = time.monotonic() + patience_s
    while not is_reached(state := StateReader(project).state(run_id)):
        if time.monotonic() > deadline:
            raise Busy(f"Run `{run_id}` is still saving its last checkpoint.", "Try again when it has stopped.")
        wake_runner(project)
        time.sleep(_POLL_S)
    return state
