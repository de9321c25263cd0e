"""What a person does to the list of runs and takes back: delete, duplicate, rename, tag; and how the list is filtered."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QLineEdit, QPushButton

from tests.ui.recorded_runs import FAILED, FIRST, SECOND, THIRD, WORKING, at_work, busy
from workbench import api
from workbench.domain.records import Outcome
from workbench.jobs.queue import read_queue
from workbench.storage.project import Project
from workbench.ui.window import MainWindow

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
WAIT = 20000


@pytest.fixture
def project(tmp_path) -> Iterator[Project]:
    made = busy(tmp_path / "stories")
    with at_work(made, WORKING):
        yield made


@pytest.fixture
def page(qtbot, window, open_project, project):
    open_project(project)
    window.show_page("experiments")
    qtbot.waitUntil(lambda: window.page.tree.topLevelItemCount() == 2, timeout=WAIT)
    return window.page


def _click(qtbot, page, item, keys=Qt.KeyboardModifier.NoModifier) -> None:
    page.tree.scrollToItem(item)
    where = page.tree.visualItemRect(item).center()
    qtbot.mouseClick(page.tree.viewport(), Qt.MouseButton.LeftButton, keys, where)
    page.tree.setFocus()


def _choose(qtbot, page, *run_ids) -> None:
    for number, run_id in enumerate(run_ids):
        _click(qtbot, page, page.tree.item_of(run_id), CTRL if number else Qt.KeyboardModifier.NoModifier)


def _pick(qtbot, trash, row) -> None:
    where = trash.list.visualItemRect(trash.list.topLevelItem(row)).center()
    qtbot.mouseClick(trash.list.viewport(), Qt.MouseButton.LeftButton, pos=where)


def _asked_of_the_older(qtbot, page, project):
    """Deletes twice and asks to empty the older one from the trash; returns both and the trash's box."""
    older = api.delete_runs(project, [SECOND])
    newest = api.delete_runs(project, [THIRD])
    page.trash.open_box()
    trash = page.trash.box
    qtbot.waitUntil(lambda: trash.list.topLevelItemCount() == 2, timeout=WAIT)
    _pick(qtbot, trash, 1)
    trash.empty_button.click()
    return older, newest, trash


def _listed(page) -> list[str]:
    return [line.run_id for line, item in page.tree._items.items() if line.run_id and not item.isHidden()]


def test_several_runs_are_deleted_by_key_and_come_back_to_their_places(qtbot, page, project, window):
    _choose(qtbot, page, FIRST, THIRD)
    qtbot.keyClick(page.tree, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: FIRST not in _listed(page) and THIRD not in _listed(page), timeout=WAIT)
    assert "Delete 2 runs, their evaluations included: done." in window.toasts.sentences()
    assert read_queue(project).run_ids == [WORKING, SECOND]
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: read_queue(project).run_ids == [WORKING, FIRST, SECOND, THIRD], timeout=WAIT)
    qtbot.waitUntil(lambda: page.tree.queue() == [FIRST, SECOND, THIRD], timeout=WAIT)
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL | SHIFT)
    qtbot.waitUntil(lambda: read_queue(project).run_ids == [WORKING, SECOND], timeout=WAIT)


@pytest.mark.parametrize(("verb", "state"), [("Pause", "paused"), ("Stop", "stopped")])
def test_the_undo_button_of_a_toast_brings_a_queued_run_back_to_its_place(qtbot, page, project, window, verb, state):
    _choose(qtbot, page, FIRST)
    qtbot.mouseClick(page.buttons[verb], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: state in page.tree.item_of(FIRST).text(1), timeout=WAIT)
    assert read_queue(project).run_ids == [WORKING, SECOND, THIRD]
    assert project.run(FIRST).outcome().state == state
    undo = [made for made in window.toasts.findChildren(QPushButton) if made.text() == "Undo" and made.isVisible()]
    assert len(undo) == 1
    qtbot.mouseClick(undo[0], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "queued" in page.tree.item_of(FIRST).text(1), timeout=WAIT)
    assert read_queue(project).run_ids == [WORKING, FIRST, SECOND, THIRD]
    assert project.run(FIRST).outcome() is None
    qtbot.waitUntil(lambda: page.tree.queue() == [FIRST, SECOND, THIRD], timeout=WAIT)
    assert any(sentence.endswith(": undone.") for sentence in window.toasts.sentences())


