"""A ranking of arms, or of every checkpoint, by Bradley-Terry: one scale for all, from every two of them on every prompt.

The start model stands at 0 Elo and the intervals are of the difference to it. With one seed they are the bootstrap's over
prompts; with several over seeds and prompts. A rank is one more than the number of those whose whole interval lies above
one's own (2403.04132), so that several may share it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from workbench.compare.arms import Arm, gather_arms
from workbench.compare.curves import aligned_points
from workbench.compare.judges import judged_by
from workbench.compare.naming import find_arm
from workbench.compare.samples import Keys, stack
from workbench.compare.statistics import FloatArray
from workbench.compare.strengths import ELO, design_of, fit_strengths, resampled_strengths, strengths_over_seeds
from workbench.compare.tracks import Point
from workbench.compare.winrates import judge_of, pair
from workbench.domain.errors import NotFound
from workbench.domain.estimates import Estimate
from workbench.domain.views import View
from workbench.storage.project import Project

_DRAWS = 500
_ALONE = "; each stands for itself and is not adjusted for their number, as claims are"
MOST_RANKED = 40  # ranked at once: 780 pairs take two seconds


class Ranked(BaseModel):
    """One line of a ranking."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    arm: str
    index: int = Field(description="The arm's place among those compared; colours go by it.")
    steps: tuple[int, ...] = Field(description="The checkpoint's step, in every seed; 0 for the start model.")
    rank: int
    elo: Estimate = Field(description="Points above the start model.")


class Ranking(BaseModel):
    """Arms or checkpoints by strength, the strongest first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    judge: str
    origin: str = Field(description="Which arm stands at 0.")
    interval: str = Field(description="What the intervals are over, in words.")
    lines: tuple[Ranked, ...]
    left_out: tuple[str, ...] = Field((), description="Arms that meet none of the others on a prompt.")


def rank_checkpoints(
    project: Project,
    run_ids: Sequence[str] | None = None,
    *,
    view: View | None = None,
    experiment: str | None = None,
) -> Ranking:
    """Ranks every checkpoint of the arms that `compare_runs` shows of the same runs; arguments and errors are its own."""
    arms = [arm for arm in gather_arms(project, run_ids, experiment=experiment) if arm.tracks]
    judge = view.judge if view is not None else ""
    arms = judged_by(arms, judge, project) if judge else arms
    hidden = {arm.name for name in (view or View()).hidden if (arm := find_arm(arms, name)) is not None}
    shown = [arm for arm in arms if arm.name not in hidden]
    if not shown:
        raise NotFound("Nothing that was evaluated is shown, so there is nothing to rank.", "Evaluate or show an arm.")
    return rank(shown[:MOST_RANKED], judge or judge_of(shown), every_checkpoint=True)


@dataclass(frozen=True)
class _Entry:
    """What is ranked: an arm at one checkpoint in each of its seeds."""

    arm: Arm
    points: dict[int, Point]

    def point(self, seed: int) -> Point | None:
        """Returns its responses under a seed; a start model under other seeds answers by its first."""
        first = next(iter(self.points.values())) if self.arm.is_reference else None
        return self.points.get(seed, first)


def rank(arms: Sequence[Arm], judge: str, *, every_checkpoint: bool = False) -> Ranking:
    """Ranks arms by their last checkpoints, or every checkpoint that all seeds of an arm reached.

    Args:
        arms: evaluated ones; the first start model among them, else the first arm, stands at 0.
        judge: who decides, in words.
        every_checkpoint: ranks each arm's checkpoints too, as far as there are not more than 40 in all; of more, evenly
            spread ones with the last.
    """
    entries = sorted(_entries(arms, every_checkpoint), key=lambda entry: not entry.arm.is_reference)
    outcomes, pairs = _meetings(entries)
    linked = _linked(pairs, len(entries))
    kept = [entry for entry, is_linked in zip(entries, linked, strict=True) if is_linked]
    among = [k for k, (first, _) in enumerate(pairs) if linked[first]]
    place = {old: new for new, old in enumerate(np.flatnonzero(linked).tolist())}
    design = design_of([(place[pairs[k][0]], place[pairs[k][1]]) for k in among], len(kept))
    estimates = _strengths(outcomes[:, :, among], design) if among else []
    return Ranking(
        judge=judge,
        origin=entries[0].arm.name,
        interval=_interval_words(outcomes),
        lines=tuple(_lines(kept, estimates)) if among else (),
        left_out=tuple(
            dict.fromkeys(e.arm.name for e, is_in in zip(entries, linked, strict=True) if not (is_in and among))
        ),
    )


def _entries(arms: Sequence[Arm], every_checkpoint: bool) -> Iterator[_Entry]:
    trained = [arm for arm in arms if not arm.is_reference]
    most = max(1, (MOST_RANKED - len(arms) + len(trained)) // max(1, len(trained)))
    for arm in arms:
        rows = aligned_points(arm, None)[:-1] if every_checkpoint and not arm.is_reference else []
        for i in sorted({round(i) for i in np.linspace(0, len(rows) - 1, min(most - 1, len(rows)))}) if rows else ():
            yield _Entry(arm, {track.seed: point for point, track in rows[i]})
        yield _Entry(arm, {track.seed: track.last for track in arm.tracks})


def _meetings(entries: Sequence[_Entry]) -> tuple[FloatArray, list[tuple[int, int]]]:
    """Returns who won: [s x p x k] for the k pairs that met, NaN where one of the two has no answer or no score."""
    seeds = sorted({seed for entry in entries for seed in entry.points})
    found: list[tuple[Keys, FloatArray]] = []
    where: list[tuple[int, tuple[int, int]]] = []
    for seed_at, seed in enumerate(seeds):
        for i, j in combinations(range(len(entries)), 2):
            first, second = entries[i].point(seed), entries[j].point(seed)
            if first is None or second is None or not (seed in entries[i].points or seed in entries[j].points):
                continue
            pairing = pair(first.samples, second.samples)
            found.append(pairing.by_prompt(pairing.outcome))
            where.append((seed_at, (i, j)))
    keys, table = stack(found)
    pairs = list(dict.fromkeys(ij for _, ij in where))
    outcomes = np.full((len(seeds), len(keys), len(pairs)), np.nan)
    at = {ij: k for k, ij in enumerate(pairs)}
    for values, (seed_at, ij) in zip(table, where, strict=True):
        outcomes[seed_at, :, at[ij]] = values
    met = ~np.isnan(outcomes).all(axis=(0, 1))
    return outcomes[:, :, met], [ij for ij, is_met in zip(pairs, met, strict=True) if is_met]


def _linked(pairs: Sequence[tuple[int, int]], m: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Returns [m]: whether each is linked to the first over pairs that met."""
    linked = np.zeros(m, dtype=bool)
    linked[0] = True
    while new := {j for pair_ in pairs for j in pair_ if not linked[j] and linked[list(pair_)].any()}:
        linked[list(new)] = True
    return linked


