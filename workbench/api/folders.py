"""The folders of the program outside a project: where they are and what they hold."""

import os
from contextlib import suppress
from pathlib import Path

import platformdirs
from pydantic import BaseModel

from workbench.api.sample import default_projects_folder
from workbench.storage.migrations import MANIFEST
from workbench.storage.preferences import preferences_file, read_preferences

__all__ = ["FolderView", "list_folders", "log_folder"]
_UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


class FolderView(BaseModel):
    """A folder.

    Attributes:
        name: projects, hub_cache, preferences or log.
        path: where it is; it may not be there yet.
        holds: what is in it, in words.
    """

    name: str
    path: str
    holds: str


def list_folders() -> list[FolderView]:
    """Returns the folders with what they hold; a large cache takes seconds to add up."""
    projects, cache = default_projects_folder(), hub_cache()
    return [
        FolderView(name="projects", path=str(projects), holds=_projects_in(projects)),
        FolderView(name="hub_cache", path=str(cache), holds=_downloads_in(cache)),
        FolderView(name="preferences", path=str(preferences_file().parent), holds=_size_of(preferences_file().parent)),
        FolderView(name="log", path=str(log_folder()), holds=_size_of(log_folder())),
    ]


def hub_cache() -> Path:
    """Returns where downloads of the hub are kept: as preferred, else as the hub's own variables say."""
    if chosen := read_preferences().folders.hub_cache:
        return Path(chosen).expanduser()
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    return Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub").expanduser()


def log_folder() -> Path:
    """Returns the folder of the window's log, made where absent."""
    return Path(platformdirs.user_log_dir("preference-workbench", ensure_exists=True))


def _projects_in(folder: Path) -> str:
    found = len(list(folder.glob(f"*/{MANIFEST}")))
    return f"{found} project{'' if found == 1 else 's'}" if found else "no projects yet"


def _downloads_in(cache: Path) -> str:
    kinds = {kind: len(list(cache.glob(f"{kind}s--*"))) for kind in ("model", "dataset")}
    counted = [f"{n} {kind}{'' if n == 1 else 's'}" for kind, n in kinds.items() if n]
    return ", ".join([*counted, _size_of(cache)]) if counted else "nothing yet"


def _size_of(folder: Path) -> str:
    """Returns the size of what lies in a folder; a link, as the cache's snapshots are made of, weighs nothing."""
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # a download that is finished or given up at this moment
                total += os.lstat(Path(path) / name).st_size
    size, unit = next((size, unit) for size, unit in _UNITS if total >= size / 10 or unit == "kB")
    return f"{total / size:.1f} {unit}"
