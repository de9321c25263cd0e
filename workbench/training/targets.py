"""Which models an evaluation samples from: the start model, or some of a run's checkpoints."""

from pathlib import Path
from typing import Literal, NamedTuple

from workbench.domain.errors import NotFound
from workbench.domain.events import Evaluated
from workbench.domain.recipes import EvaluateRecipe
from workbench.domain.records import Job
from workbench.storage.checkpoints import Checkpoint, list_checkpoints
from workbench.storage.project import Project
from workbench.storage.sources import parse_run_name, resolve_checkpoint, resolve_model, run_of

START_STEP = 0  # where charts put the start model: no preference training has been done
GOLD = "eval/gold"
_SAMPLING = ("temperature", "max_new_tokens", "stop_strings", "max_prompts")  # what means over samples depend on


class Target(NamedTuple):
    """A model to sample from, at its training step."""

    step: int
    source: Path | str

    @property
    def samples(self) -> str:
        """Where its samples go, relative to the evaluation's folder."""
        return f"samples/checkpoint-{self.step}.parquet"


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

    Evaluations of the same run count if they asked the same: gold judge, prompts, sampling and seed; the first of
    equals wins. Where no checkpoint has
    been evaluated yet, the last one is taken: training scores say nothing about gold, so they choose nothing.

    Args:
        checkpoints: of one run, newest last, at least one.
        job: the evaluation.
        project: whose runs are looked through.
    """
    gold: dict[int, float] = {}
    for run in project.run_folders():
        if _same_question(other := run.job(), job) and other.id != job.id:
            events, _ = run.events()
            gold |= {e.step: e.values[GOLD] for e in events if isinstance(e, Evaluated) and GOLD in e.values}
    known = [checkpoint for checkpoint in checkpoints if checkpoint.step in gold]
    return max(known, key=lambda checkpoint: gold[checkpoint.step]) if known else checkpoints[-1]


def _same_question(other: Job, job: Job) -> bool:
    if not (isinstance(other.recipe, EvaluateRecipe) and isinstance(job.recipe, EvaluateRecipe)):
        return False
    if run_of(other.inputs.model) != run_of(job.inputs.model) or other.recipe.judges[0] != job.recipe.judges[0]:
        return False
    alike = all(getattr(other.recipe, name) == getattr(job.recipe, name) for name in _SAMPLING)
    return alike and (other.inputs.prompts, other.seed) == (job.inputs.prompts, job.seed)
