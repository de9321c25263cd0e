"""Whole conversations for fine-tuning: `messages` of {role, content}, or ShareGPT's `conversations` of {from, value}."""

from collections.abc import Iterable

from workbench.data.chats import is_chat, split_response, to_turns, with_system
from workbench.data.extras import metadata
from workbench.data.fields import Values, optional_text, required
from workbench.data.reader import Reader
from workbench.domain.pairs import DatasetKind, Row


def _read(values: Values) -> Iterable[Row]:
    turns = with_system(optional_text(values, "system"), to_turns(required(values, "messages"), "messages"))
    prompt, response = split_response(turns, "messages")
    return (Row(prompt, chosen=response, metadata=metadata(values, {"messages", "system"})),)


READER = Reader(
    name="conversations",
    title="conversations that end with a demonstration",
    kind=DatasetKind.DEMONSTRATION,
    required=("messages",),
    optional=("system", "metadata"),
    aliases={"messages": ("conversations",)},
    read=_read,
    fits=lambda values: is_chat(values.get("messages")),
)
