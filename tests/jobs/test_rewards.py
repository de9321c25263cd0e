"""What PPO is rewarded by, in a plan: the reward models that must be there, and who scores with them."""

from pathlib import Path
from typing import Any

import pytest

from tests.jobs.planning import by_name, planned, project_to_plan_in
from workbench.domain.errors import BadInput, BadSetting, NotFound, Offline
from workbench.domain.records import Job
from workbench.jobs.copies import plan_copy
from workbench.jobs.evaluations import plan_best_of_n, reward_models
from workbench.jobs.plan import OTHER_SEED
from workbench.storage.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = project_to_plan_in(tmp_path)
    (tmp_path / "bonus.py").write_text("def cheer(prompts, responses): return [0.0] * len(responses)\n")
    return project


def ppo(name: str = "ppo", **settings: Any) -> dict[str, Any]:
    return {"name": name, "method": "ppo"} | settings


DPO = {"name": "dpo", "method": "dpo"}


def test_an_ensemble_is_several_reward_models_of_different_seeds(project: Project) -> None:
    jobs = by_name(planned(project, arms=[ppo(reward_models=3), DPO], seeds=[5]))
    members = [jobs["reward", name] for name in ("reward", "reward 2", "reward 3")]
    assert [job.seed for job in members] == [5, 5 + 2 * OTHER_SEED, 5 + 3 * OTHER_SEED]
    assert len({job.recipe for job in members}) == 1
    for job in (jobs["ppo", "ppo"], jobs["evaluate", "ppo"], jobs["evaluate", "reference"], jobs["evaluate", "dpo"]):
        assert job.inputs.rewards == tuple(f"run:{member.id}" for member in members)
        assert {member.id for member in members} <= set(job.needs)
    assert jobs["dpo", "dpo"].inputs.rewards == ()


def test_the_members_are_none_of_the_held_out_one(project: Project) -> None:
    jobs = planned(project, arms=[ppo(reward_models=2)], heldout_reward="seed")
    rewards = [job for job in jobs if job.method == "reward"]
    assert len({job.id for job in rewards}) == len({job.seed for job in rewards}) == 3


def test_an_ensemble_takes_the_lone_model_that_was_trained_already(project: Project) -> None:
    lone = by_name(planned(project, arms=[ppo()]))["reward", "reward"]
    project.add_job(lone)
    jobs = planned(project, arms=[ppo(reward_models=4)])
    assert next(job.id for job in jobs if job.method == "reward") == lone.id
    assert sum(job.method == "reward" for job in jobs) == 4


def test_what_older_runs_did_is_the_same_run_with_these_settings_at_their_defaults(project: Project) -> None:
    plain = by_name(planned(project, arms=[ppo(), DPO], best_of_n=2))
    said = {"rewards": ["model"], "ensemble": "mean", "ensemble_coef": 0.1, "reward_models": 1}
    caps = {"length_cap": None, "length_penalty": 1.0, "kl_cap": None, "kl_cap_coef": 1.0}
    again = by_name(planned(project, arms=[ppo(**said, **caps), DPO], best_of_n=2))
    assert {key: job.content_hash for key, job in plain.items()} == {
        key: job.content_hash for key, job in again.items()
    }
    assert not [role for job in plain.values() for role in job.input_hashes if "term" in role or "more" in role]


def test_every_arm_is_judged_by_its_own_reward_and_so_is_the_start_model_for_each(project: Project) -> None:
    arms = [ppo(), ppo("sum", rewards=["model", "0.5*length"]), ppo("same", kl_coef=0.2), DPO]
    jobs = planned(project, arms=arms, best_of_n=2)
    evaluations = [job for job in jobs if job.method == "evaluate"]
    rewards = [(job.name, job.recipe.rewards) for job in evaluations]
    assert rewards == [
        ("reference", ("model",)),
        ("reference", ("model", "0.5*length")),
        ("ppo", ("model",)),
        ("sum", ("model", "0.5*length")),
        ("same", ("model",)),
        ("dpo", ("model",)),
    ]
    assert by_name(jobs)["best_of_n", "best of 2"].recipe.rewards == ("model",)


