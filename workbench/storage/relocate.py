"""Copying, moving and renaming projects."""

import shutil
from pathlib import Path

from filelock import FileLock, Timeout

from workbench.domain.errors import AlreadyExists, BadInput, Busy
from workbench.storage.files import sync_folder
from workbench.storage.liveness import WORKER_LOCK, is_working
from workbench.storage.project import RUNNER_LOCK, STATE, Project
from workbench.storage.runlog import PAUSE, PROCESS, STOP

_BELONGS_HERE = {
    STATE,
    PROCESS,
    WORKER_LOCK,
    "worker.lock",
    STOP,
    PAUSE,
}  # the queue, and who works on what: a copy has neither


def copy_project(project: Project, destination: Path, name: str | None = None) -> Project:
    """Copies everything but the running state: a run that was going on or queued is a stopped one in the copy.

    Args:
        project: may be in use; what is being written at this moment may be missing from the copy.
        destination: the copy's folder, which must not exist.
        name: of the copy; the original's when not given.

    Raises:
        AlreadyExists: there is something at `destination`.
    """
    target = _free(destination)
    _outside(target, project)
    part = target.with_name(f".{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(project.folder, part, ignore=_left_behind, copy_function=_copy_if_there, symlinks=True)
    part.rename(target)
    sync_folder(target.parent)
    copy = Project.open(target)
    return copy if name is None else rename_project(copy, name)


def move_project(project: Project, destination: Path) -> Project:
    """Moves the project's folder, with its queue.

    Raises:
        Busy: a run is going on.
        AlreadyExists: there is something at `destination`.
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
        shutil.move(project.folder, target)
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


def _left_behind(folder: str, names: list[str]) -> set[str]:
    unfinished = {name for name in names if name.startswith((".tmp-", ".old-", ".new-")) or name.endswith(".tmp")}
    return unfinished | (_BELONGS_HERE & set(names))


def _copy_if_there(source: str, target: str) -> None:
    try:
        shutil.copy2(source, target)
    except FileNotFoundError:
        if Path(source).exists():
            raise
        # A run dropped the file meanwhile, as it does with old optimizer states.
