"""Runs: where they are, follow them, stop them, go on with them."""

import difflib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from itertools import count
from typing import Literal

from pydantic import BaseModel

from workbench.domain.errors import BadSetting, NotFound
from workbench.domain.events import Event, Warned
from workbench.domain.recipes import EvaluateRecipe
from workbench.domain.records import Job, RunState, Tags
from workbench.jobs import launch
from workbench.jobs.states import StateReader
from workbench.jobs.taking_back import Before, note_before, take_back
from workbench.storage.project import Project
from workbench.storage.runlog import RunFolder
from workbench.storage.tags import read_tags

RunVerb = Literal["pause", "stop", "resume", "retry"]
POLL_S = 0.25
_LOOKS_BETWEEN_WAKES = 8


class RunView(BaseModel):
    """One run as lists show it. `rate` in steps a second, `left_s` in seconds, `waits_for` the ids of other runs.

    `reward` says by what an evaluation of a start model scores, which tells those of one seed apart; empty where that is the
    experiment's one reward model.
    """

    id: str
    name: str
    method: str
    seed: int
    state: RunState
    step: int
    total: int
    phase: str = ""
    rate: float | None = None
    left_s: float | None = None
    tokens_per_s: float | None = None
    memory_mib: float | None = None
    message: str = ""
    hint: str = ""
    waits_for: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    reward: str = ""
    processes: int = 1


def show_run(project: Project, run_id: str) -> RunView:
    """Returns where one run is.

    Raises:
        NotFound: the project has no such run.
    """
    job = project.job(run_id)
    return _view(job, StateReader(project), read_tags(project))


def show_runs(project: Project) -> list[RunView]:
    """Returns where all runs are, oldest first. One that another process deletes at this moment is passed over."""
    reader, tags = StateReader(project), read_tags(project)
    views = []
    for job in project.jobs():
        with suppress(NotFound):
            views.append(_view(job, reader, tags))
    return views


