"""A checksum over a dataset's rows that does not depend on how the file packs them.

Each column is cut into plain streams (which values are there, how long each is, the bytes) and each stream is hashed as if
it were one long text; so neither row groups nor compression nor the library's version change the result, and a million rows
are checked in about a second.
"""

from hashlib import sha256
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_DERIVED = frozenset({"row", "prompt_key"})  # follow from the others


class ContentHash:
    """The running checksum; feed it every batch in order."""

    def __init__(self) -> None:
        self._streams: dict[str, Any] = {}

    def update(self, batch: pa.RecordBatch) -> None:
        """Adds the rows of one batch."""
        for name in batch.schema.names:
            if name not in _DERIVED:
                self._add(name, batch.column(name))

    def hexdigest(self) -> str:
        """Returns the checksum of all rows so far."""
        total = sha256()
        for path in sorted(self._streams):
            total.update(f"{path} {self._streams[path].hexdigest()}\n".encode())
        return total.hexdigest()

    def _add(self, path: str, array: pa.Array) -> None:
        self._feed(f"{path}?", array.is_valid().cast(pa.uint8()))
        kind = array.type
        if pa.types.is_list(kind):
            self._feed(f"{path}#", pc.fill_null(array.value_lengths(), 0))
            self._add(f"{path}[]", array.flatten())
        elif pa.types.is_struct(kind):
            for field, values in zip(kind, array.flatten(), strict=True):
                self._add(f"{path}.{field.name}", values)
        elif pa.types.is_string(kind):
            self._add_text(path, pc.fill_null(array, ""))
        elif pa.types.is_boolean(kind):
            self._feed(path, pc.fill_null(array, False).cast(pa.uint8()))
        else:
            self._feed(path, pc.fill_null(array, 0))

    def _add_text(self, path: str, array: pa.Array) -> None:
        self._feed(f"{path}#", pc.binary_length(array))
        _, offsets, data = array.buffers()
        if len(array) and data is not None:
            bounds = np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1]
            self._stream(path).update(memoryview(data)[bounds[0] : bounds[-1]])

    def _feed(self, path: str, array: pa.Array) -> None:
        self._stream(path).update(np.ascontiguousarray(array.to_numpy(zero_copy_only=False)).data)

    def _stream(self, path: str) -> Any:
        if path not in self._streams:
            self._streams[path] = sha256()
        return self._streams[path]
