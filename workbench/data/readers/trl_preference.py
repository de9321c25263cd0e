"""TRL's preference format with its own prompt column: prompt, chosen, rejected, as text or as chats.

https://huggingface.co/docs/trl/dataset_formats#preference. Also what the workbench writes, with ties, ratings and the rest in
columns beside them; and UltraFeedback's mixture of a text prompt with whole conversations.
"""

from collections.abc import Iterable

from workbench.data.chats import as_answer, is_chat, split_conversations, to_turns
from workbench.data.extras import PREFERENCE_EXTRAS, preference_row
from workbench.data.fields import Values, required
from workbench.data.reader import Reader
from workbench.domain.pairs import DatasetKind, Message, Row, Turns, is_plain

_COLUMNS = ("prompt", "chosen", "rejected")


def _read(values: Values) -> Iterable[Row]:
    prompt, chosen, rejected = (to_turns(required(values, name), name) for name in _COLUMNS)
    if not (is_plain(prompt) and is_plain(chosen) and is_plain(rejected)):
        prompt, chosen, rejected = _as_chats(prompt, chosen, rejected)
    return (preference_row(values, _COLUMNS, prompt, chosen, rejected),)


def _as_chats(prompt: Turns, chosen: Turns, rejected: Turns) -> tuple[Turns, Turns, Turns]:
    if is_plain(prompt) and not is_plain(chosen):
        prompt = (Message("user", prompt[0].content),)
    chosen, rejected = as_answer(prompt, chosen), as_answer(prompt, rejected)
    if chosen[: len(prompt)] == rejected[: len(prompt)] == prompt and len(chosen) > len(prompt) < len(rejected):
        return prompt, chosen[len(prompt) :], rejected[len(prompt) :]
    if chosen[0].role in {"user", "system"}:  # whole conversations, with the prompt column as a copy of some part
        return split_conversations(chosen, rejected)
    return prompt, chosen, rejected


def _fits(values: Values) -> bool:
    return all(isinstance(values[name], str | dict) or is_chat(values[name]) for name in _COLUMNS if values.get(name))


READER = Reader(
    name="trl",
    title="TRL preference pairs with a prompt column",
    kind=DatasetKind.PREFERENCE,
    required=_COLUMNS,
    optional=PREFERENCE_EXTRAS,
    read=_read,
    fits=_fits,
    rank=1,  # what a file is most probably meant for when a column is missing
)
