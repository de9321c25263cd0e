from pathlib import Path

import pytest

from tests.storage.records import job
from tests.storage.test_checkpoints import save
from workbench.domain.errors import BadInput, NotFound
from workbench.domain.recipes import BestOfNRecipe, EvaluateRecipe, RewardRecipe
from workbench.domain.records import DataInput, Inputs, Job, Outcome
from workbench.jobs.drafts import result_hash
from workbench.jobs.evaluations import plan_best_of_n, plan_evaluation, reward_models
from workbench.storage.project import Project


def evaluation(of: Job) -> Job:
    recipe, inputs = EvaluateRecipe(judges=("vader",), max_prompts=7), Inputs(model=f"run:{of.id}", reward="run:rm")
    planned = job("dpo-eval-s0-1").model_dump() | {"method": "evaluate", "recipe": recipe, "inputs": inputs}
    bare = Job.model_validate(planned | {"input_hashes": {"model": of.content_hash}, "needs": (of.id, "rm")})
    content_hash = result_hash("evaluate", recipe, bare.seed, bare.budget, bare.input_hashes)
    return bare.model_copy(update={"content_hash": content_hash})


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project.create(tmp_path / "project")
    project.add_job(job("dpo-s0-1"))
    project.add_job(evaluation(job("dpo-s0-1")))
    return project


def test_another_choice_of_checkpoints_is_another_run_with_all_else_alike(project: Project) -> None:
    planned = plan_evaluation(project, project.job("dpo-s0-1"), "last")
    before = project.job("dpo-eval-s0-1")
    assert planned.id != before.id
    assert isinstance(planned.recipe, EvaluateRecipe)
    assert (planned.recipe.checkpoints, planned.recipe.judges, planned.recipe.max_prompts) == ("last", ("vader",), 7)
    assert (planned.inputs, planned.needs, planned.seed) == (before.inputs, before.needs, before.seed)


def test_the_last_checkpoint_is_not_sampled_again_where_all_of_them_were(project: Project) -> None:
    run, before = project.job("dpo-s0-1"), project.job("dpo-eval-s0-1")
    save(project.run_folder(run.id), 5)
    samples = project.run_folder(before.id) / "samples"
    samples.mkdir()
    project.run(before.id).write_outcome(Outcome(state="finished"))
    assert plan_evaluation(project, run, "last") != before, "the run went on after it had been evaluated"
    (samples / "checkpoint-5.parquet").touch()
    assert plan_evaluation(project, run, "last") == before
    project.run(before.id).write_outcome(Outcome(state="stopped"))
    assert plan_evaluation(project, run, "last") != before


def test_the_same_evaluation_is_found_again(project: Project) -> None:
    before = project.job("dpo-eval-s0-1")
    assert plan_evaluation(project, project.job("dpo-s0-1"), "all") == before
    assert plan_evaluation(project, before, "all") == before


def test_a_run_without_an_evaluation_or_a_policy_is_refused(project: Project) -> None:
    project.add_job(job("dpo-s1-2"))
    with pytest.raises(NotFound, match="Nothing says on which prompts"):
        plan_evaluation(project, project.job("dpo-s1-2"), "all")
    reward = job("rm").model_copy(update={"method": "reward", "recipe": RewardRecipe()})
    with pytest.raises(BadInput, match="writes no text"):
        plan_evaluation(project, reward, "all")


def with_start(project: Project) -> Job:
    """Adds a reward model and the evaluation of the start model that goes with it."""
    reward = job("rm").model_copy(update={"method": "reward", "recipe": RewardRecipe()})
    project.add_job(reward)
    recipe = EvaluateRecipe(judges=("vader",), temperature=0.5)
    start = Inputs(model="base", reference="base", reward="run:rm")
    values = job("reference-eval").model_dump() | {"method": "evaluate", "recipe": recipe, "inputs": start}
    project.add_job(Job.model_validate(values | {"needs": ("rm",), "arm": "reference"}))
    return reward


def test_best_of_n_takes_start_model_and_judges_from_the_evaluation_that_goes_with_the_reward_model(
    project: Project,
) -> None:
    reward = with_start(project)
    planned = plan_best_of_n(project, reward, 8, 5)
    assert isinstance(planned.recipe, BestOfNRecipe)
    assert (planned.recipe.n, planned.recipe.max_prompts, planned.recipe.temperature) == (8, 5, 0.5)
    assert (planned.inputs.model, planned.inputs.reward, planned.arm, planned.needs) == (
        "base",
        "run:rm",
        None,
        ("rm",),
    )
    project.add_job(planned)
    assert plan_best_of_n(project, reward, 8, 5) == planned
    assert plan_best_of_n(project, project.job("dpo-eval-s0-1"), 8, 5) == planned  # it was judged by that model
    assert reward_models(project) == [reward]


def test_a_run_without_a_reward_model_cannot_choose(project: Project) -> None:
    with pytest.raises(BadInput, match="without a reward model"):
        plan_best_of_n(project, project.job("dpo-s0-1"), 8, 5)
    with pytest.raises(NotFound, match="No evaluation of a start model"):
        plan_best_of_n(project, project.job("dpo-eval-s0-1"), 8, 5)


def test_the_prompts_that_choose_checkpoints_make_no_other_best_of_n(project: Project) -> None:
    reward = with_start(project)
    before = plan_best_of_n(project, reward, 8, 5)
    start = next(job for job in project.jobs() if job.inputs.model == job.inputs.reference)
    chosen = DataInput(name="stories", sha256="c0ffee", split="validation")
    changes = {
        "id": "later",
        "created": start.created + 1,
        "input_hashes": start.input_hashes | {"validation": "c0ffee"},
    }
    project.add_job(
        start.model_copy(update=changes | {"inputs": start.inputs.model_copy(update={"validation": chosen})})
    )
    after = plan_best_of_n(project, reward, 8, 5)
    assert (after.id, after.inputs, after.content_hash) == (before.id, before.inputs, before.content_hash)
