"""Short locks between the processes that have one project open."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from workbench.domain.errors import Busy

_AGAIN = "Try again in a moment."
PATIENCE_S = 30.0  # every holder reads and writes a few small files; longer means that one hangs


@contextmanager
def short_lock(path: Path, what: str, patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Holds the lock file at `path`; it is the system's lock, so it ends with its process and is never stale.

    Args:
        path: the lock file; it stays, empty.
        what: what is locked, for the error.
        patience_s: seconds to wait for it.

    Raises:
        Busy: another process did not let go in time.
    """
    lock = FileLock(path, timeout=patience_s)
    try:
        lock.acquire()
    except Timeout as error:
        raise Busy(
            f"Another process has been changing {what} for more than {patience_s:.0f} s.",
            "Look for a window or command that hangs, then try again.",
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def only_one(path: Path, taken: Busy) -> Iterator[None]:
    """Holds the lock file at `path` for as long as the block takes; whoever comes meanwhile is refused at once.

    Args:
        path: the lock file; it stays, empty.
        taken: raised where another process, or another thread, is in such a block.
    """
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise taken from error
    try:
        yield
    finally:
        lock.release()


def dataset_alone(state: Path, name: str) -> AbstractContextManager[None]:
    """Keeps others from importing, growing, renaming or deleting a dataset meanwhile; whoever does so already is named.

    Args:
        state: the project's state folder.
        name: of the dataset, which can be a folder's.
    """
    return only_one(state / f"import-{name}.lock", Busy(f"Something else is changing the dataset {name!r}.", _AGAIN))