def _strengths(outcomes: FloatArray, design: FloatArray) -> list[Estimate]:
    sums, counts = np.nansum(outcomes, axis=(0, 1)), (~np.isnan(outcomes)).sum(axis=(0, 1)).astype(np.float64)
    best = fit_strengths(sums[None], counts[None], design)[0]
    if outcomes.shape[0] > 1:
        return strengths_over_seeds(outcomes, best, design)
    draws = resampled_strengths(outcomes, design, draws=_DRAWS)
    low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    n = outcomes.shape[1]
    return [
        Estimate(mean=float(b), low=float(lo), high=float(hi), n=n) for b, lo, hi in zip(best, low, high, strict=True)
    ]


def _lines(entries: Sequence[_Entry], strengths: Sequence[Estimate]) -> list[Ranked]:
    lines = [
        Ranked(
            arm=entry.arm.name,
            index=entry.arm.place,
            steps=tuple(point.step for point in entry.points.values()),
            rank=1 + sum(other.low > strength.high for other in strengths),
            elo=Estimate(mean=ELO * strength.mean, low=ELO * strength.low, high=ELO * strength.high, n=strength.n),
        )
        for entry, strength in zip(entries, strengths, strict=True)
    ]
    return sorted(lines, key=lambda line: (-line.elo.mean, line.index))


def _interval_words(outcomes: FloatArray) -> str:
    n_seeds, n_prompts = outcomes.shape[:2]
    if n_seeds > 1:
        return f"95 % intervals of the difference to it, over {n_seeds} seeds and {n_prompts:,} prompts{_ALONE}"
    return f"95 % intervals of the difference to it, by resampling {n_prompts:,} prompts {_DRAWS} times{_ALONE}"
