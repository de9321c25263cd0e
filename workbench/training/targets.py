"""Which models an evaluation samples from: the start model, or some of a run's checkpoints."""

from pathlib import Path
from typing import Literal, NamedTuple

import pyarrow.parquet as pq

from workbench.domain import samples as columns
from workbench.domain.errors import NotFound
from workbench.domain.events import Evaluated
from workbench.domain.recipes import EvaluateRecipe
from workbench.domain.records import Job
from workbench.domain.samples import VALIDATION_SAMPLES, chooses
from workbench.storage.checkpoints import Checkpoint, list_checkpoints
from workbench.storage.project import Project
from workbench.storage.runlog import SAMPLES, RunFolder
from workbench.storage.sources import parse_run_name, resolve_checkpoint, resolve_model, run_of

START_STEP = 0  # where charts put the start model: no preference training has been done
GOLD, VALIDATION_GOLD = "eval/gold", "eval/validation_gold"
# What means over samples depend on.
_SAMPLING = ("temperature", "max_new_tokens", "stop_strings", "max_prompts", "max_validation_prompts")


class Target(NamedTuple):
    """A model to sample from, at its training step."""

    step: int
    source: Path | str

    @property
    def samples(self) -> str:
        """Where its samples go, relative to the evaluation's folder."""
        return f"{SAMPLES}/checkpoint-{self.step}.parquet"

    @property
    def validation_samples(self) -> str:
        """Where those go that it may be chosen by."""
        return f"{SAMPLES}/{VALIDATION_SAMPLES.format(step=self.step)}"


def evaluation_targets(job: Job, project: Project) -> list[Target]:
    """Returns what `job` evaluates, by step.

    The start model itself (the model that is also the reference, or any folder or hub id) is one target at step 0. Of a
    run's checkpoints the recipe takes all, the last, or the best one; see `best_checkpoint`.

    Raises:
        NotFound: the model does not exist, or its run has no checkpoint yet.
    """
    name = job.inputs.model
    run_id, recipe = run_of(name), job.recipe
    if run_id is None or name == (job.inputs.reference or name):
        return [Target(START_STEP, resolve_model(name, project.folder))]
    if parse_run_name(name)[1] is not None:
        chosen = [resolve_checkpoint(name, project.folder)]
    else:
        which = recipe.checkpoints if isinstance(recipe, EvaluateRecipe) else "all"
        chosen = _choose(list_checkpoints(project.run_folder(run_id)), which, job, project)
    if not chosen:
        raise NotFound(f"The run {run_id} has no checkpoint yet.", "Train it first, or wait for its first checkpoint.")
    return [Target(checkpoint.step, checkpoint.folder) for checkpoint in chosen]


def _choose(
    checkpoints: list[Checkpoint], which: Literal["all", "best", "last"], job: Job, project: Project
) -> list[Checkpoint]:
    if which == "all" or not checkpoints:
        return checkpoints
    return [best_checkpoint(checkpoints, job, project)] if which == "best" else checkpoints[-1:]


def best_checkpoint(checkpoints: list[Checkpoint], job: Job, project: Project) -> Checkpoint:
    """Returns the checkpoint with the highest mean gold score among those that the project has evaluated.

    On validation prompts; in evaluations that sampled none, on the half of the test prompts that chooses (`chooses`).
    Evaluations of the same run count if they asked the same: gold judge, prompts, sampling and seed; the first of
    equals wins. Where no checkpoint has been evaluated yet, the last one is taken: training scores say nothing about
    gold, so they choose nothing.

    Args:
        checkpoints: of one run, newest last, at least one.
        job: the evaluation.
        project: whose runs are looked through.
    """
    gold: dict[int, float] = {}
    for run in project.run_folders():
        if _same_question(other := run.job(), job) and other.id != job.id:
            events, _ = run.events()
            said = [event for event in events if isinstance(event, Evaluated)]
            gold |= {event.step: value for event in said if (value := _choosing_gold(run, event)) is not None}
    known = [checkpoint for checkpoint in checkpoints if checkpoint.step in gold]
    return max(known, key=lambda checkpoint: gold[checkpoint.step]) if known else checkpoints[-1]


def _choosing_gold(run: RunFolder, event: Evaluated) -> float | None:
    if VALIDATION_GOLD in event.values:
        return event.values[VALIDATION_GOLD]
    path = run.folder / event.samples
    if not path.is_file():
        return None
    with pq.ParquetFile(path) as file:
        rows = file.read([columns.PROMPT_KEY, columns.GOLD]).to_pylist()
    known = [row[columns.GOLD] for row in rows if row[columns.GOLD] is not None and chooses(row[columns.PROMPT_KEY])]
    return sum(known) / len(known) if known else None


def _same_question(other: Job, job: Job) -> bool:
    if not (isinstance(other.recipe, EvaluateRecipe) and isinstance(job.recipe, EvaluateRecipe)):
        return False
    if run_of(other.inputs.model) != run_of(job.inputs.model) or other.recipe.judges[0] != job.recipe.judges[0]:
        return False
    alike = all(getattr(other.recipe, name) == getattr(job.recipe, name) for name in _SAMPLING)
    asked, wanted = other.inputs, job.inputs
    return alike and (asked.prompts, asked.validation, other.seed) == (wanted.prompts, wanted.validation, job.seed)
