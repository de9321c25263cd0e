"""What a container yields for each row."""

from typing import Any, NamedTuple

from workbench.data.fields import FieldError


class Record(NamedTuple):
    """One row: its line, counted from 1 (the row's number where a file has no lines), and its values by column."""

    line: int
    values: dict[str, Any]


class Flaw(NamedTuple):
    """One row that is unreadable, why, and what stands there."""

    line: int
    error: FieldError
    raw: str
