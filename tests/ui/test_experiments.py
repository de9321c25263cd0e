"""The Experiments page on recorded logs: where runs are, what one says, what can be asked of them."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDropEvent, QGuiApplication

from tests.ui.recorded_runs import FAILED, FIRST, SECOND, THIRD, WORKING, at_work, busy, say_steps
from workbench.domain.events import Metrics
from workbench.domain.experiments import Experiment
from workbench.domain.recipes import BestOfNRecipe
from workbench.domain.records import Inputs, Job, RunState
from workbench.jobs.queue import read_queue
from workbench.storage.project import Project

CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


@pytest.fixture
def project(tmp_path) -> Iterator[Project]:
    made = busy(tmp_path / "stories")
    with at_work(made, WORKING):
        yield made


@pytest.fixture
def page(qtbot, window, open_project, project):
    open_project(project)
    window.show_page("experiments")
    qtbot.waitUntil(lambda: window.page.tree.topLevelItemCount() == 2, timeout=20000)
    curves = window.page.panel.curves
    qtbot.waitUntil(lambda: bool(curves.shown()) and set(curves._plots) == set(curves.shown()), timeout=20000)
    return window.page


def _tab(page, widget):
    page.panel.tabs.setCurrentWidget(widget)
    return widget


def _choose(qtbot, page, run_id):
    item = page.tree.item_of(run_id)
    page.tree.scrollToItem(item)
    where = page.tree.visualItemRect(item).center()
    qtbot.mouseClick(page.tree.viewport(), Qt.MouseButton.LeftButton, pos=where)


def test_experiments_hold_their_runs_with_state_progress_and_time_left(page):
    line = page.tree.item_of(WORKING)
    assert line.parent().text(0) == "betas"
    assert [line.text(column) for column in range(4)] == ["PPO kl 0.02 · seed 0", "▶ running", "120 / 200", "32 s"]
    assert page.tree.item_of(SECOND).text(1) == "queued · no. 3"
    assert page.tree.item_of(FAILED).text(1) == "✕ failed"


def test_the_run_that_works_is_chosen_and_its_curves_grow_within_a_second(qtbot, page, project):
    assert page.tree.currentItem() is page.tree.item_of(WORKING)
    scores = page.panel.curves.plot_of("objective/scores").curve
    assert len(scores.xData) == 120
    say_steps(project, WORKING, 121, 130)
    qtbot.waitUntil(lambda: len(scores.xData) == 130, timeout=20000)


def test_a_metric_is_found_by_its_name_and_told_by_its_definition(qtbot, page):
    curves = page.panel.curves
    qtbot.keyClicks(curves.search, "entropy")
    (item,) = [
        curves.metrics.item(row) for row in range(curves.metrics.count()) if not curves.metrics.item(row).isHidden()
    ]
    assert "-log pi" in item.toolTip()
    item.setCheckState(Qt.CheckState.Checked)
    assert "objective/entropy" in curves.shown()
    qtbot.waitUntil(lambda: "objective/entropy" in curves._plots, timeout=20000)
    plot = curves.plot_of("objective/entropy")
    assert plot.plot.getAxis("left").labelText == "nats"


def test_curves_are_smoothed_with_what_was_logged_behind_them_and_stay_so(qtbot, page, session):
    plot = page.panel.curves.plot_of("objective/scores")
    logged = list(plot.curve.yData)
    box = page.panel.curves.smoothing
    qtbot.keyClick(box, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: plot.raw.yData is not None and list(plot.raw.yData) == logged, timeout=20000)
    assert list(plot.curve.yData) != logged
    box.activated.emit(box.currentIndex())
    assert float(session.kept("experiments/smoothing", 0.0)) == 50
    qtbot.keyClick(box, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: list(plot.curve.yData) == logged, timeout=20000)


def test_plots_stand_side_by_side_only_where_each_has_room(qtbot, page):
    curves = page.panel.curves
    columns = lambda: {plot.x() for plot in curves._plots.values()}  # noqa: E731
    assert len(curves.shown()) > 2
    page.window().resize(1280, 800)
    qtbot.waitUntil(lambda: len(columns()) == 1, timeout=20000)
    page.window().resize(1920, 1080)
    qtbot.waitUntil(lambda: len(columns()) == 2, timeout=20000)


def test_samples_show_the_same_prompt_over_time_and_no_markup(page):
    samples = _tab(page, page.panel.samples)
    samples.step(1)
    text = samples.text.toPlainText()
    assert text.startswith("<b>What</b> did the critics say?")
    assert text.index("step 120") < text.index("step 40")
    assert "<i>moving</i>" in text
    assert "proxy +1.40" in text


def test_the_log_is_searched(qtbot, page):
    _choose(qtbot, page, FAILED)
    log = _tab(page, page.panel.log)
    qtbot.waitUntil(lambda: "NotANumber" in log.text.toPlainText(), timeout=20000)
    qtbot.keyClicks(log.search, "notanumber")
    assert log.found() == "1 found"
    assert log.text.textCursor().selectedText() == "NotANumber"


def test_events_say_what_was_remarkable(qtbot, page):
    _choose(qtbot, page, FAILED)
    events = _tab(page, page.panel.events)
    qtbot.waitUntil(lambda: events.topLevelItemCount() == 2, timeout=20000)
    assert [events.topLevelItem(row).text(1) for row in range(2)] == ["warning", "failed"]


def test_settings_are_those_the_run_was_frozen_with(qtbot, page):
    settings = _tab(page, page.panel.settings)
    qtbot.waitUntil(lambda: bool(settings.rows()), timeout=20000)
    settings.only_changed.click()
    assert settings.rows() == ["● Learning rate", "● KL coefficient"]


def test_the_outcome_says_what_happened_and_what_helps_and_is_copied(qtbot, page):
    _choose(qtbot, page, FAILED)
    outcome = _tab(page, page.panel.outcome)
    qtbot.waitUntil(lambda: "NaN" in outcome.sentence.text(), timeout=20000)
    outcome.copy_button.click()
    assert "Lower the learning rate." in QGuiApplication.clipboard().text()


def test_actions_are_offered_where_they_have_a_sense(qtbot, page):
    enabled = lambda: [action.text() for action in page.actions_on_runs.all() if action.isEnabled()]  # noqa: E731
    assert enabled() == ["Pause", "Stop"]
    _choose(qtbot, page, FAILED)
    assert enabled() == ["Resume", "Retry"]
    _choose(qtbot, page, FIRST)
    assert enabled() == ["Pause", "Stop", "Move down"]


def test_a_run_is_paused_and_resumed_by_keys(qtbot, page, window):
    _choose(qtbot, page, SECOND)
    qtbot.keyClick(window, Qt.Key.Key_P, CTRL)
    qtbot.waitUntil(lambda: page.tree.item_of(SECOND).text(1) == "❚❚ paused", timeout=20000)
    qtbot.keyClick(window, Qt.Key.Key_R, CTRL)
    qtbot.waitUntil(lambda: "queued" in page.tree.item_of(SECOND).text(1), timeout=20000)


def test_stopping_the_working_run_asks_its_worker_for_a_checkpoint(qtbot, page, project):
    qtbot.mouseClick(page.buttons["Stop"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: project.run(WORKING).stop_requested() == "stop", timeout=20000)
    qtbot.waitUntil(lambda: "stopping" in page.tree.item_of(WORKING).text(1), timeout=20000)


def test_a_run_moves_up_the_queue_by_key_and_by_dragging(qtbot, page, project, window):
    _choose(qtbot, page, SECOND)
    qtbot.keyClick(window, Qt.Key.Key_Up, ALT)
    qtbot.waitUntil(lambda: read_queue(project).run_ids[:2] == [SECOND, FIRST], timeout=20000)
    qtbot.waitUntil(lambda: page.tree.queue() == [SECOND, FIRST, THIRD], timeout=20000)
    _choose(qtbot, page, THIRD)
    where = QPointF(page.tree.visualItemRect(page.tree.item_of(SECOND)).center())
    drop = QDropEvent(where, Qt.DropAction.MoveAction, QMimeData(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier(0))
    page.tree.dropEvent(drop)
    qtbot.waitUntil(lambda: page.tree.queue() == [THIRD, SECOND, FIRST], timeout=20000)
    qtbot.waitUntil(lambda: page.tree.item_of(THIRD).text(1).startswith("queued"), timeout=20000)


def test_another_look_and_the_page_out_of_sight_cost_no_looking(qtbot, page, look, window):
    shown = lambda: [plot.plot.getAxis("left").label.isVisible() for plot in page.panel.curves._plots.values()]  # noqa: E731
    qtbot.waitUntil(lambda: bool(shown()) and all(shown()), timeout=20000)
    look.choose("dark")
    axes = [plot.plot.getAxis("left") for plot in page.panel.curves._plots.values()]
    assert {axis.autoSIPrefixScale for axis in axes} == {1.0}  # numbers stay what they are
    window.show_page("overview")
    assert not page.panel.watcher._timer.isActive()
    window.show_page("experiments")
    assert page.panel.watcher._timer.isActive()


def test_a_run_that_is_done_again_begins_its_curves_anew(qtbot, page, project):
    (project.run_folder(WORKING) / "events.jsonl").unlink()
    say_steps(project, WORKING, 1, 5)
    curves = page.panel.curves
    qtbot.waitUntil(lambda: len(curves.plot_of("objective/kl").curve.xData) == 5, timeout=20000)


def test_states_have_words(page):
    assert RunState.RUNNING in {run.state for run in page.tree.chosen_runs()}


def test_the_chosen_runs_experiment_opens_in_the_form(qtbot, window, open_project, evaluated):
    raw = {"name": "stories", "model": "m", "dataset": "d", "arms": [{"name": "one", "method": "dpo", "beta": 0.7}]}
    run = next(job.id for job in evaluated.jobs() if job.method == "dpo")
    with evaluated.edit() as edit:
        edit.change(experiments={"stories": Experiment.parse(raw, where="e")}, runs={"stories": {run: "one"}})
    open_project(evaluated)
    window.show_page("experiments")
    page = window.page
    qtbot.waitUntil(lambda: bool(page._groups), timeout=20000)
    page.go_to(run)
    qtbot.waitUntil(page.duplicate.isEnabled, timeout=20000)
    qtbot.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: page.form.draft().name == "stories 2", timeout=20000)
    assert page.form.draft().arms[0].settings == {"beta": [0.7]}


def test_the_axis_of_what_trains_nothing_says_what_it_counts(qtbot, page, project):
    run_id = "best-of-8-s0-1"
    inputs = Inputs(model="models/base", reference="models/base")
    project.add_job(Job(id=run_id, name="best of 8", method="best_of_n", recipe=BestOfNRecipe(), inputs=inputs))
    for number in (1, 2):
        project.run(run_id).append(Metrics(step=number, seconds=1.0, values={"eval/gold": 0.5}))
    page.go_to(run_id)
    qtbot.waitUntil(lambda: "eval/gold" in page.panel.curves._plots, timeout=20000)
    plot = page.panel.curves.plot_of("eval/gold")
    assert plot.plot.getAxis("bottom").labelText == "n-th response to each prompt"
    qtbot.waitUntil(lambda: plot._value.text() == "0.5 at response 2", timeout=20000)
