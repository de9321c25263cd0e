import pytest

from tests.jobs.planning import write_model
from tests.storage.records import job
from workbench.domain.recipes import RewardRecipe
from workbench.jobs.judge_choices import judge_problem
from workbench.storage.project import Project


@pytest.fixture
def project(tmp_path) -> Project:
    made = Project.create(tmp_path / "p")
    made.add_job(job("reward-s0-1").model_copy(update={"method": "reward", "recipe": RewardRecipe()}))
    made.add_job(job("dpo-s0-1"))
    write_model(made.folder / "models" / "scorer")
    (made.folder / "mine.py").write_text("def kindness(prompts, responses): ...\n")
    return made


@pytest.mark.parametrize(
    "name",
    ["vader", "mine.py:kindness", "reward:reward-s0-1", "reward:models/scorer", "reward:org/never-downloaded"],
)
def test_a_judge_that_is_there_has_no_problem(project, name):
    assert judge_problem(project, name) == ""


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("vadr", "Did you mean `vader`?"),
        ("mine.py:kindnes", "Did you mean `kindness`?"),
        ("reward:reward-s0-2", "no reward model `reward-s0-2`. Did you mean `reward-s0-1`?"),
        ("reward:dpo-s0-1", "no reward model `dpo-s0-1`"),
        ("reward:./nowhere", "no model folder"),
        ("ensemble:reward-s0-1", "needs two or more"),
        ("ensemble:reward-s0-1+reward-s0-2", "no reward model `reward-s0-2`"),
        ("llm:nobody", "no judge endpoint `nobody`"),
    ],
)
def test_what_is_wrong_with_a_judge_is_said(project, name, problem):
    assert problem in judge_problem(project, name)
