"""LLMBar: an input, two outputs and a label that says which is better, 1 or 2.

https://github.com/princeton-nlp/LLMBar. The outputs are models' own, among them a blank one and two that are alike.
"""

from collections.abc import Iterable

from workbench.data.extras import metadata
from workbench.data.fields import Values, label, text
from workbench.data.instructions import answer
from workbench.data.reader import Reader
from workbench.data.sides import Side, Verdict, sided_row
from workbench.domain.pairs import DatasetKind, Message, Row

_COLUMNS = ("input", "output_1", "output_2", "label")
_LABELS: dict[str, Verdict] = {"1": "first", "2": "second", "0": "tie", "tie": "tie"}


def _read(values: Values) -> Iterable[Row]:
    sides = tuple(Side(name, answer(text(values, name))) for name in _COLUMNS[1:3])
    prompt = (Message("user", text(values, "input")),)
    verdict = label(values, "label", _LABELS)
    return (sided_row(prompt, sides[0], sides[1], verdict, (), metadata(values, _COLUMNS)),)


READER = Reader(
    name="llmbar",
    title="two responses and a label",
    kind=DatasetKind.PREFERENCE,
    required=_COLUMNS,
    optional=("metadata",),
    read=_read,
    judged=True,
)
