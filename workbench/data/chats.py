"""Chats as the formats write them, to turns; and where a prompt ends when a file holds whole conversations."""

import re
from collections.abc import Mapping
from typing import Any

from workbench.data.fields import FieldError, kind_of, nearest
from workbench.domain.pairs import PLAIN_TEXT, Message, Turns, is_plain, plain

# Every name the formats give a speaker. `developer` is OpenAI's later word for system.
_ROLES = {
    "system": "system", "developer": "system",
    "user": "user", "human": "user", "prompter": "user",
    "assistant": "assistant", "gpt": "assistant", "bot": "assistant", "model": "assistant", "chatgpt": "assistant",
    "tool": "tool", "function": "tool", "observation": "tool", "ipython": "tool", "function_call": "assistant",
    PLAIN_TEXT: PLAIN_TEXT,
}  # fmt: skip
_TRANSCRIPT_TURN = re.compile(r"\n\n(Human|Assistant):")


def is_chat(value: object) -> bool:
    """Says whether `value` looks like a list of messages, in either spelling."""
    return isinstance(value, list) and bool(value) and all(_is_message(item) for item in value)


def _is_message(value: object) -> bool:
    return isinstance(value, Mapping) and (
        ("role" in value and "content" in value) or ("from" in value and "value" in value)
    )


def to_turns(value: object, field: str) -> Turns:
    """Reads text, one message or a list of messages.

    Raises:
        FieldError: it is something else, a speaker is unknown or a message has no text.
    """
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, Mapping):
        return (_to_message(value, field),)
    if isinstance(value, list) and value:
        return tuple([_to_message(item, f"{field}[{i}]") for i, item in enumerate(value)])
    shown = "an empty list" if value == [] else kind_of(value)
    raise FieldError(field, f"is {shown}", "text or a list of messages with role and content", "")


def _to_message(value: object, field: str) -> Message:
    if not isinstance(value, Mapping):
        raise FieldError(field, f"is {kind_of(value)}", "a message with role and content", "")
    role = value.get("role", value.get("from"))
    known = _ROLES.get(role) if isinstance(role, str) else None
    if known is None:
        near = nearest(str(role), _ROLES)
        hint = f"Did you mean `{near}`?" if near else "Correct the message."
        raise FieldError(field, f"has the role {role!r}", "system, user, assistant or tool", hint)
    content = value.get("content", value.get("value"))
    return Message(known, content if isinstance(content, str) else _joined(content, field))


def _joined(content: Any, field: str) -> str:
    """Returns the text of a content given in parts: [{"type": "text", "text" or "value": ...}]."""
    if not isinstance(content, list):
        raise FieldError(field, f"has {kind_of(content)} as its content", "text", "Only messages of text can be used.")
    texts = [part.get("text", part.get("value")) if isinstance(part, Mapping) else part for part in content]
    if not all(isinstance(part, str) for part in texts):
        raise FieldError(field, "has a part that is not text", "parts of text", "Only messages of text can be used.")
    return "".join(texts)


def from_transcript(transcript: str, field: str) -> Turns:
    r"""Reads "\n\nHuman: ... \n\nAssistant: ..." (Anthropic's HH-RLHF) as a chat.

    Raises:
        FieldError: the text does not begin with a turn.
    """
    opening, *parts = _TRANSCRIPT_TURN.split(transcript)
    if opening.strip() or not parts:
        raise FieldError(
            field,
            "does not begin with a turn",
            'text such as "\\n\\nHuman: ...\\n\\nAssistant: ..."',
            "Choose a --format.",
        )
    speakers, texts = parts[::2], parts[1::2]
    return tuple(
        [
            Message("user" if who == "Human" else "assistant", said.strip())
            for who, said in zip(speakers, texts, strict=True)
        ]
    )


def as_answer(prompt: Turns, response: Turns) -> Turns:
    """Returns a response of plain text as the assistant's turn where the prompt is a chat."""
    if is_plain(response) and not is_plain(prompt):
        return (Message("assistant", response[0].content),)
    return response


def split_conversations(chosen: Turns, rejected: Turns) -> tuple[Turns, Turns, Turns]:
    """Splits two conversations at their last common assistant turn.

    Returns:
        prompt, chosen and rejected: everything before that turn, and from it on in each.

    Raises:
        FieldError: the conversations have no assistant turn after a common beginning.
    """
    split = None
    for i, (ours, theirs) in enumerate(zip(chosen, rejected, strict=False)):
        if ours.role == theirs.role == "assistant" and i > 0:
            split = i
        if ours != theirs:
            break
    if split is None:
        raise FieldError(
            "rejected", "does not share its beginning with `chosen`", "the same prompt, then an answer of the assistant",
            "Give the prompt in a column of its own (--map prompt=COLUMN)."
        )  # fmt: skip
    return chosen[:split], chosen[split:], rejected[split:]


def split_response(conversation: Turns, field: str) -> tuple[Turns, Turns]:
    """Splits one conversation before its last turn, which must be the assistant's.

    Raises:
        FieldError: it ends with somebody else, or holds nothing else.
    """
    if len(conversation) < 2 or conversation[-1].role != "assistant":
        raise FieldError(field, "does not end with an answer", "at least one turn, then one of the assistant", "")
    return conversation[:-1], conversation[-1:]


def with_system(system: str, turns: Turns) -> Turns:
    """Returns `turns` behind a system message, where there is one to say."""
    return (Message("system", system), *turns) if system.strip() else turns
