"""Which rows of a dataset a person wants to see, and what is shown of them: plain records that need no database."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple

from workbench.domain.records import SplitName


class Range(NamedTuple):
    """From `low` to `high`, both included; None leaves that end open."""

    low: float | None = None
    high: float | None = None


OPEN = Range()


@dataclass(frozen=True)
class RowFilter:
    """Conditions that a row must meet, all of them; by default there are none.

    Attributes:
        text: stands in the prompt or in a response, in any case.
        split: the row's split.
        rater: one of those who rated it.
        tie: the raters saw no difference (True), or did (False).
        length: characters of the longer response; of the prompt where there is no response.
        gap: characters of the chosen response less those of the rejected one.
        margin: how much better the chosen one is, in the source's own unit.
    """

    text: str = ""
    split: SplitName | None = None
    rater: str | None = None
    tie: bool | None = None
    length: Range = OPEN
    gap: Range = OPEN
    margin: Range = OPEN

    @property
    def is_open(self) -> bool:
        """Says whether every row meets it."""
        return self == RowFilter()

    def without(self, name: str) -> "RowFilter":
        """Returns the filter with one of its conditions dropped."""
        return self._with(name, _DEFAULTS[name])

    def toggled(self, name: str, value: object) -> "RowFilter":
        """Returns the filter with a condition of this value; without it where that was the value already."""
        return self.without(name) if getattr(self, name) == value else self._with(name, value)

    def _with(self, name: str, value: Any) -> "RowFilter":
        return replace(self, **{name: value})


_DEFAULTS = {item.name: item.default for item in fields(RowFilter)}


class Bar(NamedTuple):
    """One bar of a histogram: `value` is what the filter's condition becomes when a person picks it."""

    label: str
    n: int
    value: object


@dataclass(frozen=True)
class Histogram:
    """How many rows have which value of one of the filter's conditions, under all its other conditions.

    Attributes:
        condition: the name of the filter's field.
        bars: in the order of the values; numbers have the same bars under every filter.
    """

    condition: str
    bars: tuple[Bar, ...] = ()


@dataclass(frozen=True)
class Found:
    """The rows that meet a filter, by position in the dataset, ascending; and how they are distributed.

    Attributes:
        rows: the positions.
        histograms: one of each condition that has one.
        margins: from the lowest to the highest margin of the whole dataset; None where no row has one.
    """

    rows: Sequence[int] = field(default=range(0), repr=False)
    histograms: tuple[Histogram, ...] = ()
    margins: Range | None = None


@dataclass(frozen=True)
class RowLine:
    """A row as one line of a table.

    Attributes:
        index: position in the dataset, from 0.
        prompt, chosen, rejected: the beginning of what was said last; empty where there is none.
        length, gap: as in RowFilter.
        n_ratings, n_agreeing: raters, and those of them who chose the chosen one.
    """

    index: int
    split: SplitName
    prompt: str
    chosen: str
    rejected: str
    length: int | None
    gap: int | None
    tie: bool
    margin: float | None
    n_ratings: int
    n_agreeing: int
