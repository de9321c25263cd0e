from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QPushButton

from workbench import api


def _rows(page):
    return [b for b in page.findChildren(QPushButton) if b.property("role") == "row"]


def test_a_new_project_is_made_from_its_name_and_opened(qtbot, window, session, tmp_path):
    page = window.page
    page.where_field.setText(str(tmp_path / "made"))
    qtbot.keyClicks(page.name_field, "critic")
    with qtbot.waitSignal(session.project_opened, timeout=20000):
        qtbot.keyClick(page.name_field, Qt.Key.Key_Return)
    assert (tmp_path / "made" / "critic" / "project.workbench").is_file()
    assert window.page_key == "overview"


def test_without_a_name_nothing_is_made(window, session, qtbot):
    qtbot.mouseClick(window.page.create_button, Qt.MouseButton.LeftButton)
    assert not session.tasks.is_running("window open")


def test_recent_projects_are_one_click_away(qtbot, window, session, open_project, evaluated):
    open_project(evaluated)
    session.close()
    assert window.page_key == "start"
    row = next(row for row in _rows(window.page) if "stories" in row.text())
    with qtbot.waitSignal(session.project_opened, timeout=20000):
        qtbot.mouseClick(row, Qt.MouseButton.LeftButton)


def test_a_dropped_project_opens(qtbot, window, session, evaluated):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(evaluated.folder / "project.workbench"))])
    drop = QDropEvent(
        QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    with qtbot.waitSignal(session.project_opened, timeout=20000):
        window.dropEvent(drop)


def test_the_sample_is_offered_only_where_there_is_one(window, monkeypatch, evaluated, qtbot, session):
    monkeypatch.setattr(api, "find_sample", lambda: None, raising=False)
    window.page.arrive()
    assert not window.page.sample_button.isVisible()
    monkeypatch.setattr(api, "find_sample", lambda: evaluated.folder, raising=False)
    monkeypatch.setattr(api, "place_sample", lambda: evaluated.folder, raising=False)
    window.page.arrive()
    with qtbot.waitSignal(session.project_opened, timeout=20000):
        qtbot.mouseClick(window.page.sample_button, Qt.MouseButton.LeftButton)


def test_the_sample_is_the_first_choice_of_who_has_no_project_yet(
    window, monkeypatch, evaluated, open_project, session
):
    monkeypatch.setattr(api, "find_sample", lambda: evaluated.folder, raising=False)
    window.page.arrive()
    roles = lambda: [window.page.sample_button.property("role"), window.page.create_button.property("role")]  # noqa: E731
    assert roles() == ["primary", ""]
    open_project(evaluated)
    session.close()
    assert roles() == ["", "primary"]
    session.forget(evaluated.folder)
    monkeypatch.setattr(api, "find_sample", lambda: None, raising=False)
    window.page.arrive()
    assert roles()[1] == "primary"
