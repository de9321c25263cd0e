"""Which runs of a plan are those that exist already, and which are new."""

from pathlib import Path
from typing import Any

import pytest

from tests.jobs.planning import ARMS, add, by_name, planned, project_to_plan_in, prompts_of, write_model
from tests.storage.records import dataset
from workbench.domain.errors import BadSetting
from workbench.domain.experiments import Budget
from workbench.domain.recipes import EvaluateRecipe
from workbench.domain.records import Job
from workbench.jobs.drafts import result_hash
from workbench.storage.checkpoints import checkpoint_folder, commit_checkpoint
from workbench.storage.hashes import hash_values
from workbench.storage.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return project_to_plan_in(tmp_path)


def test_the_same_plan_names_the_same_runs_and_finds_those_that_exist(project: Project) -> None:
    first = planned(project)
    for job in first:
        project.add_job(job)
    again = planned(project, name="another experiment")
    assert again == first


def test_another_arm_shares_the_stages(project: Project) -> None:
    first = {job.id for job in planned(project)}
    more = planned(project, arms=[*ARMS, {"name": "dpo low", "method": "dpo", "beta": 0.01}])
    assert [job.name for job in more if job.id not in first] == ["dpo low", "dpo low"]


def test_a_renamed_arm_is_not_trained_again(project: Project) -> None:
    for job in planned(project):
        project.add_job(job)
    renamed = planned(project, arms=[{"name": "other name", "method": "dpo", "beta": 0.2}])
    assert {job.id for job in renamed} <= {job.id for job in project.jobs()}


@pytest.mark.parametrize("what", ["weights", "dataset", "seed", "recipe", "budget"])
def test_whatever_decides_the_result_makes_another_run(project: Project, what: str) -> None:
    before = by_name(planned(project))["dpo", "dpo"]
    changes: dict[str, Any] = {}
    if what == "weights":
        write_model(project.folder.parent / "models" / "small", "other weights")
    elif what == "dataset":
        add(project, dataset("stories", content="other rows"))
    elif what == "seed":
        changes = {"seeds": [1]}
    elif what == "recipe":
        changes = {"arms": [{"name": "dpo", "method": "dpo", "beta": 0.3}]}
    else:
        changes = {"budget": {"episodes": 100}}
    after = by_name(planned(project, **changes))["dpo", "dpo"]
    assert after.content_hash != before.content_hash


def test_a_new_reward_model_makes_new_evaluations_and_keeps_dpo(project: Project) -> None:
    before, after = by_name(planned(project)), by_name(planned(project, reward={"num_train_epochs": 2}))
    same = {key for key in before if before[key].id == after[key].id}
    assert same == {("dpo", "dpo")}


def test_two_arms_that_are_the_same_are_refused(project: Project) -> None:
    twins = [{"name": "a", "method": "dpo"}, {"name": "b", "method": "dpo"}]
    with pytest.raises(BadSetting, match="The arms `a` and `b` are the same"):
        planned(project, arms=twins)


def test_a_folder_inside_the_project_is_stored_relative_to_it(project: Project) -> None:
    write_model(project.folder / "models" / "own")
    inside = by_name(planned(project, model="project/models/own"))["dpo", "dpo"]
    outside = by_name(planned(project))["dpo", "dpo"]
    assert inside.inputs.model == "./models/own"
    assert outside.inputs.model == str((project.folder.parent / "models" / "small").resolve())
    assert inside.content_hash == outside.content_hash  # the same weights, wherever they are


def evaluated_before_there_was_validation(project: Project, *, keep_checkpoints: bool) -> None:
    """Adds all runs of the experiment as they were when evaluations read test prompts only."""
    for job in planned(project, max_validation_prompts=0):
        project.add_job(job)
        folder = project.run_folder(job.id)
        if job.method == "evaluate":
            (folder / "samples").mkdir()
            (folder / "samples" / "checkpoint-5.parquet").touch()
        elif keep_checkpoints:
            temporary = folder / "checkpoints" / ".tmp"
            temporary.mkdir(parents=True)
            commit_checkpoint(temporary, checkpoint_folder(folder, 5), 5, None, None, 1.0)


def new_runs(project: Project) -> dict[tuple[str, str], Job]:
    known = {job.id for job in project.jobs()}
    return by_name([job for job in planned(project) if job.id not in known])


def test_arms_that_were_evaluated_without_validation_prompts_are_evaluated_again_with_them(project: Project) -> None:
    evaluated_before_there_was_validation(project, keep_checkpoints=True)
    again = new_runs(project)
    assert set(again) == {("evaluate", "reference"), ("evaluate", "ppo"), ("evaluate", "dpo")}
    assert all(job.inputs.validation is not None for job in again.values())


def test_where_their_checkpoints_are_gone_no_arm_has_validation_prompts(project: Project) -> None:
    evaluated_before_there_was_validation(project, keep_checkpoints=False)
    assert new_runs(project) == {}
    assert prompts_of(project) == [("stories", "test"), None]


def test_how_many_validation_prompts_there_may_be_counts_only_where_some_are_read(project: Project) -> None:
    def evaluation(**changes: Any) -> str:
        return by_name(planned(project, **changes))["evaluate", "dpo"].content_hash

    assert evaluation(max_validation_prompts=8) != evaluation(max_validation_prompts=9)
    recipe = EvaluateRecipe(max_validation_prompts=8)
    assert result_hash("evaluate", recipe, 0, Budget(), {}) == result_hash(
        "evaluate", EvaluateRecipe(), 0, Budget(), {}
    )


def test_a_reward_model_on_all_pairs_is_the_same_run_as_before_there_were_halves(project: Project) -> None:
    job = by_name(planned(project))["reward", "reward"]
    before = {
        name: value for name, value in job.recipe.model_dump(mode="json").items() if name not in ("model", "half")
    }
    values = {"method": "reward", "recipe": before, "seed": 0, "inputs": job.input_hashes}
    assert job.content_hash == hash_values(values | {"budget": job.budget.model_dump(mode="json")})
