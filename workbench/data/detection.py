"""Which format a file is in, and why: by the columns first, by the values of its first rows where columns agree."""

import difflib
from collections.abc import Iterable, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from workbench.data.fields import FieldError, missing, nearest
from workbench.data.hub import local_file
from workbench.data.reader import Reader, find_readers, renamed
from workbench.data.records import Flaw, Record
from workbench.data.tables import Source, look_at, read_source
from workbench.domain.errors import BadInput, BadRow, BadSetting

_LOOKED_AT = 20  # rows; the columns of later ones may be fewer
_TYPO = 0.8  # similarity (difflib) from which a column counts as a misspelling


class Detection(NamedTuple):
    """What was recognised.

    Attributes:
        reader: the format's name.
        why: the reason in words.
        columns: the file's columns.
    """

    reader: str
    why: str
    columns: tuple[str, ...]


class Chosen(NamedTuple):
    """A reader with the names by which it finds its columns in the file, as {the file's name: ours}."""

    reader: Reader
    names: Mapping[str, str]
    detection: Detection


def detect(source: Path | str) -> Detection:
    """Says which format a file, or one of the hub, is in.

    Raises:
        BadInput: it is unreadable, or no format fits.
        NotFound: there is no such file.
        Offline: a hub id was given and the hub does not answer.
    """
    return choose_reader(look_at(local_file(source))).detection


def choose_reader(
    source: Source, name: str | None = None, columns: Mapping[str, str] | None = None, *, skip_bad: bool = False
) -> Chosen:
    """Finds the reader for a source.

    Args:
        source: the file.
        name: a reader's name, when the person chose one.
        columns: {our name: the file's name}, when the person named columns.
        skip_bad: look past unreadable rows at the beginning.

    Raises:
        BadSetting: `name` is no reader or `columns` are none of its.
        BadRow: no reader fits; with the nearest one and what it lacks.
    """
    records = _first_records(source, skip_bad=skip_bad)
    found = tuple(dict.fromkeys(key for record in records for key in record.values))
    given = _given_names(source, dict(columns or {}), found)
    _check_targets(find_readers(), given, "The formats have")
    mapped = [renamed(record.values, given) for record in records]
    ours = tuple(dict.fromkeys(key for values in mapped for key in values))
    if name is not None:
        reader, why = _by_name(name), "as asked for"
        if lacking := reader.missing(ours):
            raise _as_row(source, records[0].line, missing(lacking[0], ours))
    else:
        reader, why = _by_content(source, records[0].line, ours, mapped)
    _check_targets([reader], given, f"The format {reader.name} has")
    return Chosen(reader, given | reader.renames(ours), Detection(reader.name, why, found))


def _first_records(source: Source, *, skip_bad: bool) -> list[Record]:
    reading = read_source(source)
    try:
        rows = list(islice(reading, 50 * _LOOKED_AT if skip_bad else _LOOKED_AT))
    finally:
        reading.close()
    flaws = [row for row in rows if isinstance(row, Flaw)]
    records = [row for row in rows if isinstance(row, Record)][:_LOOKED_AT]
    if not records or (flaws and not skip_bad):
        if flaws:
            raise _as_row(source, flaws[0].line, flaws[0].error)
        raise BadInput(f"{source.path}: holds no rows; expected at least one.", "Choose another file.")
    return records


def _by_name(name: str) -> Reader:
    readers = {reader.name: reader for reader in find_readers()}
    if name not in readers:
        near = nearest(name, readers)
        hint = f"Did you mean {near}?" if near else f"There are {', '.join(sorted(readers))}."
        raise BadSetting(f"There is no format {name!r}.", hint)
    return readers[name]


