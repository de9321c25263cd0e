"""LLaMA-Factory's Alpaca-style DPO: instruction, input, chosen, rejected, and maybe system and history.

https://github.com/hiyouga/LLaMA-Factory/blob/main/data/README.md (preference dataset, alpaca format).
"""

from collections.abc import Iterable

from workbench.data.extras import PREFERENCE_EXTRAS, preference_row
from workbench.data.fields import Values, text
from workbench.data.instructions import INSTRUCTION_COLUMNS, answer, instruction_prompt
from workbench.data.reader import Reader
from workbench.domain.pairs import DatasetKind, Row


def _read(values: Values) -> Iterable[Row]:
    chosen, rejected = answer(text(values, "chosen")), answer(text(values, "rejected"))
    used = {*INSTRUCTION_COLUMNS, "chosen", "rejected"} & set(values)
    return (preference_row(values, used, instruction_prompt(values), chosen, rejected),)


READER = Reader(
    name="alpaca-preference",
    title="Alpaca-style preference pairs",
    kind=DatasetKind.PREFERENCE,
    required=("instruction", "chosen", "rejected"),
    optional=("input", "system", "history", *PREFERENCE_EXTRAS),
    read=_read,
    rank=-1,
)
