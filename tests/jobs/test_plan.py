from pathlib import Path
from typing import Any

import pytest

from tests.storage.records import dataset, splits
from workbench.domain.endpoints import Endpoint
from workbench.domain.errors import BadInput, BadSetting, NotFound, Offline
from workbench.domain.experiments import Budget, Experiment
from workbench.domain.pairs import DatasetKind, is_in_half, plain
from workbench.domain.recipes import BestOfNRecipe, EvaluateRecipe, PpoRecipe, RewardRecipe
from workbench.domain.records import DatasetRecord, Job
from workbench.jobs.drafts import result_hash
from workbench.jobs.hashes import hash_values
from workbench.jobs.plan import plan
from workbench.storage.checkpoints import checkpoint_folder, commit_checkpoint
from workbench.storage.files import write_record
from workbench.storage.preferences import change_preferences
from workbench.storage.project import Project

ARMS = [{"name": "ppo", "method": "ppo", "kl_coef": 0.1}, {"name": "dpo", "method": "dpo", "beta": 0.2}]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project.create(tmp_path / "project")
    add(project, dataset("stories"))
    add(project, dataset("prompts", DatasetKind.PROMPTS))
    write_model(tmp_path / "models" / "small")
    return project


def add(project: Project, record: DatasetRecord) -> None:
    project.dataset_folder(record.name).mkdir(parents=True, exist_ok=True)
    write_record(project.dataset_folder(record.name) / "dataset.json", record)
    with project.edit() as edit:
        edit.add_dataset(record.name, splits())


def write_model(folder: Path, weights: str = "weights") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text("{}")
    (folder / "tokenizer.json").write_text("{}")
    (folder / "model.safetensors").write_text(weights)


def planned(project: Project, **changes: Any) -> list[Job]:
    values = {"name": "e", "model": "models/small", "dataset": "stories", "arms": ARMS} | changes
    return plan(Experiment.parse(values, where="e.yaml"), project, base=project.folder.parent)


def by_name(jobs: list[Job]) -> dict[tuple[str, str], Job]:
    return {(job.method, job.name): job for job in jobs}


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


def prompts_of(project: Project, **changes: Any) -> list[tuple[str, str | None] | None]:
    """The dataset and split that evaluations report on, and those that they choose by."""
    inputs = by_name(planned(project, **changes))["evaluate", "ppo"].inputs
    return [None if data is None else (data.name, data.split) for data in (inputs.prompts, inputs.validation)]


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


def test_ids_say_what_a_run_is(project: Project) -> None:
    job = by_name(planned(project, arms=[{"name": "DPO β=0.2!", "method": "dpo"}]))["dpo", "DPO β=0.2!"]
    assert job.id == f"DPO-β-0.2-s0-{job.content_hash[:8]}"


def test_two_arms_that_are_the_same_are_refused(project: Project) -> None:
    twins = [{"name": "a", "method": "dpo"}, {"name": "b", "method": "dpo"}]
    with pytest.raises(BadSetting, match="The arms `a` and `b` are the same"):
        planned(project, arms=twins)


def test_a_dataset_that_is_missing_or_unsuitable_is_named(project: Project) -> None:
    with pytest.raises(NotFound, match="Did you mean `stories`"):
        planned(project, dataset="storys")
    with pytest.raises(BadInput, match="`prompts` holds prompts rows; training on comparisons needs preference"):
        planned(project, dataset="prompts")
    add(project, dataset("untested").model_copy(update={"splits": splits(test=0)}))
    with pytest.raises(BadInput, match="The test split of the dataset `untested` is empty"):
        planned(project, dataset="untested")


def test_a_folder_inside_the_project_is_stored_relative_to_it(project: Project) -> None:
    write_model(project.folder / "models" / "own")
    inside = by_name(planned(project, model="project/models/own"))["dpo", "dpo"]
    outside = by_name(planned(project))["dpo", "dpo"]
    assert inside.inputs.model == "./models/own"
    assert outside.inputs.model == str((project.folder.parent / "models" / "small").resolve())
    assert inside.content_hash == outside.content_hash  # the same weights, wherever they are


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


