"""The Settings page: what is changed holds at once, is kept, and can be taken back; no two commands share keys."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractSpinBox, QApplication

from workbench import api
from workbench.ui.session import Session
from workbench.ui.window import MainWindow

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def page(qtbot, window, session):
    qtbot.waitUntil(window.isActiveWindow, timeout=20000)
    qtbot.keyClick(window, Qt.Key.Key_Comma, CTRL)
    assert window.page_key == "settings"
    qtbot.waitUntil(lambda: bool(window.page.devices.boxes), timeout=20000)
    return window.page


def _kept(qtbot, holds):
    qtbot.waitUntil(lambda: holds(api.read_preferences()), timeout=20000)


def test_the_cards_are_made_in_turns_and_stand_in_their_order(qtbot, window):
    window.show_page("settings")
    assert not window.page.is_done
    qtbot.waitUntil(lambda: window.page.is_done, timeout=20000)
    assert len(window.page.sections()) == 6
    qtbot.waitUntil(
        lambda: (tops := [section.y() for section in window.page.sections()]) == sorted(set(tops)), timeout=20000
    )


def test_the_size_of_text_is_shown_at_once_and_kept(qtbot, page, window, session):
    field = page.look_card.fields["look.font_size"]
    before = QApplication.font().pointSizeF()
    field.editor.setFocus()
    qtbot.keyClick(field.editor, Qt.Key.Key_Up)
    assert QApplication.font().pointSizeF() == pytest.approx(1.1 * before)
    assert field._label.text() == "● Font size"
    _kept(qtbot, lambda now: now.look.font_size == 110)
    qtbot.mouseClick(field._reset, Qt.MouseButton.LeftButton)
    assert QApplication.font().pointSizeF() == pytest.approx(before)
    assert field._label.text() == "Font size"
    _kept(qtbot, lambda now: now == api.Preferences())


def test_the_text_of_spin_boxes_keeps_off_their_border(page):
    boxes = page.findChildren(QAbstractSpinBox)
    assert boxes
    for box in boxes:
        picture = box.grab().toImage()
        beside = {picture.pixel(x, y) for x in range(2, 6) for y in range(6, picture.height() - 6)}
        assert len(beside) == 1, box.accessibleName()


def test_theme_and_colours_change_the_look(qtbot, page, look):
    theme = page.look_card.fields["look.theme"].editor
    theme.setFocus()
    qtbot.keyClicks(theme, "d")
    assert look.scheme.is_dark
    before = look.scheme.runs.arms
    page.look_card.fields["look.palette"].editor.setFocus()
    qtbot.keyClicks(page.look_card.fields["look.palette"].editor, "tol-b")
    assert look.scheme.runs.arms != before
    _kept(qtbot, lambda now: (now.look.theme, now.look.palette) == ("dark", "tol-bright"))


def test_a_command_that_changes_a_preference_shows_in_the_window(qtbot, page, session, look):
    session.preferences.watch()
    api.set_preference("look.theme", "dark")
    qtbot.waitUntil(lambda: look.scheme.is_dark, timeout=20000)
    assert page.look_card.fields["look.theme"].editor.currentText() == "dark"


def test_what_was_just_changed_is_kept_where_the_window_closes(window, page, session):
    for size in (90, 100, 110, 120):
        session.preferences.set("look.font_size", size)
    window.close()
    assert api.read_preferences().look.font_size == 120


def test_a_folder_that_is_no_whole_path_is_refused_in_words(qtbot, page, window):
    editor = page.folders.fields["folders.projects"].editor
    editor.setFocus()
    qtbot.keyClicks(editor, "somewhere")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert "expected a whole path" in window.banner.text()
    assert api.read_preferences().folders.projects == ""


def test_a_new_project_is_offered_the_folder_that_is_preferred(qtbot, page, window, session, tmp_path):
    editor = page.folders.fields["folders.projects"].editor
    editor.setFocus()
    qtbot.keyClicks(editor, str(tmp_path))
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    window.show_page("start")
    assert window.page.where_field.text() == str(tmp_path)


def test_preferences_that_cannot_be_read_are_said_and_left_alone(qtbot, session, look):
    file = api.preferences_file()
    file.parent.mkdir(parents=True)
    file.write_text("{")
    other = Session(session.settings)
    window = MainWindow(other, look)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(window.banner.isVisible, timeout=20000)
    assert "preferences.json, line 1" in window.banner.text()
    other.preferences.set("look.theme", "dark")
    qtbot.waitUntil(lambda: "preferences.json, line 1" in window.banner.text(), timeout=20000)
    assert file.read_text() == "{"
    window.close()


def test_the_search_shows_what_is_meant_and_nothing_else(qtbot, page):
    qtbot.keyClick(page, Qt.Key.Key_F, CTRL)
    qtbot.keyClicks(page.search, "line width")
    assert [section.title() for section in page.sections() if section.isVisibleTo(page)] == ["Look"]
    assert [name for name, field in page.look_card.fields.items() if field.isVisibleTo(page)] == ["look.line_width"]
    page.search.setText("quit")
    assert [section.title() for section in page.sections() if section.isVisibleTo(page)] == ["Shortcuts"]
    page.search.setText("xyzzy")
    assert page._none.text() == "Nothing is called “xyzzy”."


def test_a_shortcut_is_changed_works_and_comes_back(qtbot, page, window, session, look):
    card = page.shortcuts
    card.choose("window.undo")
    card.keys.setFocus()
    qtbot.keyClick(card.keys, Qt.Key.Key_U, CTRL)
    qtbot.mouseClick(card.set, Qt.MouseButton.LeftButton)
    assert window._undo_action.shortcut().toString() == "Ctrl+U"
    _kept(qtbot, lambda now: now.shortcuts == {"window.undo": "Ctrl+U"})
    again = MainWindow(Session(session.settings), look)
    qtbot.addWidget(again)
    assert again._undo_action.shortcut().toString() == "Ctrl+U"
    qtbot.mouseClick(card.reset_all, Qt.MouseButton.LeftButton)
    assert window._undo_action.shortcut().toString() == "Ctrl+Z"
    _kept(qtbot, lambda now: now.shortcuts == {})
    again.close()


def test_keys_that_another_command_has_are_refused_with_its_name(qtbot, page, window):
    card = page.shortcuts
    card.choose("window.undo")
    card.keys.setFocus()
    qtbot.keyClick(card.keys, Qt.Key.Key_K, CTRL)
    assert "is taken by “Commands…” (Everywhere)" in card.said.text()
    assert not card.set.isEnabled()
    assert window._undo_action.shortcut().toString() == "Ctrl+Z"


def test_the_shortcuts_of_all_pages_are_listed_before_they_were_visited(
    qtbot, window, open_project, evaluated, session
):
    open_project(evaluated)
    window.show_page("settings")
    offered = set(window._offered())
    qtbot.waitUntil(lambda: set(window._built) >= offered, timeout=20000)
    places = {command.place for command in session.shortcuts.commands()}
    assert {"Everywhere", "Experiments"} <= places


def test_no_two_commands_share_keys(qtbot, window, open_project, evaluated, session):
    open_project(evaluated)
    window.show_page("settings")
    qtbot.waitUntil(lambda: set(window._built) >= set(window._offered()), timeout=20000)
    commands = session.shortcuts.commands()
    assert [command.id for command in commands if session.shortcuts.conflict(command, command.keys)] == []


def test_at_least_one_device_stays(qtbot, page, session):
    boxes = list(page.devices.boxes.values())
    for box in boxes:
        box.setChecked(False)
    qtbot.waitUntil(lambda: all(box.isChecked() for box in boxes[-1:]), timeout=20000)
    assert session.preferences.now.devices.allows("cpu")


def test_runs_at_once_are_the_projects(qtbot, window, open_project, evaluated, session):
    project = open_project(evaluated)
    window.show_page("settings")
    qtbot.waitUntil(lambda: "cpu" in window.page.devices.counts, timeout=20000)
    count = window.page.devices.counts["cpu"]
    qtbot.waitUntil(count.isEnabled, timeout=20000)
    count.setFocus()
    qtbot.keyClick(count, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: api.list_devices(project)[-1].runs == 2, timeout=20000)


def test_without_a_keyring_the_page_names_the_variable_and_keeps_no_token(qtbot, page, window):
    qtbot.waitUntil(page.token.field.isEnabled, timeout=20000)
    qtbot.keyClicks(page.token.field, "hf_secret")
    qtbot.mouseClick(page.token.store, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(window.banner.isVisible, timeout=20000)
    assert "HF_TOKEN" in window.banner.text()
    assert "hf_secret" not in window.banner.text() + window.banner._details
    assert page.token.field.text() == ""
