"""The evaluation of a run once more: the prompts and judges of its experiment, other checkpoints."""

import time
from pathlib import Path
from typing import Literal

from workbench.domain.errors import BadInput, NotFound
from workbench.domain.recipes import EvaluateRecipe
from workbench.domain.records import Job
from workbench.jobs.drafts import result_hash, run_id
from workbench.storage.checkpoints import list_checkpoints
from workbench.storage.project import Project
from workbench.storage.runlog import SAMPLES
from workbench.storage.sources import RUN_PREFIX, run_of

Checkpoints = Literal["all", "best", "last"]
_POLICIES = {"sft", "dpo", "ppo"}


def plan_evaluation(project: Project, run: Job, checkpoints: Checkpoints) -> Job:
    """Returns the run that evaluates these checkpoints of a policy; the one that is there already where it is the same.

    Args:
        project: whose run.
        run: an sft, dpo or ppo run, or an evaluation, which stands for the run that it evaluates.
        checkpoints: which of them.

    Raises:
        BadInput: the run trains no policy.
        NotFound: its experiment planned no evaluation to take prompts and judges from.
    """
    if run.method == "evaluate":
        pattern = run
    elif run.method in _POLICIES:
        pattern = _evaluation_of(project, run)
    else:
        raise BadInput(f"Run `{run.id}` is a {run.method} run, which writes no text.", "Name an sft, dpo or ppo run.")
    assert isinstance(pattern.recipe, EvaluateRecipe)
    recipe = pattern.recipe.model_copy(update={"checkpoints": checkpoints})
    content_hash = result_hash("evaluate", recipe, pattern.seed, pattern.budget, pattern.input_hashes)
    existing = next((job for job in project.jobs() if job.content_hash == content_hash), None)
    if existing is not None:
        return existing
    new_id = run_id(pattern.name, "evaluate", pattern.seed, content_hash)
    changes = {"id": new_id, "recipe": recipe, "content_hash": content_hash, "created": time.time()}
    return pattern.model_copy(update=changes)


def is_beyond_repeating(project: Project, evaluation: Job) -> bool:
    """Says whether checkpoints that an evaluation sampled from are not there any more."""
    run_id = run_of(evaluation.inputs.model)
    names = [path.stem.removeprefix("checkpoint-") for path in _samples(project, evaluation)]
    if run_id is None or not names:
        return False
    there = {checkpoint.step for checkpoint in list_checkpoints(project.run_folder(run_id))}
    if (
        evaluation.inputs.model == evaluation.inputs.reference
    ):  # a start model stands at step 0, whatever its own run's steps
        return not there
    return any(int(name) not in there for name in names if name.isdigit())


def _samples(project: Project, evaluation: Job) -> list[Path]:
    return list((project.run_folder(evaluation.id) / SAMPLES).glob("checkpoint-*.parquet"))


def _evaluation_of(project: Project, run: Job) -> Job:
    model = f"{RUN_PREFIX}{run.id}"
    found = [job for job in project.jobs() if job.method == "evaluate" and job.inputs.model == model]
    if not found:
        raise NotFound(
            f"Nothing says on which prompts and by which judges run `{run.id}` is to be evaluated.",
            "Run its experiment again: what is trained already is found, and the evaluation is added.",
        )
    return found[-1]
