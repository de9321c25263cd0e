"""What a worker says, in the order it says it. One JSON object a line; the window and the command line read the same lines.

A run that continues from a checkpoint says Started again with `resumed_from`: whatever the log holds above that step
belongs to steps that were lost and are done again, and readers drop it (`current_events`).
"""

import time
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    at: float = Field(default_factory=time.time, description="Unix time in seconds.")


class Started(_Event):
    """The worker has read its job and chosen its device."""

    kind: Literal["started"] = "started"
    pid: int
    device: str = Field(description="As torch names it: cpu, cuda:0, mps.")
    device_name: str
    precision: Literal["fp32", "bf16"]
    versions: dict[str, str]
    resumed_from: int | None = Field(None, description="The step of the checkpoint this run continues from.")
    processes: int = Field(1, description="How many train it together.")


class Progress(_Event):
    """How far the run is. `rate` in steps a second, `left_s` in seconds, memory in MiB."""

    kind: Literal["progress"] = "progress"
    phase: str = Field(description="In words: 'training', 'generating', 'evaluating checkpoint-100'.")
    step: int
    total: int
    rate: float | None = None
    left_s: float | None = None
    tokens_per_s: float | None = None
    memory_mib: float | None = None


class Metrics(_Event):
    """Measured values at a step, by their names in the metric catalogue."""

    kind: Literal["metrics"] = "metrics"
    step: int
    episodes: int | None = Field(None, description="Responses (PPO) or pairs (DPO, reward) or texts (SFT) seen so far.")
    tokens: int | None = Field(None, description="Tokens trained on so far.")
    seconds: float = Field(description="Time spent training so far, over all parts of a resumed run.")
    values: dict[str, float]


class Sample(_Event):
    """One response of the policy while it trains, to the same few prompts every time."""

    kind: Literal["sample"] = "sample"
    step: int
    prompt: str
    response: str
    scores: dict[str, float] = {}


class CheckpointSaved(_Event):
    """A checkpoint is complete on disk. `folder` is relative to the run's folder."""

    kind: Literal["checkpoint_saved"] = "checkpoint_saved"
    step: int
    folder: str
    episodes: int | None = None
    tokens: int | None = None
    seconds: float


class Evaluated(_Event):
    """An evaluation run has sampled and judged one checkpoint; `samples` is relative to the evaluation's folder."""

    kind: Literal["evaluated"] = "evaluated"
    step: int = Field(description="The checkpoint's training step; 0 for the start model.")
    samples: str
    values: dict[str, float]


class Warned(_Event):
    """Something the person should know that does not end the run."""

    kind: Literal["warned"] = "warned"
    code: str
    message: str


class Heartbeat(_Event):
    """Written when nothing else was said for a while: the worker is alive."""

    kind: Literal["heartbeat"] = "heartbeat"


class Finished(_Event):
    """The worker's last word when all went as asked."""

    kind: Literal["finished"] = "finished"
    outcome: Literal["finished", "stopped", "paused"]
    step: int
    message: str = ""


class Failed(_Event):
    """The worker's last word when it could not go on."""

    kind: Literal["failed"] = "failed"
    code: str
    message: str
    hint: str = ""


Event = Started | Progress | Metrics | Sample | CheckpointSaved | Evaluated | Warned | Heartbeat | Finished | Failed
_codec: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])


def event_to_line(event: Event) -> bytes:
    """Returns the event as one line of JSON, newline included."""
    return _codec.dump_json(event, exclude_none=True) + b"\n"


def event_from_line(line: bytes | str) -> Event:
    """Reads one line back.

    Raises:
        pydantic.ValidationError: the line is torn or not an event.
    """
    return _codec.validate_json(line)


def current_events(events: Iterable[Event]) -> list[Event]:
    """Drops what was said above a step from which the run later resumed."""
    kept: list[Event] = []
    for event in events:
        if isinstance(event, Started) and event.resumed_from is not None:
            resumed_from = event.resumed_from
            kept = [old for old in kept if not _is_lost(old, resumed_from)]
        kept.append(event)
    return kept


def _is_lost(event: Event, resumed_from: int) -> bool:
    if isinstance(event, Metrics | Sample | CheckpointSaved | Progress):
        return event.step > resumed_from
    return isinstance(event, Finished | Failed)
