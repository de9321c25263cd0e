"""Arms at a common level: as much data, compute, KL or proxy score as every arm reached, and no more.

The last checkpoints of two arms lie wherever their runs happened to end. Here each seed is read off at the level itself, by
straight lines between its checkpoints: of gold, win rate and every other figure, prompt by prompt, so that the intervals
are those of all other tables. The level is the largest that every seed of every arm reached; nothing is extrapolated.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from workbench.compare.arms import Arm
from workbench.compare.curves import start_track
from workbench.compare.ledger import Ledger
from workbench.compare.rates import rate_interval
from workbench.compare.samples import Keys, Samples, stack
from workbench.compare.statistics import FloatArray, known_mean, mean_interval
from workbench.compare.tracks import Point, Track
from workbench.compare.winrates import pair
from workbench.domain.estimates import Estimate
from workbench.domain.matching import LEVELS, MatchBy
from workbench.domain.samples import GOLD, KL, PROXY

_MOST_NAMED = 5  # seeds of arms in a sentence
Table = tuple[Keys, FloatArray]  # the prompts, sorted, and a value for each


class MatchedArm(BaseModel):
    """An arm at the common level; None where it was not measured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    arm: str
    index: int = Field(description="The arm's place in the comparison; colours go by it.")
    steps: tuple[float, ...] = Field(description="Where on its way each seed reached the level, in training steps.")
    reached: float = Field(description="The largest level that each of its seeds reached.")
    gold: Estimate | None
    win_rate: Estimate | None = Field(description="Against the baseline's last checkpoint, else the start model.")
    kl: Estimate | None
    proxy: Estimate | None


class MatchedView(BaseModel):
    """All trained arms at one level of something."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: MatchBy
    label: str
    unit: str
    level: float | None = Field(
        description="The largest that all seeds of all arms reached; None where it is not known."
    )
    limited_by: str = Field("", description="The arm and seed that reached no more.")
    arms: tuple[MatchedArm, ...] = ()
    note: str = Field(description="How it was read off, or why it could not be.")


def _named(seeds: Sequence[str]) -> str:
    """Names seeds of arms, of many the first ones, and counts the rest."""
    more = len(seeds) - _MOST_NAMED
    return ", ".join([*seeds[:_MOST_NAMED], *([f"and {more} more"] if more > 0 else [])])


@dataclass(frozen=True)
class _Way:
    """One seed's checkpoints along what is matched, the start model first where it was evaluated."""

    track: Track
    points: tuple[Point, ...]
    x: FloatArray
    rival: Samples | None

    @property
    def reach(self) -> float:
        return float(np.nanmax(self.x)) if not np.isnan(self.x).all() else np.nan

    def place(self, level: float) -> tuple[int, int, float]:
        """Returns the checkpoints before and after the level is first reached, and how far between them it lies, 0 to 1."""
        after = int(np.argmax(self.x >= level))
        if after == 0 or self.x[after] == level:
            return after, after, 0.0
        known = np.flatnonzero(~np.isnan(self.x[:after]))
        if not len(known):
            return after, after, 0.0
        before = int(known[-1])
        return before, after, float((level - self.x[before]) / (self.x[after] - self.x[before]))


def match_arms(
    arms: Sequence[Arm], starts: dict[str, Arm], baseline: Arm | None, ledger: Ledger
) -> tuple[MatchedView, ...]:
    """Returns the trained arms at a common level of each thing that can be matched.

    Args:
        arms: those compared.
        starts: the start models that were evaluated, by what they are.
        baseline: whose last checkpoint win rates are against; None: each arm's start model.
        ledger: counts operations.
    """
    trained = [arm for arm in arms if arm.tracks and not arm.is_reference]
    return tuple(_view(by, trained, starts, baseline, ledger) for by in LEVELS) if trained else ()