def test_the_cursor_goes_to_the_next_run_when_its_own_is_deleted(qtbot, page):
    _choose(qtbot, page, SECOND)
    page.edits.delete.trigger()
    qtbot.waitUntil(lambda: page.tree.current().run_id == THIRD, timeout=WAIT)
    assert [run.id for run in page.tree.chosen_runs()] == [THIRD]


def test_a_run_at_work_is_not_deleted_and_the_window_says_why(qtbot, page, window):
    _choose(qtbot, page, WORKING)
    page.edits.delete.trigger()
    qtbot.waitUntil(window.banner.isVisible, timeout=WAIT)
    assert "is at work" in window.banner.text()
    assert WORKING in _listed(page)


def test_an_arm_is_renamed_in_place_and_back(qtbot, page, window):
    _choose(qtbot, page, SECOND)
    qtbot.keyClick(page.tree, Qt.Key.Key_F2)
    editor = page.tree.viewport().findChild(QLineEdit)
    assert editor.text() == "DPO beta 0.1"
    qtbot.keyClicks(editor, "plain DPO")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.tree.item_of(SECOND).text(0) == "plain DPO · seed 0", timeout=WAIT)
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: page.tree.item_of(SECOND).text(0) == "DPO beta 0.1 · seed 0", timeout=WAIT)


def test_what_is_being_typed_survives_a_refresh(qtbot, page, project):
    _choose(qtbot, page, SECOND)
    page.edits.rename.trigger()
    editor = page.tree.viewport().findChild(QLineEdit)
    qtbot.keyClicks(editor, "half a na")
    api.delete_runs(project, [THIRD])  # somebody else, meanwhile
    qtbot.waitUntil(lambda: page.tree._waiting is not None, timeout=WAIT)
    assert editor.text() == "half a na"
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: THIRD not in _listed(page), timeout=WAIT)


def test_an_experiment_is_renamed_and_deleted(qtbot, page, project, window):
    _click(qtbot, page, page.tree.topLevelItem(1))
    page.edits.rename.trigger()
    editor = page.tree.viewport().findChild(QLineEdit)
    qtbot.keyClicks(editor, "film critic")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    names = lambda: [page.tree.topLevelItem(row).text(0) for row in range(page.tree.topLevelItemCount())]  # noqa: E731
    qtbot.waitUntil(lambda: "film critic" in names(), timeout=WAIT)
    _click(qtbot, page, page.tree.topLevelItem(names().index("film critic")))
    qtbot.keyClick(page.tree, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: names() == ["betas"], timeout=WAIT)
    window._session.history.undo()
    qtbot.waitUntil(lambda: sorted(names()) == ["betas", "film critic"], timeout=WAIT)


def test_a_name_that_is_stored_with_fewer_spaces_is_taken_back(qtbot, page, window):
    _click(qtbot, page, page.tree.topLevelItem(1))
    page.edits.rename.trigger()
    editor = page.tree.viewport().findChild(QLineEdit)
    had = editor.text()
    qtbot.keyClicks(editor, "film  critic")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    names = lambda: [page.tree.topLevelItem(row).text(0) for row in range(page.tree.topLevelItemCount())]  # noqa: E731
    qtbot.waitUntil(lambda: "film critic" in names(), timeout=WAIT)
    window._session.history.undo()
    qtbot.waitUntil(lambda: had in names(), timeout=WAIT)


def test_tags_are_typed_once_for_several_runs_and_filter_the_list(qtbot, page, project):
    _choose(qtbot, page, FIRST, SECOND)
    page.edits.tag.trigger()
    qtbot.keyClicks(page.edits.box.field, "keep, low beta")
    qtbot.keyClick(page.edits.box.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.filter.tag.findData("keep") > 0, timeout=WAIT)
    page.filter.tag.setCurrentIndex(page.filter.tag.findData("keep"))
    assert _listed(page) == [FIRST, SECOND]
    page.session.history.undo()
    qtbot.waitUntil(lambda: _listed(page) == [], timeout=WAIT)
    page.filter.clear()
    assert api.show_run(project, FIRST).tags == ()


