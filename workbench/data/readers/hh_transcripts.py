r"""Anthropic's HH-RLHF: `chosen` and `rejected` are transcripts "\n\nHuman: ...\n\nAssistant: ..." that part at some answer.

https://github.com/anthropics/hh-rlhf. Some last answers are empty there: the model ended at once, and a person compared that.
"""

from collections.abc import Iterable

from workbench.data.chats import from_transcript, split_conversations
from workbench.data.extras import PREFERENCE_EXTRAS, preference_row
from workbench.data.fields import Values, text
from workbench.data.reader import Reader
from workbench.domain.pairs import DatasetKind, Row

_COLUMNS = ("chosen", "rejected")
_OPENING = "\n\nHuman:"


def _read(values: Values) -> Iterable[Row]:
    chosen, rejected = (from_transcript(text(values, name), name) for name in _COLUMNS)
    return (preference_row(values, _COLUMNS, *split_conversations(chosen, rejected)),)


def _fits(values: Values) -> bool:
    return all(isinstance(said := values.get(name), str) and said.startswith(_OPENING) for name in _COLUMNS)


READER = Reader(
    name="hh",
    title="HH-RLHF transcripts",
    kind=DatasetKind.PREFERENCE,
    required=_COLUMNS,
    optional=PREFERENCE_EXTRAS,
    read=_read,
    fits=_fits,
    rank=1,
    judged=True,
)
