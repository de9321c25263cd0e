"""Projects: make one, open one, see what it holds."""

from pathlib import Path

from pydantic import BaseModel

from workbench.api.runs import RunView, show_runs
from workbench.domain.errors import NotFound
from workbench.domain.records import DatasetRecord
from workbench.jobs.launch import wake_runner
from workbench.storage.project import Project
from workbench.storage.relocate import copy_project, move_project, rename_project
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
    """What `workbench show` prints. `n_deleted` counts the deletions that can be taken back."""

    name: str
    folder: str
    datasets: list[DatasetRecord]
    runs: list[RunView]
    experiments: list[str]
    models: list[str]
    judges: list[str]
    n_deleted: int = 0


def create_project(folder: Path, name: str | None = None) -> Project:
    """Makes an empty project.

    Raises:
        AlreadyExists: the folder holds something already.
    """
    return Project.create(folder, name)


def open_project(path: Path) -> Project:
    """Opens a project by its folder or its project.workbench.

    What is queued goes on, and so do runs that a restart of the computer interrupted: once, from their last checkpoints.

    Raises:
        NotFound: there is none.
        NewerFormat: a newer version of the program made it.
    """
    project = Project.open(path)
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
    )
