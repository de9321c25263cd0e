import pytest
from evaluated_runs import BASE

from workbench.compare import compare_runs
from workbench.compare.arms import gather_arms
from workbench.compare.naming import as_named, without_folders
from workbench.domain.errors import NotFound
from workbench.domain.recipes import DpoRecipe, EvaluateRecipe
from workbench.domain.records import Inputs, Job

FLAT = [0.0] * 8


def remember(runs, **experiments: dict[str, str]) -> None:
    with runs.project.edit() as edit:
        edit.change(runs=edit.manifest.runs | experiments)


def names(runs, **which) -> list[str]:
    return [arm.name for arm in gather_arms(runs.project, **which)]


@pytest.fixture
def renamed(runs):
    """Two experiments that share a run: the first calls it `old`, the second `new`."""
    start, shared = runs.start(), runs.arm("old", {100: FLAT})
    own = runs.arm("dpo", {100: FLAT}, recipe=DpoRecipe(beta=0.5))
    every = {start.id: "reference", shared.id: "old", f"eval-{shared.id}": "old"}
    remember(runs, first=every, second=every | {shared.id: "new", f"eval-{shared.id}": "new", own.id: "dpo",
                                                f"eval-{own.id}": "dpo"})  # fmt: skip
    return runs


def test_an_experiment_calls_a_run_that_was_there_already_by_its_own_name(renamed):
    assert names(renamed, experiment="first") == ["reference", "old"]
    assert names(renamed, experiment="second") == ["reference", "new", "dpo"]


def test_a_run_of_several_experiments_counts_once_under_the_newest_name(renamed):
    assert names(renamed) == ["reference", "new", "dpo"]


def test_a_comparison_says_of_which_experiments_it_is(renamed):
    assert compare_runs(renamed.project, experiment="first").experiments == ("first",)


def test_only_the_evaluations_of_the_experiment_count(renamed):
    again = Job(id="eval-again", name="reference", method="evaluate", recipe=EvaluateRecipe(judges=("length",)),
                inputs=Inputs(model=BASE, reference=BASE), created=9e9)  # fmt: skip
    renamed.project.add_job(again)
    renamed._sampled(again, {0: (FLAT, {})})
    evaluations = [gather_arms(renamed.project, experiment=name)[0].tracks[0].evaluation for name in ("first", None)]
    assert [job and job.id for job in evaluations] == ["eval-reference-s0", "eval-again"]


def test_arms_of_one_name_from_two_experiments_say_which(runs):
    first, second = runs.arm("dpo", {100: FLAT}), runs.arm("other", {100: FLAT}, recipe=DpoRecipe(beta=0.5))
    remember(runs, a={first.id: "dpo"}, b={second.id: "dpo"})
    assert names(runs) == ["dpo (a)", "dpo (b)"]


def test_without_a_memory_an_experiment_is_what_was_trained_under_its_name(runs):
    runs.arm("dpo", {100: FLAT})
    assert names(runs, experiment="stories") == ["dpo"]


def test_an_unknown_experiment_is_refused_with_the_nearest(runs):
    job = runs.arm("dpo", {100: FLAT})
    with pytest.raises(NotFound, match="Did you mean `stories`"):
        as_named({job.id: job}, runs.project.manifest(), "storys")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("/home/ada/judges/mine.py:score", "mine.py:score"),
        ("reward:/home/ada/my models/rm", "reward:rm"),
        (r"C:\Users\ada\mine.py:score", "mine.py:score"),
        ("~/models/base", "base"),
        ("models/base", "models/base"),
        ("hub-user/model", "hub-user/model"),
        ("package.module:function", "package.module:function"),
        ("run:sft-s0-1a2b", "run:sft-s0-1a2b"),
    ],
)
def test_an_absolute_folder_is_not_shown(name, shown):
    assert without_folders(name) == shown
