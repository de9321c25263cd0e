"""Which words of two texts differ, as places in each."""

import re
from difflib import SequenceMatcher
from typing import NamedTuple

_WORD = re.compile(r"\w+|[^\w\s]")
# Comparing takes time with the square of the length: 3,000 words against as many are a tenth of a second here.
_MOST_WORDS = 3_000


class Span(NamedTuple):
    """A part of a text, from `start` to before `end`."""

    start: int
    end: int


def differing(first: str, second: str) -> tuple[list[Span], list[Span]]:
    """Returns the parts of each text that the other does not have; none where the texts are too long to compare."""
    words = [list(_WORD.finditer(text)) for text in (first, second)]
    if max(map(len, words)) > _MOST_WORDS:
        return [], []
    mine, theirs = ([match.group() for match in found] for found in words)
    marks: tuple[list[Span], list[Span]] = ([], [])
    for tag, a, b, c, d in SequenceMatcher(None, mine, theirs, autojunk=len(mine) > 500).get_opcodes():
        if tag != "equal":
            _mark(marks[0], words[0][a:b])
            _mark(marks[1], words[1][c:d])
    return marks


def _mark(marks: list[Span], words: list[re.Match[str]]) -> None:
    if words:
        marks.append(Span(words[0].start(), words[-1].end()))