def _view(
    by: MatchBy, arms: Sequence[Arm], starts: dict[str, Arm], baseline: Arm | None, ledger: Ledger
) -> MatchedView:
    kind = LEVELS[by]
    ways = {
        arm.name: [_way(by, arm, track, starts.get(arm.start), baseline, ledger) for track in arm.tracks]
        for arm in arms
    }
    reaches = [(way.reach, f"{arm.name}, seed {way.track.seed}") for arm in arms for way in ways[arm.name]]
    if any(np.isnan(reach) for reach, _ in reaches):
        unknown = _named([who for reach, who in reaches if np.isnan(reach)])
        return MatchedView(by=by, label=kind.label, unit=kind.unit, level=None, note=f"{kind.unknown} Of: {unknown}.")
    level, limited_by = min(reaches)
    return MatchedView(
        by=by,
        label=kind.label,
        unit=kind.unit,
        level=level,
        limited_by=limited_by,
        arms=tuple(_at(level, arm, ways[arm.name]) for arm in arms),
        note=f"{kind.meaning} The largest level that every seed reached; {limited_by} reached no more. Between checkpoints "
        "every figure is read off a straight line.",
    )


def _way(by: MatchBy, arm: Arm, track: Track, start: Arm | None, baseline: Arm | None, ledger: Ledger) -> _Way:
    begin, against = start_track(track, start), start_track(track, baseline or start)
    points = ((begin.last,) if begin else ()) + track.points
    measure = _MEASURES[by](arm, track, ledger)
    return _Way(
        track, points, np.array([measure(point) for point in points]), against.last.samples if against else None
    )


def _at(level: float, arm: Arm, ways: Sequence[_Way]) -> MatchedArm:
    places = [(way, *way.place(level)) for way in ways]

    def table(values: Callable[[_Way, Point], Table]) -> FloatArray:
        return stack([_between(values(way, way.points[a]), values(way, way.points[b]), w) for way, a, b, w in places])[
            1
        ]

    def column(name: str) -> Estimate | None:
        return mean_interval(table(lambda _way, point: point.samples.by_prompt(point.samples.column(name))))

    return MatchedArm(
        arm=arm.name,
        index=arm.place,
        steps=tuple((1 - w) * way.points[a].step + w * way.points[b].step for way, a, b, w in places),
        reached=min(way.reach for way in ways),
        gold=column(GOLD),
        win_rate=_win_rate(places, lambda: table(_wins)),
        kl=column(KL),
        proxy=column(PROXY),
    )


def _win_rate(places: Sequence[tuple[_Way, int, int, float]], table: Callable[[], FloatArray]) -> Estimate | None:
    if any(way.rival is None for way, *_ in places):
        return None
    if all(way.points[after].samples is way.rival for way, _, after, _ in places):  # the start model against itself
        return Estimate(mean=0.5, low=0.5, high=0.5, n=len(places))
    return rate_interval(table())


def _wins(way: _Way, point: Point) -> Table:
    assert way.rival is not None
    found = pair(point.samples, way.rival)
    return found.by_prompt(found.outcome)


def _between(before: Table, after: Table, weight: float) -> Table:
    if weight == 0.0:
        return before
    keys, values = stack([before, after])
    return keys, (1 - weight) * values[0] + weight * values[1]


def _data(_arm: Arm, _track: Track, _ledger: Ledger) -> Callable[[Point], float]:
    return lambda point: point.spent.episodes


def _compute(arm: Arm, track: Track, ledger: Ledger) -> Callable[[Point], float]:
    stages = ledger.stage_flops(track)
    return lambda point: stages + ledger.own_flops(track, point.spent)


def _mean_of(column: str) -> Callable[[Arm, Track, Ledger], Callable[[Point], float]]:
    return lambda _arm, _track, _ledger: lambda point: known_mean(point.samples.column(column))


_MEASURES: dict[MatchBy, Callable[[Arm, Track, Ledger], Callable[[Point], float]]] = {
    "data": _data,
    "compute": _compute,
    "kl": _mean_of(KL),
    "proxy": _mean_of(PROXY),
}
