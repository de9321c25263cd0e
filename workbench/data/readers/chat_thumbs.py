"""LLaMA-Factory's KTO files: a conversation and a label (or `kto_tag`) that says whether its last answer was liked.

https://github.com/hiyouga/LLaMA-Factory/blob/main/data/README.md (KTO dataset).
"""

from collections.abc import Iterable

from workbench.data.chats import is_chat, split_response, to_turns, with_system
from workbench.data.extras import THUMB_EXTRAS, thumb_row
from workbench.data.fields import Values, optional_text, required
from workbench.data.reader import Reader
from workbench.domain.pairs import DatasetKind, Row


def _read(values: Values) -> Iterable[Row]:
    turns = with_system(optional_text(values, "system"), to_turns(required(values, "messages"), "messages"))
    prompt, said = split_response(turns, "messages")
    return (thumb_row(values, ("messages", "system", "label"), prompt, said),)


READER = Reader(
    name="kto-conversations",
    title="conversations with a thumb up or down",
    kind=DatasetKind.THUMBS,
    required=("messages", "label"),
    optional=("system", *THUMB_EXTRAS),
    aliases={"messages": ("conversations",), "label": ("kto_tag",)},
    read=_read,
    fits=lambda values: is_chat(values.get("messages")),
)
