import pytest
from pydantic import ValidationError

from workbench.domain.endpoints import PairwiseQuestion
from workbench.domain.experiments import Experiment
from workbench.domain.recipes import DpoRecipe, PpoRecipe
from workbench.domain.records import RECIPES, Inputs, Job, Manifest, RunState


def job(**changes: object) -> Job:
    values: dict[str, object] = {"id": "dpo-s0", "name": "dpo", "method": "dpo", "recipe": DpoRecipe(beta=0.5)}
    return Job.model_validate(values | {"inputs": Inputs(model="models/base")} | changes)


@pytest.mark.parametrize("method", list(RECIPES))
def test_a_job_is_read_back_with_the_recipe_of_its_method(method):
    needed = {"endpoint": "jury", "question": PairwiseQuestion(model="m")} if method == "judge" else {}
    written = job(method=method, recipe=RECIPES[method](**needed))
    again = Job.model_validate_json(written.model_dump_json())
    assert again == written
    assert type(again.recipe) is RECIPES[method]


def test_a_recipe_keeps_its_own_settings_in_the_file():
    assert Job.model_validate_json(job().model_dump_json()).recipe.changed() == {"beta": 0.5}


def test_a_job_of_one_method_takes_no_recipe_of_another():
    with pytest.raises(ValidationError, match="a dpo run takes a DpoRecipe"):
        job(recipe=PpoRecipe())


def test_a_job_cannot_be_changed_after_it_was_made():
    with pytest.raises(ValidationError):
        job().seed = 1


def test_a_manifest_remembers_experiments_and_what_they_call_their_runs():
    raw = {"name": "e", "model": "m", "dataset": "d", "arms": [{"method": "dpo"}]}
    manifest = Manifest(
        name="p",
        experiments={"e": Experiment.parse(raw, where="test")},
        runs={"e": {"dpo-s0-12": "dpo", "sft-s0-34": ""}},
    )
    assert Manifest.model_validate_json(manifest.model_dump_json()) == manifest


def test_a_manifest_from_before_that_memory_is_still_read():
    assert Manifest.model_validate({"name": "p"}).runs == {}


def test_runs_that_wait_or_work_are_not_over():
    over = {state for state in RunState if state.is_over}
    assert over == {"paused", "stopped", "finished", "failed", "vanished"}
