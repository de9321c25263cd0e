"""The rows of a dataset: searched, counted, shown one page at a time."""

from workbench.data.search import RowSearch
from workbench.storage.project import Project

__all__ = ["RowSearch", "browse_dataset"]


def browse_dataset(project: Project, name: str) -> RowSearch:
    """Opens a dataset's rows for searching; close it when nobody looks any more.

    Raises:
        NotFound: the project has no dataset of that name.
    """
    project.dataset(name)
    return RowSearch(project.dataset_folder(name))
