"""Best of n is queued for every reward model, and belongs to the experiments that have it."""

import pytest

from workbench.api.experiments import sample_best_of_n
from workbench.domain.errors import BadSetting, NotFound
from workbench.domain.recipes import EvaluateRecipe, RewardRecipe
from workbench.domain.records import Inputs, Job
from workbench.jobs.queue import read_queue
from workbench.storage.project import Project


@pytest.fixture
def judged(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project with reward models of two seeds and the start model's evaluation by each; no runner is started."""
    monkeypatch.setattr("workbench.jobs.launch.wake_runner", lambda _project: False)
    for seed in (0, 1):
        inputs = Inputs(model="m", reference="m", reward=f"run:reward-{seed}")
        recipe = EvaluateRecipe(judges=("vader",))
        project.add_job(
            Job(
                id=f"reward-{seed}",
                name="reward",
                method="reward",
                seed=seed,
                recipe=RewardRecipe(),
                inputs=Inputs(model="m"),
            )
        )
        project.add_job(
            Job(id=f"start-{seed}", name="reference", method="evaluate", seed=seed, recipe=recipe, inputs=inputs,
                needs=(f"reward-{seed}",), input_hashes={"reward": str(seed)})
        )  # fmt: skip
    with project.edit() as edit:
        edit.change(runs={"one": {"reward-0": "", "start-0": "reference"}, "other": {"dpo-s0-aaaa": "dpo"}})
    return project


def test_every_reward_model_that_judged_a_start_model_chooses(judged: Project) -> None:
    jobs = sample_best_of_n(judged, n=4, max_prompts=10)
    assert [(job.seed, job.inputs.reward) for job in jobs] == [(0, "run:reward-0"), (1, "run:reward-1")]
    assert read_queue(judged).run_ids == [job.id for job in jobs]


def test_it_is_a_stage_of_the_experiments_that_have_the_reward_model(judged: Project) -> None:
    (job,) = sample_best_of_n(judged, ["start-0"], n=4)
    runs = judged.manifest().runs
    assert runs["one"][job.id] == ""
    assert job.id not in runs["other"]
    assert sample_best_of_n(judged, ["reward-0"], n=4) == [job]


def test_one_response_is_no_choice(judged: Project) -> None:
    with pytest.raises(BadSetting, match="best of n"):
        sample_best_of_n(judged, n=1)
    assert read_queue(judged).run_ids == []


def test_a_project_without_a_reward_model_is_told_what_to_do(project: Project) -> None:
    with pytest.raises(NotFound, match="no reward model to choose by") as refused:
        sample_best_of_n(project)
    assert refused.value.hint == "Run an experiment first."
