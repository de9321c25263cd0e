"""Who judges what a plan trains: language models, held-out reward models, ensembles."""

from pathlib import Path

import pytest

from tests.jobs.planning import by_name, planned, project_to_plan_in
from workbench.domain.endpoints import Endpoint
from workbench.domain.errors import BadInput, BadSetting, NotFound
from workbench.domain.pairs import is_in_half, plain
from workbench.storage.preferences import change_preferences
from workbench.storage.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return project_to_plan_in(tmp_path)


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
