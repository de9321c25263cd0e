"""Records of comma- or tab-separated files. Their first row names the columns."""

import csv
import json
import re
from collections.abc import Iterator
from typing import Any

from workbench.data.fields import FieldError
from workbench.data.json_rows import unreadable
from workbench.data.records import Flaw, Record
from workbench.data.streams import BYTE_ORDER_MARK, MAX_ROW_BYTES, ByteStream, CutShort, LongLine, lines

# Cells that hold chats, raters or an object are written as JSON.
_JSON_CELL = re.compile(r'^\s*(\[\s*)?\{\s*"')


class _Lines:
    """Text lines for the csv module. It ends before a line that cannot be had, says why, and can be asked again."""

    def __init__(self, stream: ByteStream) -> None:
        self._lines = lines(stream)
        self.n_taken = 0
        self.stopped: LongLine | CutShort | None = None

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.n_taken += 1
        if not isinstance(line, bytes):
            self.stopped = line
            raise StopIteration
        body = line.removeprefix(BYTE_ORDER_MARK) if self.n_taken == 1 else line
        return body.decode(errors="surrogateescape")


def read(stream: ByteStream, delimiter: str) -> Iterator[Record | Flaw]:
    """Yields one record for each row below the header; empty cells are null."""
    csv.field_size_limit(MAX_ROW_BYTES)
    source = _Lines(stream)
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    header = next(reader, [])
    if flaw := _header_flaw(header):
        yield flaw
        return
    while True:
        line = source.n_taken + 1
        cells = _next_cells(reader, line)
        if source.stopped is not None:
            yield unreadable(source.n_taken, source.stopped)
            source.stopped = None
        elif cells is None:
            return
        elif isinstance(cells, Flaw):
            yield cells
        elif cells:
            yield _record(line, header, cells)


def _next_cells(reader: Iterator[list[str]], line: int) -> list[str] | Flaw | None:
    try:
        return next(reader, None)
    except csv.Error as error:
        return Flaw(
            line, FieldError("", f"is not valid CSV ({error})", "cells in closed quotes", "Correct the row."), ""
        )


def _header_flaw(header: list[str]) -> Flaw | None:
    if _has_strays("".join(header)):
        error = FieldError("", "is not valid UTF-8", "column names in UTF-8", "Save the file as UTF-8.")
        return Flaw(1, error, json.dumps(header))
    twice = sorted({name for name in header if header.count(name) > 1})
    if not twice:
        return None
    error = FieldError(twice[0], "names two columns", "a name for each column", "Rename one in the header.")
    return Flaw(1, error, ",".join(header))


def _record(line: int, header: list[str], cells: list[str]) -> Record | Flaw:
    raw = json.dumps(
        cells,
    )
    if len(cells) != len(header):
        error = FieldError(
            "", f"has {len(cells)} cells", f"{len(header)}, as in the header", "Correct or quote the row."
        )
        return Flaw(line, error, raw)
    for name, cell in zip(header, cells, strict=True):
        if _has_strays(cell):
            return Flaw(line, FieldError(name, "is not valid UTF-8", "text in UTF-8", "Save the file as UTF-8."), raw)
    return Record(line, {name: _value(cell) for name, cell in zip(header, cells, strict=True)})


def _has_strays(text: str) -> bool:
    """Says whether text decoded with surrogateescape held bytes that are not UTF-8."""
    return not text.isascii() and any("\udc80" <= character <= "\udcff" for character in text)


def _value(cell: str) -> Any:
    if not cell:
        return None
    if _JSON_CELL.match(cell):
        try:
            return json.loads(cell)
        except ValueError:
            return cell  # text that only looks like JSON
    return cell
