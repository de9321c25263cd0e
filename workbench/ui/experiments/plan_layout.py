"""A plan as stages: what is trained once a seed is one stage, placed so that work flows from left to right."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from workbench import api
from workbench.domain.costs import PlanCost, between, duration, memory, money
from workbench.domain.methods import method_words, stage_words
from workbench.domain.samples import HELDOUT

Fate = Literal["new", "reused", "mixed", "goes on"]
_COLUMNS = {"sft": 0, "reward": 0, "ppo": 1, "dpo": 1, "best_of_n": 1, "evaluate": 2, "judge": 3}
_SHARED = ("sft", "reward")  # one below the other, below the base model


@dataclass(frozen=True)
class Stage:
    """The runs of one stage over the seeds.

    Attributes:
        name, method: as the runs have them.
        runs: one a seed.
        column: 0 for what arms share, 1 for arms, 2 for their evaluations, 3 for judges that ask an endpoint.
        row: 0 is the base model's and its evaluation's.
    """

    name: str
    method: str
    runs: tuple[api.PlannedRun, ...]
    column: int
    row: int

    @property
    def title(self) -> str:
        """What is written largest."""
        if self.name == HELDOUT:
            return "Held-out reward"
        shared = {"sft": "Fine-tuning", "reward": f"Reward model{self.name.removeprefix('reward')}"}.get(self.method)
        if self.method == "evaluate":  # it stands beside what it evaluates; the start model's stands alone
            return "Evaluation" if self.row else stage_words(self.name, self.method)
        if self.method == "judge":
            return "Judging"
        return shared or self.name

    @property
    def fate(self) -> Fate:
        """What a launch does with its runs."""
        n_reused = sum(run.is_reused for run in self.runs)
        if n_reused:
            return "reused" if n_reused == len(self.runs) else "mixed"
        return "goes on" if all(run.state is not None for run in self.runs) else "new"

    @property
    def status(self) -> str:
        """Returns what becomes of it and how long a run of it takes, in a few words."""
        n_reused = sum(run.is_reused for run in self.runs)
        fate = f"{n_reused} of {len(self.runs)} reused" if self.fate == "mixed" else self.fate
        costs = [run.cost for run in self.runs if run.cost is not None]
        return f"{fate} · {duration(max(cost.seconds.expected for cost in costs))}" if costs else fate

    @property
    def tooltip(self) -> str:
        """Returns the settings that matter, what it waits for and what it takes."""
        lines = [f"{method_words(self.method)}, {_seeds(self.runs)}: {self.status}"]
        first = self.runs[0]
        states = [f"seed {run.seed} {run.state}" for run in self.runs if run.state is not None and not run.is_reused]
        lines += [f"{', '.join(states)}: goes on where it is."] if states else []
        lines += first.settings or ("All settings at their defaults.",)
        if first.cost is not None:
            seconds, mib = first.cost.seconds, first.cost.memory_mib
            lines += [f"Each {between(seconds)}, {memory(mib.low)} to {memory(mib.high)}.", first.cost.why]
        elif not first.is_reused:
            lines.append("Its time is not known: the model's size cannot be read before it is loaded.")
        return "\n".join(lines)

    @property
    def accessible(self) -> str:
        """Returns what a screen reader says."""
        return f"{stage_words(self.name, self.method)}, {method_words(self.method)}, {_seeds(self.runs)}, {self.status}"


@dataclass(frozen=True)
class Link:
    """Work that goes from one stage into another; None is the base model. A reward model scores, all else is a start."""

    source: int | None
    target: int
    scores: bool = False


def lay_out(runs: Sequence[api.PlannedRun]) -> tuple[list[Stage], list[Link]]:
    """Returns the stages of a plan and how they hang together, links by the places of the stages in the list."""
    grouped: dict[tuple[str, str], list[api.PlannedRun]] = {}
    for run in runs:
        grouped.setdefault((run.name, run.method), []).append(run)
    placed = sorted(grouped, key=lambda stage: stage[1] == "best_of_n")  # below the arms
    arms = list(dict.fromkeys(name for name, method in placed if _COLUMNS[method] == 1))
    rows = {name: row for row, name in enumerate(arms, 1)}
    shared = [stage for stage in grouped if stage[1] in _SHARED]
    below = {stage: row for row, stage in enumerate(shared, 1 if any(method == "sft" for _, method in shared) else 2)}
    stages = [
        Stage(name, method, tuple(members), _COLUMNS[method], below.get((name, method), rows.get(name, 0)))
        for (name, method), members in grouped.items()
    ]
    return stages, _links(stages)


def total(cost: PlanCost) -> str:
    """Returns what all of it takes, in a sentence; empty where nothing is known."""
    if cost.seconds is None or cost.memory_mib is None:
        return ""
    words = between(cost.seconds)
    at_once = "one run at a time" if cost.at_once == 1 else f"{cost.at_once} runs at a time"
    unknown = f" {cost.n_unknown} runs cannot be estimated and are not in it." if cost.n_unknown else ""
    ahead = f" It begins after {cost.n_ahead} other runs of the queue." if cost.n_ahead else ""
    sentence = f"{words[:1].upper()}{words[1:]}, {at_once} on {cost.device}, up to {memory(cost.memory_mib)} each."
    paid = f" Endpoints ask for up to {money(cost.dollars)}." if cost.dollars else ""
    return f"{sentence}{paid}{ahead}{unknown}"


def _links(stages: Sequence[Stage]) -> list[Link]:
    places = {run.id: place for place, stage in enumerate(stages) for run in stage.runs}
    has_sft = any(stage.method == "sft" for stage in stages)
    links = []
    for place, stage in enumerate(stages):
        needs = {places[need] for run in stage.runs for need in run.needs if need in places}
        for source in sorted(needs):
            if stage.method not in ("evaluate", "judge") or _is_judged(stages[source], stage):
                scores = stages[source].method == "reward" and stage.method in ("ppo", "best_of_n")
                links.append(Link(source, place, scores=scores))
        starts_from_base = stage.method == "sft" or (not has_sft and stage.column < 2) or stage.name == "reference"
        if starts_from_base and not (has_sft and stage.method != "sft"):
            links.append(Link(None, place))
    return links


def _is_judged(source: Stage, evaluation: Stage) -> bool:
    """Says whether a stage is what an evaluation is of; what all are measured against would only tangle the lines."""
    return source.name == evaluation.name or (source.method == "sft" and evaluation.row == 0)


def _seeds(runs: Sequence[api.PlannedRun]) -> str:
    seeds = list(dict.fromkeys(run.seed for run in runs))
    if len(seeds) == 1:
        return f"seed {seeds[0]}"
    return f"{len(seeds)} seeds ({', '.join(str(seed) for seed in seeds)})"
