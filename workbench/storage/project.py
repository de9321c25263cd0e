"""The project folder: its manifest, its datasets and its runs."""

import difflib
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.domain.errors import AlreadyExists, BadInput, NotFound
from workbench.domain.records import FORMAT_VERSION, VERSIONS, DataInput, DatasetRecord, Job, Manifest, Splits
from workbench.storage.files import read_record, sync, write_bytes, write_record
from workbench.storage.liveness import is_working
from workbench.storage.locks import short_lock
from workbench.storage.migrations import MANIFEST, migrate, version_of
from workbench.storage.runlog import JOB, RunFolder
from workbench.storage.sources import RUNS

DATASETS, EXPORTS = "datasets", "exports"
DATASET = "dataset.json"
STATE = ".workbench"  # what belongs to this folder on this computer: locks, the queue, caches; never copied
QUEUE, RUNNER_LOCK = "queue.json", "runner.lock"
_HOME = "folder-id"
_SAFE_NAME = re.compile(r"[\w][\w. +-]{0,79}")


class ManifestEdit:
    """The manifest while it is being changed; what stands here at the end is written."""

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest

    def change(self, **values: Any) -> None:
        """Sets fields of the manifest.

        Raises:
            pydantic.ValidationError: a value is not what the field holds.
        """
        self.manifest = Manifest.model_validate(dict(self.manifest) | values)

    def add_dataset(self, name: str, splits: Splits) -> None:
        """Names a dataset and freezes its splits."""
        names = tuple(dict.fromkeys((*self.manifest.datasets, name)))
        self.change(datasets=names, splits=self.manifest.splits | {name: splits})


