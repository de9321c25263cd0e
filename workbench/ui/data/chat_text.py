"""Turns of a chat as one plain text, with the places of its roles and of what differs."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

from workbench.domain.pairs import Turns, is_plain
from workbench.ui.data.word_diff import Span, differing

_MOST = 100_000  # characters of a turn: a text view lays out that many in a tenth of a second
_NOT_SHOWN = re.compile("[\x00\ufdd0\ufdd1\ufffc]")  # which Qt's documents use for themselves
_ROLES = {"user": "User", "assistant": "Assistant", "system": "System", "tool": "Tool"}


@dataclass(frozen=True)
class ChatText:
    """What is shown of some turns.

    Attributes:
        text: all of it, never read as markup.
        roles: where the names of speakers stand.
        marks: where it differs from the other response.
    """

    text: str
    roles: tuple[Span, ...] = ()
    marks: tuple[Span, ...] = ()


def prompt_text(turns: Turns) -> ChatText:
    """Returns a prompt, each turn under its role."""
    return ChatText(clean(turns[0].content)) if is_plain(turns) else _with_roles(turns)


def response_text(turns: Turns | None) -> ChatText | None:
    """Returns a response; one turn needs no role over it."""
    if turns is None:
        return None
    return ChatText(clean(turns[0].content)) if len(turns) == 1 else _with_roles(turns)


def marked(chosen: ChatText | None, rejected: ChatText | None) -> tuple[ChatText | None, ChatText | None]:
    """Returns both responses with the words marked in which they differ."""
    if chosen is None or rejected is None:
        return chosen, rejected
    in_chosen, in_rejected = differing(chosen.text, rejected.text)
    return replace(chosen, marks=tuple(in_chosen)), replace(rejected, marks=tuple(in_rejected))


def in_utf16(text: str, spans: Sequence[Span]) -> Sequence[Span]:
    """Returns spans as Qt counts, in UTF-16 units: an emoji is two of them."""
    beyond = [at for at, character in enumerate(text) if character > "\uffff"]
    if not beyond:
        return spans
    return [Span(start + bisect_left(beyond, start), end + bisect_left(beyond, end)) for start, end in spans]


def _with_roles(turns: Turns) -> ChatText:
    parts: list[str] = []
    roles: list[Span] = []
    at = 0
    for role, content in turns:
        name = _ROLES.get(role, role)
        part = f"{name}\n{clean(content)}\n\n"
        roles.append(Span(at, at + len(name)))
        parts.append(part)
        at += len(part)
    return ChatText("".join(parts).rstrip("\n"), tuple(roles))


def clean(text: str) -> str:
    """Returns the text as a text view can show it, character for character."""
    shown = text if len(text) <= _MOST else f"{text[:_MOST]}\n… and {len(text) - _MOST:,} more characters"
    return _NOT_SHOWN.sub("\ufffd", shown.replace("\r\n", "\n").replace("\r", "\n"))
