"""Prompts alone, as text or as chats: {"prompt": ...}. For tests and for PPO."""

from collections.abc import Iterable

from workbench.data.chats import is_chat, to_turns
from workbench.data.extras import metadata
from workbench.data.fields import Values, required
from workbench.data.reader import Reader
from workbench.domain.pairs import DatasetKind, Row


def _read(values: Values) -> Iterable[Row]:
    return (Row(to_turns(required(values, "prompt"), "prompt"), metadata=metadata(values, {"prompt"})),)


def _fits(values: Values) -> bool:
    return isinstance(values.get("prompt"), str) or is_chat(values.get("prompt"))


READER = Reader(
    name="prompts",
    title="prompts without responses",
    kind=DatasetKind.PROMPTS,
    required=("prompt",),
    optional=("metadata",),
    read=_read,
    fits=_fits,
)
