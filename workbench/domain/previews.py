"""What an import would do, told before anything is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from workbench.domain.pairs import DatasetKind, Row


class FormatChoice(NamedTuple):
    """A format that a file could be read as, with its columns by our names."""

    name: str
    title: str
    required: tuple[str, ...]
    optional: tuple[str, ...]


class BadLine(NamedTuple):
    """A row that would be refused. `place` is "line 3" or "row 3"."""

    place: str
    reason: str
    hint: str


@dataclass(frozen=True)
class ImportPreview:
    """What the beginning of a file shows.

    Attributes:
        source: the file.
        format: the name of the format that was recognised or asked for; empty where none fits, and `problem` says why.
        why: how the format was recognised, in words.
        kind: what the rows would hold.
        columns: the file's.
        names: {our name: the file's name} of the columns that the format finds.
        formats: what there is to choose from.
        rows: the first usable rows.
        bad: the first unusable ones.
        n_bad, n_looked_at: how many of the rows looked at are unusable, and how many were looked at.
        reaches_end: the whole file was looked at.
        problem, hint: why the file cannot be read so, and what helps.
    """

    source: str
    columns: tuple[str, ...]
    formats: tuple[FormatChoice, ...]
    format: str = ""
    why: str = ""
    kind: DatasetKind | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    bad: tuple[BadLine, ...] = ()
    n_bad: int = 0
    n_looked_at: int = 0
    reaches_end: bool = False
    problem: str = ""
    hint: str = ""
