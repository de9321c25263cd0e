import gc
import sys
import weakref

import pytest
from PySide6.QtCore import Qt, QTimer

from tests.ui.large_projects import many_runs
from workbench.ui.faults import FaultHook
from workbench.ui.window import MainWindow


def _titles(window):
    shown = [button for button in window.rail._buttons.values() if button.isVisibleTo(window)]
    return [button.text() or button.accessibleName() for button in shown]


def test_without_a_project_the_start_page_and_those_of_the_computer_are_offered(window):
    assert window.page_key == "start"
    assert _titles(window) == ["Start", "Machine", "Settings"]


def test_an_opened_project_brings_its_pages_and_its_name(window, open_project, evaluated, session):
    open_project(evaluated)
    assert _titles(window)[0] == "Overview"
    assert "Start" not in _titles(window)
    assert window.windowTitle().startswith("stories")
    assert session.recent() == [evaluated.folder]


def test_a_project_that_is_not_there_is_said_in_the_banner(qtbot, window, session, tmp_path):
    session.open(tmp_path / "nowhere")
    qtbot.waitUntil(window.banner.isVisible)
    assert "There is no project" in window.banner.text()
    window.banner.copy_button.click()


def test_pages_go_by_keys_and_the_last_one_comes_back(qtbot, window, open_project, evaluated, session, look):
    open_project(evaluated)
    qtbot.keyClick(window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert window.page_key == "overview"
    window.show_page("compare")
    window._on_project_closed()
    window._offer_pages()
    assert window.page_key == "compare"


def test_the_palette_finds_a_command_by_a_few_letters(qtbot, window, look):
    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    box = window.palette_box
    qtbot.waitUntil(box.isVisible)
    qtbot.keyClicks(box._field, "theme dark")
    assert box.texts() == ["Theme: dark"]
    qtbot.keyClick(box._field, Qt.Key.Key_Return)
    assert look.scheme.is_dark
    assert not box.isVisible()


def test_an_unexpected_exception_is_shown_and_the_window_stays(qtbot, window, session, caplog):
    hook = FaultHook(session)
    hook(ValueError, ValueError("a surprise"), None)
    assert "a surprise" in window.banner.text()
    assert window.isVisible()
    assert "a surprise" in caplog.text
    assert sys.excepthook is not hook


def test_an_exception_in_a_slot_and_one_of_a_question_that_nobody_minds_are_shown(qtbot, window, session, caplog):
    def fail() -> None:
        raise ValueError("a slot's own")

    hook = FaultHook(session)
    hook.install()
    try:
        QTimer.singleShot(0, fail)
        qtbot.waitUntil(lambda: "a slot's own" in window.banner.text(), timeout=20000)
    finally:
        hook.remove()
    for word in ("first", "second"):
        session.tasks.start("stray", lambda word=word: [][word], print)
        qtbot.waitUntil(lambda: not session.tasks.is_running("stray"), timeout=20000)
        qtbot.waitUntil(lambda: "indices must be integers" in window.banner.text(), timeout=20000)
    assert len([record for record in caplog.records if "in the background" in record.message]) == 1
    assert window.isVisible()
    caplog.clear()


def test_a_project_that_cannot_be_read_for_a_moment_stays_open(qtbot, window, session, open_project, evaluated, caplog):
    open_project(evaluated)
    manifest = evaluated.folder / "project.workbench"
    whole = manifest.read_bytes()
    manifest.write_bytes(whole[: len(whole) // 2])
    qtbot.waitUntil(window.banner.isVisible, timeout=20000)
    assert "project.workbench, line" in window.banner.text()
    assert session.project is not None
    manifest.write_bytes(whole)
    qtbot.waitUntil(lambda: not window.banner.isVisible(), timeout=20000)
    assert len([record for record in caplog.records if "cannot be read at the moment" in record.message]) == 1


@pytest.mark.parametrize("minds", [False, True])
def test_an_error_goes_once_its_question_is_answered(qtbot, window, session, caplog, minds):
    own = (lambda error: session.report("Lost", error)) if minds else None
    session.ask("sum", lambda: 1 / 0, print, on_error=own)
    qtbot.waitUntil(window.banner.isVisible, timeout=20000)
    answers = []
    session.ask("another", lambda: 1, answers.append)
    qtbot.waitUntil(lambda: answers == [1], timeout=20000)
    assert window.banner.isVisible()
    session.ask("sum", lambda: 2, answers.append)
    qtbot.waitUntil(lambda: answers == [1, 2], timeout=20000)
    assert not window.banner.isVisible()
    caplog.clear()


def test_the_machine_is_shown_in_the_rail(qtbot, window):
    qtbot.waitUntil(lambda: "cpu" in window.rail._machine._rows, timeout=20000)
    assert window.rail._machine._rows["memory"][0].text().startswith("Memory")


def test_the_rail_closes_the_project_and_changes_the_theme(qtbot, window, open_project, evaluated, look, session):
    open_project(evaluated)
    qtbot.mouseClick(window.rail._theme, Qt.MouseButton.LeftButton)
    assert session.preferences.now.look.theme == look.choice == "dark"
    qtbot.mouseClick(window.rail._close, Qt.MouseButton.LeftButton)
    assert window.page_key == "start"


def test_geometry_comes_back(qtbot, window, session, look):
    window.resize(960, 701)
    window.close()
    again = MainWindow(session, look)
    qtbot.addWidget(again)
    assert (again.width(), again.height()) == (960, 701)


def test_the_menus_name_their_shortcuts_and_what_the_page_offers(window, open_project, evaluated):
    open_project(evaluated)
    menus = {action.text().replace("&", ""): action.menu() for action in window.menuBar().actions()}
    assert list(menus) == ["File", "Edit", "Page", "View", "Help"]
    view = {action.text(): action.shortcut().toString() for action in menus["View"].actions() if action.isVisible()}
    assert view["Go to Compare"] == f"Ctrl+{window._offered().index('compare') + 1}"
    window.show_page("data")
    menus["Page"].aboutToShow.emit()
    assert [action.text() for action in menus["Page"].actions()] == [action.text() for action in window.page.commands()]


def test_a_new_project_begins_on_the_start_page(qtbot, window, open_project, evaluated):
    open_project(evaluated)
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(window, Qt.Key.Key_N, keys)
    assert window.page_key == "start"
    qtbot.waitUntil(window.page.name_field.hasFocus, timeout=20000)


def test_a_closed_projects_pages_are_gone_and_no_shortcut_means_two_things(qtbot, window, open_project, evaluated):
    open_project(evaluated)
    gone = []
    for key in window._offered():
        window.show_page(key)
        keys = [action.shortcut().toString() for action in [*window.actions(), *window.page.actions()]]
        taken = [word for word in keys if word]
        assert sorted(taken) == sorted(set(taken)), key
        window.page.destroyed.connect(lambda _page=None, k=key: gone.append(k))
        gone_before = set(gone)
    assert gone_before == set()
    pages = [weakref.ref(page) for key, page in window._built.items() if window._specs[key].is_of_project]
    qtbot.waitUntil(lambda: not window._session.tasks.running() - {"look", "window machine"}, timeout=20000)
    window._session.close()
    qtbot.waitUntil(lambda: len(gone) == len(pages), timeout=20000)
    gc.collect()
    assert [page() for page in pages if page() is not None] == []


def test_long_logs_are_read_ahead_when_a_project_is_opened(qtbot, session, tmp_path):
    project = many_runs(tmp_path / "p", n_runs=2, n_points=2_000)
    session.open(project.folder)
    kept = project.cache_folder("logs")
    qtbot.waitUntil(lambda: len(list(kept.glob("*.columns"))) == 2, timeout=20000)
