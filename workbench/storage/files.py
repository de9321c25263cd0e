"""Files that are written whole or not at all, and records with a format version."""

import errno
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from pydantic import ValidationError

from workbench.domain.errors import BadInput, DiskFull, NewerFormat, NotFound
from workbench.domain.records import FORMAT_VERSION, Record
from workbench.domain.settings import STORED

R = TypeVar("R", bound=Record)
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def write_bytes(path: Path, content: bytes) -> None:
    """Replaces the file at `path`; a reader, a crash or a power failure sees the old content or the new, never a part.

    Raises:
        DiskFull: there is no room; the old file is untouched.
    """
    with replacing(path) as file:
        file.write(content)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Opens a file that takes the place of the one at `path` when the block ends without an error.

    Raises:
        DiskFull: there is no room; the old file is untouched.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        # Opened as `open` would, so that the umask decides who may read it; tempfile's 0600 would lock colleagues out.
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise_if_full(error, path)
        raise
    sync(path.parent)


def append_line(path: Path, line: bytes) -> None:
    """Appends a line that ends in a line break; one that a crash tore before is ended first, so that only it is lost.

    Raises:
        DiskFull: there is no room for the line.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # threads and other processes append too
        _write_all(descriptor, (b"\n" if _is_torn(descriptor) else b"") + line)
    except OSError as error:
        raise_if_full(error, path)
        raise
    finally:
        os.close(descriptor)


def _is_torn(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"


def _write_all(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]


def sync(path: Path) -> None:
    """Makes a file durable, or a folder's list of names: a rename is lost by a power failure until this is done."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def raise_if_full(error: OSError, path: Path, hint: str = "Free some space, then resume the run.") -> None:
    """Raises DiskFull in place of `error` where the system says that there is no room."""
    if error.errno in _NO_ROOM:
        raise DiskFull(f"There is no room on the disk for {path}.", hint) from error


def write_record(path: Path, record: Record) -> None:
    """Writes `record` as indented JSON with its format version."""
    write_bytes(path, record.model_dump_json(indent=2, context=STORED).encode() + b"\n")


def read_record(path: Path, type_: type[R]) -> R:
    """Reads a record back.

    Raises:
        NotFound: there is no such file.
        NewerFormat: a newer version of the program wrote it.
        BadInput: it is not JSON, or not such a record; the sentence names the place.
    """
    raw = read_json(path)
    check_version(path, raw)
    try:
        return type_.model_validate(raw, context=STORED)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole"
        problem = first["msg"].removeprefix("Value error, ")
        raise BadInput(f"{path}: `{place}` cannot be read as a {type_.__name__}: {problem}.", _EDITED) from error


_EDITED = "It may have been edited by hand: undo the edit, or restore the file from a copy."


def read_json(path: Path) -> dict[str, Any]:
    """Reads a JSON object, whatever its version.

    Raises:
        NotFound: there is no such file.
        BadInput: it is not a JSON object; the sentence names line and column.
    """
    try:
        raw = json.loads(path.read_bytes().decode())
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {path}.", "Check the name.") from error
    except json.JSONDecodeError as error:
        raise BadInput(
            f"{path}, line {error.lineno}, column {error.colno}: not JSON ({error.msg}).", _EDITED
        ) from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path}, byte {error.start}: not UTF-8 text; expected JSON.", _EDITED) from error
    if not isinstance(raw, dict):
        raise BadInput(f"{path}: expected a JSON object, found a {type(raw).__name__}.", _EDITED)
    return raw


def check_version(path: Path, raw: dict[str, Any]) -> None:
    """Raises NewerFormat where a newer version of the program wrote the file."""
    version = raw.get("format_version", 0)
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise NewerFormat(
            f"{path} has format {version}; this version of Preference Workbench reads up to {FORMAT_VERSION}.",
            "Update Preference Workbench to open it.",
        )
