"""LLaMA-Factory's ShareGPT-style DPO: `conversations` of {from, value}, then one message `chosen` and one `rejected`.

https://github.com/hiyouga/LLaMA-Factory/blob/main/data/README.md (preference dataset, sharegpt format).
"""

from collections.abc import Iterable, Mapping

from workbench.data.chats import is_chat, to_turns, with_system
from workbench.data.extras import PREFERENCE_EXTRAS, preference_row
from workbench.data.fields import Values, optional_text, required
from workbench.data.reader import Reader
from workbench.domain.pairs import DatasetKind, Row

_COLUMNS = ("conversations", "chosen", "rejected")


def _read(values: Values) -> Iterable[Row]:
    prompt, chosen, rejected = (to_turns(required(values, name), name) for name in _COLUMNS)
    prompt = with_system(optional_text(values, "system"), prompt)
    return (preference_row(values, {*_COLUMNS, "system"} & set(values), prompt, chosen, rejected),)


def _fits(values: Values) -> bool:
    return is_chat(values.get("conversations")) and isinstance(values.get("chosen"), Mapping | list)


READER = Reader(
    name="sharegpt",
    title="ShareGPT-style preference pairs",
    kind=DatasetKind.PREFERENCE,
    required=_COLUMNS,
    optional=("system", *PREFERENCE_EXTRAS),
    aliases={"conversations": ("messages",)},
    read=_read,
    fits=_fits,
)
