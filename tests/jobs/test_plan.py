"""An experiment becomes runs: which there are, in what order, with which inputs and splits."""

from pathlib import Path

import pytest

from tests.jobs.planning import add, by_name, planned, project_to_plan_in, prompts_of, write_model
from tests.storage.records import dataset, splits
from workbench.domain.errors import BadInput, NotFound, Offline
from workbench.domain.pairs import DatasetKind
from workbench.domain.recipes import BestOfNRecipe, EvaluateRecipe, PpoRecipe, RewardRecipe
from workbench.storage.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return project_to_plan_in(tmp_path)


def test_an_experiment_is_a_reward_model_its_arms_and_the_same_evaluation_of_all(project: Project) -> None:
    jobs = planned(project)
    assert [(job.method, job.name) for job in jobs] == [
        ("reward", "reward"),
        ("evaluate", "reference"),
        ("ppo", "ppo"),
        ("evaluate", "ppo"),
        ("dpo", "dpo"),
        ("evaluate", "dpo"),
    ]


def test_every_run_comes_after_those_it_needs(project: Project) -> None:
    jobs = planned(project, sft=True, seeds=[0, 1])
    seen: set[str] = set()
    for job in jobs:
        assert set(job.needs) <= seen
        seen.add(job.id)
    assert len(seen) == len(jobs) == 14
    assert [job.created for job in jobs] == sorted(job.created for job in jobs)


def test_dpo_waits_for_no_reward_model_but_its_evaluation_does(project: Project) -> None:
    jobs = by_name(planned(project))
    reward = jobs["reward", "reward"].id
    assert jobs["dpo", "dpo"].needs == ()
    assert jobs["ppo", "ppo"].needs == (reward,)
    assert set(jobs["evaluate", "dpo"].needs) == {jobs["dpo", "dpo"].id, reward}


def test_with_fine_tuning_everything_starts_from_it_and_is_measured_to_it(project: Project) -> None:
    jobs = by_name(planned(project, sft={"num_train_epochs": 2}))
    start = f"run:{jobs['sft', 'sft'].id}"
    assert jobs["reward", "reward"].inputs.model == start
    for key in [("ppo", "ppo"), ("dpo", "dpo")]:
        assert (jobs[key].inputs.model, jobs[key].inputs.reference) == (start, start)
    assert jobs["evaluate", "reference"].inputs.model == start
    assert jobs["evaluate", "ppo"].inputs.reference == start
    assert jobs["evaluate", "ppo"].inputs.model == f"run:{jobs['ppo', 'ppo'].id}"


def test_the_splits_go_where_they_belong(project: Project) -> None:
    jobs = by_name(planned(project))
    ppo = jobs["ppo", "ppo"].inputs
    assert ppo.data is not None
    assert ppo.validation is not None
    assert (ppo.data.split, ppo.validation.split) == ("train", "validation")
    reward = jobs["reward", "reward"].inputs
    assert reward.prompts is not None
    assert (reward.prompts.split, reward.reference) == ("train", reward.model)
    evaluation = jobs["evaluate", "ppo"].inputs
    assert evaluation.prompts is not None
    assert (evaluation.prompts.name, evaluation.prompts.split) == ("stories", "test")


def test_checkpoints_are_chosen_on_the_validation_split_of_the_pairs_unless_none_shall_be(project: Project) -> None:
    assert prompts_of(project) == [("stories", "test"), ("stories", "validation")]
    assert prompts_of(project, max_validation_prompts=0) == [("stories", "test"), None]


def test_test_prompts_of_their_own_are_all_used_and_the_pairs_choose(project: Project) -> None:
    whole = dataset("whole", DatasetKind.PROMPTS)
    counts = {"train": 0, "validation": 0, "test": whole.n_rows}
    add(project, whole.model_copy(update={"splits": whole.splits.model_copy(update={"counts": counts})}))
    assert prompts_of(project, test_prompts="whole") == [("whole", None), ("stories", "validation")]


