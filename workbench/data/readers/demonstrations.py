"""TRL's prompt-completion format: demonstrations for fine-tuning, as text or as chats.

https://huggingface.co/docs/trl/dataset_formats#prompt-completion
"""

from collections.abc import Iterable

from workbench.data.chats import as_answer, is_chat, to_turns
from workbench.data.extras import metadata
from workbench.data.fields import Values, flag, required
from workbench.data.reader import Reader
from workbench.domain.pairs import DatasetKind, Row

_COLUMNS = ("prompt", "completion")


def _read(values: Values) -> Iterable[Row]:
    prompt = to_turns(required(values, "prompt"), "prompt")
    said = as_answer(prompt, to_turns(required(values, "completion"), "completion"))
    others = metadata(values, {*_COLUMNS, "chosen_cut"})
    return (Row(prompt, chosen=said, chosen_cut=bool(flag(values, "chosen_cut")), metadata=others),)


READER = Reader(
    name="demonstrations",
    title="prompts with a completion",
    kind=DatasetKind.DEMONSTRATION,
    required=_COLUMNS,
    optional=("chosen_cut", "metadata"),
    aliases={"completion": ("response",)},
    read=_read,
    fits=lambda values: all(isinstance(values.get(name), str) or is_chat(values.get(name)) for name in _COLUMNS),
)