def test_where_a_program_rewards_no_reward_model_is_trained(project: Project) -> None:
    jobs = planned(project, arms=[ppo(rewards=["bonus.py:cheer"]), DPO], best_of_n=2)
    assert not [job for job in jobs if job.method == "reward"]
    trained = by_name(jobs)["ppo", "ppo"]
    assert trained.inputs.rewards == ()
    assert trained.recipe.rewards == (f"{project.folder.parent.resolve()}/bonus.py:cheer",)
    assert trained.needs == ()


def test_a_program_that_changed_is_another_reward(project: Project) -> None:
    arms = [ppo(rewards=["bonus.py:cheer"])]
    before = by_name(planned(project, arms=arms))["ppo", "ppo"]
    (project.folder.parent / "bonus.py").write_text("def cheer(prompts, responses): return [1.0] * len(responses)\n")
    assert by_name(planned(project, arms=arms))["ppo", "ppo"].content_hash != before.content_hash


def test_a_trained_reward_model_of_the_project_may_be_a_term(project: Project) -> None:
    lone = by_name(planned(project, arms=[ppo()], seeds=[1]))["reward", "reward"]
    project.add_job(lone)
    trained = by_name(planned(project, arms=[ppo(rewards=["model", f"0.3*reward:{lone.id}"])]))["ppo", "ppo"]
    assert trained.recipe.rewards == ("model", f"0.3*reward:{lone.id}")
    assert lone.id in trained.needs


@pytest.mark.parametrize("term", ["bonus.py:chear", "bonus.py", "vadr", "0.5*nowhere.py:f", "reward:nowhere/model"])
def test_a_term_that_leads_nowhere_is_found_before_anything_is_trained(project: Project, term: str) -> None:
    with pytest.raises((NotFound, BadInput, Offline)):
        planned(project, arms=[ppo(rewards=["model", term])])


def test_a_length_cap_that_no_response_reaches_is_refused_with_the_arm(project: Project) -> None:
    with pytest.raises(BadSetting, match="The arm `ppo`: `length_cap` is 60 tokens, and no response is longer than 48"):
        planned(project, arms=[ppo(length_cap=60)])


def run_all(project: Project, jobs: list[Job]) -> None:
    for job in jobs:
        project.add_job(job)


def test_a_copy_under_another_seed_has_an_ensemble_of_its_own(project: Project) -> None:
    jobs = planned(project, arms=[ppo(reward_models=2)], heldout_reward="seed")
    run_all(project, jobs)
    copy = plan_copy(project, by_name(jobs)["ppo", "ppo"], seed=7)
    made = by_name(copy.jobs)
    assert {job.seed for job in copy.jobs if job.method == "reward"} == {7, 7 + OTHER_SEED, 7 + 2 * OTHER_SEED}
    assert made["ppo", "ppo"].inputs.rewards == tuple(f"run:{made['reward', n].id}" for n in ("reward", "reward 2"))
    fresh = by_name(planned(project, arms=[ppo(reward_models=2)], heldout_reward="seed", seeds=[7]))
    assert made["ppo", "ppo"].content_hash == fresh["ppo", "ppo"].content_hash
    assert made["evaluate", "ppo"].content_hash == fresh["evaluate", "ppo"].content_hash


def test_a_copy_with_another_rule_is_judged_by_that_rule(project: Project) -> None:
    jobs = planned(project, arms=[ppo(reward_models=2)])
    run_all(project, jobs)
    copy = plan_copy(project, by_name(jobs)["ppo", "ppo"], settings={"ensemble": "minimum"})
    assert {job.recipe.ensemble for job in copy.jobs if job.method in ("ppo", "evaluate")} == {"minimum"}
    with pytest.raises(BadInput, match="`reward_models` cannot be another"):
        plan_copy(project, by_name(jobs)["ppo", "ppo"], settings={"reward_models": 3})


def test_best_of_n_chooses_by_the_reward_of_the_run_that_is_named(project: Project) -> None:
    jobs = planned(project, arms=[ppo(), ppo("sum", rewards=["model", "0.5*length"])])
    run_all(project, jobs)
    planned_one = plan_best_of_n(project, by_name(jobs)["ppo", "sum"], 4, None)
    assert planned_one.recipe.rewards == ("model", "0.5*length")
    alone, summed = reward_models(project)
    assert (alone.method, summed.method) == ("reward", "evaluate")
    assert plan_best_of_n(project, summed, 4, None).content_hash == planned_one.content_hash
    assert plan_best_of_n(project, alone, 4, None).recipe.rewards == ("model",)
