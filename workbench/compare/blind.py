"""Pairs of answers for people to judge without knowing whose they are."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from workbench.compare.people import pair_name, text_hash
from workbench.compare.results import ArmResult, Checkpoint
from workbench.compare.samples import read_columns
from workbench.domain import samples as columns
from workbench.domain.labels import BlindLabel, SampleRef
from workbench.storage.project import Project


class BlindPair(NamedTuple):
    """A prompt with two answers in random order. Whose they are stands in the references, which nobody shows."""

    prompt_key: str
    prompt: str
    first: str
    second: str
    first_ref: SampleRef
    second_ref: SampleRef

    @property
    def key(self) -> tuple[str, ...]:
        """What names the pair in either order."""
        return pair_name(self.prompt_key, self.first_ref, self.second_ref)


def blind_pairs(
    project: Project,
    one: ArmResult,
    other: ArmResult,
    labels: Sequence[BlindLabel],
    rater: str,
    seed: int | None = None,
) -> list[BlindPair]:
    """Returns the pairs of two arms that a rater has not judged yet, shuffled, each in random order.

    Answers of the last checkpoints, under every seed that both have; pairs of equal texts say nothing and are left out.

    Args:
        project: whose samples.
        one, other: the arms.
        labels: what was said so far.
        rater: who judges.
        seed: gives the same order again; None another one each time.
    """
    done = {pair_name(label.prompt_key, label.first, label.second) for label in labels if label.rater == rater}
    chance = random.Random(seed)
    found = []
    for seed_of_run in one.seeds:
        answers = _answers(project, one, seed_of_run)
        rivals = _answers(project, other, seed_of_run) or (
            _answers(project, other, other.seeds[0]) if other.method == "reference" else {}
        )
        for key, (prompt, text, ref) in answers.items():
            if key in rivals and rivals[key][1] != text:
                sides = [(text, ref), rivals[key][1:]]
                chance.shuffle(sides)
                found.append(BlindPair(key, prompt, sides[0][0], sides[1][0], sides[0][1], sides[1][1]))
    chance.shuffle(found)
    return [pair for pair in found if pair.key not in done]


def _answers(project: Project, arm: ArmResult, seed: int) -> dict[str, tuple[str, str, SampleRef]]:
    """Returns prompt, text and reference of the first answer to each prompt; nothing where the arm has no such seed."""
    if seed not in arm.seeds:
        return {}
    last = [checkpoint for checkpoint in arm.checkpoints if checkpoint.seed == seed][-1]
    table = read_columns(project.folder / last.samples, [columns.PROMPT_KEY, columns.PROMPT, columns.RESPONSE])
    answers: dict[str, tuple[str, str, SampleRef]] = {}
    for row in table.to_pylist():
        text = row[columns.RESPONSE]
        ref = SampleRef(evaluation=_evaluation(last), step=last.step, sha256=text_hash(text))
        answers.setdefault(row[columns.PROMPT_KEY], (row[columns.PROMPT], text, ref))
    return answers


def _evaluation(checkpoint: Checkpoint) -> str:
    return Path(checkpoint.samples).parts[1]  # runs/ID/samples/...
