"""What each arm would cost to get alone: its own run and the stages that it rests on, line by line, counted alike.

The reward model stands on PPO's bill and not on DPO's. Fine-tuning that all arms start from stands on each arm's bill, on a
line of its own that says with whom it is shared. All arms together pay for each run once.
"""

from collections.abc import Callable, Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from workbench.compare.arms import Arm
from workbench.compare.ledger import Amounts, Ledger
from workbench.domain.methods import method_words
from workbench.domain.records import Job

COUNTING = (
    "Mean over seeds up to the checkpoint compared; evaluation is not counted. FLOPs: 6 N a token trained on (4 N with LoRA), "
    "2 N a token read or generated, N being the weights that a token is multiplied with: the output layer counts, input "
    "embeddings that are only looked up do not. The reward model is on PPO's bill; stages that arms share are on the bill "
    "of each."
)


class BillLine(Amounts):
    """One stage of an arm."""

    stage: str = Field(description="fine-tuning, reward model, or the arm's own method.")
    shared_with: tuple[str, ...] = Field((), description="The other arms that rest on the same runs.")


class Bill(BaseModel):
    """What an arm took, stage by stage, and in all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    arm: str
    index: int = Field(description="The arm's place in the comparison; colours go by it.")
    lines: tuple[BillLine, ...]
    total: Amounts


class Bills(BaseModel):
    """The bills of all arms that were trained."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    arms: tuple[Bill, ...] = ()
    together: Amounts = Field(Amounts(), description="All runs of all arms and seeds, each once.")
    counting: str = Field(COUNTING, description="How it was counted, in words.")
    notes: tuple[str, ...] = Field((), description="What a reader should know of these figures.")


def write_bills(arms: Sequence[Arm], ledger: Ledger) -> Bills:
    """Returns what every trained arm took.

    Args:
        arms: those compared.
        ledger: counts what their runs took.
    """
    trained = [arm for arm in arms if arm.tracks and not arm.is_reference]
    entries = {arm.name: [list(ledger.runs(arm, track)) for track in arm.tracks] for arm in trained}
    paid = {job.id: amounts for tracks in entries.values() for runs in tracks for job, amounts in runs}
    runs_of = {name: {job.id for runs in tracks for job, _ in runs} for name, tracks in entries.items()}
    return Bills(
        arms=tuple(_bill(arm, entries[arm.name], runs_of) for arm in trained),
        together=_sum(list(paid.values())),
        notes=tuple(_notes(trained)),
    )


def _bill(arm: Arm, entries: Sequence[Sequence[tuple[Job, Amounts]]], runs_of: dict[str, set[str]]) -> Bill:
    by_stage: dict[str, list[tuple[Job, Amounts]]] = {}
    for runs in entries:
        for job, amounts in runs:
            by_stage.setdefault(method_words(job.method), []).append((job, amounts))
    lines = [
        BillLine(
            stage=stage,
            shared_with=tuple(
                name for name, ids in runs_of.items() if name != arm.name and ids & {job.id for job, _ in runs}
            ),
            **dict(_mean([amounts for _, amounts in runs])),
        )
        for stage, runs in by_stage.items()
    ]
    return Bill(arm=arm.name, index=arm.place, lines=tuple(lines), total=_mean([_in_a_row(runs) for runs in entries]))


def _in_a_row(runs: Sequence[tuple[Job, Amounts]]) -> Amounts:
    """Adds up the runs of one seed; those that do not wait for each other take the time of the longest way."""
    total = _sum([amounts for _, amounts in runs])
    took = {job.id: amounts.wall_s for job, amounts in runs}
    if any(seconds is None for seconds in took.values()):
        return total
    ended: dict[str, float] = {}
    for job, _ in runs:  # in the order in which they were planned: each after those that it needs
        ended[job.id] = max((ended.get(need, 0.0) for need in job.needs), default=0.0) + (took[job.id] or 0.0)
    return total.model_copy(update={"wall_s": max(ended.values())})


def _sum(amounts: Sequence[Amounts]) -> Amounts:
    return _joined(amounts, lambda values: float(np.sum(values)))


def _mean(amounts: Sequence[Amounts]) -> Amounts:
    return _joined(amounts, lambda values: float(np.mean(values)))


def _joined(amounts: Sequence[Amounts], join: Callable[[Sequence[float]], float]) -> Amounts:
    """Joins what is known of all; of memory the most that any run said, since they come after each other."""
    found: dict[str, float | None] = {}
    for name in Amounts.model_fields:
        known = [value for each in amounts if (value := getattr(each, name)) is not None]
        found[name] = join(known) if known and len(known) == len(amounts) else None
    memory = [each.memory_mib for each in amounts if each.memory_mib is not None]
    return Amounts(**found | {"memory_mib": max(memory, default=None)})


def _notes(arms: Sequence[Arm]) -> list[str]:
    devices = {arm.name: sorted({track.log.device for track in arm.tracks if track.log.device}) for arm in arms}
    if len({device for found in devices.values() for device in found}) < 2:
        return []
    told = "; ".join(f"{name} on {' and '.join(found)}" for name, found in devices.items() if found)
    return [f"Times and memory are of different devices: {told}."]
