"""Projects: make one, open one, see what it holds."""

from pathlib import Path

from pydantic import BaseModel

from workbench.api.runs import RunView, show_run
from workbench.domain.records import DatasetRecord
from workbench.storage.project import Project

__all__ = ["Project", "ProjectView", "create_project", "open_project", "show_project"]


class ProjectView(BaseModel):
    """What `workbench show` prints."""

    name: str
    folder: str
    datasets: list[DatasetRecord]
    runs: list[RunView]
    experiments: list[str]
    models: list[str]
    judges: list[str]


def create_project(folder: Path, name: str | None = None) -> Project:
    """Makes an empty project.

    Raises:
        AlreadyExists: the folder holds something already.
    """
    return Project.create(folder, name)


def open_project(path: Path) -> Project:
    """Opens a project by its folder or its project.workbench.

    Raises:
        NotFound: there is none.
        NewerFormat: a newer version of the program made it.
    """
    return Project.open(path)


def show_project(project: Project) -> ProjectView:
    """Returns what a project holds and where its runs are."""
    manifest = project.manifest()
    return ProjectView(
        name=manifest.name,
        folder=str(project.folder),
        datasets=project.datasets(),
        runs=[show_run(project, job.id) for job in project.jobs()],
        experiments=sorted(manifest.experiments),
        models=list(manifest.models),
        judges=list(manifest.judges),
    )
