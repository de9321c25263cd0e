"""TRL's preference format with an implicit prompt: `chosen` and `rejected` are whole conversations with one beginning.

https://huggingface.co/docs/trl/dataset_formats#preference. Two texts are split like in
TRL's extract_prompt where their common beginning ends, before a space; but never inside a word that both begin alike.
"""

import os
from collections.abc import Iterable

from workbench.data.chats import is_chat, split_conversations, to_turns
from workbench.data.extras import PREFERENCE_EXTRAS, preference_row
from workbench.data.fields import PROMPT_LIKE, FieldError, Values, required
from workbench.data.reader import Reader
from workbench.domain.pairs import DatasetKind, Row, Turns, is_plain, plain

_COLUMNS = ("chosen", "rejected")


def _read(values: Values) -> Iterable[Row]:
    chosen, rejected = (to_turns(required(values, name), name) for name in _COLUMNS)
    if is_plain(chosen) and is_plain(rejected):
        parts = _split_texts(chosen[0].content, rejected[0].content)
    else:
        parts = split_conversations(chosen, rejected)
    return (preference_row(values, _COLUMNS, *parts),)


def _split_texts(chosen: str, rejected: str) -> tuple[Turns, Turns, Turns]:
    if chosen == rejected:
        raise FieldError("rejected", "is the same text as `chosen`", "two different responses", "Correct the row.")
    common = os.path.commonprefix([chosen, rejected])  # noqa: RUF071  (of texts, not of paths)
    space = common.rstrip(" ").rfind(" ") if not common.endswith(" ") else len(common.rstrip(" "))
    split = space if space > 0 else len(common)  # scripts without spaces are split where they part
    if split <= 0:
        raise FieldError(
            "rejected", "does not begin like `chosen`", "the prompt at the beginning of both",
            "Name the prompt's column with --map prompt=COLUMN.",
        )  # fmt: skip
    return plain(chosen[:split]), plain(chosen[split:]), plain(rejected[split:])


def _fits(values: Values) -> bool:
    if PROMPT_LIKE & values.keys():
        return False  # that column is the prompt, and dropping it unsaid would teach nonsense
    texts = [values.get(name) for name in _COLUMNS]
    return all(isinstance(value, str) for value in texts) or all(is_chat(value) for value in texts)


READER = Reader(
    name="trl-implicit",
    title="TRL preference pairs whose prompt is the common beginning",
    kind=DatasetKind.PREFERENCE,
    required=_COLUMNS,
    optional=PREFERENCE_EXTRAS,
    read=_read,
    fits=_fits,
)
