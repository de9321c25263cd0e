"""Rows added to a dataset that is there, and taken out again: a new content under the same name.

A run remembers the content that it read by its SHA-256 and refuses any other. So what a dataset held before is kept beside it,
in `versions/SHA256/`, as long as a run needs it: a run that was made for it reads it, resumes on it and reports it. Prompts
stay in the splits that they are in; a new one goes to the split that is furthest from its share.
"""

import shutil
from collections.abc import Collection, Iterable
from itertools import chain
from pathlib import Path

from workbench.data.checks import check_row
from workbench.data.fields import FieldError
from workbench.data.importing import RECORD_FILE
from workbench.data.placing import beside, move_over, whole_or_nothing
from workbench.data.splits import GrowingSplitter, Splitter, default_fractions
from workbench.data.store import ROWS_FILE, RowWriter, content_folder, read_rows, read_splits
from workbench.domain.errors import BadInput
from workbench.domain.pairs import DatasetKind, Row
from workbench.domain.records import VERSIONS, DatasetRecord


def make_dataset(folder: Path, name: str, kind: DatasetKind, rows: Iterable[Row], source: str) -> DatasetRecord:
    """Makes a dataset of rows that come from no file, whole or not at all.

    Args:
        folder: the dataset's, which must not exist yet.
        name: the dataset's.
        kind: what the rows hold.
        rows: at least one.
        source: where they come from, in words.

    Raises:
        AlreadyExists: the folder is there already.
        BadInput: a row is not what the kind asks for.
    """
    with whole_or_nothing(folder) as temporary:
        record = _write(temporary, _checked(rows, kind), Splitter(0, default_fractions(kind)), kind, name, source)
        _write_record(temporary / RECORD_FILE, record)
    return record


def add_rows(folder: Path, record: DatasetRecord, rows: Iterable[Row]) -> DatasetRecord:
    """Adds rows to the end of a dataset.

    Args:
        folder: the dataset's. Nobody else may be changing it.
        record: what is known of it.
        rows: of the dataset's kind.

    Returns:
        The record of the new content.

    Raises:
        BadInput: a row is not what the kind asks for; nothing has changed.
        NotFound, BadInput: the dataset cannot be read.
        DiskFull: there is no room; nothing has changed.
    """
    return _replace(folder, record, chain(_stored(folder, record), _checked(rows, record.kind)))


def drop_row(folder: Path, record: DatasetRecord, mark: str, value: str) -> DatasetRecord:
    """Takes out the rows whose metadata says `value` under `mark`; arguments and errors as in `add_rows`."""
    return _replace(folder, record, (row for row in _stored(folder, record) if row.metadata.get(mark) != value))


def drop_versions(folder: Path, needed: Collection[str]) -> None:
    """Removes what a dataset held before, but for the contents that somebody needs.

    Args:
        folder: the dataset's.
        needed: their SHA-256.
    """
    for version in (folder / VERSIONS).glob("*"):
        if version.name not in needed:
            shutil.rmtree(version, ignore_errors=True)


def _checked(rows: Iterable[Row], kind: DatasetKind) -> Iterable[Row]:
    for row in rows:
        try:
            check_row(row, kind, judged=False)
        except FieldError as error:
            raise BadInput(f"The {error.field} {error.problem}; expected {error.expected}.", "Keep another.") from error
        yield row


def _stored(folder: Path, record: DatasetRecord) -> Iterable[Row]:
    return read_rows(content_folder(folder, record.content_sha256))


def _replace(folder: Path, record: DatasetRecord, rows: Iterable[Row]) -> DatasetRecord:
    """Keeps the old content as a version first, so that a crash at any point leaves one whole content under each hash."""
    splitter = GrowingSplitter(record.splits, read_splits(content_folder(folder, record.content_sha256)))
    with beside(folder) as temporary:
        changed = _write(temporary, rows, splitter, record.kind, record.name, record.source)
        changed = changed.model_copy(update=_origin(record))
        _write_record(temporary / RECORD_FILE, changed)
        _keep_version(folder, record)
        for name in (ROWS_FILE, RECORD_FILE):
            move_over(temporary / name, folder / name)
    return changed


def _keep_version(folder: Path, record: DatasetRecord) -> None:
    version = folder / VERSIONS / record.content_sha256
    if not version.exists():
        with whole_or_nothing(version) as temporary:
            for name in (ROWS_FILE, RECORD_FILE):
                shutil.copyfile(folder / name, temporary / name)  # no link: not every disk has them


def _origin(record: DatasetRecord) -> dict[str, object]:
    kept = ("source_sha256", "reader", "column_map", "n_skipped", "created")
    return {name: getattr(record, name) for name in kept}


def _write(
    folder: Path, rows: Iterable[Row], splitter: Splitter, kind: DatasetKind, name: str, source: str
) -> DatasetRecord:
    n_ties, raters = 0, set[str]()
    with RowWriter(folder, splitter) as writer:
        for row in rows:
            writer.add(row)
            n_ties += row.tie
            raters.update(rating.rater for rating in row.ratings)
        content = writer.finish()
    return DatasetRecord(
        name=name,
        kind=kind,
        source=source,
        source_sha256=content,
        reader="playground",
        n_rows=writer.n_rows,
        n_prompts=splitter.n_prompts,
        n_ties=n_ties,
        raters=tuple(sorted(raters)),
        splits=splitter.splits(),
        content_sha256=content,
    )


def _write_record(path: Path, record: DatasetRecord) -> None:
    path.write_text(record.model_dump_json(indent=2) + "\n", encoding="utf-8")
