"""From runs to a comparison: figures of each arm, every two arms, a verdict, warnings and what to draw."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from workbench.compare.arms import Arm, gather_arms
from workbench.compare.bills import Bills, write_bills
from workbench.compare.claims import Claim
from workbench.compare.fairness import incomplete, oddities, uneven
from workbench.compare.judges import judged_by, judges_at_hand
from workbench.compare.kl_profile import further_samples
from workbench.compare.ledger import Ledger
from workbench.compare.matched import MatchedView, match_arms
from workbench.compare.naming import AnArm, find_arm
from workbench.compare.optimisation import Optimisation, examine
from workbench.compare.overoptimisation import find_turn
from workbench.compare.panels import MOST_POINTS, build_panels, interval_words
from workbench.compare.pins import Pin, pin_down
from workbench.compare.ranking import MOST_RANKED, Ranking, rank
from workbench.compare.results import ArmResult, ComparedArm, list_arm, results_of
from workbench.compare.rewards import reward_metrics
from workbench.compare.sampled import Sampled, gather_best_of_n
from workbench.compare.sampled_results import SampledResult, results_of_sampled, wins_of_sampled
from workbench.compare.seeds import ArmSeeds, list_seeds, told_collapsed
from workbench.compare.selection import selection_words
from workbench.compare.specs import PanelSpec
from workbench.compare.statements import Statement
from workbench.compare.trust import trust_in_rewards
from workbench.compare.verdict import Evidence, write_verdict
from workbench.compare.winrates import WinCell, judge_of, win_matrix
from workbench.domain.endpoints import LLM_PREFIX
from workbench.domain.errors import BadSetting, NotFound
from workbench.domain.experiments import shown_name
from workbench.domain.samples import GOLD, PROXY
from workbench.domain.views import View
from workbench.storage.project import Project, nearest

_THROUGH_THE_START = (
    "This judge compared every arm with the start model only: two trained arms are compared by who does better there."
)
_BY_THE_PROXY = (
    "The proxy decides here, the reward model that PPO is trained to please: this says who pleases it more, and not whose "
    "answers are better. The gold judge says that."
)
_PUBLIC = ("name", "method", "seeds", "gold", "proxy", "kl", "win_rate", "length_controlled")
_OF_SAMPLED = {"name", "n", "n_prompts", "seeds", "gold", "proxy", "kl_bound", "win_rate"}


class Comparison(BaseModel):
    """Arms side by side. `to_json` gives the part that is a public contract."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    judge: str = Field(description="The judge that gold scores, win rates and verdict go by.")
    score: str = Field(
        GOLD, description="What its scores are called: gold, or the name of a judge that is not the gold one."
    )
    judges: tuple[str, ...] = Field((), description="Those that they can go by, the experiment's gold judge first.")
    view: View = Field(View(), description="How it is looked at; its arms by their lasting names.")
    experiments: tuple[str, ...] = Field((), description="Those that the compared runs belong to, as far as known.")
    experiment: str | None = Field(None, description="The one whose arms alone were asked for, if one was.")
    interval: str = Field(description="What the intervals are over, in words.")
    arms: tuple[ArmResult, ...] = Field(description="Those that are shown.")
    hidden: tuple[ComparedArm, ...] = Field((), description="Those that the view leaves out.")
    sampled: tuple[SampledResult, ...] = Field(
        (), description="Best of n, shown or hidden: arms that nothing was trained for."
    )
    sampled_wins: tuple[WinCell, ...] = Field((), description="How best of n, the row, does against each arm.")
    wins: tuple[WinCell, ...] = Field(description="Every two arms once; `swapped` gives the other side.")
    claims: tuple[Claim, ...] = Field((), description="Every two arms once, tested all at once.")
    ranking: Ranking | None = Field(None, description="The arms by strength; None with one arm, or with very many.")
    statements: tuple[Statement, ...] = Field((), description="The verdict's sentences with what they rest on.")
    warnings: tuple[str, ...]
    panels: tuple[PanelSpec, ...]
    optimisation: Optimisation = Field(
        Optimisation(), description="KL as measured, turning points, who dominates whom, best of n."
    )
    fairness: tuple[Pin, ...] = Field((), description="What should be the same for all arms, a line each.")
    selection: str = Field("", description="How the best checkpoints were chosen, in words.")
    seeds: tuple[ArmSeeds, ...] = Field((), description="Every seed of every arm, collapsed ones and waiting ones too.")
    costs: Bills = Field(Bills(), description="What each arm took, with the stages that it rests on.")
    matched: tuple[MatchedView, ...] = Field((), description="The arms at a common level of data, compute, KL, proxy.")

    reward_metrics: tuple[str, ...] = Field(
        (), description="What was logged of the terms of rewards, ready for a panel."
    )

    @property
    def unequal(self) -> tuple[Pin, ...]:
        """What is not the same for all arms though it should be."""
        return tuple(pin for pin in self.fairness if not pin.is_same)

    @property
    def further_judges(self) -> tuple[str, ...]:
        """The judges after the gold one that scored every arm."""
        return tuple(name for name in self.arms[0].last.scores if all(name in arm.last.scores for arm in self.arms))

    @property
    def findings(self) -> tuple[str, ...]:
        """The verdict's sentences."""
        return tuple(statement.sentence for statement in self.statements)

    @property
    def verdict(self) -> str:
        """The verdict's sentences as one paragraph."""
        return " ".join(self.findings)

    def to_json(self) -> dict[str, Any]:
        """Returns {arms: [{name, method, seeds, gold, proxy, kl, win_rate}], verdict, warnings, judge, claims} as plain values.

        Each figure is {mean, low, high, n}, or null where it was not measured; gold is `judge`'s score, which need not be the
        gold judge. An arm's `length_controlled` is its win rate with length held equal. `best_of_n` are further lines: {name, n,
        n_prompts, seeds, gold, proxy, kl_bound, win_rate}. `claims` are those of `Claim`, `statements` the verdict's sentences
        with their figures.
        """
        arms = [{key: arm.model_dump(mode="json")[key] for key in _PUBLIC} for arm in self.arms]
        best_of_n = [one.model_dump(mode="json", include=_OF_SAMPLED) for one in self.sampled_shown]
        fairness = [{"name": pin.name, "same": pin.is_same, "arms": pin.values} for pin in self.fairness]
        told = {"verdict": self.verdict, "warnings": list(self.warnings), "selection": self.selection}
        return {"arms": arms, **told, "best_of_n": best_of_n, "judge": self.judge, "fairness": fairness} | {
            "claims": [claim.model_dump(mode="json") for claim in self.claims],
            "statements": [statement.model_dump(mode="json") for statement in self.statements],
            "optimisation": self.optimisation.model_dump(mode="json"),
        }

    @property
    def everyone(self) -> list[ComparedArm]:
        """All arms, shown or hidden, by their places, and best of n after them."""
        return sorted((*self.arms, *self.hidden, *self.sampled), key=lambda arm: arm.index)

    @property
    def sampled_shown(self) -> tuple[SampledResult, ...]:
        """Best of n, as far as the view does not hide it."""
        hidden = self.hidden_by(self.view)
        return tuple(one for one in self.sampled if one.name not in hidden)

    @property
    def evaluated(self) -> list[ComparedArm]:
        """All arms, shown or hidden, that others can be compared with: best of n is not among them."""
        return sorted((*self.arms, *self.hidden), key=lambda arm: arm.index)

    @property
    def rival(self) -> str:
        """Whom win rates are against, in words."""
        arm = find_arm(self.evaluated, self.view.baseline)
        return shown_name(arm.name) if arm is not None else "the start model"

    def lasting(self, view: View) -> View:
        """Returns a view with its arms under the names that stay when they are renamed; to be kept."""
        return _under_names(view, self.everyone, lambda arm: arm.called[0])

    def hidden_by(self, view: View) -> set[str]:
        """Returns the names, in this comparison, of the arms that a view hides."""
        found = (find_arm(self.everyone, name) for name in view.hidden)
        return {arm.name for arm in found if arm is not None}

    def cell(self, row: str, column: str) -> WinCell | None:
        """Returns how the row's arm does against the column's; None where they were not compared."""
        if (found := self._cells.get((row, column))) is not None:
            return found
        found = self._cells.get((column, row))
        return found.swapped() if found is not None else None

    @cached_property
    def _cells(self) -> dict[tuple[str, str], WinCell]:
        return {(cell.row, cell.column): cell for cell in (*self.wins, *self.sampled_wins)}


