"""A/B ratings with rater names and gold scores: prompt, response_a, response_b, ratings {rater: a, b or tie}.

Where `gold_a` and `gold_b` are given they are an independent judge's scores; `cut_a` and `cut_b` say that a response was cut at
a length limit.
"""

from collections.abc import Iterable

from workbench.data.chats import as_answer, to_turns
from workbench.data.extras import metadata
from workbench.data.fields import Values, flag, number, required, votes
from workbench.data.reader import Reader
from workbench.data.sides import Side, Verdict, Vote, majority_vote, sided_row
from workbench.domain.pairs import DatasetKind, Row, Turns

_CHOICES: dict[str, Verdict] = {
    "a": "first",
    "b": "second",
    "tie": "tie",
    "response_a": "first",
    "response_b": "second",
}
_OPTIONAL = ("gold_a", "gold_b", "cut_a", "cut_b", "margin")


def _read(values: Values) -> Iterable[Row]:
    prompt = to_turns(required(values, "prompt"), "prompt")
    cast = [Vote(*vote) for vote in votes(required(values, "ratings"), "ratings", _CHOICES)]
    first, second = _side(values, "a", prompt), _side(values, "b", prompt)
    used = {"prompt", "response_a", "response_b", "ratings", *_OPTIONAL}
    row = sided_row(prompt, first, second, majority_vote(cast), cast, metadata(values, used))
    row.margin = number(values, "margin")
    return (row,)


def _side(values: Values, letter: str, prompt: Turns) -> Side:
    name = f"response_{letter}"
    said = as_answer(prompt, to_turns(required(values, name), name))
    return Side(name, said, number(values, f"gold_{letter}"), bool(flag(values, f"cut_{letter}")))


READER = Reader(
    name="ratings",
    title="two responses with named raters",
    kind=DatasetKind.PREFERENCE,
    required=("prompt", "response_a", "response_b", "ratings"),
    optional=(*_OPTIONAL, "metadata"),
    read=_read,
    judged=True,
)
