"""What a report says, before it is HTML or Markdown: sections of a few kinds of parts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from workbench.compare.side_by_side import Question
from workbench.compare.specs import PanelSpec

Kind = Literal["plain", "verdict", "caption", "note"]


@dataclass(frozen=True)
class Cell:
    """A cell of a table that is more than words.

    Attributes:
        text: the figure.
        small: its interval, below it.
        strong: it is to be seen first.
    """

    text: str
    small: str = ""
    strong: bool = False


Value = str | int | Cell


@dataclass(frozen=True)
class Words:
    """A paragraph. `kind` says how loud it is."""

    text: str
    kind: Kind = "plain"


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table whose first column names the rows.

    Attributes:
        head: the titles of the columns; all empty for facts that need none.
        rows: as many cells each as the head has.
        is_words: its cells are words and not figures, so they are wrapped and stand left.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    is_words: bool = False


@dataclass(frozen=True)
class Code:
    """Lines for a shell, or a file's content."""

    text: str
    title: str = ""


@dataclass(frozen=True)
class Charts:
    """Panels, each with its caption."""

    panels: tuple[PanelSpec, ...]


@dataclass(frozen=True)
class Answers:
    """The same prompts answered by every arm."""

    questions: tuple[Question, ...]


Part = Words | Bullets | Table | Code | Charts | Answers


@dataclass(frozen=True)
class Section:
    """A titled part of a report; one without parts is left out."""

    title: str
    parts: tuple[Part, ...]
    is_warning: bool = False


@dataclass(frozen=True)
class Document:
    """A whole report.

    Attributes:
        title: what was compared.
        project: whose comparison it is.
        question: what was asked, in a sentence.
        sections: in their order, none of them empty.
        footer: what wrote it.
    """

    title: str
    project: str
    question: str
    sections: tuple[Section, ...] = field(default=())
    footer: str = ""


def table(head: Sequence[str], rows: Iterable[Sequence[Value]], *, is_words: bool = False) -> Table | None:
    """Returns a table; None where there are no rows."""
    lines = tuple(tuple(row) for row in rows)
    return Table(tuple(head), lines, is_words) if lines else None


def section(title: str, *parts: Part | None, is_warning: bool = False) -> Section | None:
    """Returns a section of the parts that there are; None where there are none but captions."""
    known = tuple(part for part in parts if part is not None)
    says_something = any(not (isinstance(part, Words) and part.kind == "caption") for part in known)
    return Section(title, known, is_warning) if says_something else None


def bullets(items: Iterable[str]) -> Bullets | None:
    """Returns a list; None where there is nothing to list."""
    found = tuple(items)
    return Bullets(found) if found else None
