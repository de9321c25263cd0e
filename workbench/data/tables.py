"""Any source file as a stream of records: one dictionary a row, or the flaw that makes a row unusable.

What a file holds is told from its first bytes (gzip, Parquet, Arrow, JSON), and only CSV from TSV by the name or the header.
"""

import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import pyarrow as pa

from workbench.data import arrow_rows, csv_rows, json_rows
from workbench.data.fields import nearest
from workbench.data.records import Flaw, Record
from workbench.data.streams import BYTE_ORDER_MARK, ByteStream, HashingFile, seekable, unpacked
from workbench.domain.errors import BadInput, BadRow, NotFound

Container = Literal["jsonl", "json", "csv", "tsv", "parquet", "arrow"]
_HEAD_BYTES = 65536
_SUFFIXES = (".jsonl", ".json", ".csv", ".tsv", ".parquet", ".arrow", ".feather", ".gz")
_NOT_OURS = {
    b"PK\x03\x04": "a zip archive", b"\x28\xb5\x2f\xfd": "compressed with zstd", b"\xfd7zXZ": "compressed with xz",
    b"BZh": "compressed with bzip2", b"FEA1": "Feather version 1", b"SQLite format 3": "an SQLite database",
    b"%PDF": "a PDF",
}  # fmt: skip
_EXPECTED = "JSON, JSONL, CSV, TSV, Parquet or Arrow, gzipped or not"


class Source(NamedTuple):
    """A file with what it holds."""

    path: Path
    container: Container

    @property
    def counted(self) -> str:
        """What positions in errors count: lines, or rows where a file has no lines."""
        return "line" if self.container in {"jsonl", "csv", "tsv"} else "row"


@dataclass
class Reading:
    """One pass over a source. When all records were taken, `sha256()` is that of the file."""

    source: Source
    n_total: int | None  # rows, where the container knows
    _file: HashingFile
    _records: Iterator[Record | Flaw]

    def __iter__(self) -> Iterator[Record | Flaw]:
        return self._records

    def sha256(self) -> str:
        """Returns the SHA-256 of the file's bytes as they stand on disk."""
        return self._file.hexdigest()

    def estimate_total(self, n_done: int) -> int | None:
        """Returns about how many rows there are, from the share of the file that was read."""
        if self.n_total is not None:
            return self.n_total
        return max(n_done, round(n_done * self._file.size / self._file.n_read)) if self._file.n_read else None

    def close(self) -> None:
        """Lets go of the file."""
        self._file.close()


def look_at(path: Path) -> Source:
    """Finds out what a file holds.

    Raises:
        NotFound: there is no such file.
        BadInput: it is a folder, empty, or nothing that can be read.
    """
    if path.is_dir():
        raise BadInput(f"{path}: is a folder; expected a file ({_EXPECTED}).", _inside(path))
    if not path.is_file():
        raise NotFound(f"{path}: there is no such file.", _near(path))
    head = _head(path)
    if not head.strip():
        raise BadInput(f"{path}: is empty; expected at least one row.", "Choose another file.")
    return Source(path, _container(path, head))


def read_source(source: Source) -> Reading:
    """Opens a source for one pass."""
    file = HashingFile(source.path)
    if source.container in {"parquet", "arrow"}:
        records = _with_seekable(source, arrow_rows.READERS[source.container])
        return Reading(source, arrow_rows.count(source.path, source.container), file, records)
    stream = unpacked(file)
    return Reading(source, None, file, _text_records(source, stream))


def _text_records(source: Source, stream: ByteStream) -> Iterator[Record | Flaw]:
    match source.container:
        case "jsonl":
            return json_rows.read_lines(stream)
        case "json":
            return json_rows.read_array(stream)
        case "csv":
            return csv_rows.read(stream, ",")
        case _:
            return csv_rows.read(stream, "\t")


def _with_seekable(source: Source, read: Callable[[Path], Iterator[pa.RecordBatch]]) -> Iterator[Record | Flaw]:
    with seekable(source.path) as path:
        yield from arrow_rows.records(source.path, read(path))


def _head(path: Path) -> bytes:
    """Returns the beginning of the content; all that can be had of it where a gzip file ends too early."""
    head = b""
    try:
        with closing(HashingFile(path)) as file:
            stream = unpacked(file)
            while len(head) < _HEAD_BYTES and (more := stream.read1(_HEAD_BYTES)):
                head += more
    except PermissionError as error:
        raise BadInput(f"{path}: may not be read by this account.", "Change its permissions.") from error
    except (EOFError, OSError, zlib.error) as error:
        if not head:
            raise BadInput(
                f"{path}: the gzip file is cut short or damaged ({error}); expected a whole one.",
                "Copy or download it again.",
            ) from error
    return head.removeprefix(BYTE_ORDER_MARK)


def _container(path: Path, head: bytes) -> Container:
    for magic, what in _NOT_OURS.items():
        if head.startswith(magic):
            raise BadInput(f"{path}: is {what}; expected {_EXPECTED}.", "Unpack or convert it first.")
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"ARROW1", b"\xff\xff\xff\xff")):
        return "arrow"
    if b"\x00" in head[:1024]:
        raise BadInput(f"{path}: is not text; expected {_EXPECTED}.", "Save text files as UTF-8.")
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if head.lstrip()[:1] == b"[" and not _is_table(suffixes):
        return "json"
    if head.lstrip()[:1] == b"{" and not _is_table(suffixes):
        return _lines_or_one(path, head.lstrip(), suffixes)
    return _delimited(path, head, suffixes)


def _is_table(suffixes: list[str]) -> bool:
    return bool({".csv", ".tsv"} & set(suffixes))


def _is_lines(suffixes: list[str]) -> bool:
    return bool({".jsonl", ".ndjson"} & set(suffixes))


def _lines_or_one(path: Path, head: bytes, suffixes: list[str]) -> Container:
    """Tells JSON lines, under whatever name, from one object."""
    first, newline, rest = head.partition(b"\n")
    is_long = len(head) > _HEAD_BYTES // 2 and not newline  # an object this long before any line break is a row
    if _is_lines(suffixes) or is_long or (first.rstrip().endswith(b"}") and rest.lstrip()[:1] == b"{"):
        return "jsonl"
    raise BadRow(
        path, 0, "", "holds one object", "many: an array of objects, or one object a line",
        "Put the object in [ ]; if its rows stand inside it, save that list alone.",
    )  # fmt: skip


def _delimited(path: Path, head: bytes, suffixes: list[str]) -> Container:
    if ".tsv" in suffixes:
        return "tsv"
    if ".csv" in suffixes:
        return "csv"
    if _is_lines(suffixes):
        return "jsonl"
    if ".json" in suffixes:
        raise BadInput(
            f"{path}: does not begin with [ or {{; expected an array of objects.", "Look at the file's first line."
        )
    header = head.partition(b"\n")[0]
    if b"\t" in header:
        return "tsv"
    if b"," in header:
        return "csv"
    raise BadInput(f"{path}: cannot tell what this file is; expected {_EXPECTED}.", f"Name it {', '.join(_SUFFIXES)}.")


def _inside(folder: Path) -> str:
    files = sorted(file.name for file in folder.iterdir() if file.suffix in _SUFFIXES)
    return f"Choose one of the files in it: {', '.join(files[:6])}." if files else "Choose a file."


def _near(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"There is no folder {folder} either."
    near = nearest(path.name, [file.name for file in folder.iterdir()])
    return f"Did you mean {folder / near}?" if near else "Check the path."
