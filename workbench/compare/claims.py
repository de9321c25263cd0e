"""Claims: every two arms, with what was measured, whether it is shown, and what would decide it where it is not."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from pydantic import BaseModel, ConfigDict, Field, computed_field

from workbench.compare.length_control import LengthControlled
from workbench.compare.power import ALPHA, Needs, what_decides
from workbench.compare.statistics import Spread, holm
from workbench.compare.winrates import WinCell
from workbench.domain.estimates import Estimate


class Claim(BaseModel):
    """That one arm beats another on the same prompts: `row` is the one that won more.

    All claims of a comparison are made at once, so that each one's p-value is adjusted for their number by Holm (1979).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    row: str
    column: str
    rate: Estimate = Field(description="Share of comparisons that the row wins, ties half.")
    bootstrap: Estimate | None = Field(description="The same by resampling; None with 2 to 19 seeds, see `WinCell`.")
    length_controlled: LengthControlled | None = Field(description="The same with length held equal.")
    gold_difference: Estimate = Field(description="Mean gold score of the row less that of the column, same prompts.")
    gold_bootstrap: Estimate | None = Field(description="The same by resampling, where `bootstrap` is.")
    wins: int
    ties: int
    losses: int
    missing: int = Field(description="Comparisons where a side has no response or no score: left out, never guessed.")
    p_value: float
    adjusted: float = Field(description="The p-value by Holm.")
    is_shown: bool = Field(description="Whether the adjusted p-value is below 0.05.")
    n_claims: int = Field(exclude=True, repr=False, description="How many are made at once.")
    spread: Spread | None = Field(None, exclude=True, repr=False, description="What the rate's uncertainty is made of.")

    @computed_field(description="What would decide it, where it is not shown.")  # type: ignore[prop-decorator]
    @cached_property
    def needs(self) -> Needs | None:
        """Worked out when it is asked for: of 1,275 claims it takes a tenth of a second, and few are looked at."""
        if self.is_shown or self.spread is None:
            return None
        return what_decides(self.spread, alpha=ALPHA / self.n_claims)

    @property
    def decided_by(self) -> str:
        """What would decide it, in words; nothing where it is shown or unknown."""
        if self.is_shown or self.needs is None:
            return ""
        ways = []
        if self.needs.prompts is not None:
            ways.append(f"{self.needs.prompts:,} prompts")
        if self.needs.seeds is not None:
            ways.append(f"{self.needs.seeds} seeds")
        return " or ".join(ways) or "out of reach"

    @property
    def is_by_length(self) -> bool:
        """Whether it is shown, and not with length held equal: longer answers may be all there is to it."""
        controlled = self.length_controlled
        return self.is_shown and controlled is not None and controlled.rate.low <= 0.5


def make_claims(cells: Sequence[WinCell], references: Mapping[str, str]) -> list[Claim]:
    """Returns a claim for every two arms: first between trained arms, then against the start models.

    Args:
        cells: every two arms, each pair once.
        references: each trained arm's start model, by name.
    """
    adjusted = holm([cell.p_value for cell in cells])
    starts = set(references.values())
    claims = [
        _claim(cell if cell.rate.mean >= 0.5 else cell.swapped(), p, len(cells))
        for cell, p in zip(cells, adjusted, strict=True)
    ]
    return sorted(claims, key=lambda claim: claim.row in starts or claim.column in starts)


def _claim(cell: WinCell, adjusted: float, n_claims: int) -> Claim:
    return Claim(
        row=cell.row,
        column=cell.column,
        rate=cell.rate,
        bootstrap=cell.bootstrap,
        length_controlled=cell.length_controlled,
        gold_difference=cell.gold_difference,
        gold_bootstrap=cell.gold_bootstrap,
        wins=cell.wins,
        ties=cell.ties,
        losses=cell.losses,
        missing=cell.missing,
        p_value=cell.p_value,
        adjusted=adjusted,
        is_shown=adjusted < ALPHA,
        n_claims=n_claims,
        spread=cell.spread,
    )
