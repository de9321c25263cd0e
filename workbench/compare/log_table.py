"""The lines of a log as columns: what it measured at each step, and the few lines that say something else."""

import json
from collections.abc import Collection, Iterable, Iterator
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
    """

    end: int = 0
    told: tuple[Line, ...] = ()
    table: Table | None = None

    def grown(self, log: BinaryIO) -> tuple["LogTable", bytes]:
        """Returns this with the whole lines that follow in the log, and what stands behind the last of them."""
        log.seek(self.end)
        end, rest, told, tables = self.end, b"", list(self.told), [self.table] if self.table is not None else []
        while more := log.read(PIECE):
            piece, newline, rest = (rest + more).rpartition(b"\n")
            if newline:
                end += len(piece) + 1
                told += _read_piece(piece, tables) if self.table is not None else _told_in(piece)
        return LogTable(end, tuple(told), _joined(tables) if self.table is not None else None), rest

    def with_rest(self, rest: bytes) -> "LogTable":
        """Returns this with a last line that has no end yet, if it is a whole one all the same."""
        tables = [self.table] if self.table is not None else []
        told = _read_piece(rest, tables) if self.table is not None else _told_in(rest)
        return LogTable(self.end, (*self.told, *told), _joined(tables) if self.table is not None else None)


def read_lines(lines: Iterable[bytes]) -> Table:
    """Returns what those of the lines measured that are whole lines of metrics."""
    return _as_table([line for line in lines if _METRICS in line[:_HEAD]])


def _read_piece(piece: bytes, tables: list[Table]) -> list[Line]:
    """Adds the lines of metrics to the tables, and returns the others that matter."""
    told: list[Line] = []
    measured: list[bytes] = []
    for line in piece.split(b"\n"):
        head = line[:_HEAD]
        if _METRICS in head:
            measured.append(line)
        elif any(kind in head for kind in _TOLD) and (found := _decoded(line)) is not None:
            told.append(found)
            if (step := found.get("resumed_from")) is not None:
                tables[:] = [table.until(step) for table in (*tables, _as_table(measured))]
                measured = []
    if measured:
        tables.append(_as_table(measured))
    return told


def _told_in(piece: bytes) -> Iterator[Line]:
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
        if (line := _decoded(piece[begin : end if end >= 0 else None])) is not None:
            yield line


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