def test_taking_a_tag_back_leaves_what_another_window_added_since(qtbot, page, project):
    _choose(qtbot, page, FIRST)
    page.edits.tag.trigger()
    qtbot.keyClicks(page.edits.box.field, "keep")
    qtbot.keyClick(page.edits.box.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.session.history.undoable == "Tag as keep", timeout=WAIT)
    api.change_tags(project, "runs", [FIRST], add=["theirs"])
    page.session.history.undo()
    qtbot.waitUntil(lambda: page.session.history.redoable == "Tag as keep", timeout=WAIT)
    assert api.show_run(project, FIRST).tags == ("theirs",)


def test_the_list_is_filtered_by_words_state_and_method(qtbot, page):
    n_all = len(_listed(page))
    qtbot.keyClicks(page.filter.search, "beta 0.1 betas")
    assert _listed(page) == [SECOND]
    page.filter.search.clear()
    page.filter.state.setCurrentText("Failed or blocked")
    assert _listed(page) == [FAILED]
    page.filter.method.setCurrentText("DPO")
    assert _listed(page) == []
    page.filter.clear()
    assert len(_listed(page)) == n_all


def test_a_copy_is_queued_and_turned_to(qtbot, page, project):
    _choose(qtbot, page, SECOND)
    page.edits.duplicate.trigger()
    qtbot.waitUntil(lambda: page.tree.current().run_id not in ("", SECOND), timeout=WAIT)
    copy = page.tree.current().run_id
    assert copy in read_queue(project).run_ids
    assert (project.job(copy).seed, page.tree.item_of(copy).text(0)) == (1, "DPO beta 0.1 · seed 1")
    page.session.history.undo()
    qtbot.waitUntil(lambda: copy not in _listed(page), timeout=WAIT)


def test_a_copy_with_another_setting_is_asked_for_in_a_line(qtbot, page, project, window):
    _choose(qtbot, page, SECOND)
    page.edits.change.trigger()
    box = page.edits.box
    qtbot.waitUntil(box.isVisible, timeout=WAIT)
    qtbot.keyClicks(box.field, "betta=0.2")
    qtbot.keyClick(box.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "Did you mean `beta`?" in window.banner.text(), timeout=WAIT)
    page.edits.change.trigger()
    qtbot.waitUntil(box.isVisible, timeout=WAIT)
    qtbot.keyClicks(box.field, "beta=0.2, seed=4")
    qtbot.keyClick(box.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.tree.current().run_id not in ("", SECOND), timeout=WAIT)
    made = project.job(page.tree.current().run_id)
    assert (made.seed, made.recipe.model_dump()["beta"]) == (4, 0.2)


