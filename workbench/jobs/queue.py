"""Which runs are to happen, and in which order: queue.json, changed only under its lock."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from workbench.domain.errors import NotFound
from workbench.domain.records import Record
from workbench.storage.files import read_record, write_record
from workbench.storage.locks import short_lock
from workbench.storage.project import QUEUE, Project


class QueueEntry(BaseModel):
    """A run that is to happen or is happening."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_id: str
    priority: int = Field(0, description="Higher goes first; equals go in the order in which they were added.")
    added: float = Field(default_factory=time.time)


class Queue(Record):
    """.workbench/queue.json: a run stays here until it is over, so that none is lost when the runner dies."""

    entries: tuple[QueueEntry, ...] = ()
    runs_per_slot: dict[str, int] = Field({}, description="By slot; 1 where nothing is set.")

    @property
    def run_ids(self) -> list[str]:
        """The runs in the order in which they start."""
        return [entry.run_id for entry in sorted(self.entries, key=lambda entry: -entry.priority)]

    def capacity(self, slot: str) -> int:
        """Returns how many runs a slot takes at once."""
        return self.runs_per_slot.get(slot, 1)

    def with_runs(self, run_ids: list[str], priority: int = 0) -> Self:
        """Returns the queue with these runs at the end of their priority; those already there keep their place."""
        there = {entry.run_id for entry in self.entries}
        new = tuple(QueueEntry(run_id=run_id, priority=priority) for run_id in run_ids if run_id not in there)
        return self.model_copy(update={"entries": self.entries + new})

    def without(self, run_id: str) -> Self:
        """Returns the queue without a run."""
        kept = tuple(entry for entry in self.entries if entry.run_id != run_id)
        return self.model_copy(update={"entries": kept})

    def put_back(self, run_id: str, priority: int, order: Sequence[str]) -> Self:
        """Returns the queue with a run behind those that stood before it in an earlier `order` and are still there."""
        before = set(order[: order.index(run_id)])
        entries = [entry for entry in self.entries if entry.run_id != run_id]
        place = max((place for place, entry in enumerate(entries, 1) if entry.run_id in before), default=0)
        entries.insert(place, QueueEntry(run_id=run_id, priority=priority))
        return self.model_copy(update={"entries": tuple(entries)})

    def with_priority(self, run_id: str, priority: int) -> Self:
        """Returns the queue with another priority for a run.

        Raises:
            NotFound: the run is not queued.
        """
        if run_id not in self.run_ids:
            raise NotFound(f"Run `{run_id}` is not in the queue.", "Resume it first.")
        entries = tuple(
            entry.model_copy(update={"priority": priority}) if entry.run_id == run_id else entry
            for entry in self.entries
        )
        return self.model_copy(update={"entries": entries})

    def in_order(self, run_ids: list[str]) -> Self:
        """Returns the queue with these runs first, in this order; what was there before in order of priority follows.

        Priorities are levelled: the order that a person chose stands until runs of another priority are added.
        """
        places = {run_id: place for place, run_id in enumerate(dict.fromkeys(run_ids))}
        ordered = sorted(self.entries, key=lambda entry: -entry.priority)
        ordered.sort(key=lambda entry: places.get(entry.run_id, len(places)))
        return self.model_copy(update={"entries": tuple(entry.model_copy(update={"priority": 0}) for entry in ordered)})


class QueueEdit:
    """The queue while its lock is held; what stands here at the end is written."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue


def read_queue(project: Project) -> Queue:
    """Returns the queue as it is now."""
    path = project.state_folder() / QUEUE
    try:
        return read_record(path, Queue)
    except NotFound:
        return Queue()


@contextmanager
def edit_queue(project: Project) -> Iterator[QueueEdit]:
    """Holds the queue's lock, and writes the queue back when the block ends without an error.

    Starting a worker, stopping one that has not started, and the runner's decision to end happen under this lock, so that
    none of them can pass another unseen.

    Raises:
        Busy: another process holds the lock for unreasonably long.
    """
    state = project.state_folder()
    with short_lock(state / "queue.lock", f"the queue of {project.folder.name}"):
        before = read_queue(project)
        edit = QueueEdit(before)
        yield edit
        if edit.queue != before:
            write_record(state / QUEUE, edit.queue)
