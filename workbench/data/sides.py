"""Two responses side by side become chosen and rejected.

Which column the chosen one stood in is kept in the metadata as `chosen_from`, so that agreement between raters and a liking
for one side can be measured on what the raters saw.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

from workbench.domain.pairs import Choice, Rating, Row, Turns, majority

Verdict = Literal["first", "second", "tie"]
CHOSEN_FROM = "chosen_from"
_AS_CHOICE: dict[Verdict, Choice] = {"first": "chosen", "second": "rejected", "tie": "tie"}
_AS_VERDICT: dict[Choice, Verdict] = {choice: verdict for verdict, choice in _AS_CHOICE.items()}
_SWAPPED: dict[Choice, Choice] = {"chosen": "rejected", "rejected": "chosen", "tie": "tie"}


class Side(NamedTuple):
    """One response: its column, its text, an independent judge's score, and whether it was cut at a length limit."""

    column: str
    turns: Turns
    gold: float | None = None
    cut: bool = False


class Vote(NamedTuple):
    """One rater's verdict on the two sides."""

    rater: str
    verdict: Verdict


def majority_vote(votes: Iterable[Vote]) -> Verdict:
    """Returns the verdict of more raters than any other; see `domain.pairs.majority`."""
    return _AS_VERDICT[majority(Rating(vote.rater, _AS_CHOICE[vote.verdict]) for vote in votes)]


def sided_row(
    prompt: Turns, first: Side, second: Side, verdict: Verdict, votes: Sequence[Vote], metadata: dict[str, Any]
) -> Row:
    """Returns the row with the better side as chosen; in a tie the first."""
    swap = verdict == "second"
    chosen, rejected = (second, first) if swap else (first, second)
    choices = [(vote.rater, _AS_CHOICE[vote.verdict]) for vote in votes]
    return Row(
        prompt,
        chosen.turns,
        rejected.turns,
        tie=verdict == "tie",
        ratings=tuple([Rating(rater, _SWAPPED[choice] if swap else choice) for rater, choice in choices]),
        gold_chosen=chosen.gold,
        gold_rejected=rejected.gold,
        chosen_cut=chosen.cut,
        rejected_cut=rejected.cut,
        metadata={**metadata, CHOSEN_FROM: chosen.column},
    )
