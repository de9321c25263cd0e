"""Win rates: two arms on the same prompts, the gold judge deciding. Ties count one half; what has no score is left out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from workbench.compare.arms import Arm
from workbench.compare.length_control import LengthControlled, Outcomes, control_length, read_lengths
from workbench.compare.naming import without_folders
from workbench.compare.rates import mcnemar, rate_interval
from workbench.compare.resampling import hierarchical_bootstrap
from workbench.compare.samples import Keys, Samples, mean_by_group, stack
from workbench.compare.statistics import FloatArray, Spread, mean_interval, spread
from workbench.compare.tracks import Point, Which
from workbench.domain.estimates import Estimate
from workbench.domain.recipes import EvaluateRecipe
from workbench.domain.samples import GOLD

MOST_RESAMPLED = 16  # arms: 120 pairs take half a second to resample
_ENOUGH_SEEDS = 20  # from which resampling them covers 93-97 %; with 3 it covers as little as 68 %


class WinCell(BaseModel):
    """How often the row's arm beats the column's, each at its last checkpoint.

    `p_value` is of the rate being one half: McNemar's exact test over prompts with one seed, a t test over seeds with several.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    row: str
    column: str
    rate: Estimate = Field(description="Share of comparisons that the row wins, ties half.")
    bootstrap: Estimate | None = Field(
        description="The same with an interval by resampling prompts where one seed was run, and seeds, then prompts, where "
        "20 or more were; None between, where resampling seeds covers too little, and with very many arms."
    )
    gold_difference: Estimate = Field(description="Mean gold score of the row less that of the column, same prompts.")
    gold_bootstrap: Estimate | None = Field(None, description="The same by resampling, where `bootstrap` is.")
    wins: int
    ties: int
    losses: int
    missing: int = Field(description="Comparisons where a side has no response or no score: left out, never guessed.")
    p_value: float
    length_controlled: LengthControlled | None = Field(
        None, description="The rate with length held equal; None where length and arm cannot be told apart."
    )
    spread: Spread | None = Field(None, exclude=True, repr=False, description="What the rate's uncertainty is made of.")

    def swapped(self) -> "WinCell":
        """Returns the same comparison from the other side."""
        return WinCell(
            row=self.column,
            column=self.row,
            rate=_reflected(self.rate, 1.0),
            bootstrap=_reflected(self.bootstrap, 1.0) if self.bootstrap else None,
            gold_difference=_reflected(self.gold_difference, 0.0),
            gold_bootstrap=_reflected(self.gold_bootstrap, 0.0) if self.gold_bootstrap else None,
            wins=self.losses,
            ties=self.ties,
            losses=self.wins,
            missing=self.missing,
            p_value=self.p_value,
            length_controlled=self.length_controlled.swapped() if self.length_controlled else None,
            spread=self.spread._replace(mean=1 - self.spread.mean) if self.spread else None,
        )


def _reflected(value: Estimate, total: float) -> Estimate:
    return Estimate(mean=total - value.mean, low=total - value.high, high=total - value.low, n=value.n)


@dataclass(frozen=True)
class Pairing:
    """Two checkpoints' responses put side by side, prompt by prompt.

    Attributes:
        keys: [b] the prompt of each comparison; several responses to one prompt are paired in their order.
        difference: [b] gold score of the first less that of the second, NaN where either has none.
        missing: comparisons without a score, and responses whose prompt the other side did not answer.
        groups: the different prompts, sorted, and which of them each comparison is of, where that is known already.
        longer: [b] characters of the first response less those of the second; empty until asked for with `with_lengths`.
    """

    keys: Keys
    difference: FloatArray
    missing: int
    groups: tuple[Keys, NDArray[np.intp]] | None = None
    longer: FloatArray = field(default_factory=lambda: np.empty(0))

    def by_prompt(self, values: FloatArray) -> tuple[Keys, FloatArray]:
        """Returns the different prompts, sorted, and the mean of [b] `values` for each."""
        names, group = self.groups or np.unique(self.keys, return_inverse=True)
        return names, mean_by_group(group, len(names), values)

    @cached_property
    def outcome(self) -> FloatArray:
        """Returns [b]: 1 where the first wins, 0 where it loses, one half in a tie, NaN where unknown."""
        outcome: FloatArray = (np.sign(self.difference) + 1) / 2
        return outcome


