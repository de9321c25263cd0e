from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton

from tests.jobs.test_plan import add
from tests.storage.records import dataset
from workbench import api
from workbench.domain.records import Outcome, RunState
from workbench.storage.project import Project
from workbench.ui.news import news
from workbench.ui.next_step import next_step
from workbench.ui.widgets.run_rows import duration, run_words


def _words(page):
    shown = [*page.findChildren(QLabel), *page.findChildren(QPushButton)]
    return "\n".join(widget.text() for widget in shown if widget.isVisibleTo(page))


def test_a_project_with_results_points_to_the_comparison(qtbot, window, open_project, evaluated):
    open_project(evaluated)
    qtbot.waitUntil(lambda: "See what the runs came to" in _words(window.page))
    qtbot.mouseClick(window.page._go, Qt.MouseButton.LeftButton)
    assert window.page_key == "compare"


def test_an_empty_project_is_told_to_bring_data(window, open_project, tmp_path):
    open_project(Project.create(tmp_path / "empty"))
    assert "Bring your comparisons" in _words(window.page)


def test_a_project_with_data_begins_its_first_experiment_with_one_click(qtbot, window, open_project, tmp_path):
    add(made := Project.create(tmp_path / "fresh"), dataset("stories"))
    open_project(made)
    qtbot.mouseClick(window.page._go, Qt.MouseButton.LeftButton)
    assert window.page_key == "experiments"
    assert window.page.form.isVisibleTo(window)


def test_a_failed_run_is_shown_with_what_helps(qtbot, window, open_project, evaluated, session):
    open_project(evaluated)
    run = next(job.id for job in evaluated.jobs() if job.method == "ppo")
    evaluated.run(run).write_outcome(Outcome(state="failed", message="The loss became NaN.", hint="Lower the rate."))
    qtbot.waitUntil(lambda: "Lower the rate." in _words(window.page), timeout=20000)
    assert "failed" in window.toasts.sentences()[0]


def test_what_finished_is_new_only_once(qtbot, window, open_project, evaluated, session):
    open_project(evaluated)
    qtbot.waitUntil(lambda: "DPO β=0.03 · evaluation · seed 1" in _words(window.page))
    session.close()
    open_project(evaluated)
    assert "Nothing new since you were last here." in _words(window.page)


def test_a_runs_name_leads_to_the_run(qtbot, window, open_project, evaluated):
    open_project(evaluated)
    name = "PPO · seed 1"
    qtbot.waitUntil(lambda: name in _words(window.page), timeout=20000)
    (way,) = [made for made in window.page.findChildren(QPushButton) if made.text() == name]
    qtbot.mouseClick(way, Qt.MouseButton.LeftButton)
    assert window.page_key == "experiments"
    qtbot.waitUntil(lambda: window.page.tree.current_run() is not None, timeout=20000)
    qtbot.waitUntil(lambda: window.page.tree.current().run_id == "ppo-s1", timeout=20000)


def test_the_next_step_follows_from_what_is_there(evaluated):
    view = api.show_project(evaluated)
    nothing = view.model_copy(update={"datasets": [], "runs": []})
    assert next_step(nothing).page == "data"


def test_a_working_run_says_how_long_it_takes(evaluated):
    run = (
        api.show_project(evaluated)
        .runs[0]
        .model_copy(update={"state": RunState.RUNNING, "phase": "training", "step": 10, "total": 100, "left_s": 600.0})
    )
    assert run_words(run) == "training · 10 of 100 · 10 min left"
    assert (duration(45), duration(11100)) == ("45 s", "3 h 05 min")


def test_nothing_is_news_at_the_first_look(evaluated):
    assert news(None, api.show_project(evaluated)) == []
