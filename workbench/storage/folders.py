"""Folders that appear whole or not at all."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.domain.errors import AlreadyExists
from workbench.storage.files import raise_if_full, sync

_AGAIN = "Free some space, then try again."


@contextmanager
def appearing(folder: Path) -> Iterator[Path]:
    """Gives a folder beside `folder` to be filled, which takes its place at the end; after an error nothing is left.

    Args:
        folder: is not there, or is empty.

    Raises:
        AlreadyExists: it holds something by now.
        DiskFull: there is no room.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)  # of a process that was killed
    part.mkdir()
    try:
        yield part
        part.rename(folder)
    except OSError as error:
        raise_if_full(error, folder, _AGAIN)
        if error.errno == errno.ENOTEMPTY:
            raise AlreadyExists(f"{folder} is there already and not empty.", "Name a new folder.") from error
        raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
    sync(folder.parent)


def copy_if_there(source: str, target: str) -> None:
    """Copies a file for `shutil.copytree`; one that goes meanwhile is left out.

    Raises:
        DiskFull: there is no room; no further file is tried.
    """
    try:
        shutil.copy2(source, target)
    except OSError as error:
        raise_if_full(error, Path(target), _AGAIN)
        if Path(source).exists():
            raise
