"""The question that a judge of pairs is asked, and the strict reading of its reply."""

import hashlib
import json
import re
from typing import Literal, NamedTuple

from workbench.domain.endpoints import PairwiseQuestion
from workbench.domain.verdicts import Verdict

_PLACE = re.compile(r"\{(prompt|a|b|mark)\}")
_REPLY = re.compile(r"[\W_]*(a|b|tie)[\W_]*", re.IGNORECASE)  # A, "A.", **A**, [[A]]; never "A is better"
_READ: dict[str, Literal["A", "B", "tie"]] = {"a": "A", "b": "B", "tie": "tie"}
_END_OF_THOUGHT = "</think>"  # where a server does not keep thoughts apart itself
_MARK_DIGITS = 12


class Pair(NamedTuple):
    """A prompt with two responses, in the order in which the judge sees them."""

    prompt: str
    first: str
    second: str

    def swapped(self) -> "Pair":
        """Returns the pair in the other order."""
        return Pair(self.prompt, self.second, self.first)


def question_text(template: str, pair: Pair) -> str:
    """Returns what is asked of a pair.

    All places are filled in one pass, so that a response that says `{b}` stays what it says. `{mark}` becomes digits of a
    hash of all three texts: no text can hold the hash of itself, so none can pretend to end where it does not.
    """
    digest = hashlib.sha256(json.dumps(pair).encode()).hexdigest()[:_MARK_DIGITS]
    values = {"prompt": pair.prompt, "a": pair.first, "b": pair.second, "mark": digest}
    return _PLACE.sub(lambda found: values[found[1]], template)


def read_reply(reply: str) -> Verdict:
    """Returns the verdict that a reply is; one that says more or something else is unparsed and never guessed at.

    What a model thought before it replied is no part of the reply.
    """
    found = _REPLY.fullmatch(reply.rpartition(_END_OF_THOUGHT)[2])
    return _READ[found[1].lower()] if found else "unparsed"


def request_body(question: PairwiseQuestion, pair: Pair) -> dict[str, object]:
    """Returns the chat completion that is asked for, as plain values; JSON does the quoting."""
    text = question_text(question.template, pair)
    messages = [{"role": "user", "content": text}]
    body: dict[str, object] = {"model": question.model, "messages": messages, "stream": False}  # some stream unasked
    if question.temperature is not None:
        body["temperature"] = question.temperature
    if question.max_tokens is not None:
        body["max_tokens"] = question.max_tokens
    return body | question.further


def question_key(question: PairwiseQuestion, pair: Pair) -> str:
    """Returns what names a question: model, words, texts and their order. Equal ones are asked once."""
    values = [question.model_dump(mode="json"), list(pair)]
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
