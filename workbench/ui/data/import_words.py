"""Hints that speak of the command line's flags, said in the words of the window."""

import re

_WORDS = (
    (re.compile(r" \(--skip-bad\)"), ' (tick "Skip bad rows")'),
    (re.compile(r"--skip-bad"), '"Skip bad rows"'),
    (re.compile(r"--map (\S+?)=(\S+?)(?=[?.,;\s]|$)"), r"\2 as the column of \1"),
    (re.compile(r"\badd --format (\S+?)(?=[.,;\s]|$)"), r"choose the format \1"),
    (re.compile(r"a --format"), "a format"),
    (re.compile(r"another --name"), "another name"),
)


def in_window_words(hint: str) -> str:
    """Returns a hint without flags."""
    for pattern, words in _WORDS:
        hint = pattern.sub(words, hint)
    return hint
