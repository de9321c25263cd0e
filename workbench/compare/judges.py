"""All judges of a comparison side by side: do they say the same of the arms, and how far can each be trusted?"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from workbench.compare.arms import Arm, gather_arms
from workbench.compare.naming import without_folders
from workbench.compare.people import People, read_people
from workbench.compare.rates import rate_interval
from workbench.compare.samples import Samples
from workbench.compare.tracks import Point, Track
from workbench.compare.verdicts import VerdictBook, with_gold
from workbench.compare.winrates import judge_of, matched_points, pair, win_table
from workbench.domain.endpoints import LLM_PREFIX
from workbench.domain.errors import BadSetting
from workbench.domain.estimates import Estimate
from workbench.domain.labels import PEOPLE
from workbench.domain.samples import GOLD, PROXY, SCORE_PREFIX
from workbench.domain.verdicts import Tally
from workbench.domain.views import View
from workbench.storage.project import Project, nearest

JudgeKind = Literal["gold", "proxy", "scores", "pairs", "people"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class JudgeFigures(_Frozen):
    """What one judge says of every arm, and how it judges."""

    judge: str
    kind: JudgeKind
    rates: dict[str, Estimate] = Field(description="By arm: share of prompts won against the start model, ties half.")
    n_asked: int = Field(0, description="Questions to a judge of pairs at the last checkpoints, both orders counted.")
    n_same: int = Field(0, description="Pairs of equal answers, which are ties that nobody was asked about.")
    swap_consistency: float | None = Field(None, description="Share of pairs judged alike in both orders.")
    first_position: float | None = Field(None, description="Share of one-sided replies that named the first answer.")
    unparsed: float | None = Field(None, description="Share of replies that were neither A, B nor tie.")


class JudgeTable(_Frozen):
    """The judges, the gold one first."""

    arms: tuple[str, ...] = Field(description="The trained arms that are shown.")
    places: tuple[int, ...] = Field(description="Their places in the comparison; colours go by them.")
    judges: tuple[JudgeFigures, ...]
    people: People | None = None


def compare_judges(
    project: Project, run_ids: Sequence[str] | None = None, *, view: View | None = None, experiment: str | None = None
) -> JudgeTable:
    """Returns what every judge says of the arms against their start model; arguments as those of `compare_runs`."""
    hidden = set((view or View()).hidden)
    everything = [arm for arm in gather_arms(project, run_ids, experiment=experiment) if arm.tracks]
    arms = [arm for arm in everything if not hidden & {arm.name, *arm.called}]
    starts = {arm.start: arm for arm in everything if arm.is_reference}
    trained = [arm for arm in arms if not arm.is_reference]
    book = VerdictBook(project)
    found = [_scores(judge, kind, trained, starts) for judge, kind in _score_judges(trained)]
    found += [_pairs(judge, trained, starts, book) for judge in book.judges]
    people = read_people(project, arms)
    if people is not None:
        found.append(_people(people, trained, starts))
    return JudgeTable(
        arms=tuple(arm.name for arm in trained),
        places=tuple(arm.place for arm in trained),
        judges=tuple(one for one in found if one.rates or one.n_asked),
        people=people,
    )


def judged_by(arms: Sequence[Arm], judge: str, project: Project) -> list[Arm]:
    """Returns the arms with another judge's scores in place of the gold ones, which stand among the further ones then.

    A judge of pairs gives each answer what it made against the start model's; so two arms are compared by who does better
    there.

    Raises:
        BadSetting: no such judge has judged these arms.
    """
    if judge.startswith(LLM_PREFIX):
        book = VerdictBook(project)
        if judge not in book.judges:
            raise _unknown(judge, [*(name for name, _ in _score_judges(arms)), *book.judges])
        return [book.judged(arm, judge) for arm in arms]
    known = [name for name, _ in _score_judges(arms)]
    if judge not in known:
        raise _unknown(judge, [*known, *VerdictBook(project).judges])
    return [_by_score(arm, judge) for arm in arms]


def judges_at_hand(arms: Sequence[Arm], project: Project) -> tuple[str, ...]:
    """Returns the judges that win rates can go by, the gold one first."""
    return (*(name for name, _ in _score_judges(arms)), *VerdictBook(project).judges)


def _unknown(judge: str, known: Sequence[str]) -> BadSetting:
    return BadSetting(f"No judge `{judge}` has judged these arms.", nearest(judge, known, "judge"))


def _score_judges(arms: Sequence[Arm]) -> list[tuple[str, JudgeKind]]:
    points = [track.last for arm in arms for track in arm.tracks]
    columns = dict.fromkeys(name for point in points for name in point.samples.numbers)
    further = [without_folders(name.removeprefix(SCORE_PREFIX)) for name in columns if name.startswith(SCORE_PREFIX)]
    gold = judge_of(arms)
    found: list[tuple[str, JudgeKind]] = [(gold, "gold")]
    if any(not np.isnan(point.samples.column(PROXY)).all() for point in points):
        found.append((PROXY, "proxy"))
    return found + [(name, "scores") for name in dict.fromkeys(further) if name != gold]


def _by_score(arm: Arm, judge: str) -> Arm:
    gold = judge_of([arm])
    return arm if judge == gold else replace(arm, tracks=tuple(_track_by(track, judge, gold) for track in arm.tracks))


def _track_by(track: Track, judge: str, gold: str) -> Track:
    others = tuple(_track_by(other, judge, gold) for other in track.others)
    return replace(track, points=tuple(_moved(point, judge, gold) for point in track.points), others=others)


def _moved(point: Point, judge: str, gold: str) -> Point:
    validation = None if point.validation is None else _under(point.validation, judge, gold)
    return replace(point, samples=_under(point.samples, judge, gold), validation=validation)


def _under(samples: Samples, judge: str, gold: str) -> Samples:
    """Returns samples whose gold column is a judge's; the gold judge's own scores stand beside it."""
    names = [name for name in samples.numbers if without_folders(name.removeprefix(SCORE_PREFIX)) == judge]
    values = samples.numbers[names[0]] if names else np.full(len(samples), np.nan)
    kept = {name: column for name, column in samples.numbers.items() if name not in names or name == PROXY}
    return with_gold(replace(samples, numbers={f"{SCORE_PREFIX}{gold}": samples.numbers[GOLD]} | kept), values)


def _scores(judge: str, kind: JudgeKind, trained: Sequence[Arm], starts: dict[str, Arm]) -> JudgeFigures:
    rates: dict[str, Estimate] = {}
    for arm in trained:
        if (start := starts.get(arm.start)) is not None:
            rate = _rate(_by_score(arm, judge), _by_score(start, judge))
            rates |= {} if rate is None else {arm.name: rate}
    return JudgeFigures(judge=judge, kind=kind, rates=rates)


def _pairs(judge: str, trained: Sequence[Arm], starts: dict[str, Arm], book: VerdictBook) -> JudgeFigures:
    rates: dict[str, Estimate] = {}
    told = Tally(0, 0, 0, 0, 0, 0, 0)
    for arm in trained:
        if (start := starts.get(arm.start)) is not None:
            rate = _rate(book.judged(arm, judge), book.judged(start, judge))
            rates |= {} if rate is None else {arm.name: rate}
        for track in arm.tracks:
            found = book.verdicts(judge, track.evaluation.id if track.evaluation else "", track.last.step)
            if found is not None:
                told = Tally(*(ours + theirs for ours, theirs in zip(told, found.tally, strict=True)))
    return JudgeFigures(
        judge=judge,
        kind="pairs",
        rates=rates,
        n_asked=told.n_asked,
        n_same=told.n_same,
        swap_consistency=told.swap_consistency,
        first_position=told.first_position,
        unparsed=told.unparsed,
    )


def _people(people: People, trained: Sequence[Arm], starts: dict[str, Arm]) -> JudgeFigures:
    rates: dict[str, Estimate] = {}
    for arm in trained:
        start = starts[arm.start].name if arm.start in starts else ""
        rates |= {cell.row: cell.rate for cell in people.cells if (cell.row, cell.column) == (arm.name, start)}
    return JudgeFigures(judge=PEOPLE, kind="people", rates=rates, n_asked=people.n_labels)


def _rate(arm: Arm, start: Arm) -> Estimate | None:
    pairings = [pair(ours.samples, theirs.samples) for ours, theirs in matched_points(arm, start)]
    return rate_interval(win_table(pairings)) if pairings else None