def find_run(project: Project, beginning: str) -> str:
    """Returns the id of the run that is named in full or by a beginning that only it has.

    Raises:
        NotFound: no run, or more than one, begins so.
    """
    ids = [job.id for job in project.jobs()]
    if beginning in ids:
        return beginning
    found = [run_id for run_id in ids if run_id.startswith(beginning)]
    trained = [run_id for run_id in found if project.job(run_id).method not in ("evaluate", "judge")]
    if len(trained) == 1:  # `ppo` means the training and not what judges it, unless that is named
        return trained[0]
    if len(found) == 1:
        return found[0]
    if found:
        raise NotFound(f"{len(found)} runs begin with {beginning!r}: {', '.join(found[:5])}.", "Write more of the id.")
    near = difflib.get_close_matches(beginning, ids, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"`workbench show {project.folder}` lists them."
    raise NotFound(f"The project has no run {beginning!r}.", hint)


def stop_run(project: Project, run_id: str, *, now: bool = False) -> RunView:
    """Asks a run to save a checkpoint and end; `now` ends it without waiting for that."""
    launch.stop_run(project, run_id, now=now)
    return show_run(project, run_id)


def resume_run(project: Project, run_id: str, *, processes: int | None = None) -> RunView:
    """Puts a run that ended early, or failed, back into the queue; it continues from its last checkpoint.

    Args:
        project, run_id: which.
        processes: train it with so many from now on, where a GPU came or went; as many as before where not given.
    """
    launch.resume_run(project, run_id, processes=processes)
    return show_run(project, run_id)


def pause_run(project: Project, run_id: str) -> RunView:
    """Interrupts a run until it is resumed; a working one saves a checkpoint first."""
    launch.pause_run(project, run_id)
    return show_run(project, run_id)


def retry_run(project: Project, run_id: str) -> RunView:
    """Does a run that did not finish again from its beginning."""
    launch.retry_run(project, run_id)
    return show_run(project, run_id)


def ask_runs(project: Project, verb: RunVerb, run_ids: Sequence[str]) -> Before:
    """Asks the same of several runs.

    Returns:
        Where they were, for `take_back_asked`.
    """
    before = note_before(project, run_ids)
    for run_id in run_ids:
        _VERBS[verb](project, run_id)
    return before


def resume_runs(project: Project, run_ids: Sequence[str], processes: str) -> Before:
    """Goes on with several runs, trained by another number of processes from now on.

    Args:
        project, run_ids: which.
        processes: how many, as a person types it.

    Returns:
        Where they were, for `take_back_asked`.

    Raises:
        BadSetting: it is no whole number from 1, or a batch cannot be divided so.
    """
    if not processes.strip().isdecimal() or int(processes) < 1:
        raise BadSetting(f"{processes.strip()!r} is no number of processes.", "Give a whole number from 1, as 2.")
    before = note_before(project, run_ids)
    for run_id in run_ids:
        launch.resume_run(project, run_id, processes=int(processes))
    return before


def take_back_asked(project: Project, before: Before) -> None:
    """Brings runs back to where they were before something was asked of them; waits for workers that save a checkpoint.

    Raises:
        Busy: a worker has not ended within a minute.
    """
    take_back(project, before)


def prioritise_run(project: Project, run_id: str, priority: int) -> RunView:
    """Moves a queued run before those of lower priority."""
    launch.set_priority(project, run_id, priority)
    return show_run(project, run_id)


def set_runs_per_device(project: Project, device: str, n_runs: int) -> None:
    """Lets a device take several of the project's runs at once; one is the rule.

    Args:
        project: whose runs.
        device: cpu, cuda:0, mps.
        n_runs: at least 1.

    Raises:
        BadInput: fewer than one.
    """
    launch.set_runs_per_slot(project, device, n_runs)


def follow_runs(
    project: Project, run_ids: Sequence[str], *, on_warning: Callable[[str, str], None] | None = None
) -> Iterator[list[RunView]]:
    """Yields the state of the runs a few times a second until nothing more will happen to any of them.

    Args:
        project: the project.
        run_ids: the runs to watch.
        on_warning: called with the run's id and the sentence for each warning that a worker writes.
    """
    jobs = [project.job(run_id) for run_id in run_ids]
    logs = {job.id: _Tail(RunFolder(project.run_folder(job.id))) for job in jobs}
    for look in count():
        if look % _LOOKS_BETWEEN_WAKES == 0:
            launch.wake_runner(project)  # it may have been killed: nobody waits for ever
        reader, tags = StateReader(project), read_tags(project)
        views = [_view(job, reader, tags) for job in jobs]
        if on_warning is not None:
            for run_id, log in logs.items():
                for event in log.new_events():
                    if isinstance(event, Warned):
                        on_warning(run_id, event.message)
        yield views
        if all(view.state.is_over or view.state is RunState.BLOCKED for view in views):
            return
        time.sleep(POLL_S)


class _Tail:
    """Reads a run's log from where it was left."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._offset = 0

    def new_events(self) -> list[Event]:
        if self._folder.log_size() < self._offset:  # done again from the beginning
            self._offset = 0
        events, self._offset = self._folder.events(self._offset)
        return events


_VERBS: dict[RunVerb, Callable[[Project, str], object]] = {
    "pause": launch.pause_run,
    "stop": launch.stop_run,
    "resume": launch.resume_run,
    "retry": launch.retry_run,
}


def _view(job: Job, reader: StateReader, tags: Tags) -> RunView:
    status = asdict(reader.status(job.id))
    return RunView(
        id=job.id,
        name=job.name,
        method=job.method,
        seed=job.seed,
        **status,
        tags=tags.runs.get(job.id, ()),
        reward=_reward_words(job),
        processes=job.processes,
    )


def _reward_words(job: Job) -> str:
    is_of_the_start = job.inputs.model == job.inputs.reference
    if not is_of_the_start or not isinstance(job.recipe, EvaluateRecipe):
        return ""
    return job.recipe.reward_words(len(job.inputs.rewards))
