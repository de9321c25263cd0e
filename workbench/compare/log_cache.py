"""Logs kept as columns, so that a metric of hundreds of long runs is read in a moment.

One file a run, `.workbench/logs/RUN.columns`: a line of JSON that says what follows, then each column as little-endian
numbers of eight bytes. It is derived from the log and may be deleted at any time. It is replaced whole, never changed, so
several processes may write and read it at once; one that is torn, or of another log, is made anew.
"""

import hashlib
import json
import os
import secrets
import zlib
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from workbench.compare.log_table import LogTable, Spent, Table
from workbench.storage.project import Project
from workbench.storage.runlog import EVENTS

WORTH = 1 << 16  # bytes of a log that are parsed in a millisecond, for which nothing is written
_FORMAT = 2
_ENDS = 4096  # bytes at either end of what was read by which a log is known again
_ALWAYS = ("step", *Spent._fields)  # the first columns; those of the metrics follow
_INTEGER: np.dtype[np.int64] = np.dtype("<i8")
_NUMBER: np.dtype[np.float64] = np.dtype("<f8")


class _Unfit(Exception):
    """What is kept is damaged, of another version, or of a log that is there no more."""


class _Head(NamedTuple):
    """The first line of a file of columns.

    Attributes:
        format: of the file.
        end: bytes of the log that its columns are of.
        size, changed_ns: of the log when it was read.
        ends: a hash of the ends of what was read.
        told, last_at, memory_mib: as `LogTable` has them.
        rows: of each column.
        columns: names and checksums in their order; none where only the other lines were read.
    """

    format: int
    end: int
    size: int
    changed_ns: int
    ends: str
    told: list[dict[str, Any]]
    last_at: float | None
    memory_mib: float | None
    rows: int
    columns: list[tuple[str, int]]


def kept_columns(project: Project, run_id: str) -> Path:
    """Returns where the columns of a run's log are kept, whether they are or not."""
    return project.cache_folder("logs") / f"{run_id}.columns"


def keep_all(project: Project, between: Callable[[], object] = bool) -> None:
    """Keeps the columns of every long log that are not kept yet, and deletes those whose runs are gone.

    Args:
        project: whose runs.
        between: called between two pieces of work; what it raises ends it, and nothing half-done stays.
    """
    runs = project.run_folders()
    gone = {path.stem for path in project.cache_folder("logs").glob("*.columns")} - {run.folder.name for run in runs}
    for run_id in gone:
        kept_columns(project, run_id).unlink(missing_ok=True)
    for run in runs:
        between()
        kept = kept_columns(project, run.folder.name)
        with suppress(OSError):  # deleted at this moment, or not to be read: whoever needs it will say so
            if not _is_whole(run.folder / EVENTS, kept):
                read_table(run.folder / EVENTS, None, kept, between)


def _is_whole(path: Path, kept: Path) -> bool:
    """Says whether so much of a log is kept that reading it takes no time."""
    if path.stat().st_size <= WORTH:
        return True
    with suppress(OSError, _Unfit), kept.open("rb") as file, path.open("rb") as log:
        head = _read_head(file)
        _raise_if_other(head, log)
        return bool(head.columns) and os.fstat(log.fileno()).st_size - head.end <= WORTH
    return False


def read_table(
    path: Path, names: Collection[str] | None, kept: Path | None = None, between: Callable[[], object] = bool
) -> LogTable:
    """Reads a log, of which most may be kept as columns already; keeps much that is new.

    Args:
        path: the log.
        names: the metrics wanted; None for all, an empty collection for none. Others may come along, incomplete.
        kept: the file of its columns, there or not; None reads the log alone.
        between: called between two pieces of the log; what it raises ends the reading.
    """
    is_measured = names is None or bool(names)
    with path.open("rb") as log:
        found = _known(kept, log, names, is_measured=is_measured)
        is_long = kept is not None and os.fstat(log.fileno()).st_size - found.end > WORTH
        if is_long:  # what is written has all columns, whichever are wanted now
            found = _known(kept, log, None, is_measured=is_measured)
        found, rest = found.grown(log, between)
        if kept is not None and is_long:
            with suppress(OSError):  # a project that may only be read, a full disk: it stays as slow as it was
                _write(kept, found, log)
    return found.with_rest(rest) if rest else found


