"""From runs to a comparison: figures of each arm, every two arms, a verdict, warnings and what to draw."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from workbench.compare.arms import Arm, Point, Which, gather_arms
from workbench.compare.curves import XAxis
from workbench.compare.fairness import incomplete, oddities, uneven, unfair
from workbench.compare.naming import without_folders
from workbench.compare.overoptimisation import find_turn
from workbench.compare.panels import PanelSpec, build_panels, interval_words
from workbench.compare.samples import stack
from workbench.compare.statistics import mean_interval, rate_interval
from workbench.compare.verdict import Evidence, write_verdict
from workbench.compare.winrates import WinCell, matched_points, pair, win_matrix, win_table
from workbench.domain.errors import NotFound
from workbench.domain.estimates import Estimate
from workbench.domain.recipes import EvaluateRecipe
from workbench.domain.samples import GOLD, KL, N_TOKENS, PROXY, SCORE_PREFIX
from workbench.storage.project import Project

_PUBLIC = ("name", "method", "seeds", "gold", "proxy", "kl", "win_rate")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Figures(_Frozen):
    """What one checkpoint of each seed of an arm measured; None where it was not measured.

    With one seed the intervals are over prompts, with several over seeds; `n` of each says how many.
    """

    steps: tuple[int, ...] = Field(description="The checkpoint's step, for each seed.")
    gold: Estimate | None = Field(description="Mean gold score.")
    proxy: Estimate | None = Field(description="Mean score of the reward model.")
    kl: Estimate | None = Field(description="KL to the start model, nats per response.")
    win_rate: Estimate | None = Field(description="Share of prompts won against the start model, ties half.")
    length: Estimate | None = Field(description="Mean tokens of a response.")
    scores: dict[str, Estimate] = Field({}, description="Mean score of each further judge, by its name.")


class ArmResult(_Frozen):
    """One arm's line in the table: its figures at the last checkpoint, a rule that chooses nothing.

    `best` has the checkpoint with the highest mean gold score. It was chosen on the same prompts that it is measured on, so
    it is a little too good.
    """

    name: str
    method: str
    seeds: tuple[int, ...]
    gold: Estimate | None
    proxy: Estimate | None
    kl: Estimate | None
    win_rate: Estimate | None
    last: Figures
    best: Figures
    runs: tuple[str, ...] = Field(description="Training runs, by seed; empty for the start model.")
    evaluations: tuple[str, ...] = Field(description="Evaluation runs, by seed.")
    samples: tuple[str, ...] = Field(description="The last checkpoint's samples, by seed, relative to the project.")


class Comparison(_Frozen):
    """Arms side by side. `to_json` gives the part that is a public contract."""

    judge: str = Field(description="The gold judge.")
    x: XAxis
    experiments: tuple[str, ...] = Field((), description="Those that the compared runs belong to, as far as known.")
    interval: str = Field(description="What the intervals are over, in words.")
    arms: tuple[ArmResult, ...]
    wins: tuple[WinCell, ...] = Field(description="Every two arms once; `swapped` gives the other side.")
    verdict: str = Field(description="The sentences of `findings` as one paragraph.")
    findings: tuple[str, ...]
    warnings: tuple[str, ...]
    panels: tuple[PanelSpec, ...]

    @property
    def further_judges(self) -> tuple[str, ...]:
        """The judges after the gold one that scored every arm."""
        return tuple(name for name in self.arms[0].last.scores if all(name in arm.last.scores for arm in self.arms))

    def to_json(self) -> dict[str, Any]:
        """Returns {arms: [{name, method, seeds, gold, proxy, kl, win_rate}], verdict, warnings} as plain values.

        Each figure is {mean, low, high, n}, or null where it was not measured.
        """
        arms = [{key: arm.model_dump(mode="json")[key] for key in _PUBLIC} for arm in self.arms]
        return {"arms": arms, "verdict": self.verdict, "warnings": list(self.warnings)}

    def cell(self, row: str, column: str) -> WinCell | None:
        """Returns how the row's arm does against the column's; None where they were not compared."""
        for cell in self.wins:
            if (cell.row, cell.column) == (row, column):
                return cell
            if (cell.column, cell.row) == (row, column):
                return cell.swapped()
        return None


def compare_runs(
    project: Project, run_ids: Sequence[str] | None = None, *, x: XAxis = "step", experiment: str | None = None
) -> Comparison:
    """Compares the arms that runs belong to, on what their evaluations measured.

    Args:
        project: whose runs.
        run_ids: training runs or their evaluations; None for all.
        x: what the panels are drawn over.
        experiment: compares the arms of this experiment, under the names that it gives them.

    Raises:
        NotFound: there is no such run or experiment, or nothing was evaluated yet.
        BadInput: a file of samples is damaged.
    """
    everything = gather_arms(project, run_ids, experiment=experiment)
    arms = [arm for arm in everything if arm.tracks]
    if not arms:
        raise NotFound(
            "None of these runs was evaluated yet, so there is nothing to compare.",
            "Wait for the experiment's evaluations, or start one with `workbench evaluate`.",
        )
    starts = {arm.start: arm for arm in arms if arm.is_reference}
    judge, wins, differing = _judge(arms), tuple(win_matrix(arms)), unfair(arms)
    findings = write_verdict(_evidence(arms, starts, judge, wins, differing))
    return Comparison(
        judge=judge,
        x=x,
        experiments=tuple(dict.fromkeys(arm.experiment for arm in arms if arm.experiment)),
        interval=interval_words(arms),
        arms=tuple(_result(arm, starts.get(arm.start), project) for arm in arms),
        wins=wins,
        verdict=" ".join(findings),
        findings=tuple(findings),
        warnings=(
            *differing,
            *uneven(arms),
            *_without_start(arms, starts),
            *incomplete(everything),
            *oddities(everything),
        ),
        panels=build_panels(arms, judge, x),
    )


def _judge(arms: Sequence[Arm]) -> str:
    for arm in arms:
        for track in arm.tracks:
            if track.evaluation and isinstance(track.evaluation.recipe, EvaluateRecipe):
                return without_folders(track.evaluation.recipe.judges[0])
    return "gold"


def _evidence(
    arms: Sequence[Arm], starts: dict[str, Arm], judge: str, wins: Sequence[WinCell], differing: Sequence[str]
) -> Evidence:
    trained = [arm for arm in arms if not arm.is_reference]
    turns = {arm.name: turn for arm in trained if (turn := find_turn(arm, starts.get(arm.start))) is not None}
    return Evidence(
        judge=judge,
        trained=[arm.name for arm in trained],
        references={arm.name: starts[arm.start].name for arm in trained if arm.start in starts},
        cells=wins,
        turns=turns,
        n_seeds=min((len(arm.tracks) for arm in trained), default=0),
        interval=interval_words(arms),
        unfair=differing,
    )


def _without_start(arms: Sequence[Arm], starts: dict[str, Arm]) -> list[str]:
    alone = [arm.name for arm in arms if arm.start not in starts]
    if not alone:
        return []
    return [f"The start model of {', '.join(alone)} was not evaluated, so there is no win rate against it."]


def _result(arm: Arm, start: Arm | None, project: Project) -> ArmResult:
    last, best = _figures(arm, start, "last"), _figures(arm, start, "best")
    return ArmResult(
        name=arm.name,
        method=arm.method,
        seeds=arm.seeds,
        gold=last.gold,
        proxy=last.proxy,
        kl=last.kl,
        win_rate=last.win_rate,
        last=last,
        best=best,
        runs=tuple(track.run.id for track in arm.tracks if track.run),
        evaluations=tuple(track.evaluation.id for track in arm.tracks if track.evaluation),
        samples=tuple(track.last.samples.path.relative_to(project.folder).as_posix() for track in arm.tracks),
    )


def _figures(arm: Arm, start: Arm | None, which: Which) -> Figures:
    points = [track.checkpoint(which) for track in arm.tracks]
    return Figures(
        steps=tuple(point.step for point in points),
        gold=_mean(points, GOLD),
        proxy=_mean(points, PROXY),
        kl=_mean(points, KL),
        win_rate=_win_rate(arm, start, points, which),
        length=_mean(points, N_TOKENS),
        scores=_further_scores(points),
    )


def _further_scores(points: Sequence[Point]) -> dict[str, Estimate]:
    """Returns the means of the judges that all seeds were judged by, beside the gold one."""
    shared = [name for name in points[0].samples.numbers if all(name in point.samples.numbers for point in points)]
    means = {name.removeprefix(SCORE_PREFIX): _mean(points, name) for name in shared if name.startswith(SCORE_PREFIX)}
    return {without_folders(judge): mean for judge, mean in means.items() if mean is not None}


def _mean(points: Sequence[Point], column: str) -> Estimate | None:
    return mean_interval(stack([point.samples.by_prompt(point.samples.column(column)) for point in points])[1])


def _win_rate(arm: Arm, start: Arm | None, points: Sequence[Point], which: Which) -> Estimate | None:
    if arm.is_reference:  # against itself, by definition
        n = len(points) if len(points) > 1 else len(np.unique(points[0].samples.keys))
        return Estimate(mean=0.5, low=0.5, high=0.5, n=n)
    if start is None:
        return None
    return rate_interval(win_table([pair(a.samples, b.samples) for a, b in matched_points(arm, start, which)]))
