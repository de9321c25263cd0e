"""Evaluations beside those that experiments plan, with their prompts and judges: other checkpoints, and best of n."""

import time
from pathlib import Path
from typing import Literal

from workbench.domain.errors import BadInput, NotFound
from workbench.domain.methods import POLICIES
from workbench.domain.recipes import MODEL, BestOfNRecipe, EvaluateRecipe, RewardSource
from workbench.domain.records import Job, Method, RunState
from workbench.domain.settings import Settings
from workbench.jobs.drafts import result_hash, run_id
from workbench.jobs.states import StateReader
from workbench.storage.checkpoints import list_checkpoints
from workbench.storage.project import Project
from workbench.storage.runlog import SAMPLES
from workbench.storage.sources import RUN_PREFIX, run_of

Checkpoints = Literal["all", "best", "last"]


def plan_evaluation(project: Project, run: Job, checkpoints: Checkpoints) -> Job:
    """Returns the run that evaluates these checkpoints of a policy; the one that is there already where it does the same.

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
    elif run.method in POLICIES:
        pattern = _evaluation_of(project, run)
    else:
        raise BadInput(f"Run `{run.id}` is a {run.method} run, which writes no text.", "Name an sft, dpo or ppo run.")
    assert isinstance(pattern.recipe, EvaluateRecipe)
    recipe = pattern.recipe.model_copy(update={"checkpoints": checkpoints})
    if checkpoints == "last" and _has_the_last(project, pattern):
        return pattern
    return _like(project, pattern, "evaluate", pattern.name, recipe)


def _has_the_last(project: Project, evaluation: Job) -> bool:
    """Says whether an evaluation of all checkpoints has sampled from the last one, which need not be done again."""
    assert isinstance(evaluation.recipe, EvaluateRecipe)
    trained = run_of(evaluation.inputs.model)
    if evaluation.recipe.checkpoints != "all" or trained is None:
        return False
    there = list_checkpoints(project.run_folder(trained))
    sampled = {path.stem for path in _samples(project, evaluation)}
    is_finished = StateReader(project).state(evaluation.id) is RunState.FINISHED
    return is_finished and bool(there) and f"checkpoint-{there[-1].step}" in sampled


def plan_best_of_n(project: Project, run: Job, n: int, max_prompts: int | None) -> Job:
    """Returns the run that samples best of `n` by a reward; the one that is there already where it is the same.

    Args:
        project: whose run.
        run: a reward run, or one that was trained or judged by it. The start model, prompts and judges are those of the
            evaluation of the start model that goes with it.
        n: responses of each prompt.
        max_prompts: at most so many prompts; None takes all.

    Raises:
        BadInput: the run knows no reward model.
        NotFound: no start model was planned to be evaluated with it.
    """
    if run.method != "reward" and not _has_reward(run):
        raise BadInput(f"Run `{run.id}` is a {run.method} run without a reward model.", "Name a reward or a ppo run.")
    starts = [job for job in project.jobs() if _is_of_the_start(job) and _has_reward_of(job, run)]
    if not starts:
        raise NotFound(
            f"No evaluation of a start model goes with the reward of `{run.id}`, to take prompts and judges from.",
            "Run its experiment again: what is trained already is found, and the evaluation is added.",
        )
    pattern = starts[-1]
    assert isinstance(pattern.recipe, EvaluateRecipe)
    recipe = BestOfNRecipe(
        n=n,
        max_prompts=max_prompts,
        temperature=pattern.recipe.temperature,
        max_new_tokens=pattern.recipe.max_new_tokens,
        stop_strings=pattern.recipe.stop_strings,
        judges=pattern.recipe.judges,
    ).model_copy(update=pattern.recipe.reward_settings())
    # Prompts that choose checkpoints have nothing to choose here.
    inputs = pattern.inputs.model_copy(update={"validation": None})
    hashes = {role: value for role, value in pattern.input_hashes.items() if role != "validation"}
    bare = pattern.model_copy(update={"arm": None, "inputs": inputs, "input_hashes": hashes})
    return _like(project, bare, "best_of_n", f"best of {n}", recipe)


def reward_models(project: Project) -> list[Job]:
    """Returns a run for each reward by which start models were scored: the reward run that it is, else the evaluation."""
    judged = [job for job in project.jobs() if _is_of_the_start(job)]
    used = {run_of(job.inputs.rewards[0]): None for job in judged if _by_one_model(job)}
    mixed = [job.id for job in judged if _has_reward(job) and not _by_one_model(job)]
    return [job for job in project.jobs() if job.id in used or job.id in mixed]


def _has_reward(run: Job) -> bool:
    """Says whether a run scores by a reward: reward models that it names, or programs alone."""
    return isinstance(run.recipe, RewardSource) and bool(run.inputs.rewards or not run.recipe.reads_trained_models)


def _by_one_model(evaluation: Job) -> bool:
    source = evaluation.recipe
    return isinstance(source, EvaluateRecipe) and source.rewards == (MODEL,) and len(evaluation.inputs.rewards) == 1


def _is_of_the_start(job: Job) -> bool:
    return job.method == "evaluate" and job.inputs.model == job.inputs.reference


def _has_reward_of(evaluation: Job, run: Job) -> bool:
    """Says whether an evaluation scores by the reward that a run has, or by the one model that a reward run makes."""
    if run.method == "reward":
        return _by_one_model(evaluation) and evaluation.inputs.reward == f"{RUN_PREFIX}{run.id}"
    ours, theirs = evaluation.recipe, run.recipe
    assert isinstance(ours, RewardSource)
    assert isinstance(theirs, RewardSource)
    return ours.reward_settings() == theirs.reward_settings() and evaluation.inputs.rewards == run.inputs.rewards


def _like(project: Project, pattern: Job, method: Method, name: str, recipe: Settings) -> Job:
    """Returns a run with the inputs of another one; the one that is there already where it is the same."""
    content_hash = result_hash(method, recipe, pattern.seed, pattern.budget, pattern.input_hashes)
    existing = next((job for job in project.jobs() if job.content_hash == content_hash), None)
    if existing is not None:
        return existing
    changes = {"id": run_id(name, method, pattern.seed, content_hash), "method": method, "name": name}
    rest = {"recipe": recipe, "content_hash": content_hash, "created": time.time()}
    return pattern.model_copy(update=changes | rest)


def is_beyond_repeating(project: Project, evaluation: Job) -> bool:
    """Says whether checkpoints that an evaluation sampled from are not there any more."""
    run_id = run_of(evaluation.inputs.model)
    names = [path.stem.removeprefix("checkpoint-") for path in _samples(project, evaluation)]
    if run_id is None or not names:
        return False
    there = {checkpoint.step for checkpoint in list_checkpoints(project.run_folder(run_id))}
    if evaluation.inputs.model == evaluation.inputs.reference:  # which stands at step 0, whatever its own run's steps
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
