"""What one run has said so far, kept as curves, samples and remarkable events; grows by what is new."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from workbench.domain.events import (
    CheckpointSaved,
    Evaluated,
    Event,
    Failed,
    Finished,
    Metrics,
    Sample,
    Started,
    Warned,
)

Remark = Started | CheckpointSaved | Evaluated | Warned | Finished | Failed
_REMARKABLE = (Started, CheckpointSaved, Evaluated, Warned, Finished, Failed)


@dataclass
class Curve:
    """One metric over the training steps."""

    steps: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns [t] steps and [t] values."""
        return np.asarray(self.steps, dtype=float), np.asarray(self.values, dtype=float)

    def forget_after(self, step: int) -> None:
        """Drops the points above a step."""
        while self.steps and self.steps[-1] > step:
            self.steps.pop()
            self.values.pop()


@dataclass
class RunStory:
    """Grows event by event; steps that a resumed run does again count once, as it did them last."""

    curves: dict[str, Curve] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    def add(self, events: Iterable[Event]) -> None:
        """Takes in what the run said since the last time."""
        for event in events:
            if isinstance(event, Started) and event.resumed_from is not None:
                self._forget_after(event.resumed_from)
            if isinstance(event, Metrics | Evaluated):
                self._add_points(event.step, event.values)
            if isinstance(event, Sample):
                self.samples.append(event)
            elif isinstance(event, _REMARKABLE):
                self.remarks.append(event)

    def _add_points(self, step: int, values: dict[str, float]) -> None:
        for name, value in values.items():
            curve = self.curves.get(name)
            if curve is None:
                curve = self.curves[name] = Curve()
            curve.steps.append(step)
            curve.values.append(value)

    def _forget_after(self, step: int) -> None:
        for curve in self.curves.values():
            curve.forget_after(step)
        self.samples = [sample for sample in self.samples if sample.step <= step]


def remark_words(event: Remark) -> tuple[str, str]:
    """Says in words what happened: its kind, and the rest."""
    match event:
        case Started():
            return _started_words(event)
        case CheckpointSaved():
            return "checkpoint", f"step {event.step:,}, after {event.seconds:,.0f} s of training: {event.folder}"
        case Evaluated():
            values = ", ".join(f"{name} {value:.3g}" for name, value in event.values.items())
            return "evaluated", f"step {event.step:,}: {values}".removesuffix(": ")
        case Warned():
            return "warning", event.message
        case Finished():
            return event.outcome, f"at step {event.step:,}. {event.message}".strip()
    return "failed", f"{event.message} {event.hint}".strip()


def _started_words(event: Started) -> tuple[str, str]:
    where = f"on {event.device_name} ({event.device}, {event.precision}), process {event.pid}"
    if event.processes > 1:
        where += f", the first of {event.processes}"
    return (
        ("started", where) if event.resumed_from is None else ("resumed", f"from step {event.resumed_from:,} {where}")
    )
