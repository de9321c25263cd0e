"""People's comparisons, in the one form that every reader produces and every method reads."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import Any, Literal, NamedTuple

PLAIN_TEXT = "text"  # the role of a prompt or response that is text and not a chat


class Message(NamedTuple):
    """One turn of a chat: ``role`` is system, user, assistant or tool; PLAIN_TEXT marks text without roles."""

    role: str
    content: str


Turns = tuple[Message, ...]
Choice = Literal["chosen", "rejected", "tie"]
Half = Literal["all", "first", "second"]


class DatasetKind(StrEnum):
    """What the rows of a dataset hold."""

    PREFERENCE = "preference"  # prompt, chosen, rejected
    THUMBS = "thumbs"  # prompt and one response, in `chosen` if liked and in `rejected` if not
    DEMONSTRATION = "demonstration"  # prompt and one response, in `chosen`
    PROMPTS = "prompts"  # prompt alone


class Rating(NamedTuple):
    """One rater's choice between the row's two responses."""

    rater: str
    choice: Choice


@dataclass(slots=True)
class Row:
    """One comparison (or thumb, demonstration, prompt; see DatasetKind).

    Attributes:
        prompt: the conversation up to the response; one PLAIN_TEXT message for text without roles.
        chosen, rejected: the responses, usually one message each. In a tie their order means nothing.
        tie: the raters see no difference. Such rows are stored, never dropped unseen.
        ratings: who chose what, where the source names its raters.
        margin: how much better the chosen one is, in the source's own unit.
        gold_chosen, gold_rejected: an independent judge's scores, where the source has them.
        chosen_cut, rejected_cut: the source says that the response was cut at a length limit, so its last token is not
            an ending and no end-of-sequence token may be taught there.
        metadata: every other column of the source, as JSON values.
    """

    prompt: Turns
    chosen: Turns | None = None
    rejected: Turns | None = None
    tie: bool = False
    ratings: tuple[Rating, ...] = ()
    margin: float | None = None
    gold_chosen: float | None = None
    gold_rejected: float | None = None
    chosen_cut: bool = False
    rejected_cut: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)


def plain(text: str) -> Turns:
    """Returns `text` as the turns of a prompt or response without roles."""
    return (Message(PLAIN_TEXT, text),)


def is_plain(turns: Turns) -> bool:
    """Says whether `turns` is text without roles."""
    return len(turns) == 1 and turns[0].role == PLAIN_TEXT


def response_turns(prompt: Turns, response: str) -> Turns:
    """Returns a sampled response as turns of the prompt's kind, so that another model's template can render it."""
    return (Message(prompt[0].role if is_plain(prompt) else "assistant", response),)


def prompt_key(prompt: Turns) -> str:
    """Returns 16 hexadecimal digits that name a prompt by its content; splits and pairing of samples go by it."""
    digest = blake2b(digest_size=8)
    for role, content in prompt:
        digest.update(f"{len(role)}:{role}{len(content)}:{content}".encode())
    return digest.hexdigest()


def is_in_half(prompt: Turns, half: Half) -> bool:
    """Says whether a prompt is in a half; by a hash of its own, so that the halves of every split are halves."""
    if half == "all":
        return True
    is_first = blake2b(f"half {prompt_key(prompt)}".encode(), digest_size=1).digest()[0] % 2 == 0
    return is_first == (half == "first")


def majority(ratings: Iterable[Rating]) -> Choice:
    """Returns what more raters chose than anything else; a draw between the two responses is a tie."""
    votes = [rating.choice for rating in ratings]
    balance = votes.count("chosen") - votes.count("rejected")
    if balance == 0 or votes.count("tie") > max(votes.count("chosen"), votes.count("rejected")):
        return "tie"
    return "chosen" if balance > 0 else "rejected"
