"""The lines of a log as columns: what it measured at each step, and the few lines that say something else."""

import json
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic_core import from_json  # twice as fast as `json`

from workbench.compare.statistics import FloatArray

Line = dict[str, Any]
PIECE = 1 << 18  # bytes parsed at once: 2 ms in which no other thread of the process runs
_HEAD = 96  # bytes of a line in which `kind` stands: it follows the time
_METRICS = b'"kind":"metrics"'
BEFORE_AT = "before_at"
_AT = re.compile(rb'\{"at":([\d.]+)')
_MEMORY = b'"memory_mib":'
_PROGRESS = re.compile(rb'"kind":"progress"[^\n]*"memory_mib":([-+.\deE]+)')
_TOLD = tuple(f'"kind":"{kind}"'.encode() for kind in ("checkpoint_saved", "started", "warned"))


class Spent(NamedTuple):
    """What training had used at a step; NaN where the method does not count it."""

    episodes: float
    tokens: float
    seconds: float


NOTHING_SPENT = Spent(0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Table:
    """What a log measured, one row for each line of metrics.

    Attributes:
        steps: [t] the training step.
        spent: [t x 3] episodes, tokens and seconds, NaN where unknown.
        values: [t] for each metric, NaN where a line does not name it.
    """

    steps: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    spent: FloatArray = field(default_factory=lambda: np.empty((0, 3)))
    values: dict[str, FloatArray] = field(default_factory=dict)

    def until(self, step: int) -> "Table":
        """Returns the rows of the steps up to this one."""
        kept = self.steps <= step
        return Table(self.steps[kept], self.spent[kept], {name: column[kept] for name, column in self.values.items()})


@dataclass(frozen=True)
class LogTable:
    """All that was read of a log up to a place in it.

    Attributes:
        end: bytes of the log that were read: whole lines.
        told: the lines that are not metrics and matter here, in their order.
        table: the lines of metrics, without those that a resumed run did again; None where they were not read.
        last_at: when the last whole line was written, Unix seconds; None where none is. Each line in `told` that says that a
            worker started has the same of the line before it as `before_at`.
        memory_mib: the most that a line of progress names; None where none does.
    """

    end: int = 0
    told: tuple[Line, ...] = ()
    table: Table | None = None
    last_at: float | None = None
    memory_mib: float | None = None

    def grown(self, log: BinaryIO, between: Callable[[], object] = bool) -> tuple["LogTable", bytes]:
        """Returns this with the whole lines that follow in the log, and what stands behind the last of them.

        Args:
            log: as a file.
            between: called between two pieces of it; what it raises ends the reading.
        """
        log.seek(self.end)
        end, rest, reading = self.end, b"", _Reading(self)
        while more := log.read(PIECE):
            between()
            piece, newline, rest = (rest + more).rpartition(b"\n")
            if newline:
                end += len(piece) + 1
                reading.read(piece)
        return reading.found(end), rest

    def with_rest(self, rest: bytes) -> "LogTable":
        """Returns this with a last line that has no end yet, if it is a whole one all the same."""
        reading = _Reading(self)
        reading.read(rest)
        return reading.found(self.end)


class _Reading:
    """Reads a log piece by piece, each of whole lines."""

    def __init__(self, before: LogTable) -> None:
        self._told, self._last_at, self._memory = list(before.told), before.last_at, before.memory_mib
        self._tables = None if before.table is None else [before.table]

    def found(self, end: int) -> LogTable:
        table = None if self._tables is None else _joined(self._tables)
        return LogTable(end, tuple(self._told), table, self._last_at, self._memory)

    def read(self, piece: bytes) -> None:
        if _MEMORY in piece:
            taken = [float(most) for most in _PROGRESS.findall(piece)]
            self._memory = max([*taken, *([] if self._memory is None else [self._memory])], default=None)
        if self._tables is None:
            self._read_told(piece)
        else:
            self._read_all(piece, self._tables)
        self._last_at = _last_at(piece, len(piece), self._last_at)

    def _read_all(self, piece: bytes, tables: list[Table]) -> None:
        measured: list[bytes] = []
        begin = 0
        for line in piece.split(b"\n"):
            head = line[:_HEAD]
            if _METRICS in head:
                measured.append(line)
            elif any(kind in head for kind in _TOLD):
                found = self._tell(line, piece, begin)
                if found is not None and (step := found.get("resumed_from")) is not None:
                    tables[:] = [table.until(step) for table in (*tables, _as_table(measured))]
                    measured = []
            begin += len(line) + 1
        if measured:
            tables.append(_as_table(measured))

    def _read_told(self, piece: bytes) -> None:
        """Decodes what is not metrics, without a look at the lines between."""
        begins = set()
        for kind in _TOLD:
            at = piece.find(kind)
            while at >= 0:
                begin = piece.rfind(b"\n", 0, at) + 1
                if at - begin < _HEAD:
                    begins.add(begin)
                at = piece.find(kind, at + 1)
        for begin in sorted(begins):
            end = piece.find(b"\n", begin)
            self._tell(piece[begin : end if end >= 0 else None], piece, begin)

    def _tell(self, line: bytes, piece: bytes, begin: int) -> Line | None:
        if (found := _decoded(line)) is not None:
            if found.get("kind") == "started":
                found[BEFORE_AT] = _last_at(piece, begin, self._last_at)
            self._told.append(found)
        return found


def _last_at(piece: bytes, end: int, before: float | None) -> float | None:
    """Returns the time of the last whole line up to a place in a piece, or what it was before the piece where none is."""
    while end > 0:
        begin = piece.rfind(b"\n", 0, end) + 1
        line = piece[begin:end]
        if line.endswith(b"}") and (found := _AT.match(line)) is not None:
            return float(found[1])
        end = begin - 1
    return before


def read_lines(lines: Iterable[bytes]) -> Table:
    """Returns what those of the lines measured that are whole lines of metrics."""
    return _as_table([line for line in lines if _METRICS in line[:_HEAD]])


def _decoded(line: bytes) -> Line | None:
    try:
        found: Line = json.loads(line)
    except (json.JSONDecodeError, UnicodeDecodeError):  # torn by a crash, or being written this moment
        return None
    return found


def _as_table(lines: list[bytes]) -> Table:
    try:
        return _columns(from_json(b"[" + b",".join(lines) + b"]"))
    except (ValueError, TypeError, KeyError, AttributeError):  # one of them is torn or no line of ours
        return _columns([line for each in lines if (line := _decoded(each)) is not None and _is_sound(line)])


def _is_sound(line: Line) -> bool:
    try:
        _columns([line])
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return False
    return True


def _columns(lines: list[Line]) -> Table:
    values = [line["values"] for line in lines]
    names = dict.fromkeys(name for shape in dict.fromkeys(map(tuple, values)) for name in shape)
    return Table(
        steps=np.array([line["step"] for line in lines], dtype=np.int64),
        spent=np.stack([_column(line.get(name) for line in lines) for name in Spent._fields], axis=1),
        values={name: _column(each.get(name) for each in values) for name in names},
    )


def _column(values: Iterable[float | None]) -> FloatArray:
    return np.array(list(values), dtype=np.float64)  # None becomes NaN


def _joined(tables: Collection[Table]) -> Table:
    if len(tables) == 1:
        return next(iter(tables))
    if not tables:
        return Table()
    names = dict.fromkeys(name for table in tables for name in table.values)
    return Table(
        np.concatenate([table.steps for table in tables]),
        np.concatenate([table.spent for table in tables]),
        {name: np.concatenate([_values(table, name) for table in tables]) for name in names},
    )


def _values(table: Table, name: str) -> FloatArray:
    return table.values[name] if name in table.values else np.full(len(table.steps), np.nan)
