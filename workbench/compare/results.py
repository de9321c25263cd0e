"""The figures of each arm: what its last and its best checkpoint measured, and what it cost."""

from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from workbench.compare.arms import Arm
from workbench.compare.costs import Cost, cost_of
from workbench.compare.curves import standardised, start_track
from workbench.compare.length_control import LengthControlled
from workbench.compare.naming import without_folders
from workbench.compare.rates import rate_interval
from workbench.compare.samples import stack
from workbench.compare.selection import chosen_on
from workbench.compare.statistics import mean_interval
from workbench.compare.tracks import ChosenOn, Point, Which
from workbench.compare.winrates import MOST_RESAMPLED, WinCell, compare_arms, matched_points, pair, win_table
from workbench.domain.estimates import Estimate
from workbench.domain.samples import GOLD, KL, N_TOKENS, PROXY, SCORE_PREFIX
from workbench.storage.project import Project


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
    win_rate: Estimate | None = Field(description="Share of prompts won against the baseline, ties half.")
    length: Estimate | None = Field(description="Mean tokens of a response.")
    scores: dict[str, Estimate] = Field({}, description="Mean score of each further judge, by its name.")


class Checkpoint(_Frozen):
    """A checkpoint that was evaluated; step 0 is the start model."""

    seed: int
    step: int
    samples: str = Field(description="Its samples, relative to the project.")


class ComparedArm(_Frozen):
    """An arm of a comparison, whether it is shown or hidden."""

    name: str
    method: str
    seeds: tuple[int, ...]
    called: tuple[str, ...] = Field(description="Its lasting name, by which views keep it, then all it has or had.")
    index: int = Field(description="Its place among those compared, hidden ones included; colours go by it.")
    runs: tuple[str, ...] = Field(description="Training runs, by seed; empty for the start model.")
    evaluations: tuple[str, ...] = Field(description="Evaluation runs, by seed.")


class ArmResult(ComparedArm):
    """One arm's line in the table: its figures at the last checkpoint, a rule that chooses nothing.

    `best` has the checkpoint with the highest mean gold score on prompts that none of its figures are from: validation
    prompts, or where none were sampled one half of the test prompts, the other half being reported.
    """

    gold: Estimate | None
    proxy: Estimate | None
    kl: Estimate | None
    win_rate: Estimate | None
    length_controlled: LengthControlled | None = Field(
        None, description="The win rate with length held equal; None where length and arm cannot be told apart."
    )
    gold_gain: Estimate | None = Field(None, description="Gold above the start model, in s.d. of the start's scores.")
    proxy_gain: Estimate | None = Field(None, description="Proxy above the start model, in s.d. of the start's scores.")
    last: Figures
    best: Figures
    chosen_on: ChosenOn = Field("nothing", description="The prompts on which the best checkpoint was chosen.")
    cost: Cost = Cost()
    samples: tuple[str, ...] = Field(description="The last checkpoint's samples, by seed, relative to the project.")
    checkpoints: tuple[Checkpoint, ...] = Field((), description="All that were evaluated, by seed and step.")


def list_arm(arm: Arm) -> ComparedArm:
    """Returns an arm without its figures."""
    return ComparedArm(
        name=arm.name,
        method=arm.method,
        called=arm.called,
        seeds=arm.seeds,
        index=arm.place,
        runs=tuple(track.run.id for track in arm.tracks if track.run),
        evaluations=tuple(track.evaluation.id for track in arm.tracks if track.evaluation),
    )


def result_of(
    arm: Arm, start: Arm | None, baseline: Arm | None, project: Project, controlled: LengthControlled | None = None
) -> ArmResult:
    """Returns an arm's figures.

    Args:
        arm: that has evaluated checkpoints.
        start: its start model, where it was evaluated.
        baseline: whose last checkpoint win rates are against; None: nobody's.
        project: whose folder the paths of samples are relative to.
        controlled: the win rate against the baseline with length held equal.
    """
    last, best = _figures(arm, baseline, "last"), _figures(arm, baseline, "best")
    return ArmResult(
        **dict(list_arm(arm)),
        gold=last.gold,
        proxy=last.proxy,
        kl=last.kl,
        win_rate=last.win_rate,
        length_controlled=controlled,
        gold_gain=_gain(arm, start, GOLD),
        proxy_gain=_gain(arm, start, PROXY),
        last=last,
        best=best,
        chosen_on=chosen_on(arm),
        cost=cost_of(arm),
        samples=tuple(_place(track.last, project) for track in arm.tracks),
        checkpoints=tuple(_checkpoints(arm, start, project)),
    )


def results_of(
    arms: Sequence[Arm], starts: dict[str, Arm], baseline: Arm | None, project: Project, wins: Sequence[WinCell]
) -> Iterator[ArmResult]:
    """Returns each arm's figures against the baseline, else against its start model."""
    cells = {(cell.row, cell.column): cell for cell in wins}
    for arm in arms:
        start = starts.get(arm.start)
        rival = baseline or start
        controlled = None if rival is None else _controlled(arm, rival, cells, len(arms))
        yield result_of(arm, start, rival, project, controlled)


def _controlled(arm: Arm, rival: Arm, cells: Mapping[tuple[str, str], WinCell], n_arms: int) -> LengthControlled | None:
    """Returns an arm's win rate with length held equal, from its cell where it has one; a hidden rival is in none."""
    cell, other_way = cells.get((arm.name, rival.name)), cells.get((rival.name, arm.name))
    if cell is None and other_way is None and rival is not arm and n_arms <= MOST_RESAMPLED:
        cell = compare_arms(arm, rival)
    if cell is not None:
        return cell.length_controlled
    return other_way.length_controlled.swapped() if other_way and other_way.length_controlled else None


def _checkpoints(arm: Arm, start: Arm | None, project: Project) -> Iterator[Checkpoint]:
    for track in arm.tracks:
        begin = start_track(track, start) if not arm.is_reference else None
        for point in (*(begin.points[-1:] if begin else ()), *track.points):
            yield Checkpoint(seed=track.seed, step=point.step, samples=_place(point, project))


def _place(point: Point, project: Project) -> str:
    return point.samples.path.relative_to(project.folder).as_posix()


def _figures(arm: Arm, baseline: Arm | None, which: Which) -> Figures:
    points = [track.checkpoint(which) for track in arm.tracks]
    return Figures(
        steps=tuple(point.step for point in points),
        gold=_mean(points, GOLD),
        proxy=_mean(points, PROXY),
        kl=_mean(points, KL),
        win_rate=_win_rate(arm, baseline, points, which),
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


def _gain(arm: Arm, start: Arm | None, column: str) -> Estimate | None:
    if start is None or arm.is_reference:
        return None
    measure = standardised(column, start)
    return mean_interval(stack([track.last.samples.by_prompt(measure(track.last, track)) for track in arm.tracks])[1])


def _win_rate(arm: Arm, baseline: Arm | None, points: Sequence[Point], which: Which) -> Estimate | None:
    is_own_last = which == "last" or arm.is_reference  # a start model has one checkpoint
    if (arm is baseline and is_own_last) or (arm.is_reference and baseline is None):  # by definition
        n = len(points) if len(points) > 1 else len(points[0].samples.groups[0])
        return Estimate(mean=0.5, low=0.5, high=0.5, n=n)
    if baseline is None:
        return None
    pairs = matched_points(arm, baseline, which, "last")
    return rate_interval(win_table([pair(one.samples, other.samples) for one, other in pairs]))
