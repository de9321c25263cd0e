"""Whom a project's playground can ask, and how a person names them."""

import shutil
from pathlib import Path

import pytest
from evaluated_runs import realistic

from workbench import api
from workbench.domain.errors import NotFound
from workbench.domain.pairs import Message, plain
from workbench.domain.recipes import DpoRecipe, RewardRecipe
from workbench.domain.records import CheckpointRecord, Inputs, Job, Outcome
from workbench.storage.files import write_record
from workbench.storage.project import Project


def save_checkpoint(project: Project, run_id: str, step: int) -> None:
    folder = project.run_folder(run_id) / "checkpoints" / f"checkpoint-{step}"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights")
    write_record(folder / "checkpoint.json", CheckpointRecord(step=step, seconds=1.0, files={"model.safetensors": 7}))


@pytest.fixture
def trained(tmp_path: Path) -> Project:
    """PPO and two DPO arms over two seeds with their last two checkpoints, and a reward model."""
    project = realistic(tmp_path / "stories", seeds=(0, 1), n_prompts=12, steps=3)
    for job in project.jobs():
        if job.method in ("ppo", "dpo"):
            for step in (50, 100):
                save_checkpoint(project, job.id, step)
    inputs = Inputs(model="models/base")
    project.add_job(Job(id="reward-s0", name="reward", method="reward", recipe=RewardRecipe(), inputs=inputs))
    save_checkpoint(project, "reward-s0", 10)
    project.run("reward-s0").write_outcome(Outcome(state="finished", step=10))
    return project


def test_every_checkpoint_with_weights_can_be_asked_under_its_arm_s_name_and_colour(trained: Project) -> None:
    models = [choice for choice in api.offer_playground(trained).models if choice.arm != "start model"]
    comparison = api.compare_runs(trained)
    index = {arm.name: place for place, arm in enumerate(comparison.arms)}
    assert {choice.arm for choice in models} == set(index) - {"reference"}
    assert all(choice.index == index[choice.arm] for choice in models)
    ppo = [choice for choice in models if choice.arm == "PPO"]
    assert [(choice.seed, choice.step, choice.is_last) for choice in ppo] == [
        (0, 50, False), (0, 100, True), (1, 50, False), (1, 100, True),
    ]  # fmt: skip


def test_weights_that_were_left_behind_are_not_offered(trained: Project) -> None:
    run_id = next(job.id for job in trained.jobs() if job.method == "ppo")
    shutil.rmtree(trained.run_folder(run_id) / "checkpoints")
    assert not any(run_id in choice.model.name for choice in api.offer_playground(trained).models)


def test_a_start_model_is_offered_where_it_has_weights(tmp_path: Path) -> None:
    trained = api.create_project(tmp_path / "p")
    job = Job(id="dpo-s0", name="dpo", method="dpo", recipe=DpoRecipe(), inputs=Inputs(model="./models/base"))
    trained.add_job(job)
    assert api.offer_playground(trained).models == []
    base = trained.folder / "models" / "base"
    base.mkdir(parents=True)
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        (base / name).write_text("{}")
    (start,) = api.offer_playground(trained).models
    assert (start.arm, start.model.name, start.title, start.index) == ("start model", "./models/base", "models/base", 0)


def test_gold_judges_come_first_and_finished_reward_models_are_proxies(trained: Project) -> None:
    judges = api.offer_playground(trained).judges
    assert [(choice.judge.name, choice.role) for choice in judges] == [("vader", "gold"), ("reward:reward-s0", "proxy")]


@pytest.mark.parametrize(("name", "step"), [("PPO", 100), ("PPO@50", 50), ("ppo-s1", 100), ("run:ppo-s1@50", 50)])
def test_a_model_is_found_by_arm_run_and_step(trained: Project, name: str, step: int) -> None:
    found = api.find_model(api.offer_playground(trained), trained, name)
    assert found.name == f"run:ppo-s{1 if 's1' in name else 0}@{step}"


def test_a_step_that_was_not_saved_is_an_error_that_lists_the_arms(trained: Project) -> None:
    with pytest.raises(NotFound, match="PPO@7") as error:
        api.find_model(api.offer_playground(trained), trained, "PPO@7")
    assert "PPO" in error.value.hint


def test_a_folder_elsewhere_is_asked_as_it_is(trained: Project, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    found = api.find_model(api.offer_playground(trained), trained, str(tmp_path / "mine"))
    assert (found.name, found.label) == (str(tmp_path / "mine"), "mine")


def test_a_project_without_runs_offers_nobody(tmp_path: Path) -> None:
    offer = api.offer_playground(api.create_project(tmp_path / "empty"))
    assert (offer.models, offer.judges, offer.is_chat) == ([], [], False)


def test_what_was_typed_becomes_turns() -> None:
    assert api.as_prompt("Once", is_chat=False, system="Be kind.") == plain("Once")
    earlier = (Message("user", "Hi"), Message("assistant", "Hello"))
    chat = api.as_prompt("Well?", is_chat=True, system="Be kind.", earlier=earlier)
    assert chat == (Message("system", "Be kind."), *earlier, Message("user", "Well?"))


def test_prompts_to_pick_from_are_those_of_the_test_split(tmp_path: Path) -> None:
    project = api.create_project(tmp_path / "p")
    source = tmp_path / "pairs.jsonl"
    lines = [f'{{"prompt": "p{i}", "chosen": " yes{i}", "rejected": " no{i}"}}\n' for i in range(40)]
    source.write_text("".join(lines))
    api.import_dataset(project, source, "pairs")
    assert len(api.sample_prompts(project, "pairs")) == 2
    assert len(api.sample_prompts(project, "pairs", n=1)) == 1