def compare_runs(
    project: Project,
    run_ids: Sequence[str] | None = None,
    *,
    view: View | None = None,
    experiment: str | None = None,
    most_points: int | None = MOST_POINTS,
) -> Comparison:
    """Compares the arms that runs belong to, on what their evaluations measured.

    Args:
        project: whose runs.
        run_ids: training runs or their evaluations; None for all.
        view: what the panels are drawn over, the baseline, and the arms that are left out.
        experiment: compares the arms of this experiment, under the names that it gives them.
        most_points: of a curve of a training metric, its peaks kept; None keeps every point.

    Raises:
        NotFound: there is no such run or experiment, or nothing was evaluated yet.
        BadSetting: the baseline is no arm, or every arm is hidden.
        BadInput: a file of samples is damaged.
    """
    asked = view or View()
    everything = gather_arms(project, run_ids, experiment=experiment, metrics=_metrics_read(asked))
    judges = judges_at_hand(everything, project)
    if asked.judge:
        everything = judged_by(everything, asked.judge, project)
    sampled = gather_best_of_n(project, everything, experiment)
    missing = _not_found(asked, everything, sampled) if run_ids is None and experiment is None else ()
    found = _compare(project, asked, everything, sampled, most_points)
    more = {"judges": judges, "experiment": experiment, "warnings": (*missing, *found.warnings)}
    return found.model_copy(update=more)


