"""The Data page as a person uses it: look, search, click a bar, import."""

import json
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QLineEdit

from workbench import api
from workbench.domain.errors import BadInput
from workbench.storage.project import Project

_WAIT = 20000


def _write(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def _pair(number: int, **more: object) -> dict[str, object]:
    return {
        "prompt": f"Question {number}?",
        "chosen": "A good <b>answer</b> " + "x" * (number % 20),
        "rejected": "A poor <b>answer</b>",
        "ratings": [{"rater": "ann" if number % 4 else "bob", "choice": "chosen"}],
        **more,
    }


@pytest.fixture
def project(tmp_path) -> Project:
    made = Project.create(tmp_path / "project")
    source = _write(tmp_path / "source.jsonl", [_pair(number) for number in range(300)])
    api.import_dataset(made, source, "questions")
    return made


@pytest.fixture
def page(qtbot, window, open_project, project):
    """The Data page with its statistics there."""
    open_project(project)
    window.resize(1280, 800)
    window.show_page("data")
    qtbot.waitUntil(lambda: window.page.browser.filter_bar.count.text() == "300 rows", timeout=_WAIT)
    return window.page


def _cell(page, row: int, column: int) -> str:
    model = page.browser.model
    return model.data(model.index(row, column))


def _drop(window, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(9, 9), Qt.DropAction.CopyAction, data, buttons, keys)
    window.dragEnterEvent(enter)
    assert enter.isAccepted()
    window.dropEvent(QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, buttons, keys))


def test_rows_come_in_pages_and_are_placeholders_until_then(qtbot, page):
    assert _cell(page, 290, 1) == "…"
    qtbot.waitUntil(lambda: _cell(page, 290, 1) == "Question 290?", timeout=_WAIT)


def test_typing_finds_rows(qtbot, page):
    page.browser.filter_bar.text_field.setFocus()
    qtbot.keyClicks(page.browser.filter_bar.text_field, "question 29")
    qtbot.waitUntil(lambda: page.browser.filter_bar.count.text() == "11 of 300 rows", timeout=_WAIT)
    qtbot.waitUntil(lambda: _cell(page, 0, 1) == "Question 29?", timeout=_WAIT)
    page.browser.filter_bar.clear_button.click()
    qtbot.waitUntil(lambda: page.browser.filter_bar.count.text() == "300 rows", timeout=_WAIT)


def test_filters_that_no_row_passes_are_said_and_cleared(qtbot, page):
    qtbot.keyClicks(page.browser.filter_bar.text_field, "no such words")
    qtbot.waitUntil(page.browser.nothing.isVisible, timeout=_WAIT)
    assert page.browser.filter_bar.count.text() == "0 of 300 rows"
    page.browser.filter_bar.clear_button.click()
    qtbot.waitUntil(lambda: not page.browser.nothing.isVisible(), timeout=_WAIT)


def test_a_picked_bar_filters_and_the_same_bar_frees_again(qtbot, page):
    chart = page.browser.distributions.charts["rater"]
    assert chart.words() == ["ann: 225", "bob: 75"]
    chart.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Return):
        qtbot.keyClick(chart, key)
    qtbot.waitUntil(lambda: page.browser.filter_bar.count.text() == "75 of 300 rows", timeout=_WAIT)
    assert page.browser.filter_bar.rater_box.currentText() == "bob"
    chart.pick(1)
    qtbot.waitUntil(lambda: page.browser.filter_bar.count.text() == "300 rows", timeout=_WAIT)


def test_the_chosen_pair_is_shown_as_text_with_its_differences_marked(qtbot, page):
    page.browser.table.selectRow(3)
    pair = page.browser.pair
    qtbot.waitUntil(lambda: pair.prompt.toPlainText() == "Question 3?", timeout=_WAIT)
    assert pair.chosen.toPlainText() == "A good <b>answer</b> xxx"
    cursor = pair.chosen.textCursor()
    cursor.setPosition(3)  # within "good"
    assert cursor.charFormat().underlineStyle() != cursor.charFormat().UnderlineStyle.NoUnderline
    cursor.setPosition(10)  # within "<b>answer"
    assert cursor.charFormat().underlineStyle() == cursor.charFormat().UnderlineStyle.NoUnderline


