"""Whoever works by keyboard or hears the window reaches every control, in reading order, and is told what it is."""

from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QWidget

from workbench.ui.pages import PAGES

KEYS = [spec.key for spec in PAGES]


@pytest.fixture(params=KEYS)
def shown(request, qtbot, window, open_project, evaluated, monkeypatch):
    """The window with a page in sight, at the size of a small screen."""
    window.resize(1280, 800)
    if request.param != "start":
        open_project(evaluated)
    window.show_page(request.param)
    qtbot.waitUntil(lambda: window.page.isVisible() and not _asked(window), timeout=20000)
    return window


def _asked(window) -> set[str]:
    return window._session.tasks.running() - {"look", "window machine"}


def _by_tab(window) -> list[QWidget]:
    """The controls that the Tab key goes to, in its order."""
    found, widget = [], window
    while (widget := widget.nextInFocusChain()) is not window:
        reached = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isEnabled() and widget.focusProxy() is None
        if reached and widget.isVisibleTo(window):
            found.append(widget)
    return found


def _says(widget: QWidget) -> str:
    text = widget.text() if isinstance(widget, QAbstractButton) else ""
    return text or widget.accessibleName() or _says_of_parent(widget)


def _says_of_parent(widget: QWidget) -> str:
    """The line of a spin box or an editable list speaks with the name of the whole."""
    is_part = isinstance(widget, QLineEdit) and widget.objectName().startswith("qt_")
    return widget.parentWidget().accessibleName() if is_part else ""


@pytest.fixture(params=["form", "import", "export", "trash"])
def opened(request, qtbot, window, open_project, evaluated, tmp_path):
    """What a page opens in its place or beside it: the widget that holds it."""
    window.resize(1280, 800)
    open_project(evaluated)
    window.show_page({"form": "experiments", "import": "data", "export": "compare", "trash": "data"}[request.param])
    page = window.page
    qtbot.waitUntil(lambda: not _asked(window), timeout=20000)
    if request.param == "form":
        page.new.trigger()
    elif request.param == "import":
        source = tmp_path / "pairs.jsonl"
        source.write_text('{"prompt": "p", "chosen": "c", "rejected": "r"}\n' * 30)
        page.begin_import(str(source))
        qtbot.waitUntil(page.panel.go_button.isEnabled, timeout=20000)
    elif request.param == "export":
        page.offer_export()
    else:
        page.trash.open_box()
    qtbot.waitUntil(lambda: not _asked(window), timeout=20000)
    return {"export": lambda: page.export, "trash": lambda: page.trash.box}.get(request.param, lambda: window)()


def test_every_control_that_the_tab_key_reaches_says_what_it_is(shown):
    assert _silent(shown) == []


def test_what_a_page_opens_says_what_its_controls_are_and_goes_in_reading_order(opened):
    assert _silent(opened) == []
    assert _jumps(opened) == []


@pytest.mark.parametrize("tab", ["Curves", "Samples", "Log", "Events", "Settings", "Outcome", "Replay"])
def test_what_is_known_of_a_run_says_what_its_controls_are(qtbot, window, open_project, evaluated, tab):
    open_project(evaluated)
    window.show_page("experiments")
    window.page.go_to("ppo-s0")
    window.page.panel.show_tab(tab)
    qtbot.waitUntil(lambda: window.page.panel.tab() == tab and not _asked(window), timeout=20000)
    assert _silent(window) == []


def test_the_tab_key_goes_in_reading_order(shown):
    assert _jumps(shown) == []


def _silent(shown) -> list[str]:
    silent = [widget for widget in _by_tab(shown) if not _says(widget)]
    return [f"{type(widget).__name__} in {type(widget.parentWidget()).__name__}" for widget in silent]


def _jumps(shown) -> list[str]:
    jumps = []
    order = _by_tab(shown)
    for before, after in pairwise(order):
        if before.parentWidget() is after.parentWidget():
            first, second = (widget.mapTo(shown, QPoint(0, 0)) for widget in (before, after))
            above = second.y() + after.height() <= first.y() and second.x() < first.x() + before.width()
            left = abs(second.y() - first.y()) < before.height() / 2 and second.x() < first.x()
            if above or left:
                jumps.append(f"{_says(before)} -> {_says(after)}")
    return jumps


def test_the_focus_goes_along_with_the_page(qtbot, window, open_project, evaluated):
    open_project(evaluated)
    qtbot.keyClick(window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    window.rail._buttons["overview"].setFocus()
    qtbot.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.focusWidget() is window.rail._buttons[window.page_key]


def test_text_of_half_as_much_again_cuts_no_button(qtbot, window, open_project, evaluated, session):
    window.resize(1280, 800)
    open_project(evaluated)
    session.preferences.set("look.font_size", 150)
    for key in (spec.key for spec in PAGES if spec.key != "start"):
        window.show_page(key)
        qtbot.waitUntil(lambda: not _asked(window), timeout=20000)
        cut = [
            made.text()
            for made in window.findChildren(QAbstractButton)
            if made.isVisibleTo(window)
            and made.text()
            and made.width() < made.fontMetrics().horizontalAdvance(made.text())
        ]
        assert (key, cut) == (key, [])
    session.preferences.reset("look.font_size")