@pytest.fixture
def jury(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A judge behind an endpoint, declared on this computer."""
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    endpoint = Endpoint(url="http://localhost:8000/v1", model="m", price_in=1.0)
    change_preferences(lambda old: old.with_endpoint("jury", endpoint))


def test_a_language_model_judges_after_each_evaluation_and_holds_no_gpu(project: Project, jury: None) -> None:
    jobs = planned(project, judges=["length", "llm:jury"])
    judging = [job for job in jobs if job.method == "judge"]
    evaluations = {job.name: job for job in jobs if job.method == "evaluate"}
    assert [job.needs for job in judging] == [
        (evaluations["ppo"].id, evaluations["reference"].id),
        (evaluations["dpo"].id, evaluations["reference"].id),
    ]
    assert {job.device for job in judging} == {"cpu"}
    assert evaluations["ppo"].recipe.judges == ("length",)
    assert planned(project)[-1].content_hash == evaluations["dpo"].content_hash  # nothing is evaluated anew for it


def test_a_language_model_that_is_not_declared_is_found_before_anything_is_trained(
    project: Project, jury: None
) -> None:
    with pytest.raises(NotFound, match=r"no judge endpoint `jurry`.*Did you mean `jury`"):
        planned(project, judges=["length", "llm:jurry"])


def test_a_judge_that_gives_no_scores_cannot_be_the_gold_one(project: Project, jury: None) -> None:
    with pytest.raises(BadSetting, match="cannot be the gold judge"):
        planned(project, judges=["llm:jury"])


def test_a_held_out_reward_model_of_another_seed_judges_and_trains_nobody(project: Project) -> None:
    jobs = by_name(planned(project, heldout_reward="seed"))
    reward, heldout = jobs["reward", "reward"], jobs["reward", "held-out reward model"]
    assert heldout.recipe == reward.recipe
    assert heldout.seed != reward.seed
    assert jobs["evaluate", "dpo"].inputs.heldout == f"run:{heldout.id}"
    assert heldout.id in jobs["evaluate", "dpo"].needs
    assert heldout.id not in jobs["ppo", "ppo"].needs


def test_reward_models_of_two_halves_share_no_prompt(project: Project) -> None:
    jobs = by_name(planned(project, heldout_reward="half"))
    halves = [jobs["reward", name].recipe.half for name in ("reward", "held-out reward model")]
    assert halves == ["first", "second"]
    prompts = [plain(f"prompt {i}") for i in range(400)]
    first, second = ({p for p in prompts if is_in_half(p, half)} for half in halves)
    assert first | second == set(prompts)
    assert not first & second
    assert 150 < len(first) < 250


def test_a_reward_model_on_all_pairs_is_the_same_run_as_before_there_were_halves(project: Project) -> None:
    job = by_name(planned(project))["reward", "reward"]
    before = {
        name: value for name, value in job.recipe.model_dump(mode="json").items() if name not in ("model", "half")
    }
    values = {"method": "reward", "recipe": before, "seed": 0, "inputs": job.input_hashes}
    assert job.content_hash == hash_values(values | {"budget": job.budget.model_dump(mode="json")})


def test_an_ensemble_names_reward_models_that_are_there(project: Project) -> None:
    reward = by_name(planned(project))["reward", "reward"]
    other = by_name(planned(project, seeds=[1]))["reward", "reward"]
    for job in (reward, other):
        project.add_job(job)
    name = f"ensemble:{reward.id},{other.id}"
    job = by_name(planned(project, judges=["length", name]))["evaluate", "dpo"]
    assert job.recipe.judges == ("length", name.replace(",", "+"))
    assert {reward.id, other.id} <= set(job.needs)
    with pytest.raises(BadInput, match="two or more"):
        planned(project, judges=["length", f"ensemble:{reward.id}"])
