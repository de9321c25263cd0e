"""The sample project: where the demo is saved, and whether a finished one came with the program."""

from pathlib import Path

import platformdirs

from workbench.data.assets import checkout_folder
from workbench.storage.migrations import MANIFEST

NAME = "film-critic"


def demo_folder() -> Path:
    """Returns where the demo is saved: `projects/` of a checkout, else the person's documents folder."""
    checkout = checkout_folder()
    if checkout is not None:
        return checkout / "projects" / NAME
    return Path(platformdirs.user_documents_dir()) / "Preference Workbench" / NAME


def find_sample() -> Path | None:
    """Returns the folder of the sample project; None where there is none yet."""
    folder = demo_folder()
    return folder if (folder / MANIFEST).is_file() else None


def default_projects_folder() -> Path:
    """Returns where a new project is made unless a person chooses another folder."""
    return Path(platformdirs.user_documents_dir()) / "Preference Workbench"