@dataclass(frozen=True)
class Project:
    """A project that may be open in several processes at once. Holds no open file and no state of its own.

    Attributes:
        folder: absolute; nothing inside the project stores it, so the project may be moved and copied.
    """

    folder: Path

    @staticmethod
    def create(folder: Path, name: str | None = None) -> "Project":
        """Makes a new project in `folder`, which is created where needed.

        Raises:
            AlreadyExists: there is a project, or a file of that name.
        """
        folder = folder.expanduser().absolute()
        if folder.exists() and not folder.is_dir():
            raise AlreadyExists(f"{folder} is a file.", "Give the name of a folder.")
        folder.mkdir(parents=True, exist_ok=True)
        project = Project(folder)
        with project.lock():
            if (folder / MANIFEST).exists():
                raise AlreadyExists(f"There is a project in {folder} already.", "Open it, or choose another folder.")
            write_record(folder / MANIFEST, Manifest(name=name or folder.name))
        return project

    @staticmethod
    def open(path: Path) -> "Project":
        """Opens the project whose folder or project.workbench is given; an older format is migrated after a copy.

        Raises:
            NotFound: there is no project.
            NewerFormat: a newer version of the program wrote it.
        """
        path = path.expanduser().absolute()
        folder = path.parent if path.name == MANIFEST else path
        if not (folder / MANIFEST).is_file():
            raise NotFound(f"There is no project in {folder}.", f"Create one with `workbench new {folder}`.")
        project = Project(folder)
        if version_of(folder / MANIFEST) < FORMAT_VERSION:
            with project.lock():
                migrate(folder)
        return project

    @property
    def name(self) -> str:
        """What people call the project."""
        return self.manifest().name

    @property
    def exports(self) -> Path:
        """The folder of charts and reports that people keep."""
        return _made(self.folder / EXPORTS)

    def cache_folder(self, name: str) -> Path:
        """Returns where data belong that are derived from others and may be deleted at any time. Makes nothing."""
        return self.folder / STATE / name

    def manifest(self) -> Manifest:
        """Reads the manifest as it is now."""
        return read_record(self.folder / MANIFEST, Manifest)

    @contextmanager
    def edit(self) -> Iterator[ManifestEdit]:
        """Reads the manifest under the project's lock and writes it back when the block ends without an error."""
        with self.lock():
            before = self.manifest()
            edit = ManifestEdit(before)
            yield edit
            if edit.manifest != before:
                write_record(self.folder / MANIFEST, edit.manifest)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Holds the project's lock, for a few milliseconds at most.

        Raises:
            Busy: another process holds it for unreasonably long.
        """
        with short_lock(self.state_folder() / "lock", f"the project {self.folder.name}"):
            yield

    def state_folder(self) -> Path:
        """Returns the folder of what belongs to this place only: locks, the queue, caches.

        A project that was copied by other means than `copy_project`, or unpacked, brings another place's queue and process
        marks along, with or without the note of where they belong; they are put away the first time it is used here. So two
        places never work off the same queue, and nothing runs because somebody's project was opened.
        """
        state = self.folder / STATE
        here = str(self.folder.stat().st_ino).encode()  # kept by a rename, never by a copy
        if not (state / _HOME).exists() or (state / _HOME).read_bytes() != here:
            state.mkdir(exist_ok=True)
            with short_lock(state / "lock", f"the project {self.folder.name}"):
                self._settle(state, here)
        return state

    def _settle(self, state: Path, here: bytes) -> None:
        home = state / _HOME
        if home.exists() and home.read_bytes() == here:
            return  # another process was faster
        (state / QUEUE).unlink(missing_ok=True)
        for run in self.run_folders():
            if not is_working(run):
                run.clear_process()
                run.clear_requests()
                run.clear_put_back()
        write_bytes(state / ".gitignore", b"*\n")
        write_bytes(home, here)

    def stay_at_home(self) -> None:
        """Keeps queue and marks after the project was moved to another disk, where its folder counts as a copy."""
        write_bytes(self.folder / STATE / _HOME, str(self.folder.stat().st_ino).encode())

    def dataset_folder(self, name: str) -> Path:
        """Returns where a dataset's files belong, whether it is there or not.

        Raises:
            BadInput: the name cannot be a folder's.
        """
        return self.folder / DATASETS / safe_name(name, "dataset")

    def dataset(self, name: str, sha256: str | None = None) -> DatasetRecord:
        """Returns what is known of a dataset.

        Args:
            name: of the dataset.
            sha256: the content that a run read; where the dataset has grown since, what was known of it then.

        Raises:
            NotFound: the project has none of that name; the sentence gives the nearest.
        """
        path = self.dataset_folder(name) / DATASET
        if sha256 and (earlier := path.parent / VERSIONS / sha256 / DATASET).exists():
            return read_record(earlier, DatasetRecord)
        if not path.exists():
            raise NotFound(f"The project has no dataset `{name}`.", nearest(name, self.manifest().datasets, "dataset"))
        return read_record(path, DatasetRecord)

    def data_folder(self, data: DataInput) -> Path:
        """Returns the folder of the rows that a run reads, though the dataset may be called differently by now.

        Where no dataset has that content it is the folder of that name, whether it is there or not.
        """
        named = self.dataset_folder(data.name)
        others = sorted(path.parent for path in (self.folder / DATASETS).glob(f"[!.]*/{DATASET}"))
        for folder in (named, *others):
            if (folder / VERSIONS / data.sha256 / DATASET).exists():  # it has grown since
                return folder
            with suppress(NotFound):
                if read_record(folder / DATASET, DatasetRecord).content_sha256 == data.sha256:
                    return folder
        return named

    def datasets(self) -> list[DatasetRecord]:
        """Returns the project's datasets in the order in which they came."""
        return [self.dataset(name) for name in self.manifest().datasets]

    def run_folder(self, run_id: str) -> Path:
        """Returns where a run's files belong, whether it is there or not.

        Raises:
            BadInput: the id cannot be a folder's name.
        """
        return self.folder / RUNS / safe_name(run_id, "run")

    def run(self, run_id: str) -> RunFolder:
        """Returns a run's files.

        Raises:
            NotFound: there is no such run; the sentence gives the nearest.
        """
        folder = self.run_folder(run_id)
        if not (folder / JOB).exists():
            known = [run.folder.name for run in self.run_folders()]
            raise NotFound(f"The project has no run `{run_id}`.", nearest(run_id, known, "run"))
        return RunFolder(folder)

    def run_folders(self) -> list[RunFolder]:
        """Returns the files of all runs, by id."""
        return [RunFolder(path.parent) for path in sorted((self.folder / RUNS).glob(f"[!.]*/{JOB}"))]

    def job(self, run_id: str) -> Job:
        """Returns what a run does.

        Raises:
            NotFound: there is no such run.
        """
        return self.run(run_id).job()

    def jobs(self) -> list[Job]:
        """Returns what all runs do, oldest first. One that another process deletes at this moment is passed over."""
        found = []
        for run in self.run_folders():
            with suppress(NotFound):
                found.append(run.job())
        return sorted(found, key=lambda job: (job.created, job.id))

    def add_job(self, job: Job) -> bool:
        """Makes the folder of a run, complete or not at all.

        Returns:
            Whether it is new: False if the run is there already, which is then left as it is.

        Raises:
            AlreadyExists: a run of that id computes something else.
        """
        folder = self.run_folder(job.id)
        temporary = _made(folder.parent) / f".new-{secrets.token_hex(4)}"
        temporary.mkdir()
        write_record(temporary / JOB, job)
        try:
            temporary.rename(folder)
        except OSError:
            shutil.rmtree(temporary)
            if not (folder / JOB).exists():
                raise
        else:
            sync(folder.parent)
            return True
        if self.job(job.id).content_hash != job.content_hash:
            raise AlreadyExists(f"Run `{job.id}` is there and computes something else.", "Give the arm another name.")
        return False


def safe_name(name: str, what: str) -> str:
    """Returns `name` if a folder can be called so on every system.

    Raises:
        BadInput: it cannot.
    """
    if not _SAFE_NAME.fullmatch(name) or name != name.strip(" ."):
        raise BadInput(
            f"A {what} cannot be called {name!r}.",
            "Use up to 80 letters, digits, spaces, dots, dashes and underscores; begin with a letter or digit.",
        )
    return name


def nearest(name: str, known: Iterable[str], what: str) -> str:
    """Returns the hint for a name that is not there: the nearest one, or all of them."""
    names = list(known)
    if near := difflib.get_close_matches(name, names, n=1, cutoff=0.5):
        return f"Did you mean `{near[0]}`?"
    return f"It has: {', '.join(names)}." if names else f"It has no {what}s yet."


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
