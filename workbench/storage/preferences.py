"""preferences.json: what a person prefers, read by window, command line and runners alike."""

import os
from collections.abc import Callable
from pathlib import Path

import platformdirs

from workbench.domain.errors import NotFound
from workbench.domain.preferences import Preferences
from workbench.storage.files import read_record, write_record
from workbench.storage.locks import short_lock

FOLDER_VARIABLE = "WORKBENCH_CONFIG"  # another folder, as for a second person or a test
_FILE = "preferences.json"


def preferences_file() -> Path:
    """Returns where the preferences are kept; there is no file until something is changed."""
    folder = os.environ.get(FOLDER_VARIABLE) or platformdirs.user_config_dir("preference-workbench")
    return Path(folder) / _FILE


def read_preferences() -> Preferences:
    """Returns what the person prefers, the defaults where nothing was changed.

    Raises:
        BadInput: the file was edited into something else; the sentence names the place.
        NewerFormat: a newer version of the program wrote it.
    """
    try:
        return read_record(preferences_file(), Preferences)
    except NotFound:
        return Preferences()


def change_preferences(change: Callable[[Preferences], Preferences]) -> Preferences:
    """Changes the file under its lock and returns what stands there now.

    Raises:
        BadInput, NewerFormat: see `read_preferences`; nothing is changed then.
        Busy: another process holds the lock for unreasonably long.
    """
    path = preferences_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    with short_lock(path.with_suffix(".lock"), "the preferences"):
        before = read_preferences()
        after = change(before)
        if after != before:
            write_record(path, after)
    return after
