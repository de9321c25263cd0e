"""Records of JSON lines and of one JSON array."""

import json
import zlib
from collections.abc import Iterator
from typing import Any

import ijson

from workbench.data.fields import FieldError, kind_of
from workbench.data.records import Flaw, Record
from workbench.data.streams import BYTE_ORDER_MARK, MAX_ROW_BYTES, ByteStream, CutShort, LongLine, lines

_SHOWN = 2**20  # characters of an unreadable row that the rejects file keeps
_ONE_LINE = "Write each row as one line, or all rows as one array in a .json file."
_decode = json.JSONDecoder().decode  # json.loads would look for UTF-16 in every line
_BUFFER = 2**22  # the parser begins a long text again with every buffer


def read_lines(stream: ByteStream) -> Iterator[Record | Flaw]:
    """Yields one record for each line that is not blank."""
    for number, line in enumerate(lines(stream), 1):
        if isinstance(line, bytes):
            body = line.strip()
            if body:
                yield _record(number, body.removeprefix(BYTE_ORDER_MARK) if number == 1 else body)
        else:
            yield unreadable(number, line)


def unreadable(number: int, problem: LongLine | CutShort) -> Flaw:
    """Returns the flaw of a line that is too long or not there."""
    if isinstance(problem, LongLine):
        limit = f"at most {MAX_ROW_BYTES // 2**20} MiB a row"
        return Flaw(number, FieldError("", "is too long", limit, "Cut the text, or skip such rows (--skip-bad)."), "")
    error = FieldError(
        "", "is where the gzip file is cut short or damaged", "a whole file", "Copy or download it again."
    )
    return Flaw(number, error, "")


def _record(number: int, body: bytes) -> Record | Flaw:
    try:
        values = _decode(body.decode())
    except UnicodeDecodeError:
        return not_utf8(number, body)
    except (ValueError, RecursionError) as error:
        return Flaw(number, _syntax(error), body[:_SHOWN].decode(errors="replace"))
    return _checked(number, values)


def _checked(number: int, values: Any) -> Record | Flaw:
    if isinstance(values, dict):
        return Record(number, values)
    error = FieldError("", f"is {kind_of(values)}", "an object with a value for each column", "Write rows as objects.")
    return Flaw(number, error, json.dumps(values)[:_SHOWN])


def _syntax(error: ValueError | RecursionError) -> FieldError:
    if isinstance(error, RecursionError):
        return FieldError("", "is nested too deeply", "an object of a few levels", "Flatten it.")
    what = f"{error.msg.lower()} at column {error.colno}" if isinstance(error, json.JSONDecodeError) else str(error)
    return FieldError("", f"is not valid JSON ({what})", "one whole JSON object", _ONE_LINE)


def not_utf8(number: int, body: bytes) -> Flaw:
    """Returns the flaw of a line with bytes that are not UTF-8, naming the field where the line can be read at all."""
    field = ""
    try:
        values = json.loads(body.decode(errors="surrogateescape"))
        if isinstance(values, dict):
            field = next((name for name, value in values.items() if _has_strays(value)), "")
    except ValueError:
        pass  # then the line as a whole is named
    error = FieldError(field, "is not valid UTF-8", "text in UTF-8", "Save the file as UTF-8.")
    return Flaw(number, error, body[:_SHOWN].decode(errors="backslashreplace"))


def _has_strays(value: Any) -> bool:
    return any("\udc80" <= character <= "\udcff" for character in json.dumps(value, ensure_ascii=False))


def read_array(stream: ByteStream) -> Iterator[Record | Flaw]:
    """Yields one record for each object of a JSON array, without holding the array."""
    number = 0
    try:
        if stream.peek(3)[:3] == BYTE_ORDER_MARK:
            stream.read(3)
        for number, values in enumerate(ijson.items(stream, "item", use_float=True, buf_size=_BUFFER), 1):
            yield _checked(number, values)
    except (EOFError, zlib.error, OSError) as error:
        yield unreadable(number + 1, CutShort(str(error)))
    except UnicodeDecodeError:
        yield Flaw(number + 1, FieldError("", "is not valid UTF-8", "text in UTF-8", "Save the file as UTF-8."), "")
    except ijson.JSONError as error:
        yield Flaw(number + 1, _array_error(str(error)), "")


def _array_error(message: str) -> FieldError:
    if "UTF" in message.upper():
        return FieldError("", "is not valid UTF-8", "text in UTF-8", "Save the file as UTF-8.")
    first = message.strip().splitlines()[0] if message.strip() else "damaged"
    return FieldError("", f"is not valid JSON ({first})", "an array of objects, closed by ]", "Correct the file.")
