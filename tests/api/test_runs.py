"""Naming runs by their beginning, and following them to the end."""

import pytest

from workbench.api.runs import find_run, follow_runs, show_run
from workbench.domain.errors import NotFound
from workbench.domain.events import Warned
from workbench.domain.recipes import EvaluateRecipe, JudgeRecipe
from workbench.domain.records import Inputs, Job, RunState
from workbench.storage.project import Project


def test_a_run_is_found_by_a_beginning_that_only_it_has(project: Project) -> None:
    assert find_run(project, "ppo") == "ppo-s1-cccc"
    assert find_run(project, "dpo-s0-aab") == "dpo-s0-aabb"


def test_a_beginning_that_several_runs_share_names_them(project: Project) -> None:
    with pytest.raises(NotFound, match="2 runs begin with 'dpo': dpo-s0-aaaa, dpo-s0-aabb"):
        find_run(project, "dpo")


def test_a_misspelt_run_is_answered_with_the_nearest_one(project: Project) -> None:
    with pytest.raises(NotFound, match="Did you mean ppo-s1-cccc"):
        find_run(project, "pqo-s1-cccc")


def test_a_run_that_ended_shows_its_outcome(project: Project) -> None:
    view = show_run(project, "ppo-s1-cccc")
    assert (view.state, view.step) == (RunState.STOPPED, 4)


def test_following_ends_when_nothing_more_will_happen_and_tells_each_warning_once(project: Project) -> None:
    project.run("dpo-s0-aaaa").append(Warned(code="ties", message="3 ties were left out."))
    heard: list[tuple[str, str]] = []
    looks = list(
        follow_runs(project, ["dpo-s0-aaaa", "ppo-s1-cccc"], on_warning=lambda run, said: heard.append((run, said)))
    )
    assert [view.state for view in looks[-1]] == [RunState.FINISHED, RunState.STOPPED]
    assert heard == [("dpo-s0-aaaa", "3 ties were left out.")]


def test_a_beginning_means_the_training_and_not_what_judges_it(project: Project) -> None:
    model = Inputs(model="run:ppo-s1-cccc")
    evaluate, judge = EvaluateRecipe(judges=("vader",)), JudgeRecipe(endpoint="jury", question={"model": "m"})
    project.add_job(Job(id="ppo-eval-s1-dddd", name="ppo", method="evaluate", recipe=evaluate, inputs=model))
    project.add_job(Job(id="ppo-by-jury-judge-s1-eeee", name="ppo by jury", method="judge", recipe=judge, inputs=model))
    assert find_run(project, "ppo") == "ppo-s1-cccc"
    assert find_run(project, "ppo-by") == "ppo-by-jury-judge-s1-eeee"