def _by_content(
    source: Source, line: int, ours: tuple[str, ...], mapped: list[dict[str, object]]
) -> tuple[Reader, str]:
    readers = find_readers()
    complete = [reader for reader in readers if not reader.missing(ours)]
    fitting = [reader for reader in complete if reader.fits(mapped[0] | reader_view(mapped[0], reader))]
    best = max(fitting, key=lambda reader: (len(reader.required), reader.rank), default=None)
    intended = _intended(readers, best, ours)
    if intended is not None:
        raise _as_row(source, line, _lacking(intended, best, ours))
    if best is None:
        raise _as_row(source, line, _nothing_fits(complete, ours))
    shown = ", ".join(f"`{name}`" for name in best.required)
    return best, f"{best.title}: found {shown}"


def reader_view(values: Mapping[str, object], reader: Reader) -> dict[str, object]:
    """Returns a record's values under the reader's names."""
    return renamed(dict(values), reader.renames(values.keys()))


def _intended(readers: tuple[Reader, ...], best: Reader | None, ours: tuple[str, ...]) -> Reader | None:
    """Returns the reader that the file seems to be meant for although a column is missing or misspelt.

    A reader that fits is doubted only where another one, which needs its columns and more, has some of the others.
    """
    base = set(best.required) if best else set()
    spare = [column for column in ours if column not in base and not (best and column in best.optional)]
    rivals = [reader for reader in readers if reader.missing(ours) and base < set(reader.required)]
    scored = [(_likeness(reader, base, spare), reader) for reader in rivals]
    score, rival = max(scored, key=lambda pair: (pair[0], pair[1].rank), default=(0.0, None))
    return rival if score >= (_TYPO if best else 1.0) else None


def _likeness(reader: Reader, base: set[str], spare: list[str]) -> float:
    """Returns how many of the reader's further columns are there or nearly there, less a little for the rest."""
    further = [name for name in reader.required if name not in base]
    best = [
        max((difflib.SequenceMatcher(None, name, column).ratio() for column in spare), default=0.0) for name in further
    ]
    return sum(ratio for ratio in best if ratio >= _TYPO) - 0.01 * len(further)


def _lacking(reader: Reader, best: Reader | None, ours: tuple[str, ...]) -> FieldError:
    error = missing(reader.missing(ours)[0], ours)
    error.expected = f"{', '.join(reader.required)} as in {reader.title}; found {', '.join(ours[:12])}"
    if best is not None:
        error.hint += f" If it is meant as {best.title}, add --format {best.name}."
    return error


def _nothing_fits(complete: list[Reader], ours: tuple[str, ...]) -> FieldError:
    if complete:
        reader = complete[0]
        return FieldError(
            reader.required[0],
            "and its neighbours hold other values than the format has",
            reader.title,
            "Choose a --format.",
        )
    error = missing("prompt", ours)
    error.expected = f"columns of a known format, as prompt, chosen, rejected; found {', '.join(ours[:12])}"
    return error


def _given_names(source: Source, columns: dict[str, str], found: tuple[str, ...]) -> dict[str, str]:
    for ours, theirs in columns.items():
        if theirs not in found:
            near = nearest(theirs, found)
            hint = f"Did you mean --map {ours}={near}?" if near else f"Its columns are {', '.join(found)}."
            raise BadRow(source.path, 0, theirs, "is no column of this file", "one that is there", hint)
    if len(set(columns.values())) < len(columns):
        raise BadSetting("A column is mapped twice.", "Name each column once.")
    return {theirs: ours for ours, theirs in columns.items()}


def _check_targets(readers: Iterable[Reader], given: Mapping[str, str], what: str) -> None:
    known = {
        name for reader in readers for name in (*reader.required, *reader.optional, *chain(*reader.aliases.values()))
    }
    for ours in given.values():
        if ours not in known:
            near = nearest(ours, known)
            hint = f"Did you mean `{near}`?" if near else f"Known are {', '.join(sorted(known))}."
            raise BadSetting(f"{what} no column `{ours}` that another could be mapped to.", hint)


def _as_row(source: Source, line: int, error: FieldError) -> BadRow:
    return BadRow(source.path, line, error.field, error.problem, error.expected, error.hint, source.counted)
