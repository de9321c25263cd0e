"""The same prompt, answered by every arm."""

from collections.abc import Sequence
from typing import Any

import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field

from workbench.compare.comparison import ArmResult, Comparison
from workbench.domain import samples as columns
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


class Answer(BaseModel):
    """One arm's response with its scores; None where a score is missing."""

    model_config = ConfigDict(frozen=True)

    arm: str
    index: int = Field(description="The arm's place in the comparison; colours go by it.")
    response: str
    gold: float | None
    proxy: float | None
    n_tokens: int | None
    was_cut: bool


class Question(BaseModel):
    """One prompt with the answers of all arms, in their order."""

    model_config = ConfigDict(frozen=True)

    prompt: str
    answers: tuple[Answer, ...]


def side_by_side(project: Project, comparison: Comparison, n: int = 6) -> list[Question]:
    """Returns `n` prompts with every arm's answer at its last checkpoint, under each arm's first seed.

    The prompts are spread evenly over those that all arms answered: nobody chose them for what was answered.
    """
    arms = [(i, arm) for i, arm in enumerate(comparison.arms) if arm.samples]
    tables = [_first_answers(project, arm) for _, arm in arms]
    shared = [key for key in tables[0] if all(key in table for table in tables)] if tables else []
    return [
        Question(
            prompt=str(tables[0][key][columns.PROMPT]),
            answers=tuple(_answer(i, arm, table[key]) for (i, arm), table in zip(arms, tables, strict=True)),
        )
        for key in _spread(shared, n)
    ]


def _first_answers(project: Project, arm: ArmResult) -> dict[str, dict[str, Any]]:
    path = project.folder / arm.samples[0]
    names = [name for name in _COLUMNS if name in pq.read_schema(path).names]
    answers: dict[str, dict[str, Any]] = {}
    for row in pq.read_table(path, columns=names).to_pylist():
        answers.setdefault(row[columns.PROMPT_KEY], row)
    return answers


def _answer(index: int, arm: ArmResult, row: dict[str, Any]) -> Answer:
    return Answer(
        arm=arm.name,
        index=index,
        response=row[columns.RESPONSE],
        gold=row.get(columns.GOLD),
        proxy=row.get(columns.PROXY),
        n_tokens=row.get(columns.N_TOKENS),
        was_cut=row[columns.STOP_REASON] == "length",
    )


def _spread(keys: Sequence[str], n: int) -> list[str]:
    n = min(n, len(keys))
    return [keys[i * len(keys) // n] for i in range(n)]
