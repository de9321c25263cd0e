"""What was deleted and can still be brought back: whole folders, moved aside within the project by renaming them."""

import secrets
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from workbench.domain.errors import AlreadyExists, NotFound
from workbench.domain.records import Deleted, Job
from workbench.storage.files import read_record, sync, write_record
from workbench.storage.project import Project
from workbench.storage.runlog import JOB
from workbench.storage.sources import RUNS

TRASH = "trash"  # within the state folder: it never goes along with a copy
DELETED = "deleted.json"
_GOING = ".going-"  # an entry that is being emptied


class Trash:
    """A project's trash: one entry a deletion, each with the folders that it took, under the paths that they had.

    Args:
        project: may be open in several processes; whoever changes the trash holds the project's lock.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._folder = project.state_folder() / TRASH

    def entries(self) -> dict[str, Deleted]:
        """Returns what was deleted, by entry, the newest last; without what somebody takes away meanwhile."""
        found: dict[str, Deleted] = {}
        for path in sorted(self._folder.glob(f"[!.]*/{DELETED}")):
            with suppress(NotFound):
                found[path.parent.name] = read_record(path, Deleted)
        return found

    def count(self) -> int:
        """Returns the number of entries, at the cost of one look into a folder."""
        return sum(1 for _ in self._folder.glob(f"[!.]*/{DELETED}"))

    def read(self, entry: str) -> Deleted:
        """Returns what an entry holds.

        Raises:
            NotFound: it was brought back or emptied.
        """
        path = self._folder / entry / DELETED
        if entry.startswith(".") or Path(entry).name != entry or not path.is_file():
            raise NotFound(
                "That is not in the trash any more.", "It was brought back already, or the trash was emptied."
            )
        return read_record(path, Deleted)

    def jobs(self) -> list[Job]:
        """Returns what the runs in the trash do. One that is brought back or emptied at this moment is passed over."""
        found = []
        for path in sorted(self._folder.glob(f"[!.]*/{RUNS}/*/{JOB}")):
            with suppress(NotFound):
                found.append(read_record(path, Job))
        return found

    def size(self, entry: str) -> int:
        """Returns the bytes on disk that an entry holds; of one that goes meanwhile, those that were left."""
        total = 0
        with suppress(FileNotFoundError):  # while it is walked, a folder of it may go
            for path in (self._folder / entry).rglob("*"):
                with suppress(FileNotFoundError):
                    total += path.lstat().st_size if path.is_file() else 0
        return total

    def put(self, deleted: Deleted, folders: Sequence[Path]) -> str:
        """Moves folders of the project into a new entry: all of them, or after an error none.

        Args:
            deleted: written first, so that whatever was moved before a crash can be brought back.
            folders: inside the project.

        Returns:
            The entry.
        """
        entry = self._folder / f"{int(time.time() * 1000)}-{secrets.token_hex(2)}"
        entry.mkdir(parents=True)
        write_record(entry / DELETED, deleted)
        try:
            _move([(folder, entry / folder.relative_to(self._project.folder)) for folder in folders])
        except OSError:
            if not any(entry.glob("*/*")):  # else it is all that is left of a folder, and brings it back
                shutil.rmtree(entry, ignore_errors=True)
            raise
        return entry.name

    def take_back(self, entry: str) -> None:
        """Moves an entry's folders to where they were: all of them, or after an error none.

        Raises:
            NotFound: it is not in the trash any more.
            AlreadyExists: something of that name is there again.
        """
        self.read(entry)
        folder = self._folder / entry
        taken = [path for path in folder.glob("*/*") if path.is_dir()]
        moves = [(path, self._project.folder / path.relative_to(folder)) for path in taken]
        if there := [target.name for _, target in moves if target.exists()]:
            names = ", ".join(f"`{name}`" for name in sorted(there))
            raise AlreadyExists(f"There is again something called {names}.", "Delete or rename that first.")
        _move(moves)
        shutil.rmtree(folder)

    def set_aside(self, entries: Sequence[str]) -> None:
        """Gives entries up: they cannot be brought back any more, and `sweep` removes them."""
        for entry in entries:
            self.read(entry)
            (self._folder / entry).rename(self._folder / f"{_GOING}{entry}")

    def sweep(self) -> None:
        """Removes what was set aside, now or before a crash."""
        for going in self._folder.glob(f"{_GOING}*"):
            shutil.rmtree(going, ignore_errors=True)


def _move(moves: Sequence[tuple[Path, Path]]) -> None:
    done: list[tuple[Path, Path]] = []
    try:
        for source, target in moves:
            target.parent.mkdir(parents=True, exist_ok=True)
            source.rename(target)
            done.append((source, target))
        for folder in {path.parent for move in done for path in move}:
            sync(folder)
    except OSError:
        for source, target in reversed(done):
            with suppress(OSError):  # the others go back all the same
                target.rename(source)
        raise
