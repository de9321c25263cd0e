"""What people said about answers that they saw without names, as the judge `people`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from workbench.compare.agreement import cohen_kappa, krippendorff_alpha
from workbench.compare.arms import Arm
from workbench.compare.rates import rate_of_prompts
from workbench.compare.samples import read_columns
from workbench.compare.tracks import Point
from workbench.domain import samples as columns
from workbench.domain.estimates import Estimate
from workbench.domain.experiments import shown_name
from workbench.domain.labels import BlindLabel, SampleRef
from workbench.storage.labels import read_labels
from workbench.storage.project import Project

_OUTCOMES = {"first": 1.0, "second": 0.0, "tie": 0.5}


class PeopleCell(BaseModel):
    """How often people preferred the row's arm to the column's, each at its last checkpoint."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    row: str
    column: str
    rate: Estimate = Field(description="Mean over prompts of the share of raters that preferred the row, ties half.")
    wins: int
    ties: int
    losses: int


class People(BaseModel):
    """The labels on the arms of a comparison."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n_labels: int = Field(description="Skipped ones not counted.")
    n_skipped: int
    raters: tuple[str, ...]
    cells: tuple[PeopleCell, ...]
    agreement: float | None = Field(None, description="Between raters on the pairs that several judged.")
    measure: str = Field("", description="Cohen's kappa of two raters, Krippendorff's alpha of more.")
    proxy_agrees: Estimate | None = Field(
        None,
        description="Share of the preferences, ties aside, in which the reward model scores the preferred answer higher.",
    )
    gold_agrees: Estimate | None = Field(None, description="The same of the gold judge.")

    @property
    def lines(self) -> list[str]:
        """What came of it, a sentence each."""
        by = ", ".join(self.raters) or "nobody"
        told = [f"People: {self.n_labels:,} judgements by {by}, {self.n_skipped:,} skipped."]
        told += [
            f"{shown_name(cell.row)} over {shown_name(cell.column)}: {_percent(cell.rate)} of {cell.rate.n:,} prompts; "
            f"{cell.wins:,} wins, {cell.ties:,} ties, {cell.losses:,} losses."
            for cell in self.cells
        ]
        if self.agreement is not None:
            told.append(f"The raters agree by {self.measure} {self.agreement:.2f}.")
        for name, share in (("proxy", self.proxy_agrees), ("gold judge", self.gold_agrees)):
            if share is not None:
                told.append(f"The {name} agrees with {_percent(share)} of the preferences, on {share.n:,} prompts.")
        return told


def _percent(value: Estimate) -> str:
    return f"{100 * value.mean:.0f} % ({100 * value.low:.0f} to {100 * value.high:.0f})"


class _Seen(NamedTuple):
    """A label on two arms of the comparison.

    Attributes:
        label: as it was given.
        row, column: the arms, the later one as the row.
        outcome: 1 where the row was preferred, 0 where the column was, one half in a tie, NaN where it was skipped.
        first: the same for the answer that stood first.
        margins: proxy and gold score of the answer that stood first less the other's.
    """

    label: BlindLabel
    row: str
    column: str
    outcome: float
    first: float
    margins: tuple[float, float]


@dataclass(frozen=True)
class _Shown:
    """An arm's answers at its last checkpoint under one seed."""

    arm: str
    place: int
    point: Point

    def row(self, key: str, ref: SampleRef) -> int | None:
        """Returns which response a label means; None where the text has changed since."""
        found = _responses(self.point.samples.path, self.point.samples.path.stat().st_mtime_ns).get((key, ref.turn))
        return found[0] if found is not None and found[1] == ref.sha256 else None


def read_people(project: Project, arms: Sequence[Arm]) -> People | None:
    """Returns what people said about these arms; None where nobody said anything."""
    shown = {
        (track.evaluation.id, track.last.step): _Shown(arm.name, arm.place, track.last)
        for arm in arms
        for track in arm.tracks
        if track.evaluation
    }
    labels = _latest(read_labels(project))
    seen = [found for label in labels if (found := _see(label, shown)) is not None]
    if not seen:
        return None
    judged = [one for one in seen if one.label.verdict != "skip"]
    agreement, measure = _agreement(judged)
    return People(
        n_labels=len(judged),
        n_skipped=len(seen) - len(judged),
        raters=tuple(sorted({one.label.rater for one in judged})),
        cells=tuple(_cells(judged)),
        agreement=agreement,
        measure=measure,
        proxy_agrees=_agrees(judged, 0),
        gold_agrees=_agrees(judged, 1),
    )