def _known(kept: Path | None, log: BinaryIO, names: Collection[str] | None, *, is_measured: bool) -> LogTable:
    """Returns what is kept of this very log; where that is nothing or unfit, the beginning of an empty one."""
    if kept is not None:
        with suppress(OSError, _Unfit), kept.open("rb") as file:
            found = _read(file, log, names)
            if found.table is not None or not is_measured:
                return found
    return LogTable(table=Table() if is_measured else None)


def _read(file: BinaryIO, log: BinaryIO, names: Collection[str] | None) -> LogTable:
    head = _read_head(file)
    _raise_if_other(head, log)
    found = LogTable(head.end, tuple(head.told), None, head.last_at, head.memory_mib)
    if not head.columns or (names is not None and not names):
        return found
    begin = file.tell()

    def column(place: int) -> bytes:
        file.seek(begin + place * head.rows * _NUMBER.itemsize)
        content = file.read(head.rows * _NUMBER.itemsize)
        if zlib.crc32(content) != head.columns[place][1]:
            raise _Unfit
        return content

    first = len(_ALWAYS)
    wanted = {name: at for at, (name, _) in enumerate(head.columns[first:], first) if names is None or name in names}
    steps = np.frombuffer(column(0), _INTEGER)
    spent = np.stack([np.frombuffer(column(at), _NUMBER) for at in range(1, first)], axis=1)
    values = {name: np.frombuffer(column(at), _NUMBER) for name, at in wanted.items()}
    return replace(found, table=Table(steps, spent, values))


def _read_head(file: BinaryIO) -> _Head:
    try:
        head = _Head(**json.loads(file.readline()))
    except (ValueError, TypeError) as error:
        raise _Unfit from error
    if head.format != _FORMAT:
        raise _Unfit
    return head


def _raise_if_other(head: _Head, log: BinaryIO) -> None:
    """A log only grows: one that shrank, or was changed without growing, or begins or ends otherwise, is another one."""
    now = os.fstat(log.fileno())
    is_same = (now.st_size, now.st_mtime_ns) == (head.size, head.changed_ns)
    if not is_same and (now.st_size <= head.size or _ends(log, head.end) != head.ends):
        raise _Unfit


def _ends(log: BinaryIO, end: int) -> str:
    parts = [os.pread(log.fileno(), min(_ENDS, end), 0), os.pread(log.fileno(), min(_ENDS, end), max(0, end - _ENDS))]
    return hashlib.blake2b(b"".join(parts), digest_size=16).hexdigest()


def _write(kept: Path, found: LogTable, log: BinaryIO) -> None:
    seen = os.fstat(log.fileno())
    columns: list[tuple[str, bytes]] = []
    if (table := found.table) is not None:
        numbers = (*zip(Spent._fields, table.spent.T, strict=True), *table.values.items())
        columns = [(_ALWAYS[0], table.steps.astype(_INTEGER).tobytes())]
        columns += [(name, column.astype(_NUMBER).tobytes()) for name, column in numbers]
    head = _Head(
        format=_FORMAT,
        end=found.end,
        size=seen.st_size,
        changed_ns=seen.st_mtime_ns,
        ends=_ends(log, found.end),
        told=list(found.told),
        last_at=found.last_at,
        memory_mib=found.memory_mib,
        rows=0 if table is None else len(table.steps),
        columns=[(name, zlib.crc32(content)) for name, content in columns],
    )
    kept.parent.mkdir(parents=True, exist_ok=True)
    temporary = kept.with_name(f".{kept.name}.{secrets.token_hex(4)}.tmp")
    try:  # not synced to the disk, which would take longer than all the rest: checksums tell what a power failure tore
        with temporary.open("xb") as file:
            file.write(json.dumps(head._asdict()).encode() + b"\n")
            file.writelines(content for _, content in columns)
        temporary.replace(kept)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