def pair(first: Samples, second: Samples, *, with_lengths: bool = False) -> Pairing:
    """Pairs the responses of two checkpoints by prompt.

    Args:
        first, second: the samples of the two.
        with_lengths: whether their texts are read as well, for how long they are.
    """
    lengths = [read_lengths(side) for side in (first, second)] if with_lengths else [np.empty(0)] * 2
    # The usual case: the same prompts in the same order.
    if first.keys is second.keys or np.array_equal(first.keys, second.keys):
        difference = first.column(GOLD) - second.column(GOLD)
        return Pairing(
            first.keys,
            difference,
            int(np.count_nonzero(np.isnan(difference))),
            first.groups,
            longer=lengths[0] - lengths[1],
        )
    names = [np.char.add(np.char.add(side.keys, "/"), side.turn.astype(np.str_)) for side in (first, second)]
    _, at_first, at_second = np.intersect1d(names[0], names[1], assume_unique=True, return_indices=True)
    difference = first.column(GOLD)[at_first] - second.column(GOLD)[at_second]
    unanswered = len(first) + len(second) - 2 * len(difference)
    missing = unanswered + int(np.count_nonzero(np.isnan(difference)))
    longer = lengths[0][at_first] - lengths[1][at_second] if with_lengths else lengths[0]
    return Pairing(first.keys[at_first], difference, missing, longer=longer)


def win_table(pairings: list[Pairing]) -> FloatArray:
    """Returns [s x p]: the share of its comparisons that the first side wins, for each seed and prompt."""
    return stack([found.by_prompt(found.outcome) for found in pairings])[1]


def difference_table(pairings: list[Pairing]) -> FloatArray:
    """Returns [s x p]: the mean difference of gold scores for each seed and prompt."""
    return stack([found.by_prompt(found.difference) for found in pairings])[1]


def outcomes(pairings: Sequence[Pairing]) -> Outcomes:
    """Returns the comparisons that are known, of pairings with lengths; one pairing for each seed."""
    keys = np.concatenate([found.keys for found in pairings])
    wins = np.concatenate([found.outcome for found in pairings])
    seed = np.repeat(np.arange(len(pairings)), [len(found.keys) for found in pairings])
    longer = np.concatenate([found.longer for found in pairings])
    known = ~(np.isnan(wins) | np.isnan(longer))
    prompt = np.unique(keys[known], return_inverse=True)[1]
    return Outcomes(wins[known], longer[known], seed[known], prompt)


def compare_arms(row: Arm, column: Arm, which: Which = "last", *, in_full: bool = True) -> WinCell | None:
    """Compares two arms on the prompts and seeds that both have; None where there are too few.

    Args:
        row, column: the arms; a start model that was evaluated under other seeds is compared by its first.
        which: the checkpoint of the arms that is compared.
        in_full: whether the rate's interval is worked out by resampling too, and the rate with length held equal, which
            takes 6 ms.
    """
    pairings = [
        pair(first.samples, second.samples, with_lengths=in_full)
        for first, second in matched_points(row, column, which)
    ]
    return win_cell(row.name, column.name, pairings, in_full=in_full) if pairings else None