def pair_name(prompt_key: str, *refs: SampleRef) -> tuple[str, ...]:
    """Returns what names a pair whichever answer stood first, so that raters who saw it swapped are compared."""
    return (prompt_key, *sorted(f"{ref.evaluation}@{ref.step}/{ref.turn}" for ref in refs))


def _name(label: BlindLabel) -> tuple[str, ...]:
    return pair_name(label.prompt_key, label.first, label.second)


def _latest(labels: Iterable[BlindLabel]) -> list[BlindLabel]:
    """Of what one rater said about one pair the last word counts."""
    return list({(label.rater, *_name(label)): label for label in labels}.values())


def _see(label: BlindLabel, shown: Mapping[tuple[str, int], _Shown]) -> _Seen | None:
    sides = [shown.get((ref.evaluation, ref.step)) for ref in (label.first, label.second)]
    first, second = sides
    if first is None or second is None or first.arm == second.arm:
        return None
    rows = [first.row(label.prompt_key, label.first), second.row(label.prompt_key, label.second)]
    if rows[0] is None or rows[1] is None:
        return None
    margins = tuple(
        float(first.point.samples.column(name)[rows[0]] - second.point.samples.column(name)[rows[1]])
        for name in (columns.PROXY, columns.GOLD)
    )
    outcome = _OUTCOMES.get(label.verdict, np.nan)
    ordered = first.place > second.place  # as the win matrix has it: the later arm is the row
    row, column = (first.arm, second.arm) if ordered else (second.arm, first.arm)
    return _Seen(label, row, column, outcome if ordered else 1 - outcome, outcome, (margins[0], margins[1]))


def _cells(seen: Sequence[_Seen]) -> Iterable[PeopleCell]:
    pairs: dict[tuple[str, str], list[_Seen]] = {}
    for one in seen:
        pairs.setdefault((one.row, one.column), []).append(one)
    for (row, column), found in pairs.items():
        rate = _by_prompt([(one.label.prompt_key, one.outcome) for one in found])
        if rate is not None:
            outcomes = [one.outcome for one in found]
            counts = {"wins": outcomes.count(1.0), "ties": outcomes.count(0.5), "losses": outcomes.count(0.0)}
            yield PeopleCell(row=row, column=column, rate=rate, **counts)


def _agrees(seen: Sequence[_Seen], which: int) -> Estimate | None:
    """Returns how often the sign of a score's margin is the sign of the preference; equal scores count half."""
    decided = [one for one in seen if one.first != 0.5 and np.isfinite(one.margins[which])]
    return _by_prompt(
        [(one.label.prompt_key, (1 + np.sign(one.margins[which]) * np.sign(one.first - 0.5)) / 2) for one in decided]
    )


def _by_prompt(values: Sequence[tuple[str, float]]) -> Estimate | None:
    """Returns the mean over prompts, which are what repeats; several raters of one prompt are one value."""
    grouped: dict[str, list[float]] = {}
    for key, value in values:
        grouped.setdefault(key, []).append(value)
    return rate_of_prompts(np.array([np.mean(group) for group in grouped.values()])) if grouped else None


def _agreement(seen: Sequence[_Seen]) -> tuple[float | None, str]:
    raters = sorted({one.label.rater for one in seen})
    items: dict[tuple[str, ...], dict[str, float]] = {}
    for one in seen:
        items.setdefault(_name(one.label), {})[one.label.rater] = one.outcome
    shared = [labels for labels in items.values() if len(labels) > 1]
    if len(raters) < 2 or not shared:
        return None, ""
    table = [[labels.get(rater) for labels in shared] for rater in raters]
    if len(raters) == 2:
        return cohen_kappa(*table), "Cohen's kappa"
    return krippendorff_alpha(table), "Krippendorff's alpha"


@lru_cache(maxsize=256)
def _responses(path: Path, _changed_ns: int) -> dict[tuple[str, int], tuple[int, str]]:
    """Returns the row and the hash of each response, by prompt and turn."""
    table = read_columns(path, [columns.PROMPT_KEY, columns.RESPONSE])
    found: dict[tuple[str, int], tuple[int, str]] = {}
    turns: dict[str, int] = {}
    for row, (key, text) in enumerate(zip(*(table[name].to_pylist() for name in table.column_names), strict=True)):
        turns[key] = turns.get(key, -1) + 1
        found[key, turns[key]] = row, text_hash(text)
    return found


def text_hash(text: str) -> str:
    """Returns what names an answer's text in a label."""
    return sha256(text.encode()).hexdigest()
