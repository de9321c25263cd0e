"""LLaMA-Factory's version 1 DPO: whole conversations `chosen_messages` and `rejected_messages`, content in parts.

https://github.com/hiyouga/LLaMA-Factory, data/v1_dpo_demo.jsonl. The parts' loss weights follow from where the prompt ends.
"""

from collections.abc import Iterable

from workbench.data.chats import is_chat, split_conversations, to_turns
from workbench.data.extras import PREFERENCE_EXTRAS, preference_row
from workbench.data.fields import Values, required
from workbench.data.reader import Reader
from workbench.domain.pairs import DatasetKind, Row

_COLUMNS = ("chosen_messages", "rejected_messages")


def _read(values: Values) -> Iterable[Row]:
    chosen, rejected = (to_turns(required(values, name), name) for name in _COLUMNS)
    return (preference_row(values, _COLUMNS, *split_conversations(chosen, rejected)),)


READER = Reader(
    name="messages",
    title="preference pairs of whole conversations",
    kind=DatasetKind.PREFERENCE,
    required=_COLUMNS,
    optional=PREFERENCE_EXTRAS,
    read=_read,
    fits=lambda values: all(is_chat(values.get(name)) for name in _COLUMNS),
)
