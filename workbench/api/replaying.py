"""Replaying: a run once more from its recorded recipe, and whether the same came of it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel

from workbench.domain.errors import Busy
from workbench.domain.events import Progress
from workbench.domain.replays import Replay
from workbench.jobs import replay as replays
from workbench.jobs.launch import worker_environment
from workbench.jobs.replay_inputs import check_finished, check_inputs
from workbench.storage.liveness import is_held, is_working, lock_for_child
from workbench.storage.project import Project
from workbench.storage.runlog import OUTCOME, RunFolder

__all__ = ["Replay", "ReplayView", "read_replay", "replay_run", "start_replay", "stop_replay"]
_LOG = "replay.log"  # what a replay that the window started says when it comes to nothing
_SAID = 2_000


class ReplayView(BaseModel):
    """Where the replay of a run is.

    Attributes:
        found: what the newest one came to; None where there was none.
        is_going: one is going on.
        is_working: its worker is at it, and can be stopped.
        phase, step, total: how far that one is.
        problem: why the one that was started last came to nothing; empty where it did not, or where it was stopped.
    """

    found: Replay | None = None
    is_going: bool = False
    is_working: bool = False
    phase: str = ""
    step: int = 0
    total: int = 0
    problem: str = ""


def replay_run(project: Project, run_id: str, *, on_progress: Callable[[str, int, int], None] | None = None) -> Replay:
    """Does a finished run again and compares: metrics step by step, weights and samples by their hashes.

    It does not wait in the queue, and leaves no run behind, only what it found; an exception, Ctrl+C too, ends it.

    Args:
        project: the project.
        run_id: a training run or an evaluation.
        on_progress: called a few times a second with what is going on, the step, and the steps in all.

    Raises:
        NotFound: no such run, or something that it read is gone.
        BadInput: it has not finished, or something that it read has changed.
        Busy: it is being replayed already.
        RunFailure: the replay failed, or was stopped.
    """
    return replays.replay_run(project, run_id, on_progress or (lambda _phase, _step, _total: None))


def start_replay(project: Project, run_id: str) -> ReplayView:
    """Starts a replay that goes on when the window closes; `read_replay` tells how far it is and what came of it.

    Raises:
        NotFound, BadInput, Busy: as for `replay_run`, said at once.
    """
    job = project.job(run_id)
    check_finished(job, project.run(run_id))
    check_inputs(project, job)
    with (project.run_folder(run_id) / _LOG).open("ab") as log:
        if not lock_for_child(log) or is_working(RunFolder(replays.replay_folder(project, run_id))):
            raise Busy(f"Run `{run_id}` is being replayed already.", "Its Replay tab says how far that is.")
        log.truncate(0)
        subprocess.Popen(
            [sys.executable, "-P", "-m", "workbench", "replay", str(project.folder), run_id, "--json"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
            cwd=project.folder,
            env=worker_environment(),
        )
    return read_replay(project, run_id)


def stop_replay(project: Project, run_id: str) -> None:
    """Ends the replay of a run, whoever started it; what an earlier one found stays.

    Raises:
        NotFound: there is no such run, or it is not being replayed.
    """
    replays.stop_replay(project, run_id)


def read_replay(project: Project, run_id: str) -> ReplayView:
    """Returns where the replay of a run is, and what the newest one found."""
    folder = RunFolder(replays.replay_folder(project, run_id))
    working = folder.folder.is_dir() and is_working(folder)
    log = project.run_folder(run_id) / _LOG
    is_going = working or is_held(log)
    said = [event for event in folder.last_events() if isinstance(event, Progress)] if working else []
    at = said[-1] if said else None
    found = replays.last_replay(project, run_id)
    return ReplayView(
        found=found,
        is_going=is_going,
        is_working=working,
        phase=_phase(folder, log, at) if is_going else "",
        step=at.step if at else 0,
        total=at.total if at else 0,
        problem="" if is_going else _problem(project, run_id, found),
    )


def _phase(folder: RunFolder, log: Path, said: Progress | None) -> str:
    """Returns what a replay that goes on does, also while its worker says nothing."""
    if folder.stop_requested() or (log.exists() and log.stat().st_size):  # its last words are there
        return "ending"
    if said is not None:
        return said.phase
    return "comparing" if (folder.folder / OUTCOME).exists() else "starting"


def _problem(project: Project, run_id: str, found: Replay | None) -> str:
    """Returns the sentence that the replay which was started last ended with, where it found nothing."""
    path = project.run_folder(run_id) / _LOG
    if not path.exists() or (found is not None and found.at >= path.stat().st_mtime):
        return ""
    said = path.read_text(encoding="utf-8", errors="replace").strip()
    return "" if said == replays.STOPPED else said[-_SAID:]
