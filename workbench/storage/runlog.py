"""A run's folder: what the worker says, what people ask of it, how it ended."""

import os
import shutil
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from workbench.domain.errors import NotFound
from workbench.domain.events import Event, event_from_line, event_to_line
from workbench.domain.records import Job, Outcome, ProcessMark
from workbench.storage.checkpoints import CHECKPOINTS, Checkpoint, list_checkpoints
from workbench.storage.files import R, append_line, read_record, write_bytes, write_record

JOB = "job.json"
EVENTS = "events.jsonl"
LOG = "worker.log"
OUTCOME = "outcome.json"
PROCESS = "process.json"
STOP = "stop"
PAUSE = "pause"
PUT_BACK = "put-back"
SAMPLES = "samples"
ASIDE = ".before-retry"
_WORK = (CHECKPOINTS, SAMPLES, EVENTS, LOG)
_STARTED = b'"kind":"started"'  # in a text that a run says the quotes are escaped
Request = Literal["stop", "pause"]


@lru_cache(maxsize=4096)
def _job(path: Path, _size: int, _changed_ns: int, _inode: int) -> Job:
    """Reads a job once: hundreds of them take a tenth of a second, and they are written once."""
    return read_record(path, Job)


class RunFolder:
    """The files of one run. Holds no open file, so any number of processes may look at the same run.

    Args:
        folder: runs/ID of a project.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def job(self) -> Job:
        """Returns what the run does."""
        path = self.folder / JOB
        try:
            found = path.stat()
        except OSError:
            return read_record(path, Job)  # which says what is wrong
        return _job(path, found.st_size, found.st_mtime_ns, found.st_ino)

    def append(self, event: Event) -> None:
        """Writes one event as one line; a line that a crash tore before is ended first, so that only it is lost.

        Raises:
            DiskFull: there is no room for the line.
        """
        append_line(self.folder / EVENTS, event_to_line(event))

    def events(self, after: int = 0, most: int = -1) -> tuple[list[Event], int]:
        """Returns the events whose lines are complete, from a byte offset on.

        Args:
            after: where to begin: 0, or what the last call returned.
            most: bytes to read at once; negative reads to the end.

        Returns:
            The events, and the offset to ask from next time. Lines that are torn or of an unknown kind are passed over.
        """
        try:
            with (self.folder / EVENTS).open("rb") as file:
                file.seek(after)
                content = file.read(most)
        except FileNotFoundError:
            return [], 0
        complete = content[: content.rfind(b"\n") + 1]
        return _parse(complete), after + len(complete)

    def log_size(self) -> int:
        """Returns the bytes of the log; 0 where there is none yet. It shrinks only when a run begins anew."""
        path = self.folder / EVENTS
        return path.stat().st_size if path.exists() else 0

    def last_events(self, n_bytes: int = 16384) -> list[Event]:
        """Returns the events in the last `n_bytes` of the log: the state of a long run at the cost of one small read."""
        try:
            with (self.folder / EVENTS).open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - n_bytes))
                content = file.read()
        except FileNotFoundError:
            return []
        start = 0 if size <= n_bytes else content.find(b"\n") + 1
        return _parse(content[start : content.rfind(b"\n") + 1])

    def count_starts(self) -> int:
        """Returns how often a worker began or went on with the run; looks through the whole log, and parses nothing."""
        try:
            with (self.folder / EVENTS).open("rb") as file:
                return sum(_STARTED in line for line in file)
        except FileNotFoundError:
            return 0

    def outcome(self) -> Outcome | None:
        """Returns how the run ended; None while it has not."""
        return _read_if_there(self.folder / OUTCOME, Outcome)

    def write_outcome(self, outcome: Outcome) -> None:
        """Says how the run ended."""
        write_record(self.folder / OUTCOME, outcome)

    def clear_outcome(self) -> None:
        """Forgets how the run ended, before it is continued."""
        (self.folder / OUTCOME).unlink(missing_ok=True)

    def process(self) -> ProcessMark | None:
        """Returns which process works on the run; None while none was started."""
        return _read_if_there(self.folder / PROCESS, ProcessMark)

    def write_process(self, mark: ProcessMark) -> None:
        """Says which process works on the run."""
        write_record(self.folder / PROCESS, mark)

    def clear_process(self) -> None:
        """Says that no process works on the run."""
        (self.folder / PROCESS).unlink(missing_ok=True)

    def request_stop(self, how: bytes = b"") -> None:
        """Asks the worker to save a checkpoint and end; `how` is for the runner, which may not wait for that."""
        write_bytes(self.folder / STOP, how)

    def request_pause(self) -> None:
        """Asks the worker to save a checkpoint and end, to be continued later."""
        write_bytes(self.folder / PAUSE, b"")

    def clear_requests(self) -> None:
        """Takes back what was asked."""
        for name in (STOP, PAUSE):
            (self.folder / name).unlink(missing_ok=True)

    def note_put_back(self) -> None:
        """Says that the run was put back into the queue by itself, after the computer was restarted under it."""
        write_bytes(self.folder / PUT_BACK, b"")

    def was_put_back(self) -> bool:
        """Says whether the run was put back into the queue by itself since a person last asked for it."""
        return (self.folder / PUT_BACK).exists()

    def set_work_aside(self) -> None:
        """Puts away what the run did so far, so that it begins anew; only the newest is kept."""
        self.drop_work_aside()
        (self.folder / ASIDE).mkdir()
        self._move_work(self.folder, self.folder / ASIDE)

    def give_back_work(self) -> bool:
        """Brings back what was put away, in place of what was done since; says whether there was anything."""
        aside = self.folder / ASIDE
        if not aside.is_dir():
            return False
        for name in _WORK:
            path = self.folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        self._move_work(aside, self.folder)
        self.drop_work_aside()
        return True

    def drop_work_aside(self) -> None:
        """Forgets what was put away."""
        shutil.rmtree(self.folder / ASIDE, ignore_errors=True)

    def _move_work(self, source: Path, target: Path) -> None:
        for name in _WORK:
            if (source / name).exists():
                (source / name).rename(target / name)

    def clear_put_back(self) -> None:
        """Lets the run be put back by itself once more."""
        (self.folder / PUT_BACK).unlink(missing_ok=True)

    def stop_requested(self) -> Request | None:
        """Returns what the worker was asked for; stop outweighs pause."""
        if (self.folder / STOP).exists():
            return "stop"
        return "pause" if (self.folder / PAUSE).exists() else None

    def checkpoints(self) -> list[Checkpoint]:
        """Returns the complete checkpoints, newest last."""
        return list_checkpoints(self.folder)

    def log_tail(self, n_lines: int = 20, n_bytes: int = 8192) -> str:
        """Returns the end of what the worker printed."""
        try:
            with (self.folder / LOG).open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - n_bytes))
                text = file.read().decode(errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-n_lines:])


def _read_if_there(path: Path, type_: type[R]) -> R | None:
    """Reads a record; None where there is none, though it may have gone a moment ago."""
    try:
        return read_record(path, type_)
    except NotFound:
        return None


def _parse(content: bytes) -> list[Event]:
    events: list[Event] = []
    for line in content.splitlines():
        try:
            events.append(event_from_line(line))
        except ValidationError:
            continue  # torn by a crash, or said by a newer version: the other lines still count
    return events
