"""The sample project that comes with the program, and where the demo and new projects are saved."""

import shutil
from pathlib import Path

import platformdirs

from workbench.data.assets import asset, checkout_folder
from workbench.domain.errors import NotFound
from workbench.domain.preferences import Preferences
from workbench.storage.folders import appearing
from workbench.storage.migrations import MANIFEST
from workbench.storage.preferences import read_preferences

NAME = "film-critic"
_DEMO = "demo"


def demo_folder() -> Path:
    """Returns where the demo is saved: `projects/` of a checkout, else the person's documents folder."""
    return _saved_projects() / _DEMO


def find_sample() -> Path | None:
    """Returns the folder of the finished sample project; None where it did not come with the program."""
    checkout = checkout_folder()
    try:
        shipped = asset("sample") if checkout is None else checkout / "projects" / NAME
    except NotFound:
        return None
    return shipped if (shipped / MANIFEST).is_file() else None


def place_sample() -> Path:
    """Returns the sample project's folder in a place of the person's own, copied there the first time.

    Raises:
        NotFound: it did not come with the program.
    """
    shipped, own = find_sample(), _saved_projects() / NAME
    if (own / MANIFEST).is_file():
        return own
    if shipped is None:
        raise NotFound("The sample project did not come with this program.", "`workbench demo` makes one in minutes.")
    with appearing(own) as part:
        shutil.copytree(shipped, part, dirs_exist_ok=True)
    return own


def default_projects_folder(preferences: Preferences | None = None) -> Path:
    """Returns where a new project is made unless a person chooses another folder.

    Args:
        preferences: the person's, where they have been read already.
    """
    chosen = (preferences or read_preferences()).folders.projects
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_documents_dir()) / "Preference Workbench"


def _saved_projects() -> Path:
    checkout = checkout_folder()
    return default_projects_folder() if checkout is None else checkout / "projects"
