"""PandaLM: two responses to an instruction and a column for each rater, 1 or 2 for the better one, 0 for a tie.

https://github.com/WeOpenML/PandaLM, data/testset-v1.json. Responses are models' own: some are blank, and where one was `True`
the file holds JSON's true.
"""

from collections.abc import Iterable

from workbench.data.extras import metadata
from workbench.data.fields import FieldError, Values, label, spoken
from workbench.data.instructions import INSTRUCTION_COLUMNS, answer, instruction_prompt
from workbench.data.reader import Reader
from workbench.data.sides import Side, Verdict, Vote, majority_vote, sided_row
from workbench.domain.pairs import DatasetKind, Row

_PREFIX = "annotator"
_LABELS: dict[str, Verdict] = {"0": "tie", "1": "first", "2": "second"}


def _read(values: Values) -> Iterable[Row]:
    names = [name for name in values if name.startswith(_PREFIX) and values[name] is not None]
    if not names:
        raise FieldError(
            "annotator1", "is missing", "a column for each rater", "Name one with --map annotator1=COLUMN."
        )
    votes = [Vote(name, label(values, name, _LABELS)) for name in names]
    first, second = (Side(name, answer(spoken(values, name))) for name in ("response1", "response2"))
    used = {*INSTRUCTION_COLUMNS, "response1", "response2", *names}
    return (sided_row(instruction_prompt(values), first, second, majority_vote(votes), votes, metadata(values, used)),)


READER = Reader(
    name="pandalm",
    title="two responses judged by several raters",
    kind=DatasetKind.PREFERENCE,
    required=("instruction", "response1", "response2", "annotator1"),
    optional=("input", "system", "history", *(f"{_PREFIX}{i}" for i in range(2, 10)), "metadata"),
    read=_read,
    judged=True,
)
