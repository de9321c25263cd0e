"""What may stand beside a preference in columns of its own: ties, ratings, margins, gold scores, cuts and metadata."""

from collections.abc import Collection, Mapping
from typing import Any

from workbench.data.fields import Values, decoded, flag, missing, number, rest, votes
from workbench.domain.pairs import Choice, Rating, Row, Turns

PREFERENCE_EXTRAS = (
    "tie", "ratings", "margin", "gold_chosen", "gold_rejected", "chosen_cut", "rejected_cut", "metadata",
)  # fmt: skip
THUMB_EXTRAS = ("chosen_cut", "rejected_cut", "metadata")
CHOICES: Mapping[str, Choice] = {"chosen": "chosen", "rejected": "rejected", "tie": "tie"}


def preference_row(values: Values, used: Collection[str], prompt: Turns, chosen: Turns, rejected: Turns) -> Row:
    """Returns the row with whatever the record says beside its texts.

    Args:
        values: the record.
        used: the columns that the texts came from.
        prompt, chosen, rejected: the texts.

    Raises:
        FieldError: one of those columns holds something else.
    """
    row = Row(prompt, chosen, rejected)
    if len(values) == len(used):  # nearly all files: nothing to look for
        return row
    row.tie = bool(flag(values, "tie"))
    if values.get("ratings") is not None:
        row.ratings = tuple([Rating(rater, choice) for rater, choice in votes(values["ratings"], "ratings", CHOICES)])
    row.margin = number(values, "margin")
    row.gold_chosen, row.gold_rejected = number(values, "gold_chosen"), number(values, "gold_rejected")
    row.chosen_cut, row.rejected_cut = bool(flag(values, "chosen_cut")), bool(flag(values, "rejected_cut"))
    row.metadata = metadata(values, {*used, *PREFERENCE_EXTRAS})
    return row


def metadata(values: Values, used: Collection[str]) -> dict[str, Any]:
    """Returns the columns that nobody used; an object (or its JSON text) in a `metadata` column is opened up.

    Raises:
        FieldError: `metadata` and another column say different things under one name.
    """
    others = rest(values, {*used, "metadata"})
    kept = values.get("metadata")
    if isinstance(kept, str) and kept.lstrip().startswith("{"):
        kept = decoded(kept, "metadata")
    if kept is None:
        return others
    if not isinstance(kept, Mapping) or set(kept) & set(others):
        return {**others, "metadata": kept}
    return {**others, **kept}


def thumb_row(values: Values, used: Collection[str], prompt: Turns, said: Turns) -> Row:
    """Returns a response in `chosen` if its label says that it was liked, else in `rejected`.

    Raises:
        FieldError: the label is missing or neither yes nor no.
    """
    liked = flag(values, "label")
    if liked is None:
        raise missing("label", values)
    row = Row(prompt, chosen=said if liked else None, rejected=None if liked else said)
    row.chosen_cut, row.rejected_cut = bool(flag(values, "chosen_cut")), bool(flag(values, "rejected_cut"))
    row.metadata = metadata(values, {*used, *THUMB_EXTRAS})
    return row
