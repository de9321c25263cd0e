"""A folder that appears whole or not at all, and what is left of one when the computer dies in between."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from workbench.domain.errors import AlreadyExists, DiskFull

_TEMPORARY = ".tmp-"


@contextmanager
def whole_or_nothing(folder: Path) -> Iterator[Path]:
    """Gives a temporary folder beside `folder`, which takes its place at the end; after an error nothing is left.

    All is on the disk before the name is: after a power failure the folder is whole, or is not there.

    Raises:
        AlreadyExists: somebody else made `folder` meanwhile.
        DiskFull: there is no room.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    _sweep(folder.parent)
    temporary = folder.with_name(f"{_TEMPORARY}{folder.name}-{os.getpid()}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    try:
        yield temporary
        for path in (*temporary.iterdir(), temporary):
            _sync(path)
        temporary.rename(folder)
        _sync(folder.parent)
    except OSError as error:
        if error.errno in {errno.ENOTEMPTY, errno.EEXIST}:  # somebody else imported under this name meanwhile
            raise AlreadyExists(f"{folder}: there is a dataset already.", "Choose another name.") from error
        if error.errno == errno.ENOSPC:
            raise DiskFull(f"{folder}: the disk is full.", "Free some space and import again.") from error
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def beside(folder: Path) -> Iterator[Path]:
    """Gives a temporary folder inside of `folder`, from which files can be moved over its own; it is removed at the end.

    Raises:
        DiskFull: there is no room.
    """
    _sweep(folder)
    temporary = folder / f"{_TEMPORARY}next-{os.getpid()}"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    try:
        yield temporary
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull(f"{folder}: the disk is full.", "Free some space and try again.") from error
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def move_over(source: Path, target: Path) -> None:
    """Puts a file in the place of another, whole and durably: a reader sees the one or the other."""
    _sync(source)
    source.replace(target)
    _sync(target.parent)


def remove_leftover(folder: Path, ours: frozenset[str]) -> None:
    """Removes a folder that was completed and then never named; one that holds anything else is left alone.

    Args:
        folder: what may be left of an import that was cut short. Nobody must be working on it.
        ours: the names of the files that an import writes.
    """
    if folder.is_dir() and {path.name for path in folder.iterdir()} <= ours:
        shutil.rmtree(folder)


def _sweep(parent: Path) -> None:
    """Removes the temporary folders of processes that are gone."""
    for path in parent.glob(f"{_TEMPORARY}*-*"):
        pid = path.name.rpartition("-")[2]
        if pid.isdigit() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(path, ignore_errors=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
