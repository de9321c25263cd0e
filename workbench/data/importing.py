"""A file becomes a dataset of the project: recognised, read, checked, split, stored; whole or not at all."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from workbench.data.checks import check_row
from workbench.data.detection import Chosen, Detection, choose_reader, detect
from workbench.data.fields import FieldError
from workbench.data.hub import local_file
from workbench.data.placing import remove_leftover, whole_or_nothing
from workbench.data.reader import renamed
from workbench.data.records import Flaw, Record
from workbench.data.splits import Splitter, default_fractions
from workbench.data.store import ROWS_FILE, RowWriter
from workbench.data.streams import MAX_ROW_BYTES
from workbench.data.tables import Reading, Source, look_at, read_source
from workbench.domain.errors import AlreadyExists, BadInput, BadRow
from workbench.domain.pairs import Row
from workbench.domain.records import DatasetRecord, SplitName

__all__ = [
    "RECORD_FILE",
    "REJECTS_FILE",
    "Detection",
    "checked_rows",
    "clear_cut_short",
    "detect",
    "import_file",
    "iterate_rows",
]

RECORD_FILE = "dataset.json"
REJECTS_FILE = "rejects.jsonl"
_ROWS_BETWEEN_WORDS = 2000
Progress = Callable[[int, int | None], None]


class _Rejects:
    """Where bad rows go: into a file when the person said so, else up as an error."""

    def __init__(self, source: Source, path: Path | None) -> None:
        self._source = source
        self._path = path
        self._file: IO[str] | None = None
        self.count = 0
        self.first: BadRow | None = None

    def take(self, line: int, error: FieldError, raw: object) -> None:
        """Writes one row down.

        Raises:
            BadRow: bad rows are not to be skipped.
        """
        bad = BadRow(
            self._source.path, line, error.field, error.problem, error.expected, error.hint, self._source.counted
        )
        if self._path is None:
            raise bad from error
        self.first = self.first or bad
        self.count += 1
        if self._file is None:
            self._file = self._path.open("w", encoding="utf-8")
        entry = {
            "line": line,
            "field": error.field,
            "reason": f"{error.problem}; expected {error.expected}",
            "row": raw,
        }
        self._file.write(_shortened(entry) + "\n")

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def _shortened(entry: dict[str, Any]) -> str:
    """Returns an entry as JSON, without the row where that is longer than a row may be."""
    written = json.dumps(entry, default=str)
    return written if len(written) <= MAX_ROW_BYTES else json.dumps({**entry, "row": None})


def import_file(  # noqa: PLR0913
    source: Path | str,
    folder: Path,
    name: str,
    *,
    format: str | None = None,  # noqa: A002  (the flag's name)
    columns: Mapping[str, str] | None = None,
    skip_bad: bool = False,
    seed: int = 0,
    fractions: Mapping[SplitName, float] | None = None,
    progress: Progress | None = None,
) -> tuple[DatasetRecord, Detection, Path | None]:
    """Imports a file as a dataset.

    Args:
        source: the file, or a hub id.
        folder: the dataset's folder, which must not exist yet; it appears when all is done.
        name: the dataset's name.
        format: a reader's name; None lets the content decide.
        columns: {our name: the file's name} for columns with other names.
        skip_bad: put unusable rows into rejects.jsonl instead of refusing the file.
        seed: of the splits.
        fractions: of the splits; None for the default of the kind of data.
        progress: called now and then with rows done and, where it can be told, about how many there are. An exception
            that it raises cancels the import and nothing stays behind.

    Returns:
        The dataset's record, what was recognised, and the file of rejected rows if there were any.

    Raises:
        NotFound: there is no such file.
        BadInput: the file cannot be used; BadRow where one row is at fault.
        BadSetting: a format, column or share is unknown.
        AlreadyExists: the folder is there already.
        DiskFull: the rows did not fit.
        Offline: a hub id was given and the hub does not answer.
    """
    if folder.exists():
        raise AlreadyExists(f"{folder}: there is a dataset already.", "Choose another name.")
    found = look_at(local_file(source))
    chosen = choose_reader(found, format, columns, skip_bad=skip_bad)
    splitter = Splitter(seed, fractions or default_fractions(chosen.reader.kind))
    with whole_or_nothing(folder) as temporary:
        work = _Import(found, chosen, splitter, temporary, skip_bad=skip_bad)
        record = work.run(name, str(source), dict(columns or {}), progress or _say_nothing)
        (temporary / RECORD_FILE).write_text(record.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return record, chosen.detection, folder / REJECTS_FILE if record.n_skipped else None


def clear_cut_short(folder: Path) -> None:
    """Removes what an import left that was cut short after its folder was complete and before the project named it.

    Args:
        folder: of a dataset that the project does not name, while nobody imports under its name.
    """
    remove_leftover(folder, frozenset({RECORD_FILE, REJECTS_FILE, ROWS_FILE}))


class _Import:
    """One file on its way into one folder."""

    def __init__(self, source: Source, chosen: Chosen, splitter: Splitter, folder: Path, *, skip_bad: bool) -> None:
        self._source, self._chosen, self._splitter, self._folder = source, chosen, splitter, folder
        self._rejects = _Rejects(source, folder / REJECTS_FILE if skip_bad else None)
        self._n_ties = 0
        self._raters: dict[str, None] = {}

    def run(self, name: str, origin: str, columns: dict[str, str], progress: Progress) -> DatasetRecord:
        reading = read_source(self._source)
        try:
            with RowWriter(self._folder, self._splitter) as writer:
                self._copy(reading, writer, progress)
                self._refuse_nothing(writer.n_rows)
                content = writer.finish()
            file_hash = reading.sha256()
        finally:
            reading.close()
            self._rejects.close()
        progress(writer.n_rows, writer.n_rows)
        return DatasetRecord(
            name=name,
            kind=self._chosen.reader.kind,
            source=origin,
            source_sha256=file_hash,
            reader=self._chosen.reader.name,
            column_map=columns,
            n_rows=writer.n_rows,
            n_prompts=self._splitter.n_prompts,
            n_ties=self._n_ties,
            n_skipped=self._rejects.count,
            raters=tuple(sorted(self._raters)),
            splits=self._splitter.splits(),
            content_sha256=content,
        )

    def _copy(self, reading: Reading, writer: RowWriter, progress: Progress) -> None:
        for n_done, row in enumerate(_rows(reading, self._chosen, self._rejects)):
            if n_done % _ROWS_BETWEEN_WORDS == 0:
                progress(n_done, reading.estimate_total(n_done))
            writer.add(row)
            self._n_ties += row.tie
            for rating in row.ratings:
                self._raters[rating.rater] = None

    def _refuse_nothing(self, n_rows: int) -> None:
        if n_rows:
            return
        first = self._rejects.first
        why = f" The first problem: {first.sentence}" if first else ""
        raise BadInput(
            f"{self._source.path}: not one usable row.{why}", first.hint if first else "Choose another file."
        )


def _rows(reading: Reading, chosen: Chosen, rejects: _Rejects) -> Iterator[Row]:
    for record in reading:
        try:
            rows = checked_rows(record, chosen)
        except FieldError as error:
            rejects.take(record.line, error, record.raw if isinstance(record, Flaw) else record.values)
        else:
            yield from rows


def checked_rows(record: Record | Flaw, chosen: Chosen) -> list[Row]:
    """Returns the rows that a record holds.

    Raises:
        FieldError: it is not usable, and why.
    """
    if isinstance(record, Flaw):
        raise record.error
    reader, names = chosen.reader, chosen.names
    rows = list(reader.read(renamed(record.values, names) if names else record.values))
    for row in rows:
        check_row(row, reader.kind, judged=reader.judged)
    return rows


def iterate_rows(
    source: Path | str,
    *,
    format: str | None = None,  # noqa: A002
    columns: Mapping[str, str] | None = None,
) -> Iterator[Row]:
    """Yields a file's rows without storing them.

    Raises:
        NotFound, BadInput, BadSetting: as in `import_file`.
    """
    found = look_at(local_file(source))
    chosen = choose_reader(found, format, columns)
    reading = read_source(found)
    try:
        yield from _rows(reading, chosen, _Rejects(found, None))
    finally:
        reading.close()


def _say_nothing(_done: int, _total: int | None) -> None:
    """Stands in where nobody wants to hear of progress."""