def _compare(
    project: Project, asked: View, everything: Sequence[Arm], sampled: Sequence[Sampled], most_points: int | None
) -> Comparison:
    """Compares arms, and best of n among them, by the judge that was asked for; arguments as of `compare_runs`."""
    view = _under_names(asked, everything, lambda arm: arm.name)
    everything_shown = [arm for arm in everything if arm.name not in view.hidden]
    arms, shown = _evaluated(everything, everything_shown)
    baseline = _baseline(arms, view)
    starts = {arm.start: arm for arm in arms if arm.is_reference}
    gold = judge_of(arms)
    judge, wins, pins = asked.judge or gold, tuple(win_matrix(shown)), pin_down(shown, project)
    score = GOLD if judge == gold else judge
    ledger, seeds = Ledger(project, everything), list_seeds(everything_shown, starts)
    visible = {start: arm for start, arm in starts.items() if arm.name not in view.hidden}
    if judge != gold:
        sampled = [one.judged_by(judge) for one in sampled]
    beaten = tuple(wins_of_sampled(sampled, arms))
    further = further_samples(project, shown) if "kl_profile" in view.panels else {}
    figures = examine(shown, starts, [one for one in sampled if one.name not in view.hidden])
    evidence = replace(_evidence(shown, visible, judge, wins, pins), trust=tuple(trust_in_rewards(project, shown)))
    return Comparison(
        judge=judge,
        score=score,
        view=_under_names(asked, everything, lambda arm: arm.called[0]),
        experiments=tuple(dict.fromkeys(arm.experiment for arm in shown if arm.experiment)),
        interval=interval_words(shown),
        arms=tuple(results_of(shown, starts, baseline, project, wins)),
        hidden=tuple(list_arm(arm) for arm in arms if arm.name in view.hidden),
        sampled=tuple(results_of_sampled(sampled, beaten, baseline)),
        sampled_wins=beaten,
        wins=wins,
        claims=tuple(evidence.claims),
        ranking=rank(shown, judge) if 1 < len(shown) <= MOST_RANKED else None,
        statements=tuple(write_verdict(evidence)),
        warnings=tuple(_warnings(everything_shown, starts, (judge, score), pins, seeds)),
        panels=build_panels(
            arms, judge, view, most_points, sampled=sampled, figures=figures, further=further, score=score
        ),
        fairness=tuple(pins),
        selection=selection_words(shown, score),
        seeds=seeds,
        costs=write_bills(shown, ledger),
        matched=match_arms(shown, starts, baseline, ledger),
        optimisation=figures,
        reward_metrics=reward_metrics(shown),
    )


