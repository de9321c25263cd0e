"""Alpaca instructions: instruction, input, output. For fine-tuning."""

from collections.abc import Iterable

from workbench.data.extras import metadata
from workbench.data.fields import Values, text
from workbench.data.instructions import INSTRUCTION_COLUMNS, answer, instruction_prompt
from workbench.data.reader import Reader
from workbench.domain.pairs import DatasetKind, Row


def _read(values: Values) -> Iterable[Row]:
    others = metadata(values, {*INSTRUCTION_COLUMNS, "output"})
    return (Row(instruction_prompt(values), chosen=answer(text(values, "output")), metadata=others),)


READER = Reader(
    name="alpaca",
    title="Alpaca instructions with a demonstration",
    kind=DatasetKind.DEMONSTRATION,
    required=("instruction", "output"),
    optional=("input", "system", "history", "metadata"),
    read=_read,
)
