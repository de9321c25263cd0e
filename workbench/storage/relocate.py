"""Copying, moving and renaming projects."""

import errno
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from workbench.domain.errors import AlreadyExists, BadInput, Busy
from workbench.storage.checkpoints import CHECKPOINTS, RESUME, list_checkpoints
from workbench.storage.files import sync
from workbench.storage.folders import appearing, copy_if_there
from workbench.storage.liveness import WORKER_LOCK, is_working
from workbench.storage.project import RUNNER_LOCK, STATE, Project
from workbench.storage.runlog import ASIDE, PAUSE, PROCESS, PUT_BACK, STOP
from workbench.storage.sources import RUNS

WeightsKept = Literal["all", "last", "none"]
_OF_A_PROCESS = {PROCESS, WORKER_LOCK, "worker.lock", STOP, PAUSE, PUT_BACK}  # in a run's folder: who works on it


def copy_project(
    project: Project, destination: Path, name: str | None = None, *, weights: WeightsKept = "all"
) -> Project:
    """Copies everything but the running state, whole or not at all: a run that went on or was queued is stopped in the copy.

    Args:
        project: may be in use; what is being written at this moment may be missing from the copy.
        destination: the copy's folder, which must not exist.
        name: of the copy; the original's when not given.
        weights: "last" leaves all but the newest checkpoint of each run behind, and what training would continue from;
            "none" leaves every checkpoint behind. Curves, samples and scores are copied always.

    Raises:
        AlreadyExists: there is something at `destination`.
        DiskFull: there is no room for it.
    """
    target = _free(destination)
    _outside(target, project)
    with appearing(target) as part:
        _copy(project.folder, part, _left_behind(project, weights))
    copy = Project.open(target)
    return copy if name is None else rename_project(copy, name)


def move_project(project: Project, destination: Path) -> Project:
    """Moves the project's folder, with its queue; to another disk too, and there whole or not at all.

    Raises:
        Busy: a run is going on.
        AlreadyExists: there is something at `destination`.
        DiskFull: there is no room on the other disk.
    """
    target = _free(destination)
    _outside(target, project)
    working = [run.folder.name for run in project.run_folders() if is_working(run)]
    if working:
        raise Busy(f"The project cannot be moved while runs go on: {', '.join(working)}.", "Pause or stop them first.")
    runner = FileLock(project.state_folder() / RUNNER_LOCK, timeout=0)
    try:
        runner.acquire()
    except Timeout as error:
        raise Busy("The project cannot be moved while its runner works.", "Pause or stop its runs first.") from error
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _move(project.folder, target)
    finally:
        runner.release()
    Project(target).stay_at_home()
    return Project.open(target)


def rename_project(project: Project, name: str) -> Project:
    """Gives the project another name; its folder stays."""
    if not name.strip():
        raise BadInput("A project cannot have an empty name.", "Give it at least one letter.")
    with project.edit() as edit:
        edit.change(name=name.strip())
    return project


def _free(destination: Path) -> Path:
    target = destination.expanduser().absolute()
    if target.exists():
        raise AlreadyExists(f"There is something at {target} already.", "Choose another place.")
    return target


def _outside(target: Path, project: Project) -> None:
    if target.is_relative_to(project.folder):
        raise BadInput(f"{target} is inside the project itself.", "Choose a place outside it.")


def _move(folder: Path, target: Path) -> None:
    try:
        folder.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:  # no other disk
            raise
        with appearing(target) as part:
            _copy(folder, part)
            for path in part.rglob("*"):
                if path.is_file():
                    sync(path)
        shutil.rmtree(folder)


def _copy(folder: Path, target: Path, left_behind: Callable[[str, list[str]], set[str]] | None = None) -> None:
    shutil.copytree(folder, target, symlinks=True, ignore=left_behind, copy_function=copy_if_there, dirs_exist_ok=True)


def _left_behind(project: Project, weights: WeightsKept) -> Callable[[str, list[str]], set[str]]:
    """Returns what tells `copytree` which names of a folder stay: what is unfinished, and what belongs to a process.

    Only hidden names, and those of a run's own files, are looked at: a dataset may be called `stop`.
    """
    newest = {run.folder.name: _newest_checkpoint(run.folder) for run in project.run_folders()}

    def choose(folder: str, names: list[str]) -> set[str]:
        place = Path(folder).relative_to(project.folder).parts
        in_run = len(place) >= 2 and place[0] == RUNS
        left = {name for name in names if name.startswith((".tmp-", ".old-", ".new-")) or _is_half_written(name)}
        if not place:
            left |= {STATE}
        elif place == (RUNS,):
            left |= {name for name in names if name.startswith(".")}  # replays, scorings: nobody's run
        elif in_run and len(place) == 2:
            left |= _OF_A_PROCESS if weights == "all" else {*_OF_A_PROCESS, ASIDE}
        elif in_run and place[2:] == (CHECKPOINTS,):
            left |= {name for name in names if name.startswith(".") or not _keeps(weights, name, newest.get(place[1]))}
        elif in_run and weights == "last" and len(place) == 4 and place[2] == CHECKPOINTS:
            left |= {RESUME}
        return left & set(names)

    return choose


def _newest_checkpoint(run_folder: Path) -> str | None:
    found = list_checkpoints(run_folder)
    return found[-1].folder.name if found else None


def _keeps(weights: WeightsKept, checkpoint: str, newest: str | None) -> bool:
    return weights == "all" or (weights == "last" and checkpoint == newest)


def _is_half_written(name: str) -> bool:
    return name.startswith(".") and name.endswith(".tmp")