def win_cell(row: str, column: str, pairings: list[Pairing], *, in_full: bool = True) -> WinCell | None:
    """Returns what pairings of two arms say, one for each seed; None where there are too few comparisons."""
    wins, differences = win_table(pairings), difference_table(pairings)
    found = spread(wins)
    rate, gold_difference = rate_interval(wins, found=found), mean_interval(differences)
    if rate is None or gold_difference is None:
        return None
    results = np.concatenate([pairing.outcome for pairing in pairings])
    return WinCell(
        row=row,
        column=column,
        rate=rate,
        bootstrap=_resampled(wins) if in_full else None,
        gold_difference=gold_difference,
        gold_bootstrap=_resampled(differences) if in_full else None,
        wins=np.count_nonzero(results == 1),
        ties=np.count_nonzero(results == 0.5),
        losses=np.count_nonzero(results == 0),
        missing=sum(pairing.missing for pairing in pairings),
        p_value=_p_value(wins, found),
        length_controlled=control_length(outcomes(pairings)) if in_full else None,
        spread=found,
    )


def cell_of_tables(row: str, column: str, wins: FloatArray, differences: FloatArray) -> WinCell | None:
    """Returns what shares of single prompts say; None where there are too few.

    Args:
        row, column: the two sides.
        wins: [s x p], the share that the row wins of a prompt; above one half the prompt counts as won.
        differences: [s x p], the row's gold score less the column's.
    """
    found = spread(wins)
    rate, gold_difference = rate_interval(wins, found=found), mean_interval(differences)
    if rate is None or gold_difference is None:
        return None
    return WinCell(
        row=row,
        column=column,
        rate=rate,
        bootstrap=None,
        gold_difference=gold_difference,
        wins=np.count_nonzero(wins > 0.5),
        ties=np.count_nonzero(wins == 0.5),
        losses=np.count_nonzero(wins < 0.5),
        missing=np.count_nonzero(np.isnan(wins)),
        p_value=_p_value(wins, found),
        spread=found,
    )


def _resampled(table: FloatArray) -> Estimate | None:
    """Returns the mean with its bootstrap interval where that holds: over prompts alone, or over enough seeds."""
    n_seeds = int((~np.isnan(table).all(axis=1)).sum())
    return hierarchical_bootstrap(table) if n_seeds == 1 or n_seeds >= _ENOUGH_SEEDS else None


def matched_points(
    row: Arm, column: Arm, which: Which = "last", rival: Which | None = None
) -> list[tuple[Point, Point]]:
    """Returns the checkpoints of two arms seed by seed; one side is a start model where the seeds differ, or nothing.

    Args:
        row, column: the arms.
        which: the checkpoint of the row, and of the column where `rival` is None.
        rival: the checkpoint of the column.
    """
    pairs = []
    for track in row.tracks:
        other = column.track(track.seed) or (column.tracks[0] if column.is_reference and column.tracks else None)
        if other is not None:
            pairs.append((track.checkpoint(which), other.under(track.proxy).checkpoint(rival or which)))
    return pairs


def win_matrix(arms: list[Arm]) -> list[WinCell]:
    """Compares every two arms; each pair stands once, the arm that comes later in the list as the row."""
    few = len(arms) <= MOST_RESAMPLED
    cells = [
        compare_arms(row, column, in_full=few)
        for i, row in enumerate(arms)
        for column in arms[:i]
        if row.tracks and column.tracks
    ]
    return [cell for cell in cells if cell is not None]


def judge_of(arms: Sequence[Arm]) -> str:
    """Returns the name of the judge whose scores decide."""
    for arm in arms:
        for track in arm.tracks:
            if track.evaluation and isinstance(track.evaluation.recipe, EvaluateRecipe):
                return without_folders(track.evaluation.recipe.judges[0])
    return "gold"


def _p_value(wins: FloatArray, found: Spread | None) -> float:
    if found is not None and wins.shape[0] > 1 and found.se > 0:
        return found.p_value(null=0.5)
    with np.errstate(invalid="ignore"):
        by_prompt = np.nanmean(wins[:, ~np.isnan(wins).all(axis=0)], axis=0)
    return mcnemar(int((by_prompt > 0.5).sum()), int((by_prompt < 0.5).sum()))[0]
