import re

from evaluated_runs import realistic

from tests.export.conftest import html_of
from workbench.compare import compare_runs
from workbench.compare.judges import compare_judges
from workbench.domain import samples
from workbench.domain.recipes import EvaluateRecipe
from workbench.domain.views import View
from workbench.export.report_judges import judges


def cells(html: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", html)
    return [
        [re.sub("<.*?>", " ", cell).strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows
    ]


def test_every_judge_says_its_win_rate_of_every_arm(comparison, project):
    head, *told = cells(html_of(*judges(comparison, project)))
    assert head == ["judge", *(arm.name for arm in comparison.arms if arm.runs)]
    assert [row[0] for row in told] == [one.judge for one in compare_judges(project).judges]
    for row, one in zip(told, compare_judges(project).judges, strict=True):
        assert [text.split(" %")[0] for text in row[1:]] == [f"{100 * rate.mean:.1f}" for rate in one.rates.values()]


def test_arms_that_are_hidden_or_of_another_experiment_are_not_told_of(tmp_path):
    project = realistic(tmp_path / "p", seeds=(0,), n_prompts=20, steps=2)
    shown = compare_runs(project, view=View(hidden=(compare_runs(project).arms[-1].name,)))
    head, *_ = cells(html_of(*judges(shown, project)))
    assert head == ["judge", *(arm.name for arm in shown.arms if arm.runs)]


def test_one_judge_alone_needs_no_table_of_judges(runs):
    runs.evaluation = EvaluateRecipe(judges=("vader",))
    runs.start([0.0] * 8)
    runs.arm("ppo", {10: [1.0] * 8})
    assert html_of(*judges(compare_runs(runs.project), runs.project)) == ""


def test_judges_of_one_experiment_stand_under_its_names(runs):
    score = samples.score_column("length")
    runs.start([0.0] * 8, **{score: [0.0] * 8})
    runs.arm("ppo", {10: [1.0] * 8}, others={10: {score: [-1.0] * 8}})
    told = cells(html_of(*judges(compare_runs(runs.project), runs.project)))[1:]
    assert [(row[0], row[1].split(" ")[0]) for row in told] == [("vader", "100.0"), ("length", "0.0")]
