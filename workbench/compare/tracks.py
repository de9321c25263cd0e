"""A seed of an arm: its training run, its evaluated checkpoints, and what they had used by then."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from workbench.compare.identity import proxy_of
from workbench.compare.log_table import NOTHING_SPENT, Spent
from workbench.compare.logs import RunLog
from workbench.compare.samples import Samples
from workbench.compare.statistics import FloatArray, known_mean
from workbench.domain.records import Job, Outcome
from workbench.domain.samples import GOLD

Which = Literal["last", "best"]
ChosenOn = Literal[
    "validation", "half", "nothing"
]  # prompts; a half of those of the test; there was nothing to choose from


@dataclass(frozen=True)
class Point:
    """One evaluated checkpoint: its samples and what training had used by then."""

    samples: Samples
    spent: Spent
    validation: Samples | None = None

    @property
    def step(self) -> int:
        """The checkpoint's training step; 0 for the start model."""
        return self.samples.step

    @cached_property
    def mean_gold(self) -> float:
        """The mean gold score; minus infinity where no response has one."""
        return _mean(self.samples.column(GOLD))

    def choosing_gold(self, by: ChosenOn) -> float:
        """Returns the mean gold score on the prompts that choose; minus infinity where no response has one."""
        if by == "validation" and self.validation is not None:
            return _mean(self.validation.column(GOLD))
        return _mean(self.samples.column(GOLD)[self.samples.chooses])


def _mean(gold: FloatArray) -> float:
    mean = known_mean(gold)
    return mean if not np.isnan(mean) else -np.inf


@dataclass(frozen=True)
class Stage:
    """A run that another one rests on, as its reward model, and what it said."""

    job: Job
    log: RunLog

    @property
    def spent(self) -> Spent:
        """What its training had used at its last checkpoint; nothing before its first."""
        return self.log.saved[max(self.log.saved)] if self.log.saved else NOTHING_SPENT


@dataclass(frozen=True)
class Track:
    """One seed of an arm.

    Attributes:
        seed: of the training run and of its evaluation.
        run: the training run; None for the start model.
        evaluation: the run that sampled its checkpoints; None where there is none yet.
        points: the evaluated checkpoints, by step.
        log: what the training run said.
        outcome: how the training run ended; None while it has not.
        stages: what the run rests on, as its reward model: each once, however many stages need it.
        length: mean tokens of the responses that it generated to learn from; 0 where it generates none.
        others: of a start model, its evaluations under other rewards: the same samples by other proxies.
    """

    seed: int
    run: Job | None
    evaluation: Job | None
    points: tuple[Point, ...]
    log: RunLog
    outcome: Outcome | None
    stages: tuple[Stage, ...] = ()
    length: float = 0.0
    others: tuple["Track", ...] = ()

    @cached_property
    def proxy(self) -> str:
        """What its proxy scores are from; empty where it was not evaluated."""
        return proxy_of(self.evaluation) if self.evaluation else ""

    def under(self, proxy: str) -> "Track":
        """Returns this evaluation of a start model, or that of its others whose proxy is the same; itself where none is."""
        return next((track for track in (self, *self.others) if track.proxy == proxy), self)

    @property
    def last(self) -> Point:
        """The newest evaluated checkpoint. Only for tracks that have points."""
        return self.points[-1]

    @cached_property
    def chosen_on(self) -> ChosenOn:
        """On which prompts the best checkpoint is chosen: never on those that it is reported on."""
        if len(self.points) < 2:
            return "nothing"
        return "validation" if all(point.validation is not None for point in self.points) else "half"

    @cached_property
    def best(self) -> Point:
        """The checkpoint with the highest mean gold score on the prompts that choose; the earlier one of two equals."""
        known = [point for point in self.points if np.isfinite(point.choosing_gold(self.chosen_on))]
        return max(known, key=lambda point: point.choosing_gold(self.chosen_on), default=self.last)

    @property
    def device_seconds(self) -> float:
        """Training time of its run and of the stages that it rests on, on every device that they held."""
        stages = sum(stage.spent.seconds * stage.log.n_devices for stage in self.stages)
        return self.last.spent.seconds * self.log.n_devices + stages

    def checkpoint(self, which: Which) -> Point:
        """Returns the last or the best checkpoint.

        The best one, where a half of the test prompts chose it, with what it answered to the other half alone.
        """
        if which == "last":
            return self.last
        is_half = self.chosen_on == "half"
        return replace(self.best, samples=self.best.samples.reporting_half) if is_half else self.best