def test_a_prompt_without_responses_has_the_whole_width(qtbot, page, tmp_path):
    _drop(page.window(), _write(tmp_path / "prompts.jsonl", [{"prompt": "What now?"}]))
    qtbot.waitUntil(page.panel.go_button.isEnabled, timeout=_WAIT)
    qtbot.mouseClick(page.panel.go_button, Qt.MouseButton.LeftButton)
    pair = page.browser.pair
    qtbot.waitUntil(lambda: pair.prompt.toPlainText() == "What now?", timeout=_WAIT)
    assert page.datasets.currentItem().text().startswith("prompts\n1 prompt\n")
    assert not pair.chosen.isVisible()
    qtbot.waitUntil(lambda: pair.prompt.width() > 0.9 * pair.width(), timeout=_WAIT)


def test_a_dropped_file_is_previewed_and_then_imported(qtbot, page, project, tmp_path):
    _drop(page.window(), _write(tmp_path / "more pairs.jsonl", [_pair(number) for number in range(5)]))
    panel = page.panel
    qtbot.waitUntil(panel.go_button.isEnabled, timeout=_WAIT)
    assert panel.name_field.text() == "more pairs"
    assert panel.preview.rows.rowCount() == 5
    assert project.manifest().datasets == ("questions",)
    qtbot.mouseClick(panel.go_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.browser.filter_bar.count.text() == "5 rows", timeout=_WAIT)
    assert project.manifest().datasets == ("questions", "more pairs")


def test_files_that_fall_together_are_imported_one_after_the_other(qtbot, window, open_project, tmp_path):
    made = open_project(Project.create(tmp_path / "two"))
    window.show_page("overview")  # wherever they fall
    files = [_write(tmp_path / f"{name}.jsonl", [_pair(0)]) for name in ("train", "validation")]
    _drop(window, *files)
    assert window.page_key == "data"
    panel = window.page.panel
    for name in ("train", "validation"):
        qtbot.waitUntil(lambda name=name: panel.name_field.text() == name, timeout=_WAIT)
        qtbot.waitUntil(panel.go_button.isEnabled, timeout=_WAIT)
        qtbot.mouseClick(panel.go_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: made.manifest().datasets == ("train", "validation"), timeout=_WAIT)
    qtbot.waitUntil(lambda: not panel.isVisible(), timeout=_WAIT)


def test_data_that_falls_where_no_project_is_open_is_told_the_way(window, tmp_path):
    _drop(window, _write(tmp_path / "pairs.jsonl", [_pair(0)]))
    assert "make or open one" in window.toasts.sentences()[-1]


def test_bad_rows_stop_an_import_until_they_are_skipped(qtbot, page, project, tmp_path):
    _drop(page.window(), _write(tmp_path / "some.jsonl", [_pair(0), _pair(1, chosen="")]))
    panel = page.panel
    qtbot.waitUntil(lambda: panel.preview.bad.rowCount() == 1, timeout=_WAIT)
    assert panel.preview.bad.item(0, 0).text() == "line 2"
    assert not panel.go_button.isEnabled()
    panel.skip_box.click()
    qtbot.mouseClick(panel.go_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "some" in project.manifest().datasets, timeout=_WAIT)
    assert project.dataset("some").n_skipped == 1


def test_columns_are_mapped_by_hand(qtbot, page, tmp_path):
    row = {"question": "p", "good": "yes", "worse": "no"}
    _drop(page.window(), _write(tmp_path / "other.jsonl", [row]))
    panel = page.panel
    for ours, theirs in (("prompt", "question"), ("chosen", "good"), ("rejected", "worse")):
        qtbot.waitUntil(lambda ours=ours: ours in panel.mapping.boxes, timeout=_WAIT)
        qtbot.waitUntil(lambda: not page.session.tasks.is_running("data-preview"), timeout=_WAIT)
        box = panel.mapping.boxes[ours]
        box.setCurrentIndex(box.findData(theirs))
        box.activated.emit(box.currentIndex())
    qtbot.waitUntil(panel.go_button.isEnabled, timeout=_WAIT)
    assert panel.preview.rows.item(0, 1).text() == "yes"


def test_a_file_that_cannot_be_read_says_why(qtbot, page, tmp_path):
    path = tmp_path / "archive.zip"
    path.write_bytes(b"PK\x03\x04 and so on")
    _drop(page.window(), path)
    qtbot.waitUntil(lambda: "zip archive" in page.panel.message.text(), timeout=_WAIT)
    assert not page.panel.go_button.isEnabled()


