"""Records of Parquet and Arrow files (Feather is Arrow's file format under another name)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.data.fields import FieldError
from workbench.data.records import Flaw, Record
from workbench.data.streams import is_gzip
from workbench.domain.errors import BadInput

_BATCH = 1024
_FILE_MAGIC = b"ARROW1"


def records(path: Path, batches: Iterator[pa.RecordBatch]) -> Iterator[Record | Flaw]:
    """Yields the batches' rows, numbered from 1.

    Raises:
        BadInput: the file is damaged.
    """
    number = 0
    try:
        for batch in batches:
            yield from _records(batch, number + 1)
            number += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        what = str(error).splitlines()[0]
        place = f" after row {number}" if number else ""
        raise BadInput(
            f"{path}: is damaged{place} ({what}); expected a whole file.", "Copy or download it again."
        ) from error


def _records(batch: pa.RecordBatch, first: int) -> Iterator[Record | Flaw]:
    try:
        rows = batch.to_pylist()
    except UnicodeDecodeError:  # rare: then row by row
        for i in range(batch.num_rows):
            yield _record(batch.slice(i, 1), first + i)
    else:
        for number, values in enumerate(rows, first):
            yield Record(number, values)


def _record(row: pa.RecordBatch, number: int) -> Record | Flaw:
    values: dict[str, Any] = {}
    for name, column in zip(row.schema.names, row.columns, strict=True):
        try:
            values[name] = column[0].as_py()
        except UnicodeDecodeError:
            error = FieldError(name, "is not valid UTF-8", "text in UTF-8", "Write the file again with text in UTF-8.")
            return Flaw(number, error, repr(values))
    return Record(number, values)


def count(path: Path, container: str) -> int | None:
    """Returns the number of rows, where the file says so at no cost."""
    if container != "parquet" or is_gzip(path):
        return None
    try:
        return int(pq.read_metadata(path).num_rows)
    except (pa.ArrowException, OSError):
        return None  # reading it will say what is wrong


def _parquet(path: Path) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(path) as file:
        yield from file.iter_batches(_BATCH)


def _arrow(path: Path) -> Iterator[pa.RecordBatch]:
    with path.open("rb") as head:
        is_file = head.read(len(_FILE_MAGIC)) == _FILE_MAGIC
    with pa.memory_map(str(path)) as source:
        for batch in _file_batches(source) if is_file else pa.ipc.open_stream(source):
            for start in range(0, batch.num_rows, _BATCH):
                yield batch.slice(start, _BATCH)


def _file_batches(source: pa.MemoryMappedFile) -> Iterator[pa.RecordBatch]:
    file = pa.ipc.open_file(source)
    for i in range(file.num_record_batches):
        yield file.get_batch(i)


READERS: dict[str, Callable[[Path], Iterator[pa.RecordBatch]]] = {"parquet": _parquet, "arrow": _arrow}
