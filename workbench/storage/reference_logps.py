"""Log-probabilities of reference models, kept in the project so that runs over the same pairs compute them once.

One append-only file for each reference and number format, of rows of equal size. It is derived and may be deleted at any
time. A checksum tells what a crash or a power failure tore; several workers may append at once, each of them all rows of a
batch in one piece.
"""

import fcntl
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_ROW = np.dtype([("key", "V16"), ("place", "<u4"), ("chosen", "<f4"), ("rejected", "<f4"), ("check", "<u4")])
_CHECKED = _ROW.itemsize - 4  # the bytes of a row that its checksum is of
_MOST_OF_ONE = 32 << 20  # bytes of a file, a million pairs; a longer one begins anew
_MOST_OF_ALL = 128 << 20  # bytes of the folder; the files used longest ago make room
KEY_BYTES = 16
Logps = NDArray[np.float32]


class ReferenceLogps:
    """What one reference says of batches of pairs, by the batches' keys.

    Args:
        folder: of all references.
        name: of this one: a hash of all that decides its numbers.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._path = folder / f"{name}.rows"
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            self._path.touch()  # used now, whatever is used longest ago
            _make_room(folder, self._path)
        self._rows = _read(self._path)
        self._new: dict[bytes, Logps] = {}
        (firsts,) = np.nonzero(self._rows["place"] == 0)
        self._first = dict(zip(map(bytes, self._rows["key"][firsts]), firsts.tolist(), strict=True))

    def get(self, key: bytes, n_pairs: int) -> Logps | None:
        """Returns the log-probabilities [n_pairs, 2] of chosen and rejected responses; None where they are not kept whole.

        Args:
            key: 16 bytes, a hash of the batch's tokens.
            n_pairs: in the batch.
        """
        if key in self._new:
            return self._new[key]
        if (first := self._first.get(key)) is None:
            return None
        rows = self._rows[first : first + n_pairs]
        if len(rows) < n_pairs or not np.array_equal(rows, _rows(key, _logps(rows))):
            return None
        return _logps(rows)

    def put(self, key: bytes, logps: Logps) -> None:
        """Keeps the log-probabilities [pairs, 2] of a batch. On a disk that takes none they are kept by this run alone."""
        self._new[key] = logps = logps.astype(np.float32)
        with suppress(OSError), _appending(self._path) as descriptor:
            size = os.fstat(descriptor).st_size
            end = size - size % _ROW.itemsize if size < _MOST_OF_ONE else 0
            if end < size:  # torn by a crash, or full
                os.ftruncate(descriptor, end)
            os.write(descriptor, _rows(key, logps).tobytes())


def _rows(key: bytes, logps: Logps) -> NDArray[np.void]:
    rows = np.zeros(len(logps), _ROW)
    rows["key"], rows["place"] = np.void(key), np.arange(len(logps))
    rows["chosen"], rows["rejected"] = logps[:, 0], logps[:, 1]
    content = rows.tobytes()
    starts = range(0, len(content), _ROW.itemsize)
    rows["check"] = [zlib.crc32(content[start : start + _CHECKED]) for start in starts]
    return rows


def _logps(rows: NDArray[np.void]) -> Logps:
    return np.stack([rows["chosen"], rows["rejected"]], axis=1)


def _read(path: Path) -> NDArray[np.void]:
    try:
        content = path.read_bytes()
    except OSError:
        content = b""
    return np.frombuffer(content[: len(content) - len(content) % _ROW.itemsize], _ROW)


@contextmanager
def _appending(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _make_room(folder: Path, newest: Path) -> None:
    """Deletes the files used longest ago until the folder fits; one that a worker still has is lost to others alone."""
    found = sorted((path.stat().st_mtime_ns, path.stat().st_size, path) for path in folder.glob("*.rows"))
    total = sum(size for _, size, _ in found)
    for _, size, path in found:
        if total <= _MOST_OF_ALL:
            return
        if path != newest:
            path.unlink(missing_ok=True)
            total -= size
