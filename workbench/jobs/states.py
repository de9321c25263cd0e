"""Where each run is in its life, read from its folder and the queue: true even while no runner lives."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from workbench.domain.errors import WorkbenchError
from workbench.domain.events import Failed, Finished, Progress
from workbench.domain.methods import stage_words
from workbench.domain.records import Job, Outcome, RunState
from workbench.jobs.queue import read_queue
from workbench.storage.liveness import is_working, started_before_boot
from workbench.storage.project import Project
from workbench.storage.runlog import RunFolder

CONTINUE = "Resume it: it continues from its last checkpoint."
_DEAD_ENDS = {state for state in RunState if state.is_over and state is not RunState.FINISHED} | {RunState.BLOCKED}


@dataclass(frozen=True)
class RunStatus:
    """A run as lists and progress bars show it.

    Attributes:
        step, total: 0 while nothing is known.
        rate: steps a second.
        left_s: seconds until the end, by the rate.
        message, hint: why it is in this state and what helps, where there is something to say.
        waits_for: the ids of the runs that keep it from starting.
    """

    state: RunState
    step: int = 0
    total: int = 0
    phase: str = ""
    rate: float | None = None
    left_s: float | None = None
    tokens_per_s: float | None = None
    memory_mib: float | None = None
    message: str = ""
    hint: str = ""
    waits_for: tuple[str, ...] = ()


def called(job: Job) -> str:
    """Returns a run as people call it: its arm or stage, what is done to it, its seed."""
    return f"{stage_words(job.name, job.method)}{' evaluation' if job.method == 'evaluate' else ''} seed {job.seed}"


def run_state(project: Project, job: Job) -> RunStatus:
    """Returns the state of one run."""
    return StateReader(project).status(job.id)


def run_states(project: Project) -> dict[str, RunStatus]:
    """Returns the state of every run, by id."""
    reader = StateReader(project)
    return {run.folder.name: reader.status(run.folder.name) for run in project.run_folders()}


@dataclass
class StateReader:
    """Reads the states of several runs at one moment, each file once.

    Attributes:
        project: whose runs.
        queued: the runs in the queue; read now unless given.
    """

    project: Project
    queued: Collection[str] | None = None
    _known: dict[str, RunStatus] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.queued is None:
            self.queued = set(read_queue(self.project).run_ids)

    def state(self, run_id: str) -> RunState:
        """Returns a run's state."""
        return self.status(run_id).state

    def status(self, run_id: str) -> RunStatus:
        """Returns a run's state and progress; a run that is not there counts as stopped."""
        if run_id not in self._known:
            self._known[run_id] = self._read(run_id)
        return self._known[run_id]

    def _read(self, run_id: str) -> RunStatus:
        run = RunFolder(self.project.run_folder(run_id))
        outcome = run.outcome()
        if outcome is not None:
            return _over(run, outcome)
        if is_working(run):
            return replace(_progress(run), state=RunState.STOPPING if run.stop_requested() else RunState.RUNNING)
        if run.process() is not None and not (run_id in (self.queued or ()) and goes_on(run)):
            return _over(run, run.outcome() or vanished(run))  # it may have ended between the two looks
        if run_id in (self.queued or ()):
            return self._queued(run)
        return replace(_progress(run), state=RunState.STOPPED, message="It is not in the queue.", hint="Resume it.")

    def _queued(self, run: RunFolder) -> RunStatus:
        needs = {need: self.state(need) for need in run.job().needs}
        progress = replace(_progress(run), rate=None, left_s=None)
        if dead := {need: state for need, state in needs.items() if state in _DEAD_ENDS}:
            return replace(
                progress,
                state=RunState.BLOCKED,
                message=self._blocked_by(dead),
                hint="Resume what it needs.",
                waits_for=tuple(dead),
            )
        if waiting := [need for need, state in needs.items() if state is not RunState.FINISHED]:
            message = f"Waits for {', '.join(map(self._called, waiting))}."
            return replace(progress, state=RunState.WAITING, message=message, waits_for=tuple(waiting))
        return replace(progress, state=RunState.QUEUED, message="Waits for a free device.")

    def _blocked_by(self, dead: Mapping[str, RunState]) -> str:
        return "; ".join(f"Needs {self._called(need)}, which is {state}" for need, state in dead.items()) + "."

    def _called(self, run_id: str) -> str:
        """Returns a run as people call it; one that was deleted has only its id left."""
        try:
            job = self.project.job(run_id)
        except WorkbenchError:
            return run_id
        return called(job)


def goes_on(run: RunFolder) -> bool:
    """Says whether a queued run whose worker is gone continues by itself: the computer was restarted under it.

    Once only, until a person asks for the run again: one that brings the computer down must not do so at every start. A
    worker that died while the computer lived would most likely die again.
    """
    mark = run.process()
    if mark is None or not started_before_boot(mark) or run.was_put_back() or run.stop_requested() is not None:
        return False
    return run.outcome() is None and vanished(run).state == "vanished"


def vanished(run: RunFolder) -> Outcome:
    """Returns the outcome of a run whose worker is gone and wrote none.

    A worker that said in its log how it ended, and died before it could write its outcome, is believed.
    """
    mark = run.process()
    began = mark.started if mark else 0.0
    events = [event for event in run.last_events() if event.at >= began]
    step = max((event.step for event in events if isinstance(event, Progress)), default=0)
    last = events[-1] if events else None
    if isinstance(last, Finished):
        return Outcome(state=last.outcome, step=last.step, message=last.message)
    if isinstance(last, Failed):
        return Outcome(state="failed", step=step, code=last.code, message=last.message, hint=last.hint)
    restarted = mark is not None and started_before_boot(mark)
    reason = "The computer was restarted while it ran." if restarted else "The worker died without a last word."
    return Outcome(state="vanished", step=step, code="vanished", message=reason, hint=CONTINUE, log_tail=run.log_tail())


def _over(run: RunFolder, outcome: Outcome) -> RunStatus:
    progress = _progress(run)
    # The last phase may have counted something else than training steps, as the samples of a normalisation.
    total = max(progress.total, outcome.step)
    step = total if outcome.state == "finished" else outcome.step or progress.step
    ended = replace(progress, step=step, total=total, rate=None, left_s=None)
    return replace(ended, state=RunState(outcome.state), message=outcome.message, hint=outcome.hint)


def _progress(run: RunFolder) -> RunStatus:
    said = [event for event in run.last_events() if isinstance(event, Progress)]
    if not said:
        return RunStatus(RunState.RUNNING)
    return RunStatus(RunState.RUNNING, **said[-1].model_dump(exclude={"kind", "at"}))