def test_test_prompts_that_were_divided_choose_by_their_own_validation_split(project: Project) -> None:
    assert prompts_of(project, test_prompts="prompts") == [("prompts", "test"), ("prompts", "validation")]


def test_a_policy_is_trained_as_it_is_judged(project: Project) -> None:
    jobs = by_name(planned(project, sampling={"temperature": 0.7, "max_new_tokens": 20, "stop_strings": ["\n"]},
                            judges=["vader", "length"]))  # fmt: skip
    ppo, evaluation = jobs["ppo", "ppo"].recipe, jobs["evaluate", "dpo"].recipe
    assert isinstance(ppo, PpoRecipe)
    assert (ppo.temperature, ppo.response_length) == (0.7, 20)
    reward = jobs["reward", "reward"].recipe
    assert isinstance(reward, RewardRecipe)
    assert (reward.normalize_temperature, reward.normalize_length) == (0.7, 20)
    assert isinstance(evaluation, EvaluateRecipe)
    assert (evaluation.temperature, evaluation.max_new_tokens) == (0.7, 20)
    assert ppo.stop_strings == evaluation.stop_strings == ("\n",)
    assert evaluation.judges == ("vader", "length")


def test_ids_say_what_a_run_is(project: Project) -> None:
    job = by_name(planned(project, arms=[{"name": "DPO β=0.2!", "method": "dpo"}]))["dpo", "DPO β=0.2!"]
    assert job.id == f"DPO-β-0.2-s0-{job.content_hash[:8]}"


def test_a_dataset_that_is_missing_or_unsuitable_is_named(project: Project) -> None:
    with pytest.raises(NotFound, match="Did you mean `stories`"):
        planned(project, dataset="storys")
    with pytest.raises(BadInput, match="`prompts` holds prompts rows; training on comparisons needs preference"):
        planned(project, dataset="prompts")
    add(project, dataset("untested").model_copy(update={"splits": splits(test=0)}))
    with pytest.raises(BadInput, match="The test split of the dataset `untested` is empty"):
        planned(project, dataset="untested")


def test_a_model_that_is_neither_here_nor_on_the_hub_is_refused_with_the_nearest_folder(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(Offline, match=r"`models/smal` is no folder in .* Did you mean models/small\?"):
        planned(project, model="models/smal")


def test_versions_are_noted_without_importing_them(project: Project) -> None:
    versions = planned(project)[0].versions
    assert {"python", "torch", "transformers", "trl", "workbench"} <= set(versions)
    assert versions["torch"].startswith("2.13")


def test_another_base_for_the_reward_model_is_its_input(project: Project) -> None:
    write_model(project.folder.parent / "models" / "judge", "its own")
    jobs = by_name(planned(project, sft=True, reward={"model": "models/judge"}))
    reward = jobs["reward", "reward"]
    assert reward.inputs.model.endswith("models/judge")
    assert reward.inputs.reference == f"run:{jobs['sft', 'sft'].id}"


def test_best_of_n_is_planned_after_the_reward_model_and_samples_as_arms_do(project: Project) -> None:
    jobs = planned(project, best_of_n=16, sampling={"temperature": 0.7, "max_new_tokens": 20}, judges=["vader"])
    found = by_name(jobs)["best_of_n", "best of 16"]
    recipe = found.recipe
    assert isinstance(recipe, BestOfNRecipe)
    assert (recipe.n, recipe.max_prompts, recipe.temperature, recipe.max_new_tokens) == (16, 64, 0.7, 20)
    assert recipe.judges == ("vader",)
    reward, reference = by_name(jobs)["reward", "reward"], by_name(jobs)["evaluate", "reference"]
    assert found.needs == (reward.id,)
    assert found.inputs.model == reference.inputs.model
    assert found.inputs.prompts == reference.inputs.prompts
    assert jobs.index(found) > jobs.index(reward)


def test_without_being_asked_nothing_is_sampled(project: Project) -> None:
    assert not [job for job in planned(project) if job.method == "best_of_n"]
