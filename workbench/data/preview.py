"""What an import would make of a file, from its beginning alone; nothing is written."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from workbench.data.detection import Chosen, choose_reader
from workbench.data.fields import FieldError
from workbench.data.hub import local_file
from workbench.data.importing import checked_rows
from workbench.data.reader import find_readers
from workbench.data.records import Flaw, Record
from workbench.data.tables import Source, look_at, read_source
from workbench.domain.errors import BadInput, BadRow
from workbench.domain.pairs import Row
from workbench.domain.previews import BadLine, FormatChoice, ImportPreview

_LOOKED_AT = 1000  # rows
_LOOKED_S = 1.0  # and no longer than a person waits for a preview
_SHOWN = 8
_BAD_SHOWN = 20


def preview_file(
    source: Path | str,
    *,
    format: str | None = None,  # noqa: A002  (the flag's name)
    columns: Mapping[str, str] | None = None,
) -> ImportPreview:
    """Says what importing a file would do; where no format fits, why not and what there is to map.

    Args:
        source: the file, or a hub id.
        format: a reader's name; None lets the content decide.
        columns: {our name: the file's name} for columns with other names.

    Raises:
        NotFound: there is no such file.
        BadInput: it is nothing that can be read at all.
        Offline: a hub id was given and the hub does not answer.
    """
    found = look_at(local_file(source))
    records, reaches_end = _beginning(found)
    known = dict.fromkeys(key for record in records if isinstance(record, Record) for key in record.values)
    preview = ImportPreview(str(source), tuple(known), _formats(), n_looked_at=len(records), reaches_end=reaches_end)
    try:
        chosen = choose_reader(found, format, columns, skip_bad=True)
    except BadInput as error:
        return replace(preview, problem=error.sentence, hint=error.hint)
    return _read_as(preview, found, chosen, records)


def _beginning(source: Source) -> tuple[list[Record | Flaw], bool]:
    """Returns the first records, and whether those are all."""
    reading = read_source(source)
    records: list[Record | Flaw] = []
    until = time.monotonic() + _LOOKED_S
    try:
        for record in reading:
            if len(records) >= _LOOKED_AT or (records and time.monotonic() > until):
                return records, False
            records.append(record)
    finally:
        reading.close()
    return records, True


def _read_as(preview: ImportPreview, source: Source, chosen: Chosen, records: list[Record | Flaw]) -> ImportPreview:
    rows: list[Row] = []
    bad: list[BadLine] = []
    n_bad = 0
    for record in records:
        try:
            read = checked_rows(record, chosen)
        except FieldError as error:
            n_bad += 1
            if len(bad) < _BAD_SHOWN:
                bad.append(_bad_line(source, record.line, error))
        else:
            rows += read[: max(0, _SHOWN - len(rows))]
    return replace(
        preview,
        format=chosen.reader.name,
        why=chosen.detection.why,
        kind=chosen.reader.kind,
        names=dict(_names(preview.columns, chosen)),
        rows=tuple(rows),
        bad=tuple(bad),
        n_bad=n_bad,
    )


def _names(columns: tuple[str, ...], chosen: Chosen) -> Iterator[tuple[str, str]]:
    for theirs in columns:
        ours = chosen.names.get(theirs, theirs)
        if ours in chosen.reader.required or ours in chosen.reader.optional:
            yield ours, theirs


def _bad_line(source: Source, line: int, error: FieldError) -> BadLine:
    row = BadRow(source.path, line, error.field, error.problem, error.expected, error.hint, source.counted)
    reason = f"{row.field} {row.problem}; expected {row.expected}".strip()
    return BadLine(f"{source.counted} {line:,}", reason, error.hint)


def _formats() -> tuple[FormatChoice, ...]:
    readers = sorted(find_readers(), key=lambda reader: reader.title.lower())
    return tuple(FormatChoice(item.name, item.title, item.required, item.optional) for item in readers)