def test_a_paused_run_is_resumed_with_more_processes_and_that_is_taken_back(qtbot, page, project, window):
    _choose(qtbot, page, SECOND)
    assert not page.edits.resume.isEnabled()
    qtbot.mouseClick(page.buttons["Pause"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(page.edits.resume.isEnabled, timeout=WAIT)
    page.edits.resume.trigger()
    box = page.edits.box
    qtbot.waitUntil(box.isVisible, timeout=WAIT)
    qtbot.keyClicks(box.field, "two")
    qtbot.keyClick(box.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "'two' is no number of processes" in window.banner.text(), timeout=WAIT)
    page.edits.resume.trigger()
    qtbot.waitUntil(box.isVisible, timeout=WAIT)
    qtbot.keyClicks(box.field, "2")
    qtbot.keyClick(box.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: SECOND in read_queue(project).run_ids, timeout=WAIT)
    assert project.job(SECOND).processes == 2
    qtbot.waitUntil(lambda: any("2 processes: done" in said for said in window.toasts.sentences()), timeout=WAIT)
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: project.job(SECOND).processes == 1, timeout=WAIT)
    assert SECOND not in read_queue(project).run_ids


def test_several_queued_runs_are_dragged_together(qtbot, page, project):
    _choose(qtbot, page, SECOND, THIRD)
    where = QPointF(page.tree.visualItemRect(page.tree.item_of(FIRST)).center())
    drop = QDropEvent(where, Qt.DropAction.MoveAction, QMimeData(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier(0))
    page.tree.dropEvent(drop)
    qtbot.waitUntil(lambda: page.tree.queue() == [SECOND, THIRD, FIRST], timeout=WAIT)
    page.session.history.undo()
    qtbot.waitUntil(lambda: page.tree.queue() == [FIRST, SECOND, THIRD], timeout=WAIT)


def test_the_trash_shows_what_was_deleted_and_gives_it_back(qtbot, page, project):
    api.delete_runs(project, [THIRD])
    qtbot.waitUntil(lambda: page.trash.text() == "Trash (1)", timeout=WAIT)
    page.trash.click()
    trash = page.trash.box
    qtbot.waitUntil(lambda: trash.list.topLevelItemCount() == 1, timeout=WAIT)
    assert trash.list.topLevelItem(0).text(0) == f"run {THIRD}"
    trash.restore_button.click()
    qtbot.waitUntil(lambda: THIRD in _listed(page), timeout=WAIT)
    qtbot.waitUntil(lambda: trash.list.topLevelItemCount() == 0, timeout=WAIT)


def test_nothing_goes_for_good_without_a_second_word(qtbot, page, project):
    api.delete_runs(project, [THIRD])
    page.trash.open_box()
    trash = page.trash.box
    qtbot.waitUntil(lambda: trash.list.topLevelItemCount() == 1, timeout=WAIT)
    trash.empty_button.click()
    trash.no_button.click()
    assert len(api.show_trash(project)) == 1
    trash.empty_button.click()
    trash.sure_button.click()
    qtbot.waitUntil(lambda: api.show_trash(project) == [], timeout=WAIT)


def test_what_was_brought_back_meanwhile_dooms_nothing_else(qtbot, page, project):
    older, newest, trash = _asked_of_the_older(qtbot, page, project)
    api.restore(project, older)  # somebody else, meanwhile
    qtbot.waitUntil(lambda: trash.list.topLevelItemCount() == 1, timeout=WAIT)
    assert not trash.sure_button.isVisible()
    trash.sure_button.click()
    assert not page.session.tasks.is_running("trash-empty")
    assert [one.id for one in api.show_trash(project)] == [newest]


def test_another_selection_after_the_question_changes_nothing(qtbot, page, project):
    older, newest, trash = _asked_of_the_older(qtbot, page, project)
    _pick(qtbot, trash, 0)
    trash.sure_button.click()
    qtbot.waitUntil(lambda: older not in [one.id for one in api.show_trash(project)], timeout=WAIT)
    assert [one.id for one in api.show_trash(project)] == [newest]


def test_run_tab_and_place_come_back_after_a_restart(qtbot, page, window, session, look, project):
    _choose(qtbot, page, FAILED)
    page.panel.tabs.setCurrentWidget(page.panel.outcome)
    session.close()
    again = MainWindow(session, look)
    qtbot.addWidget(again)
    again.show()
    session.open(project.folder)
    qtbot.waitUntil(lambda: session.project is not None, timeout=WAIT)
    again.show_page("experiments")
    qtbot.waitUntil(lambda: again.page.tree.current_run() is not None, timeout=WAIT)
    assert again.page.tree.current().run_id == FAILED
    assert again.page.panel.tab() == "Outcome"


def test_news_of_a_run_lead_to_it(qtbot, page, window, project):
    window.show_page("overview")
    project.run(SECOND).write_outcome(Outcome(state="failed", message="The loss became NaN."))
    said = lambda: [toast for toast in window.toasts._toasts if "failed" in toast.accessibleName()]  # noqa: E731
    qtbot.waitUntil(lambda: bool(said()), timeout=WAIT)
    (way,) = [made for made in said()[0].findChildren(QPushButton) if made.text() == "Show"]
    qtbot.mouseClick(way, Qt.MouseButton.LeftButton)
    assert window.page_key == "experiments"
    qtbot.waitUntil(lambda: window.page.tree.current().run_id == SECOND, timeout=WAIT)
    assert said() == []


def test_one_key_searches_the_log_in_sight_or_the_list(qtbot, page, window):
    qtbot.keyClick(window, Qt.Key.Key_F, CTRL)
    qtbot.waitUntil(page.filter.search.hasFocus, timeout=WAIT)
    page.panel.tabs.setCurrentWidget(page.panel.log)
    qtbot.keyClick(window, Qt.Key.Key_F, CTRL)
    qtbot.waitUntil(page.panel.log.search.hasFocus, timeout=WAIT)
    page.tree.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_F, CTRL)
    qtbot.waitUntil(page.filter.search.hasFocus, timeout=WAIT)
