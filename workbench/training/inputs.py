"""Where what a job reads lies in the project, made sure to be what it was when the run was made."""

from pathlib import Path

from workbench.data.store import find_content
from workbench.domain.records import DataInput
from workbench.storage.project import Project


def dataset_folder(project: Path, data: DataInput) -> Path:
    """Returns where a dataset's rows lie, whatever it is called by now, after making sure that they are the run's.

    Raises:
        NotFound: the project has no such dataset.
        BadInput: its content has changed.
    """
    return find_content(Project(project).data_folder(data), data.sha256)
