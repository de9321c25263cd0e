"""Names and messages of a project that somebody else made are shown as they are, never read as markup."""

import pytest
from PySide6.QtGui import QTextDocumentFragment

from workbench import api
from workbench.domain.records import Outcome
from workbench.ui.widgets.controls import tip_words

NAME = "<b>PPO</b> & <img src='x'>"
WAIT = 20000


def _shown(tip: str) -> str:
    """Returns what a person reads in a tooltip."""
    return QTextDocumentFragment.fromHtml(tip).toPlainText()


@pytest.fixture
def project(evaluated):
    experiment = api.show_experiments(evaluated)[0]
    run_id = next(run_id for run_id, arm in experiment.arms.items() if arm == "PPO")
    api.rename_run(evaluated, experiment.name, run_id, NAME)
    api.rename_experiment(evaluated, experiment.name, f"{NAME} all")
    api.change_tags(evaluated, "runs", [run_id], add=["<i>tag</i>"])
    evaluated.run(run_id).write_outcome(Outcome(state="failed", message="<u>The loss</u> became NaN."))
    return evaluated


def test_tooltips_are_made_of_plain_words():
    assert _shown(tip_words(f"{NAME}\nin two lines")) == f"{NAME}\nin two lines"
    assert tip_words("") == ""


def test_the_list_of_runs_shows_names_tags_and_messages_as_they_are(qtbot, window, open_project, project):
    open_project(project)
    window.show_page("experiments")
    tree = window.page.tree
    qtbot.waitUntil(lambda: tree.topLevelItemCount() > 0, timeout=WAIT)
    top = tree.topLevelItem(0)
    assert _shown(top.toolTip(0)) == f"{NAME} all"
    lines = [top.child(row) for row in range(top.childCount())]
    failed = next(line for line in lines if "The loss" in line.toolTip(1))
    assert _shown(failed.toolTip(0)).splitlines()[0].startswith(NAME)
    assert _shown(failed.toolTip(0)).splitlines()[-1] == "tags: <i>tag</i>"
    assert _shown(failed.toolTip(1)).startswith("<u>The loss</u>")


def test_the_comparison_shows_names_as_they_are(qtbot, window, open_project, project):
    open_project(project)
    window.show_page("compare")
    qtbot.waitUntil(lambda: window.page.is_settled, timeout=WAIT)
    matrix, summary = window.page.matrix, window.page.summary
    heads = [_shown(matrix.verticalHeaderItem(row).toolTip()) for row in range(matrix.rowCount())]
    assert NAME in heads
    at = heads.index(NAME)
    assert _shown(matrix.item(at, 1 - min(at, 1)).toolTip()).startswith(f"{NAME} beats ")
    names = [_shown(summary.item(row, 0).toolTip()) for row in range(summary.rowCount())]
    assert any(name.startswith(f"{NAME}: ppo") for name in names)
