"""Sentences of a verdict with the figures that they rest on, so that each can be looked up."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from workbench.compare.claims import Claim
from workbench.compare.overoptimisation import Turn
from workbench.domain.estimates import Estimate
from workbench.domain.experiments import shown_name
from workbench.domain.samples import GOLD

_MOST_LINES = 15
Rule = Literal["comparable", "arms", "start", "length", "proxy", "reward", "undecided", "scope"]


class Support(BaseModel):
    """One figure that a sentence rests on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str = Field(description="What was measured, of which arms.")
    value: Estimate
    unit: Literal["%", ""] = Field("", description="Of the value; shares are in 0..1 and shown in percent.")
    note: str = Field("", description="How it was counted and tested.")
    arms: tuple[str, ...] = Field((), description="The arm, or the row and the column of the claim, that it is of.")

    @property
    def words(self) -> str:
        """The figure in a line."""
        scale, unit, form = (100, " %", ".1f") if self.unit == "%" else (1, "", "+.3g")
        mean, low, high = (f"{scale * number:{form}}" for number in (self.value.mean, self.value.low, self.value.high))
        note = f"; {self.note}" if self.note else ""
        return f"{self.label}: {mean}{unit} ({low} to {high}), n = {self.value.n}{note}"


class Statement(BaseModel):
    """A sentence of the verdict, the rule that made it and the figures that it rests on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sentence: str
    rule: Rule = Field(description="What it is about; `scope` is how far all of it reaches.")
    support: tuple[Support, ...] = ()

    @property
    def evidence(self) -> str:
        """Its figures, a line each, as many as can be read at a glance; `support` has them all."""
        lines = [support.words for support in self.support[:_MOST_LINES]]
        if more := len(self.support) - len(lines):
            lines.append(f"and {more:,} more figures: the tab Claims lists them")
        return "\n".join(lines)


def spoken(name: str) -> str:
    """Returns an arm's name as it stands in a sentence."""
    shown = shown_name(name)
    return name if shown == name else f"the {shown}"


def claims_support(claims: Sequence[Claim], score: str = GOLD) -> tuple[Support, ...]:
    """Returns the figures of claims: win rate, the same with length held equal, and difference of scores.

    Args:
        claims: that a sentence rests on.
        score: what the judge's scores are called.
    """
    return tuple(support for claim in claims for support in _of_claim(claim, score))


def turn_support(name: str, turn: Turn, score: str = GOLD) -> tuple[Support, ...]:
    """Returns the figures of an arm whose proxy rose while gold fell."""
    since = f"from step {turn.step} to the last checkpoint"
    return (
        Support(label=f"{name}, change of {score} {since}", value=turn.gold, arms=(name,)),
        Support(label=f"{name}, change of the proxy {since}", value=turn.proxy, arms=(name,)),
    )


def _of_claim(claim: Claim, score: str) -> list[Support]:
    arms, who = (claim.row, claim.column), f"{spoken(claim.row)} over {spoken(claim.column)}"
    counts = f"{claim.wins:,} wins, {claim.ties:,} ties, {claim.losses:,} losses, {claim.missing:,} left out"
    test = f"p = {claim.p_value:.2g}, by Holm {claim.adjusted:.2g}"
    found = [Support(label=f"{who}, win rate", value=claim.rate, unit="%", note=f"{counts}; {test}", arms=arms)]
    if (controlled := claim.length_controlled) is not None:
        note = f"{controlled.longer:+.0f} characters"
        found.append(Support(label=f"{who}, length held equal", value=controlled.rate, unit="%", note=note, arms=arms))
    return [*found, Support(label=f"{who}, {score}", value=claim.gold_difference, arms=arms)]
