"""Which checkpoints an evaluation takes."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.domain.errors import NotFound
from workbench.domain.events import Evaluated
from workbench.domain.recipes import DpoRecipe, EvaluateRecipe
from workbench.domain.records import DataInput, Inputs, Job
from workbench.storage.checkpoints import checkpoint_folder, commit_checkpoint
from workbench.storage.project import Project
from workbench.training.targets import evaluation_targets


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project.create(tmp_path / "p")
    inputs = Inputs(model="base")
    project.add_job(Job(id="dpo-s0", name="dpo", method="dpo", recipe=DpoRecipe(), inputs=inputs))
    for step in (10, 20, 30):
        final = checkpoint_folder(project.run_folder("dpo-s0"), step)
        temporary = final.with_name(".tmp")
        temporary.mkdir(parents=True)
        commit_checkpoint(temporary, final, step, None, None, 1.0)
    return project


def evaluation(model: str, id_: str = "e", reference: str | None = "base", **recipe: object) -> Job:
    inputs = Inputs(model=model, reference=reference)
    settings = {"judges": ("vader",)} | recipe
    return Job(id=id_, name="e", method="evaluate", recipe=EvaluateRecipe(**settings), inputs=inputs)


def steps(project: Project, job: Job) -> list[int]:
    return [target.step for target in evaluation_targets(job, project)]


def add_evaluation(project: Project, job: Job, gold: dict[int, dict[str, float]]) -> None:
    """Adds an evaluation without validation prompts: gold by step and prompt key."""
    project.add_job(job)
    for step, scores in gold.items():
        event = Evaluated(step=step, samples=f"{step}.parquet", values={})
        pq.write_table(
            pa.table({"prompt_key": list(scores), "gold": list(scores.values())}),
            project.run_folder(job.id) / event.samples,
        )
        project.run(job.id).append(event)


def test_all_last_and_a_named_checkpoint(project: Project) -> None:
    assert steps(project, evaluation("run:dpo-s0", checkpoints="all")) == [10, 20, 30]
    assert steps(project, evaluation("run:dpo-s0", checkpoints="last")) == [30]
    assert steps(project, evaluation("run:dpo-s0@20")) == [20]


def test_the_start_model_stands_at_step_zero_even_if_it_is_a_runs_last_checkpoint(project: Project) -> None:
    [target] = evaluation_targets(evaluation("run:dpo-s0", reference="run:dpo-s0"), project)
    assert target.step == 0
    assert target.source == checkpoint_folder(project.run_folder("dpo-s0"), 30)


def test_best_is_the_highest_validation_gold_among_those_evaluated_whatever_the_test_prompts_say(
    project: Project,
) -> None:
    earlier = evaluation("run:dpo-s0", "earlier")
    project.add_job(earlier)
    for step, test, validation in ((10, 0.9, 0.2), (20, 0.1, 0.6), (30, 0.5, 0.4)):
        values = {"eval/gold": test, "eval/validation_gold": validation}
        project.run(earlier.id).append(Evaluated(step=step, samples="s.parquet", values=values))
    assert steps(project, evaluation("run:dpo-s0", checkpoints="best")) == [20]


def test_without_validation_prompts_one_half_of_the_test_prompts_chooses(project: Project) -> None:
    # Keys that end in an even digit choose. Over all prompts step 10 would be best.
    add_evaluation(
        project, evaluation("run:dpo-s0", "earlier"), {10: {"a1": 9.0, "a2": 0.1}, 20: {"a1": 0.0, "a2": 0.6}}
    )
    assert steps(project, evaluation("run:dpo-s0", checkpoints="best")) == [20]


def test_best_is_the_last_where_nothing_was_evaluated_by_the_same_gold_judge(project: Project) -> None:
    assert steps(project, evaluation("run:dpo-s0", checkpoints="best")) == [30]
    add_evaluation(project, evaluation("run:dpo-s0", "other", judges=("length",)), {10: {"a2": 99.0}})
    assert steps(project, evaluation("run:dpo-s0", checkpoints="best")) == [30]


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": 0.5},
        {"max_new_tokens": 9},
        {"stop_strings": ("x",)},
        {"max_prompts": 3},
        {"max_validation_prompts": 3},
    ],
)
def test_best_passes_over_evaluations_of_other_samples(project: Project, change: dict[str, object]) -> None:
    add_evaluation(project, evaluation("run:dpo-s0", "earlier", **change), {10: {"a2": 0.9}})
    assert steps(project, evaluation("run:dpo-s0", checkpoints="best")) == [30]


def test_best_passes_over_evaluations_of_another_seed_or_other_prompts(project: Project) -> None:
    earlier = evaluation("run:dpo-s0", "earlier")
    prompts = earlier.inputs.model_copy(update={"prompts": DataInput(name="other", sha256="0")})
    add_evaluation(project, earlier.model_copy(update={"id": "a", "seed": 5}), {10: {"a2": 0.9}})
    add_evaluation(project, earlier.model_copy(update={"id": "b", "inputs": prompts}), {20: {"a2": 0.9}})
    assert steps(project, evaluation("run:dpo-s0", checkpoints="best")) == [30]


def test_a_run_without_checkpoints_is_named(project: Project) -> None:
    inputs = Inputs(model="base")
    project.add_job(Job(id="dpo-s1", name="dpo", method="dpo", recipe=DpoRecipe(), inputs=inputs))
    with pytest.raises(NotFound, match="dpo-s1 has no checkpoint yet"):
        evaluation_targets(evaluation("run:dpo-s1"), project)
