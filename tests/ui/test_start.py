from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QPushButton

from workbench import api
from workbench.ui.widgets.plots.chart_card import ChartCard


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


def _drop(widget, path):
    """Lets a file go over a widget; Qt looks for the first parent that takes it."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    how = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(widget, QDragEnterEvent(QPoint(5, 5), *how))
    QApplication.sendEvent(widget, QDropEvent(QPointF(5, 5), *how))


def test_a_dropped_project_opens(qtbot, window, session, evaluated):
    with qtbot.waitSignal(session.project_opened, timeout=20000):
        _drop(window.page.sample_button, evaluated.folder / "project.workbench")


def test_a_project_is_dropped_on_any_page_of_another_one(qtbot, window, session, open_project, evaluated, tmp_path):
    for number, key in enumerate(("overview", "data")):
        other = api.create_project(tmp_path / f"other-{number}")
        open_project(evaluated)
        window.show_page(key)
        with qtbot.waitSignal(session.project_opened, timeout=20000):
            _drop(window.page, other.folder)
        assert session.project.folder == other.folder


def test_two_clicks_lead_from_the_start_to_a_filled_comparison(qtbot, window, session, evaluated, monkeypatch):
    monkeypatch.setattr(api, "place_sample", lambda: evaluated.folder, raising=False)
    with qtbot.waitSignal(session.project_opened, timeout=20000):
        qtbot.mouseClick(window.page.sample_button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(window.rail._buttons["compare"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.page_key == "compare" and window.page.is_settled, timeout=20000)
    assert all(card.chart.listDataItems() for card in window.page.grid.findChildren(ChartCard))
    assert window.page.summary.rowCount() == len(window.page.comparison.arms)


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
