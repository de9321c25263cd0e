"""What may stand beside a preference in columns of its own: ties, ratings, margins, gold scores, cuts and metadata."""

from collections.abc import Collection, Mapping
from typing import Any

from workbench.data.fields import FieldError, Values, decoded, flag, number, ratings, rest
from workbench.domain.pairs import Choice, Row, Turns

PREFERENCE_EXTRAS = (
    "tie", "ratings", "margin", "gold_chosen", "gold_rejected", "chosen_cut", "rejected_cut", "metadata",
)  # fmt: skip
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
        row.ratings = ratings(values["ratings"], "ratings", CHOICES)
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


def refuse_both(values: Values, first: str, second: str) -> None:
    """Raises FieldError where two columns say the same thing in different ways."""
    if values.get(first) is not None and values.get(second) is not None:
        raise FieldError(second, f"stands beside `{first}`", "one of the two", f"Remove `{first}` or `{second}`.")
