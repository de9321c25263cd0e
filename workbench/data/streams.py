"""Bytes of a source file: unpacked if gzipped, hashed and counted while they are read, cut into lines of bounded length."""

import gzip
import io
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias

from workbench.domain.errors import BadInput

GZIP_MAGIC = b"\x1f\x8b"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # some editors and spreadsheets begin UTF-8 files with it
# A row of 16 MiB is some four million tokens: a file with longer ones is not what it seems to be.
MAX_ROW_BYTES = 16 * 2**20
_CHUNK = 2**20
ByteStream: TypeAlias = io.BufferedReader | gzip.GzipFile


class HashingFile:
    """A file that knows the SHA-256 of all its bytes and how many of them have been read."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self._hash = sha256()
        self.size = path.stat().st_size
        self.n_read = 0

    def readinto(self, buffer: Any) -> int:
        """Fills the buffer with what comes next, and returns how many bytes that was; 0 at the end."""
        n = self._file.readinto(buffer) or 0
        self._hash.update(memoryview(buffer)[:n])
        self.n_read += n
        return n

    def hexdigest(self) -> str:
        """Reads what is left, and returns the SHA-256 of the whole file in hexadecimal."""
        buffer = bytearray(_CHUNK)
        while self.readinto(buffer):
            pass
        return self._hash.hexdigest()

    def close(self) -> None:
        """Lets go of the file."""
        self._file.close()


class _Raw(io.RawIOBase):
    """What the standard library's readers want of a file. Closing it leaves the file open: its hash may still be asked for."""

    def __init__(self, file: HashingFile) -> None:
        super().__init__()
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._file.readinto(buffer)


def unpacked(file: HashingFile) -> ByteStream:
    """Returns the file's content, gunzipped where it is gzip (known by its first bytes, whatever the name says)."""
    buffered: io.BufferedReader = io.BufferedReader(_Raw(file), _CHUNK)
    if buffered.peek(2)[:2] == GZIP_MAGIC:
        # Not buffered once more: that would lose the lines before the place where a file is cut short.
        return gzip.GzipFile(fileobj=buffered)
    return buffered


def is_gzip(path: Path) -> bool:
    """Says whether the file's first bytes are those of gzip."""
    with path.open("rb") as file:
        return file.read(2) == GZIP_MAGIC


class LongLine(Exception):
    """A line is longer than MAX_ROW_BYTES."""


class CutShort(Exception):
    """A compressed file ends too early or is damaged."""


def lines(stream: ByteStream) -> Iterator[bytes | LongLine | CutShort]:
    """Yields the lines; in place of one that is too long a LongLine; CutShort last where the gzip is broken."""
    try:
        while line := stream.readline(MAX_ROW_BYTES + 1):
            if len(line) <= MAX_ROW_BYTES:
                yield line
                continue
            while line and not line.endswith(b"\n"):
                line = stream.readline(_CHUNK)
            yield LongLine()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        yield CutShort(str(error))


@contextmanager
def seekable(path: Path) -> Iterator[Path]:
    """Gives a path whose content can be read at any place: the file itself, or a gunzipped copy that is removed at the end.

    Raises:
        BadInput: the gzip is broken.
    """
    if not is_gzip(path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="workbench-") as folder:
        copy = Path(folder) / path.with_suffix("").name
        _gunzip(path, copy)
        yield copy


def _gunzip(path: Path, copy: Path) -> None:
    try:
        with gzip.open(path) as packed, copy.open("wb") as plain:
            while chunk := packed.read(_CHUNK):
                plain.write(chunk)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BadInput(
            f"{path}: the gzip file is cut short or damaged ({error}); expected a whole one.",
            "Copy or download it again.",
        ) from error
