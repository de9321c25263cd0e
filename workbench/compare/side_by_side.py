"""The same prompt, answered by every arm, each at a checkpoint of one's choice."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from workbench.compare.comparison import Comparison
from workbench.compare.results import ArmResult, Checkpoint
from workbench.compare.samples import read_columns
from workbench.domain import samples as columns
from workbench.domain.errors import NotFound
from workbench.storage.project import Project

_COLUMNS = (
    columns.PROMPT_KEY,
    columns.PROMPT,
    columns.RESPONSE,
    columns.GOLD,
    columns.PROXY,
    columns.N_TOKENS,
    columns.STOP_REASON,
)


class Place(NamedTuple):
    """Names a checkpoint of an arm; step 0 is its start model."""

    seed: int
    step: int


class Answer(BaseModel):
    """One arm's response with its scores; None where a score is missing."""

    model_config = ConfigDict(frozen=True)

    arm: str
    index: int = Field(description="The arm's place in the comparison; colours go by it.")
    seed: int
    step: int = Field(description="The checkpoint that answered; 0 for the start model.")
    response: str
    gold: float | None
    proxy: float | None
    n_tokens: int | None
    was_cut: bool


class Question(BaseModel):
    """One prompt with the answers of all arms, in their order."""

    model_config = ConfigDict(frozen=True)

    key: str = Field(description="Names the prompt, whichever checkpoints answer it.")
    prompt: str
    answers: tuple[Answer, ...]


def side_by_side(
    project: Project, comparison: Comparison, n: int = 6, at: Mapping[str, Place] | None = None
) -> list[Question]:
    """Returns `n` prompts with every arm's answer, spread evenly over those that all arms answered.

    So nobody chose the prompts for what was answered.

    Args:
        project: whose runs.
        comparison: the arms.
        n: at most so many.
        at: the checkpoint of an arm, by its name; an arm that is not named answers by its last, under its first seed.

    Raises:
        NotFound: an arm has no such checkpoint that was evaluated.
    """
    arms = [(arm, _checkpoint(arm, (at or {}).get(arm.name))) for arm in comparison.arms if arm.checkpoints]
    tables = [_first_answers(project.folder / checkpoint.samples) for _, checkpoint in arms]
    shared = [key for key in tables[0] if all(key in table for table in tables)] if tables else []
    return [
        Question(
            key=key,
            prompt=str(tables[0][key][columns.PROMPT]),
            answers=tuple(_answer(arm, place, table[key]) for (arm, place), table in zip(arms, tables, strict=True)),
        )
        for key in _spread(shared, n)
    ]


def _checkpoint(arm: ArmResult, at: Place | None) -> Checkpoint:
    first = [checkpoint for checkpoint in arm.checkpoints if checkpoint.seed == arm.seeds[0]]
    if at is None:
        return first[-1]
    found = [checkpoint for checkpoint in arm.checkpoints if (checkpoint.seed, checkpoint.step) == at]
    if not found:
        steps = ", ".join(str(checkpoint.step) for checkpoint in first)
        raise NotFound(f"{arm.name} has no evaluated checkpoint {at.step} of seed {at.seed}.", f"It has: {steps}.")
    return found[0]


def _first_answers(path: Path) -> dict[str, dict[str, Any]]:
    answers: dict[str, dict[str, Any]] = {}
    for row in read_columns(path, _COLUMNS).to_pylist():
        answers.setdefault(row[columns.PROMPT_KEY], row)
    return answers


def _answer(arm: ArmResult, at: Checkpoint, row: dict[str, Any]) -> Answer:
    return Answer(
        arm=arm.name,
        index=arm.index,
        seed=at.seed,
        step=at.step,
        response=row[columns.RESPONSE],
        gold=row.get(columns.GOLD),
        proxy=row.get(columns.PROXY),
        n_tokens=row.get(columns.N_TOKENS),
        was_cut=row[columns.STOP_REASON] == "length",
    )


def _spread(keys: Sequence[str], n: int) -> list[str]:
    n = min(n, len(keys))
    return [keys[i * len(keys) // n] for i in range(n)]
