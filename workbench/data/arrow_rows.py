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


def numbered(path: Path, rows: Iterator[dict[str, Any]]) -> Iterator[Record | Flaw]:
    """Numbers rows from 1.

    Raises:
        BadInput: the file is damaged.
    """
    number = 0
    try:
        for number, values in enumerate(rows, 1):
            yield Record(number, values)
    except UnicodeDecodeError:
        error = FieldError(
            "", "or one of the rows after it is not valid UTF-8", "text in UTF-8", "Write the file again."
        )
        yield Flaw(number + 1, error, "")
    except (pa.ArrowException, OSError) as error:
        what = str(error).splitlines()[0]
        raise BadInput(
            f"{path}: is damaged after row {number} ({what}); expected a whole file.", "Copy it again."
        ) from error


def count(path: Path, container: str) -> int | None:
    """Returns the number of rows, where the file says so at no cost."""
    if container != "parquet" or is_gzip(path):
        return None
    try:
        return int(pq.read_metadata(path).num_rows)
    except (pa.ArrowException, OSError):
        return None  # reading it will say what is wrong


def _parquet(path: Path) -> Iterator[dict[str, Any]]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(_BATCH):
            yield from batch.to_pylist()


def _arrow(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as head:
        is_file = head.read(len(_FILE_MAGIC)) == _FILE_MAGIC
    with pa.memory_map(str(path)) as source:
        for batch in _file_batches(source) if is_file else pa.ipc.open_stream(source):
            for start in range(0, batch.num_rows, _BATCH):
                yield from batch.slice(start, _BATCH).to_pylist()


def _file_batches(source: pa.MemoryMappedFile) -> Iterator[pa.RecordBatch]:
    file = pa.ipc.open_file(source)
    for i in range(file.num_record_batches):
        yield file.get_batch(i)


READERS: dict[str, Callable[[Path], Iterator[dict[str, Any]]]] = {"parquet": _parquet, "arrow": _arrow}