def _evaluated(everything: Sequence[Arm], everything_shown: Sequence[Arm]) -> tuple[list[Arm], list[Arm]]:
    """Returns the arms that were evaluated, of all and of those that are shown."""
    arms, shown = ([arm for arm in some if arm.tracks] for some in (everything, everything_shown))
    if not arms:
        raise NotFound(
            "None of these runs was evaluated yet, so there is nothing to compare.",
            "Wait for the experiment's evaluations, or start one with `workbench evaluate`.",
        )
    if not shown:
        raise BadSetting("Every arm is hidden, so there is nothing to compare.", "Show one of them.")
    return arms, shown


def _warnings(
    arms: Sequence[Arm], starts: dict[str, Arm], judged: tuple[str, str], pins: Sequence[Pin], seeds: Sequence[ArmSeeds]
) -> Iterator[str]:
    """Says what to be careful about with these arms, those among them that wait for their evaluation too."""
    judge, score = judged
    evaluated = [arm for arm in arms if arm.tracks]
    yield from (pin.sentence for pin in pins if not pin.is_same)
    if judge == PROXY:
        yield _BY_THE_PROXY
    if judge.startswith(LLM_PREFIX):
        yield _THROUGH_THE_START
    yield from uneven(evaluated)
    yield from _without_start(evaluated, starts)
    yield from incomplete(arms)
    yield from told_collapsed(seeds)
    yield from oddities(arms, score)


def _under_names(view: View, arms: Sequence[AnArm], name_of: Callable[[AnArm], str]) -> View:
    """Returns a view that calls the arms otherwise; a name that no arm has stays."""

    def called(name: str) -> str:
        arm = find_arm(arms, name)
        return name if arm is None else name_of(arm)

    hidden = tuple(dict.fromkeys(called(name) for name in view.hidden))
    return view.model_copy(update={"hidden": hidden, "baseline": view.baseline and called(view.baseline)})


def _not_found(view: View, arms: Sequence[Arm], sampled: Sequence[Sampled]) -> list[str]:
    """Says which hidden arms are not there. Of some of the project's runs it would be said of all others too."""
    names, others = [shown_name(arm.name) for arm in arms], {one.name for one in sampled}
    return [
        f"The view hides `{name}`, which is no arm of this project. {nearest(name, names, 'arm')}"
        for name in view.hidden
        if find_arm(arms, name) is None and name not in others
    ]


def _metrics_read(view: View) -> set[str]:
    """Returns the metrics of training that the view's panels need: their own, and what they are drawn over."""
    return {*view.metrics, "objective/kl"} if view.metrics and view.x == "kl" else set(view.metrics)


def _baseline(arms: Sequence[Arm], view: View) -> Arm | None:
    if not view.baseline:
        return None
    names = [arm.name for arm in arms]
    if view.baseline not in names:
        raise BadSetting(
            f"The baseline `{view.baseline}` is no arm of this comparison.",
            nearest(view.baseline, map(shown_name, names), "arm"),
        )
    return arms[names.index(view.baseline)]


def _evidence(
    arms: Sequence[Arm], starts: dict[str, Arm], judge: str, wins: Sequence[WinCell], pins: Sequence[Pin]
) -> Evidence:
    trained = [arm for arm in arms if not arm.is_reference]
    turns = {arm.name: turn for arm in trained if (turn := find_turn(arm, starts.get(arm.start))) is not None}
    return Evidence(
        judge=judge,
        trained=[arm.name for arm in trained],
        references={arm.name: starts[arm.start].name for arm in trained if arm.start in starts},
        cells=wins,
        turns=turns,
        n_seeds={arm.name: len(arm.tracks) for arm in trained},
        interval=interval_words(arms),
        unfair=[pin.sentence for pin in pins if not (pin.is_same or pin.of_best_only)],
        is_gold=judge == judge_of(arms),
    )


def _without_start(arms: Sequence[Arm], starts: dict[str, Arm]) -> list[str]:
    alone = [arm.name for arm in arms if arm.start not in starts]
    if not alone:
        return []
    return [f"The start model of {', '.join(alone)} was not evaluated, so there is no win rate against it."]