def test_an_import_says_how_long_it_still_takes(page):
    page.panel._began = time.monotonic() - 10
    page.panel._on_progress((1_000, 4_000))
    assert page.panel.message.text() == "1,000 of about 4,000 rows · 30 s left"
    page.panel._on_progress((1_000, None))
    assert page.panel.message.text() == "1,000 rows"


def test_a_cancelled_import_leaves_nothing(qtbot, page, project, tmp_path, monkeypatch):
    def slow(_project, _source, _name, *, progress, **_choices):
        while True:
            progress(1, 10)
            time.sleep(0.01)

    _drop(page.window(), _write(tmp_path / "long.jsonl", [_pair(number) for number in range(5)]))
    qtbot.waitUntil(page.panel.go_button.isEnabled, timeout=_WAIT)
    monkeypatch.setattr(api, "import_dataset", slow)
    page.panel.start()
    qtbot.waitUntil(lambda: "1 of about 10" in page.panel.message.text(), timeout=_WAIT)
    qtbot.mouseClick(page.panel.cancel_button, Qt.MouseButton.LeftButton)
    assert "stopped" in page.panel.message.text()
    assert project.manifest().datasets == ("questions",)


def test_without_data_the_page_says_what_to_do(qtbot, window, open_project, tmp_path):
    open_project(Project.create(tmp_path / "empty"))
    window.show_page("data")
    assert window.page.empty.isVisibleTo(window.page)


def test_a_dataset_is_renamed_where_it_stands_and_back(qtbot, page, project, window):
    page.datasets.setFocus()
    qtbot.keyClick(page.datasets, Qt.Key.Key_F2)
    editor = page.datasets.viewport().findChild(QLineEdit)
    assert editor.text() == "questions"
    qtbot.keyClicks(editor, "answers")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.datasets.current().name == "answers", timeout=_WAIT)
    qtbot.waitUntil(lambda: page.browser.filter_bar.count.text() == "300 rows", timeout=_WAIT)
    window._session.history.undo()
    qtbot.waitUntil(lambda: page.datasets.current().name == "questions", timeout=_WAIT)
    assert project.manifest().datasets == ("questions",)


def test_a_dataset_is_deleted_by_key_and_brought_back(qtbot, page, project, window):
    page.datasets.setFocus()
    qtbot.keyClick(page.datasets, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: page.empty.isVisibleTo(page), timeout=_WAIT)
    assert "Delete dataset questions: done." in window.toasts.sentences()
    window._session.history.undo()
    qtbot.waitUntil(lambda: page.browser.filter_bar.count.text() == "300 rows", timeout=_WAIT)


def test_a_name_that_no_folder_can_have_is_refused_in_a_sentence(qtbot, page, window):
    page.datasets.renamed.emit("questions", "a/b")
    qtbot.waitUntil(window.banner.isVisible, timeout=_WAIT)
    assert "cannot be called 'a/b'" in window.banner.text()
    assert page.datasets.current().name == "questions"


def test_rows_are_filtered_by_their_gap(qtbot, page):
    least, greatest = page.browser.filter_bar._gap
    qtbot.keyClicks(least, "2")
    qtbot.keyClicks(greatest, "3")
    qtbot.waitUntil(lambda: page.browser.filter_bar.count.text() == "30 of 300 rows", timeout=_WAIT)
    assert page.browser.filter_bar.filter.gap == (2, 3)


def test_a_page_that_could_not_be_read_is_asked_for_again(qtbot, page, monkeypatch):
    search, lines = page.browser._search, page.browser._search.lines
    failures = []

    def failing(rows):
        if not failures:
            failures.append(rows)
            raise BadInput("The file is damaged.")
        return lines(rows)

    monkeypatch.setattr(search, "lines", failing)
    page.browser.model.show_rows(range(300))
    _cell(page, 0, 1)
    qtbot.waitUntil(lambda: bool(failures), timeout=_WAIT)
    qtbot.waitUntil(lambda: _cell(page, 0, 1) == "Question 0?", timeout=_WAIT)


def test_the_row_that_was_read_comes_back(qtbot, window, session, page, project):
    page.browser.table.selectRow(120)
    qtbot.waitUntil(lambda: page.browser.pair.prompt.toPlainText() == "Question 120?", timeout=_WAIT)
    session.close()
    with qtbot.waitSignal(session.project_changed, timeout=_WAIT):
        session.open(project.folder)
    window.show_page("data")
    qtbot.waitUntil(lambda: window.page.browser.pair.prompt.toPlainText() == "Question 120?", timeout=_WAIT)
    assert window.page.browser.table.currentIndex().row() == 120
