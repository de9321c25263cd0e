"""TRL's unpaired preference format for KTO: prompt, completion and a label that says whether it was liked.

https://huggingface.co/docs/trl/dataset_formats#unpaired-preference
"""

from collections.abc import Iterable

from workbench.data.chats import as_answer, is_chat, to_turns
from workbench.data.extras import THUMB_EXTRAS, thumb_row
from workbench.data.fields import Values, required
from workbench.data.reader import Reader
from workbench.domain.pairs import DatasetKind, Row

_COLUMNS = ("prompt", "completion", "label")


def _read(values: Values) -> Iterable[Row]:
    prompt = to_turns(required(values, "prompt"), "prompt")
    said = as_answer(prompt, to_turns(required(values, "completion"), "completion"))
    return (thumb_row(values, _COLUMNS, prompt, said),)


READER = Reader(
    name="kto",
    title="KTO thumbs up and down",
    kind=DatasetKind.THUMBS,
    required=_COLUMNS,
    optional=THUMB_EXTRAS,
    aliases={"completion": ("response",)},
    read=_read,
    fits=lambda values: all(isinstance(values.get(name), str) or is_chat(values.get(name)) for name in _COLUMNS[:2]),
)
