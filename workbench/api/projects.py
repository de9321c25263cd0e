"""Projects: make one, open one, see what it holds."""

from pathlib import Path

from pydantic import BaseModel, Field

from workbench.api.runs import RunView, show_runs
from workbench.domain.errors import NotFound
from workbench.domain.records import DatasetRecord
from workbench.jobs.launch import wake_runner
from workbench.storage.migrations import MANIFEST
from workbench.storage.project import QUEUE, Project
from workbench.storage.relocate import copy_project, move_project, rename_project
from workbench.storage.renaming import finish_renaming
from workbench.storage.tags import TAGS
from workbench.storage.trash import Trash

__all__ = [
    "Project",
    "ProjectView",
    "copy_project",
    "create_project",
    "move_project",
    "open_project",
    "rename_project",
    "show_project",
]


_LOOKS = 3


class ProjectView(BaseModel):
    """What `workbench show` prints.

    Attributes:
        n_deleted: the deletions that can be taken back.
        stamp: another one where names, tags or the queue changed, which nothing else here may tell.
    """

    name: str
    folder: str
    datasets: list[DatasetRecord]
    runs: list[RunView]
    experiments: list[str]
    models: list[str]
    judges: list[str]
    n_deleted: int = 0
    stamp: tuple[int, ...] = Field((), exclude=True)


def create_project(folder: Path, name: str | None = None) -> Project:
    """Makes an empty project.

    Raises:
        AlreadyExists: the folder holds something already.
    """
    return Project.create(folder, name)


def open_project(path: Path) -> Project:
    """Opens a project by its folder or its project.workbench.

    What is queued goes on, and so do runs that a restart of the computer interrupted: once, from their last checkpoints.
    What a crash left of a dataset's renaming is cleared away.

    Raises:
        NotFound: there is none.
        NewerFormat: a newer version of the program made it.
    """
    project = Project.open(path)
    finish_renaming(project)
    wake_runner(project)
    return project


def show_project(project: Project) -> ProjectView:
    """Returns what a project holds and where its runs are."""
    for look in range(1, _LOOKS + 1):
        try:
            return _look(project)
        except NotFound:  # another process is renaming or deleting a dataset at this moment
            if look == _LOOKS:
                raise
    raise AssertionError


def _look(project: Project) -> ProjectView:
    stamp = _stamp(project)  # first: what changes while we look is seen the next time
    manifest = project.manifest()
    return ProjectView(
        name=manifest.name,
        folder=str(project.folder),
        datasets=[project.dataset(name) for name in manifest.datasets],
        runs=show_runs(project),
        experiments=sorted(manifest.experiments),
        models=list(manifest.models),
        judges=list(manifest.judges),
        n_deleted=Trash(project).count(),
        stamp=stamp,
    )


def _stamp(project: Project) -> tuple[int, ...]:
    paths = (project.folder / MANIFEST, project.folder / TAGS, project.state_folder() / QUEUE)
    return tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in paths)
